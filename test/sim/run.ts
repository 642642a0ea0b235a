/**
 * `npm run sim -- [--seed N] [--runs N] [--for 60s] [--nightly]`: simulated histories. One that breaks an invariant is told
 * with the command that repeats it; the last line is a JSON object that adds up.
 *
 * `--without crashes,clockStep` leaves faults out; `--trace TEXT` prints the lines of what happened that contain TEXT, such
 * as the name of a pod; `--debug` what the parts log; `--fingerprint` a text for each history that tells whether another
 * one was the same; `--until NAME` ends with the first that breaks the invariant of that name, `--until any` with the first
 * that breaks any.
 *
 * `--mutations [--only A,B]` hunts planted defects and prints a table; `--mutation NAME` plants one.
 */
import type { Log, LogFields } from '../../src/base/index.ts'
import { readOptions } from '../support/options.ts'
import { type FaultCounts, faultNames } from './faults.ts'
import { hunt, rowOf, tableHead } from './hunt.ts'
import { type Invariant, invariants, isInvariant } from './judge.ts'
import { mutations, plant } from './mutations.ts'
import type { Simulated } from './simulate.ts'

const values = readOptions({
  seed: { type: 'string' },
  runs: { type: 'string' },
  for: { type: 'string' },
  nightly: { type: 'boolean' },
  without: { type: 'string' },
  trace: { type: 'string' },
  debug: { type: 'boolean' },
  fingerprint: { type: 'boolean' },
  until: { type: 'string' },
  mutations: { type: 'boolean' },
  mutation: { type: 'string' },
  only: { type: 'string' },
})

function wrongUse(what: string): never {
  console.error(what)
  process.exit(2)
}

const namesIn = (text: string | undefined): readonly string[] => (text ?? '').split(',').filter((name) => name !== '')

/** `90`, `90s`, `30m`, `8h` in seconds. */
function secondsOf(text: string): number {
  const [, amount = '', unit = 's'] =
    /^([0-9.]+)([smh]?)$/.exec(text) ?? wrongUse(`--for ${text}: say it as 60s, 30m or 8h`)
  return Number(amount) * ({ m: 60, h: 3600 }[unit] ?? 1)
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  return Number.isInteger(number) && number >= 0 ? number : wrongUse(`--${option} ${text}: say a whole number`)
}

function invariantOf(name: string | undefined): Invariant | 'any' | undefined {
  if (name === undefined || name === 'any') return name
  return isInvariant(name) ? name : wrongUse(`there is no invariant ${name}: ${Object.keys(invariants).join(', ')}`)
}

async function simulateMany(): Promise<void> {
  const planted = mutations.find(({ name }) => name === values.mutation)
  if (values.mutation !== undefined && planted === undefined) wrongUse(`there is no mutation ${values.mutation}`)
  const without = namesIn(values.without) as readonly (keyof FaultCounts)[]
  for (const name of without) {
    if (!faultNames.includes(name)) wrongUse(`there is no fault ${name}: ${faultNames.join(', ')}`)
  }
  if (planted !== undefined) plant(planted)
  const { runCampaign } = await import('./campaign.ts')
  const isTimed = values.for !== undefined || values.nightly === true
  const runs = isTimed ? Number.POSITIVE_INFINITY : values.seed === undefined ? 100 : 1
  const result = await runCampaign({
    first: values.seed === undefined ? 1 : wholeNumber('seed', values.seed),
    runs: values.runs === undefined ? runs : wholeNumber('runs', values.runs),
    seconds:
      values.for !== undefined ? secondsOf(values.for) : values.nightly === true ? 8 * 3600 : Number.POSITIVE_INFINITY,
    without: new Set(without),
    until: invariantOf(values.until),
    trace: tracer(values.trace),
    log: values.debug === true ? printed : undefined,
    onEnd: tell,
  })
  console.log(JSON.stringify(result))
  process.exitCode = result.broken > 0 ? 1 : 0
}

const write = (message: string, fields?: LogFields): void => console.log(`  log: ${message} ${JSON.stringify(fields)}`)
const printed: Log = { debug: write, info: write, warn: write, error: write }

function tracer(wanted: string | undefined): ((line: string) => void) | undefined {
  return wanted === undefined
    ? undefined
    : (line) => {
        if (line.includes(wanted)) console.log(`  ${line}`)
      }
}

function tell({ seed, fingerprint, violations }: Simulated): void {
  if (values.fingerprint === true) console.log(`seed ${seed}: ${fingerprint}`)
  if (violations.length === 0) return
  const also = (['without', 'mutation'] as const).flatMap((option) => {
    const value = values[option]
    return value === undefined ? [] : [` --${option} ${value}`]
  })
  console.log(
    `seed ${seed}: ${violations.length} violations; repeat with: npm run sim -- --seed ${seed}${also.join('')}`,
  )
  for (const { invariant, what } of violations.slice(0, 10)) console.log(`  ${invariant}: ${what}`)
}

async function huntAll(): Promise<void> {
  const only = namesIn(values.only)
  const unknown = only.find((wanted) => !mutations.some(({ name }) => name === wanted))
  if (unknown !== undefined) wrongUse(`there is no mutation ${unknown}`)
  console.log(tableHead)
  let found = 0
  const wanted = mutations.filter(({ name }) => only.length === 0 || only.includes(name))
  for (const mutation of wanted) {
    const hunted = await hunt(mutation)
    if (hunted.seeds !== undefined) found++
    console.log(rowOf(hunted))
  }
  console.log(JSON.stringify({ mutations: wanted.length, found }))
  process.exitCode = found === wanted.length ? 0 : 1
}

await (values.mutations === true ? huntAll() : simulateMany())
