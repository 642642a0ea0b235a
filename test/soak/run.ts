/**
 * `npm run soak -- [--for 30m] [--seed N]`: one server under mixed load at 70 % of what it can do, with faults, and whether it
 * is at the end what it was at the beginning: memory, open files, processes, answer times, and all that it acknowledged.
 *
 * What it can do is measured first, with all clients as fast as answers come. A line for each sample; the last line is a
 * JSON object. Exits 1 when something was lost, started twice, leaks or grows; answer times are told, not judged.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../src/client/index.ts'
import { seededRandom } from '../sim/seeded-random.ts'
import { emptyLedger, type Ledger, lostOf } from '../support/crash-ledger.ts'
import { type Server, startServerIn, temporaryDirectory } from '../support/executable.ts'
import { connect } from '../support/many-pods.ts'
import { readOptions } from '../support/options.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { startFaults } from './faults.ts'
import { quantile } from './growth.ts'
import { INSPECTED, type Inspector, OF_THE_INSPECTOR, openInspector } from './inspector.ts'
import { judge } from './judge.ts'
import { jobLane, type Lane, type Load, requestLane, startLoad } from './load.ts'
import { countsOf, cpuSecondsOf, rounded, type Sample } from './measure.ts'
import { newPauses } from './pauses.ts'

const SHARE = 0.7
/** What is kept by design is kept for a short time, so that it stops growing within the warm-up. */
const FLAGS = ['--event-ttl', '1m', '--log-retention-size', '1Mi', '--run-history-limit', '10']
/** Seconds at full speed before anything is measured. */
const MOST_FILLING = 300

type World = {
  readonly server: Server
  readonly inspector: Inspector
  readonly requests: Requests
  readonly client: Client
  readonly ledger: Ledger
  readonly starts: string
  readonly pause: (ms: number) => Promise<void>
}

const values = readOptions({ for: { type: 'string' }, seed: { type: 'string' } })

function wrongUse(what: string): never {
  console.error(what)
  process.exit(2)
}

function minutesOf(text: string): number {
  const [, amount = '', unit = ''] =
    /^([1-9]\d*)([smh])$/.exec(text) ?? wrongUse(`--for ${text}: say it as 90s, 30m or 8h`)
  return Number(amount) * ({ s: 1 / 60, h: 60 }[unit] ?? 1)
}

/**
 * What each lane does in a second when nothing holds it back. It is held up for so long that what the server remembers by
 * design is remembered afterwards: the last 8192 changes of each resource, for watchers that come back.
 */
async function capacityOf(
  { server, pause }: World,
  lanes: readonly Lane[],
  seconds: number,
): Promise<readonly number[]> {
  const loads = lanes.map((lane) => startLoad(lane, undefined))
  await pause(3000)
  const before = loads.map((load) => load.count())
  const cpu = cpuSecondsOf(server.pid)
  await pause(1000 * seconds)
  const rates = loads.map((load, index) => (load.count() - (before[index] ?? 0)) / seconds)
  const busy = (cpuSecondsOf(server.pid) - cpu) / seconds
  for (const load of loads) await load.stop()
  console.log(`capacity: ${told(lanes, rates)} a second, with ${rounded(100 * busy, 0)} % of a core for the server`)
  return rates
}

const told = (lanes: readonly Lane[], numbers: readonly number[]): string =>
  lanes.map(({ name }, index) => `${rounded(numbers[index] ?? Number.NaN)} ${name}`).join(', ')

/** Until everything that the load began has ended and gone. */
async function rest({ requests, pause }: World): Promise<void> {
  for (;;) {
    const counts = await Promise.all(
      ['/apis/batch/v1/jobs', '/api/v1/pods'].map(async (path) => {
        const { value } = await requests.json('GET', path)
        return (value as { readonly items: readonly unknown[] }).items.length
      }),
    )
    const { value } = await requests.json('GET', '/api/v1/namespaces')
    const { items } = value as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }
    const left = items.filter(({ metadata }) => metadata.name.startsWith('soak-'))
    if (left.length === 0 && counts.every((count) => count === 0)) return
    await pause(500)
  }
}

