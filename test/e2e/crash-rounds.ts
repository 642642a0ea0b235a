/**
 * `npm run crash -- [--rounds N] [--seed N]`: the real server is killed at random moments while clients write and pods run,
 * and must still have what it acknowledged. The last line is a JSON object that adds up; a failure prints the command that
 * repeats it. A seed repeats what is done and after which answer the server dies, not what the machine does meanwhile.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unmountBelow } from '../../src/agent/memory/index.ts'
import { nameOf } from '../../src/agent/process/scratch.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import { type SeededRandom, seededRandom } from '../sim/seeded-random.ts'
import { CONTENT, emptyLedger, type Ledger, lostOf, perform, type Write } from '../support/crash-ledger.ts'
import { type Server, startServerIn, temporaryDirectory } from '../support/executable.ts'
import { helpersOf, killAll, killOne, MARK, signalAll } from '../support/leftovers.ts'
import { connect, isOver, whenJob } from '../support/many-pods.ts'
import { readOptions } from '../support/options.ts'
import { openPowerDisk, type PowerDisk } from '../support/power-disk.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { tornLog } from '../support/torn-log.ts'

export type CrashResult = {
  readonly seed: number
  rounds: number
  acknowledged: number
  kills: number
  stops: number
  powerCuts: number
  /** Why there are none. */
  noPowerCuts?: string
  /** Of writes to the database that had not been synced when the power was cut. */
  sectorsKept: number
  sectorsLost: number
  /** Of helpers of the server, while it lives. */
  supervisorKills: number
  spawnerKills: number
  podStarts: number
  lost: number
  doubleStarts: number
}

/** Rounds on one data directory; then all Jobs must end, and the next rounds begin with an empty one. */
const ROUNDS_EACH = 10
const CLIENTS = 4
const DATABASE = 'jobd.db'
const LOG = 'jobd.db-wal'
/** Jobs in one round: enough that some start, run and end as the server dies, few enough to end soon on a busy machine. */
const JOBS = 4

type World = {
  readonly path: string
  /** The data directory: a disk that can lose its power, where this machine has one. */
  readonly data: string
  readonly disk: PowerDisk | undefined
  readonly starts: string
  readonly ledger: Ledger
  readonly result: CrashResult
}

/** Rejects with what was lost, at the first round that loses something. */
export async function runCrashes(seed: number, rounds: number): Promise<CrashResult> {
  const counts = {
    acknowledged: 0,
    kills: 0,
    stops: 0,
    powerCuts: 0,
    sectorsKept: 0,
    sectorsLost: 0,
    supervisorKills: 0,
    spawnerKills: 0,
  }
  const result: CrashResult = { seed, rounds: 0, ...counts, podStarts: 0, lost: 0, doubleStarts: 0 }
  const random = seededRandom(seed)
  while (result.rounds < rounds) {
    const { path, dispose } = temporaryDirectory()
    const disk = openPowerDisk(path)
    if (typeof disk === 'string') result.noPowerCuts = disk
    const world: World = {
      path,
      data: join(path, 'data'),
      disk: typeof disk === 'string' ? undefined : disk,
      starts: join(path, 'starts'),
      ledger: emptyLedger(),
      result,
    }
    try {
      await runOnOneDirectory(world, Math.min(ROUNDS_EACH, rounds - result.rounds), random)
    } catch (error) {
      const round = result.rounds + 1
      const what = error instanceof Error ? error.message : String(error)
      const replay = `npm run crash -- --seed ${seed} --rounds ${round}`
      throw new Error(`seed ${seed}, round ${round}, files in ${path}: ${what}\n${replay}`, { cause: error })
    } finally {
      world.disk?.unmount()
    }
    dispose()
  }
  return result
}

