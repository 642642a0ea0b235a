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
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { connect } from '../support/many-pods.ts'
import { readOptions } from '../support/options.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { startFaults } from './faults.ts'
import { jobLane, type Lane, requestLane, startLoad } from './load.ts'
import { cpuSecondsOf, quantile, rounded, type Sample, sampleOf, slopePerHour } from './measure.ts'
import { newPauses } from './pauses.ts'

const SHARE = 0.7
/** What is kept by design is kept for a short time, so that it stops growing within the warm-up. */
const FLAGS = ['--event-ttl', '1m', '--log-retention-size', '1Mi', '--run-history-limit', '10']
/** Seconds at full speed before anything is measured. */
const MOST_FILLING = 300
/** The share of the time after which memory must stay as it is. */
const WARM_UP = 1 / 3
/** Growth after the warm-up, as a share of what there was, that is taken for noise. */
const NOISE = 0.1

type World = {
  readonly server: Server
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

async function soak(world: World, minutes: number, seed: number): Promise<boolean> {
  const { server, requests, ledger, starts, client, pause } = world
  const random = seededRandom(seed)
  const lanes = [requestLane(requests, ledger, random), jobLane(requests, client, starts)]
  const capacity = await capacityOf(world, lanes, Math.min(MOST_FILLING, (60 * minutes) / 4))
  await rest(world)
  const before = await sampleOf(server, requests)
  const rates = capacity.map((rate) => SHARE * rate)
  const loads = lanes.map((lane, index) => startLoad(lane, rates[index]))
  const faults = startFaults({ server, requests, random: random.fork('faults'), starts })
  const cpu = cpuSecondsOf(server.pid)
  const samples: Sample[] = []
  const begin = performance.now()
  const sinceBegin = (): number => (performance.now() - begin) / 60_000
  while (sinceBegin() < minutes) {
    await pause(Math.min(30_000, (60_000 * minutes) / 20))
    const p99 = Object.fromEntries(lanes.map(({ name }, index) => [name, quantile(loads[index]?.taken() ?? [], 0.99)]))
    const sample = { minutes: sinceBegin(), ...(await sampleOf(server, requests)), p99 }
    samples.push(sample)
    console.log(JSON.stringify(sample, (_, value) => (typeof value === 'number' ? rounded(value) : value)))
  }
  const busy = (cpuSecondsOf(server.pid) - cpu) / (60 * sinceBegin())
  for (const load of loads) await load.stop()
  const injected = await faults.stop()
  await rest(world)
  const after = await sampleOf(server, requests)
  const lost = await lostOf(ledger, requests)
  const done = Object.fromEntries(lanes.map(({ name }, index) => [name, loads[index]?.count() ?? 0]))
  const missed = loads.reduce((sum, load) => sum + load.missed(), 0)
  const verdict = judge({ samples, before, after, lost, double: doubleStartsOf(starts) })
  console.log(
    JSON.stringify({
      minutes,
      seed,
      capacity: told(lanes, capacity),
      serverCpu: rounded(busy, 2),
      done,
      missed,
      acknowledged: ledger.acknowledged,
      faults: injected,
      ...verdict,
    }),
  )
  return verdict.wrong.length === 0
}

type Facts = {
  readonly samples: readonly Sample[]
  /** At rest, before and after. */
  readonly before: Omit<Sample, 'minutes' | 'p99'>
  readonly after: Omit<Sample, 'minutes' | 'p99'>
  readonly lost: readonly string[]
  readonly double: number
}

function judge({ samples, before, after, lost, double }: Facts) {
  const end = samples.at(-1)?.minutes ?? 0
  const warm = samples.filter(({ minutes }) => minutes > end * WARM_UP)
  const hours = (end * (1 - WARM_UP)) / 60
  const wrong = [...lost]
  const growth = (name: 'residentMiB' | 'heapMiB') => {
    const perHour = slopePerHour(warm.map((sample) => [sample.minutes, sample[name]]))
    const typical = quantile(
      warm.map((sample) => sample[name]),
      0.5,
    )
    if (perHour * hours > NOISE * typical) wrong.push(`${name} grows by ${rounded(perHour)} an hour`)
    return { median: rounded(typical), perHour: rounded(perHour) }
  }
  const memory = { resident: growth('residentMiB'), heap: growth('heapMiB') }
  if (double > 0) wrong.push(`${double} pods started twice`)
  if (after.handles > before.handles) wrong.push(`${before.handles} open files became ${after.handles}`)
  if (after.processes > before.processes) wrong.push(`${before.processes} processes became ${after.processes}`)
  const middle = end * ((1 + WARM_UP) / 2)
  const p99 = Object.keys(samples[0]?.p99 ?? {}).map((name) => {
    const of = (part: readonly Sample[]): number =>
      rounded(
        quantile(
          part.map((sample) => sample.p99[name] ?? 0),
          0.5,
        ),
      )
    return [
      name,
      { first: of(warm.filter((s) => s.minutes <= middle)), second: of(warm.filter((s) => s.minutes > middle)) },
    ]
  })
  const handles = { before: before.handles, after: after.handles }
  const processes = { before: before.processes, after: after.processes }
  return { memory, handles, processes, p99: Object.fromEntries(p99), lost: lost.length, doubleStarts: double, wrong }
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
  const server = await startServer(join(path, 'data'), ...FLAGS)
  const { client, close } = await connect(server)
  const requests = requestsTo(server)
  const { pause } = newPauses()
  try {
    const world = { server, requests, client, ledger: emptyLedger(), starts: join(path, 'starts'), pause }
    process.exitCode = (await soak(world, minutes, seed)) ? 0 : 1
  } finally {
    requests.close()
    await close()
    await server.stop()
    const said = server.errors()
    if (said !== '') console.log(`the server said:\n${said.slice(-4000)}`)
  }
  dispose()
}

await main()
