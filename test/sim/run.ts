/**
 * `npm run sim -- [--seed N] [--runs N] [--for 60s]`: simulated histories, one line for each that breaks an invariant,
 * with the command that repeats it.
 */
import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, runs: { type: 'string' }, for: { type: 'string' } },
})
const first = Number(values.seed ?? 1)
const seconds = values.for === undefined ? Number.POSITIVE_INFINITY : Number.parseFloat(values.for)
const runs = Number(
  values.runs ?? (values.for !== undefined ? Number.POSITIVE_INFINITY : values.seed === undefined ? 100 : 1),
)

const begin = performance.now()
const totals: Record<string, number> = {}
let done = 0
let broken = 0
let writes = 0
for (let seed = first; done < runs && (performance.now() - begin) / 1000 < seconds; seed++) {
  const result = await simulate(seed)
  done++
  writes += result.writes
  for (const [fault, count] of Object.entries(result.counts)) totals[fault] = (totals[fault] ?? 0) + count
  if (result.violations.length === 0) continue
  broken++
  console.log(`seed ${seed}: ${result.violations.length} violations; repeat with: npm run sim -- --seed ${seed}`)
  for (const { invariant, what } of result.violations.slice(0, 10)) console.log(`  ${invariant}: ${what}`)
}
console.log(JSON.stringify({ histories: done, broken, writes, faults: totals }))
process.exitCode = broken > 0 ? 1 : 0