/** Leaves the directory for a look when something is wrong, without a server. */
async function runOnOneDirectory(world: World, rounds: number, random: SeededRandom): Promise<void> {
  const { ledger, result } = world
  let server = await startServerIn({ [MARK]: world.data }, world.data)
  try {
    for (let round = 0; round < rounds; round++) {
      await crash(world, server, random.fork('round'))
      complain(integrityOf(world))
      server = await startServerIn({ [MARK]: world.data }, world.data)
      const requests = requestsTo(server)
      complain(await lostOf(ledger, requests))
      requests.close()
      complain(doubleStartsOf(world))
      result.rounds++
    }
    await allEnd(server)
    complain(doubleStartsOf(world))
    const requests = requestsTo(server)
    complain(await lostOf(ledger, requests))
    requests.close()
    result.podStarts += startsOf(world).length
    result.acknowledged += ledger.acknowledged
    await server.stop()
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}; the server said: ${server.errors() || 'nothing'}`,
      {
        cause: error,
      },
    )
  } finally {
    // It may stand still, or be gone.
    await killAll(world.data)
  }
}

function complain(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** Clients write until the server is killed, after a number of requests and answers that the seed tells. */
async function crash(world: World, server: Server, random: SeededRandom): Promise<void> {
  const requests = requestsTo(server)
  const isStopped = random.chance(0.5)
  const isPowerCut = isStopped && random.chance(0.5)
  const moment = random.between(0, 240)
  const halfway = random.chance(0.5) ? Math.floor(moment / 2) : -1
  const state = { events: 0, isDown: false, jobs: 0 }
  const atMoment = Promise.withResolvers<void>()
  const tick = (): void => {
    if (state.events === halfway) killHelper(world, server, random)
    if (state.events++ === moment) atMoment.resolve()
  }
  const name = `r${world.result.rounds}`
  const clients = [...Array(CLIENTS).keys()].map((index) =>
    runClient(world, requests, { random: random.fork(`client ${index}`), prefix: `${name}c${index}`, state, tick }),
  )
  const ended = Promise.all(clients)
  // Nobody may miss a refusal: either it comes before the moment, or with the end of the clients.
  await Promise.race([atMoment.promise, ended])
  state.isDown = true
  if (isStopped) {
    await stopAtOnce(server)
    world.result.stops++
  }
  const goesOn = random.chance(0.5)
  if (world.disk !== undefined && isPowerCut) await cutPower(world, world.disk, { server, requests, random })
  else if (isStopped && goesOn) process.kill(server.pid, 'SIGCONT')
  await server.kill()
  world.result.kills++
  await ended
  requests.close()
}

/** The server lives on: it must start another spawner, and say of the container that it was lost. */
function killHelper({ result }: World, server: Server, random: SeededRandom): void {
  const { spawners, supervisors } = helpersOf(server)
  if (random.chance(0.5)) result.spawnerKills += Number(killOne(spawners, random))
  else result.supervisorKills += Number(killOne(supervisors, random))
}

type Client = {
  readonly random: SeededRandom
  readonly prefix: string
  readonly state: { isDown: boolean; jobs: number }
  /** Told before each request and after each answer. */
  readonly tick: () => void
}

async function runClient(world: World, requests: Requests, { random, prefix, state, tick }: Client): Promise<void> {
  const mine: string[] = []
  for (let count = 0; ; count++) {
    const write = nextWrite(world, { random, prefix: `${prefix}n${count}`, mine, mayRun: state.jobs < JOBS })
    if (write.kind === 'create' && write.key.startsWith('jobs/')) state.jobs++
    try {
      const answered = perform(world.ledger, requests, write)
      tick()
      await answered
      tick()
    } catch (error) {
      // The server is dying, as it should: the write stays unanswered.
      if (state.isDown) return
      throw error
    }
  }
}

type Choice = {
  readonly random: SeededRandom
  readonly prefix: string
  readonly mine: string[]
  readonly mayRun: boolean
}

/** A client writes its own objects alone, one write after the other, so that it knows what each must be. */
function nextWrite(world: World, { random, prefix, mine, mayRun }: Choice): Write {
  const what = random.between(0, 9)
  const key = mine.length > 3 && what > 3 ? random.pick(mine) : undefined
  if (key !== undefined && what > 7) {
    mine.splice(mine.indexOf(key), 1)
    return { kind: 'delete', key }
  }
  if (key !== undefined) return { kind: 'update', key, content: `${prefix}u` }
  const isJob = mayRun && random.chance(0.3)
  const created = `${isJob ? 'jobs' : 'configmaps'}/${prefix}`
  mine.push(created)
  const metadata = { name: prefix, labels: { [CONTENT]: prefix } }
  const object = isJob
    ? jobObject(world, metadata)
    : { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: prefix } }
  return { kind: 'create', key: created, content: prefix, object }
}

function jobObject({ starts, data }: World, metadata: { readonly name: string }): object {
  const script = `echo ${metadata.name} $JOBD_POD_UID >> ${starts}; sleep 0.2`
  const env = [{ name: MARK, value: data }]
  const containers = [{ name: 'main', image: 'host', command: ['/bin/sh', '-c', script], env }]
  const template = { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template } }
}

/** SIGSTOP, and waits until no thread of the server runs, nor waits for the disk. */
async function stopAtOnce({ pid }: Server): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const stateOf = (thread: string): string =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.[0] ?? ''
  while (readdirSync(`/proc/${pid}/task`).some((thread) => stateOf(thread) !== 'T')) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

type Cut = { readonly server: Server; readonly requests: Requests; readonly random: SeededRandom }

/**
 * The power goes while the server stands still: all die, what was in memory is lost, and of the files there is what had been
 * synced, with any sectors of the transaction that was written next.
 */
async function cutPower({ data, result }: World, disk: PowerDisk, { server, requests, random }: Cut): Promise<void> {
  const [database, log] = [join(data, DATABASE), join(data, LOG)]
  signalAll(data, 'SIGSTOP')
  await disk.photograph()
  const before = readFileSync(database)
  // Nobody hears of what it writes from here on, nor does anything start.
  requests.close()
  writeOn(server, log)
  await server.kill()
  const [after, later] = [readFileSync(database), readFileSync(log)]
  await killAll(data)
  for (const memory of ['/run/jobd', '/dev/shm/jobd']) {
    const place = join(memory, nameOf(join(data, 'pods')))
    await unmountBelow(place)
    rmSync(place, { recursive: true, force: true })
  }
  disk.reboot()
  forgetBoot(join(data, 'pods/pods/starts'))
  result.powerCuts++
  // Pages that went from the log to the database tell that the log was synced and begun anew.
  if (!after.equals(before)) return
  const torn = tornLog(readFileSync(log), later, random)
  writeFileSync(log, torn.log)
  result.sectorsKept += torn.kept
  result.sectorsLost += torn.lost
}

/** What was to start was so in another boot than that of this machine, which goes on. */
function forgetBoot(starts: string): void {
  if (existsSync(starts)) writeFileSync(starts, readFileSync(starts, 'utf8').replace(/^boot .*$/gm, 'boot earlier'))
}

/** Lets a stopped server do what it was about to, until it writes, or has nothing to write. */
function writeOn({ pid }: Server, log: string): void {
  const look = (): string => {
    const { size, mtimeMs } = statSync(log)
    return `${size} ${mtimeMs}`
  }
  const before = look()
  const end = performance.now() + 200
  process.kill(pid, 'SIGCONT')
  while (look() === before && performance.now() < end);
}

function copyDatabase(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const name of [DATABASE, LOG]) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  }
}

/** The database that a killed server left is whole; looked at in a copy, since a look would mend it. */
function integrityOf({ path, data }: World): readonly string[] {
  const directory = join(path, 'left')
  copyDatabase(data, directory)
  const db = new DatabaseSync(join(directory, 'jobd.db'))
  const rows = db.prepare('PRAGMA integrity_check').all()
  db.close()
  rmSync(directory, { recursive: true })
  return rows.map((row) => String(row['integrity_check'])).filter((text) => text !== 'ok')
}

/** A line `JOB UID` for each container that started. */
const startsOf = ({ starts }: World): readonly string[] =>
  existsSync(starts) ? readFileSync(starts, 'utf8').trimEnd().split('\n') : []

/** Pods that started twice, and Jobs of one pod that had a second. */
function doubleStartsOf(world: World): readonly string[] {
  const lines = startsOf(world)
  const names = lines.map((line) => line.split(' ')[0] ?? '')
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => {
      world.result.doubleStarts++
      return `${name} started more than once: ${lines.filter((line) => line.startsWith(`${name} `)).join(', ')}`
    })
}

/** Waits until each Job that is there is over. */
async function allEnd(server: Server): Promise<void> {
  const { client, close } = await connect(server)
  const listed = await client.list<Job>('jobs.batch', { namespace: 'default' })
  if (!listed.ok) throw new Error(listed.error.message)
  const { items, resourceVersion } = listed.value
  // From the list on: a server that has just started need not know what came before.
  const running = items
    .filter((job) => !isOver(job))
    .map((job) => ({ ...job, metadata: { ...job.metadata, resourceVersion } }))
  await Promise.all(running.map((job) => whenJob(client, job, isOver)))
  await close()
}

async function main(): Promise<void> {
  const values = readOptions({ rounds: { type: 'string' }, seed: { type: 'string' } })
  const [rounds, seed] = [Number(values.rounds ?? 1000), Number(values.seed ?? Date.now() % 1_000_000)]
  if (!Number.isInteger(rounds) || !Number.isInteger(seed) || rounds < 1 || seed < 0) {
    console.error('--rounds and --seed are whole numbers')
    process.exit(2)
  }
  console.log(`seed ${seed}`)
  try {
    console.log(JSON.stringify(await runCrashes(seed, rounds)))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}

if (import.meta.main) await main()
