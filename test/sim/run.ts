/**
 * `npm run sim -- [--seed N] [--runs N] [--for 60s] [--without crashes,clockSteps] [--trace TEXT] [--debug] [--fingerprint]`: simulated
 * histories, one line for each that breaks an invariant, with the command that repeats it.
 *
 * `--trace` prints the lines of what happened that contain TEXT, such as the name of a pod; `--debug` what the parts log;
 * `--fingerprint` a text for each history that tells whether another one was the same.
 */
import { parseArgs } from 'node:util'
import type { Log, LogFields } from '../../src/base/index.ts'
import { type FaultCounts, faultNames } from './faults.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    for: { type: 'string' },
    without: { type: 'string' },
    trace: { type: 'string' },
    debug: { type: 'boolean' },
    fingerprint: { type: 'boolean' },
  },
})
const first = Number(values.seed ?? 1)
const seconds = values.for === undefined ? Number.POSITIVE_INFINITY : Number.parseFloat(values.for)
const runs = Number(
  values.runs ?? (values.for !== undefined ? Number.POSITIVE_INFINITY : values.seed === undefined ? 100 : 1),
)
const without = new Set((values.without ?? '').split(',').filter((name) => name !== '') as (keyof FaultCounts)[])
for (const name of without) {
  if (faultNames.includes(name)) continue
  console.error(`there is no fault ${name}: ${faultNames.join(', ')}`)
  process.exit(2)
}

const write = (message: string, fields?: LogFields): void => console.log(`  log: ${message} ${JSON.stringify(fields)}`)
const printed: Log = { debug: write, info: write, warn: write, error: write }
const { trace: wanted } = values
const settings = {
  without,
  ...(values.debug === true && { log: printed }),
  ...(wanted !== undefined && {
    trace: (line: string) => (line.includes(wanted) ? console.log(`  ${line}`) : undefined),
  }),
}

const begin = performance.now()
const totals: Record<string, number> = {}
let done = 0
let broken = 0
let writes = 0
const checks: Record<string, number> = {}
for (let seed = first; done < runs && (performance.now() - begin) / 1000 < seconds; seed++) {
  const result = await simulate(seed, settings)
  done++
  writes += result.writes
  if (values.fingerprint === true) console.log(`seed ${seed}: ${result.fingerprint}`)
  for (const [fault, count] of Object.entries(result.counts)) totals[fault] = (totals[fault] ?? 0) + count
  for (const [name, count] of Object.entries(result.checks)) checks[name] = (checks[name] ?? 0) + count
  if (result.violations.length === 0) continue
  broken++
  const also = values.without === undefined ? '' : ` --without ${values.without}`
  console.log(`seed ${seed}: ${result.violations.length} violations; repeat with: npm run sim -- --seed ${seed}${also}`)
  for (const { invariant, what } of result.violations.slice(0, 10)) console.log(`  ${invariant}: ${what}`)
}
console.log(JSON.stringify({ histories: done, broken, writes, faults: totals, checks }))
process.exitCode = broken > 0 ? 1 : 0