const roundedNumbers = (_: string, value: unknown): unknown => (typeof value === 'number' ? rounded(value) : value)

/** What is seen of the server while the load is on it; a line for each sample. */
async function watch({ server, inspector, pause }: World, minutes: number, p99: () => Sample['p99']) {
  const samples: Sample[] = []
  const begin = performance.now()
  const sinceBegin = (): number => (performance.now() - begin) / 60_000
  const between = Math.min(30_000, (60_000 * minutes) / 20)
  while (sinceBegin() < minutes) {
    await pause(between)
    const sample = { minutes: sinceBegin(), ...(await inspector.liveMemory()), ...countsOf(server), p99: p99() }
    samples.push(sample)
    console.log(JSON.stringify(sample, roundedNumbers))
  }
  return { samples, minutes: sinceBegin() }
}

async function soak(world: World, minutes: number, seed: number): Promise<boolean> {
  const { server, requests, ledger, starts, client } = world
  const random = seededRandom(seed)
  const lanes = [requestLane(requests, ledger, random), jobLane(requests, client, starts)]
  const capacity = await capacityOf(world, lanes, Math.min(MOST_FILLING, (60 * minutes) / 4))
  await rest(world)
  const before = countsOf(server)
  const loads = lanes.map((lane, index) => startLoad(lane, SHARE * (capacity[index] ?? 0)))
  const of = <T>(what: (load: Load | undefined) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(lanes.map(({ name }, index) => [name, what(loads[index])]))
  const faults = startFaults({ server, requests, random: random.fork('faults'), starts })
  const cpu = cpuSecondsOf(server.pid)
  const seen = await watch(world, minutes, () => of((load) => quantile(load?.taken() ?? [], 0.99)))
  const busy = (cpuSecondsOf(server.pid) - cpu) / (60 * seen.minutes)
  for (const load of loads) await load.stop()
  const injected = await faults.stop()
  await rest(world)
  const lost = await lostOf(ledger, requests)
  const verdict = judge({ ...seen, before, after: countsOf(server), lost, double: doubleStartsOf(starts) })
  const line = {
    minutes,
    seed,
    capacity: told(lanes, capacity),
    serverCpu: rounded(busy, 2),
    done: of((load) => load?.count() ?? 0),
    missed: loads.reduce((sum, load) => sum + load.missed(), 0),
    acknowledged: ledger.acknowledged,
    faults: injected,
    ...verdict,
  }
  console.log(JSON.stringify(line, (key, value) => (key === 'serverCpu' ? value : roundedNumbers(key, value))))
  return verdict.wrong.length === 0
}

/** A line of each pod that started: its uid. */
function doubleStartsOf(starts: string): number {
  const lines = existsSync(starts) ? readFileSync(starts, 'utf8').trimEnd().split('\n') : []
  return lines.length - new Set(lines).size
}

async function main(): Promise<void> {
  const minutes = minutesOf(values.for ?? '30m')
  const seed = Number(values.seed ?? 1)
  if (!Number.isInteger(seed) || seed < 0) wrongUse('--seed is a whole number')
  const { path, dispose } = temporaryDirectory()
  const server = await startServerIn(INSPECTED, join(path, 'data'), ...FLAGS)
  const inspector = await openInspector(server)
  const { client, close } = await connect(server)
  const requests = requestsTo(server)
  const { pause } = newPauses()
  try {
    const world = { server, inspector, requests, client, ledger: emptyLedger(), starts: join(path, 'starts'), pause }
    process.exitCode = (await soak(world, minutes, seed)) ? 0 : 1
  } finally {
    requests.close()
    await close()
    await inspector.close()
    await server.stop()
    const said = server.errors().replaceAll(OF_THE_INSPECTOR, '')
    if (said !== '') console.log(`the server said:\n${said.slice(-4000)}`)
  }
  dispose()
}

await main()
