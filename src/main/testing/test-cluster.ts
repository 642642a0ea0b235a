/**
 * A whole jobd for tests, in this process: the real API, controllers and node agent, on a clock that the test moves and
 * with pods that the test ends. Nothing waits for real time, so a test of a month of CronJobs takes moments.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers'
import { startAgent } from '../../agent/index.ts'
import type { ContainerConfig } from '../../agent/runtime/index.ts'
import { createVirtualRuntime, type VirtualRuntime } from '../../agent/virtual/index.ts'
import { parseQuantity } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import {
  type Clock,
  formatTime,
  type Instant,
  instant,
  type Log,
  type Millis,
  millis,
  ok,
  parseTime,
  type Random,
  silentLog,
} from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import { checkCommon, checkNames, checkValue, type NamesOf, told } from '../given.ts'
import { JobdError, type Place, type Program } from '../program.ts'
import { programOn } from '../program-on.ts'
import { realClock, type Surroundings } from '../real.ts'
import { type Server, startServer } from '../server.ts'
import { stoppedText } from '../stoppable-client.ts'
import { version } from '../version.ts'
import { localZoneOf } from '../zone.ts'
import { courseOf, type Defects, newDefects, type Run } from './course.ts'
import { durationOf } from './duration.ts'
import { type TestPod, testPod } from './test-pods.ts'
import { newVirtualTime, type VirtualTime } from './virtual-time.ts'

export type TestClusterOptions = {
  /** What the clock shows first, as an RFC 3339 time; `2026-01-01T00:00:00Z` when absent. */
  readonly startTime?: string | Date | undefined
  /**
   * Says how a container goes when it starts; undefined leaves it as it would be without this function: app containers
   * and sidecars run until the test ends them, and init containers end well at once. Where it throws, or answers what is
   * no course, the calls on pods, on the clock and `finished` throw a JobdError that says so.
   */
  readonly run?: Run | undefined
  /** What the node has to give; enough for everything when absent. */
  readonly resources?: Readonly<Record<string, string>> | undefined
  /** Behave as upstream Kubernetes v1.36 in every point. */
  readonly exact?: boolean | undefined
  /** The IANA time zone of schedules that name none; UTC when absent. */
  readonly timeZone?: string | undefined
  readonly log?: Log | undefined
}

export type TestClock = {
  readonly now: () => Date
  /**
   * Lets time pass, `'1h'` or milliseconds, and with it everything happen that falls due, in order. Resolves when all
   * that follows from it inside the cluster has happened too.
   */
  readonly advance: (span: string | number) => Promise<void>
  /** As `advance`, up to an RFC 3339 time that lies ahead. */
  readonly advanceTo: (time: string | Date) => Promise<void>
}

export type RunningPods = Place & { readonly job?: string | undefined }

export type TestCluster = Program & {
  readonly clock: TestClock
  /** The pods that run now, of a Job when one is named, oldest first. */
  readonly runningPods: (which?: RunningPods) => Promise<readonly TestPod[]>
  /** The one pod of a Job that runs now; throws when there is none, or more than one. */
  readonly runningPod: (job: string, place?: Place) => Promise<TestPod>
  /** Resolves when everything has happened that happens without time passing. */
  readonly settled: () => Promise<void>
}

/** What the texts of times can say, in the API and out of it. */
const firstTime = Date.parse('0000-01-01T00:00:00Z')
const lastTime = Date.parse('9999-12-31T23:59:59Z')
const defaultStart = '2026-01-01T00:00:00Z'
/** A node that fits everything, wherever the test runs. */
const plenty = { cpu: '1000', memory: '4Ti', 'ephemeral-storage': '100Ti', pods: '100000' }
/** So many turns of the event loop without a write are rest. A call inside the process takes one or two. */
const restTurns = 8

/** Starts a test cluster; throws a JobdError where it cannot. */
export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  checkOptions(options)
  const time = newVirtualTime(timeOf(options.startTime ?? defaultStart, 'startTime'))
  const directory = mkdtempSync(join(tmpdir(), 'jobd-test-'))
  const dispose = (): void => rmSync(directory, { recursive: true, force: true })
  const world: World = {}
  const defects = newDefects()
  const started = await startServer({
    directory,
    store: 'memory',
    runtime: 'none',
    listen: { host: '127.0.0.1', port: 0 },
    exact: options.exact === true,
    disabledAdmission: ['ServiceAccount'],
    timeZone: options.timeZone,
    log: options.log ?? silentLog,
    surroundings: surroundingsOn(time),
    startNode: async (client, serviceEnv) => {
      const { runtime, agent } = startNode({ options, time, directory, world, defects }, client, serviceEnv)
      world.runtime = runtime
      await agent.ready
      return agent
    },
  })
  if (!started.ok) {
    dispose()
    throw new JobdError(started.error)
  }
  world.server = started.value
  const { runtime } = world
  if (runtime === undefined) throw new Error('the test cluster has no node')
  await started.value.core.manager.synced
  const program = programOn(started.value, { clock: realClock, log: options.log ?? silentLog, close: dispose })
  return clusterOn(started.value, { program, runtime, time, defects })
}

const optionNames: NamesOf<TestClusterOptions> = {
  startTime: true,
  run: true,
  resources: true,
  exact: true,
  timeZone: true,
  log: true,
}
const runningPodsNames: NamesOf<RunningPods> = { namespace: true, job: true }

/** Programs in JavaScript may give anything, and what is wrong must not show hours of the clock later. */
function checkOptions(options: TestClusterOptions): void {
  checkNames('startTestCluster', options, optionNames)
  checkCommon(options)
  const { run, timeZone, resources = {} } = options
  checkValue('resources', resources, 'quantities by name such as { cpu: "2" }', (given) => given instanceof Object)
  if (run !== undefined && typeof run !== 'function') throw new JobdError(`run takes a function, not ${typeof run}`)
  const zone = timeZone === undefined ? ok(timeZone) : localZoneOf(timeZone, 'timeZone')
  if (!zone.ok) throw new JobdError(zone.error)
  for (const [name, quantity] of Object.entries(resources))
    if (!parseQuantity(String(quantity)).ok)
      throw new JobdError(`resources.${name} takes a quantity such as 2, 500m or 4Gi, not ${quantity}`)
}

function timeOf(given: string | Date, name: string): Instant {
  const found = given instanceof Date ? instant(given.getTime()) : parseTime(given)
  if (found === undefined || Number.isNaN(found))
    throw new JobdError(`${name} takes an RFC 3339 time such as 2026-01-01T00:00:00Z, not ${told(given)}`)
  if (found < firstTime || found > lastTime)
    throw new JobdError(
      `${name} takes a time of the years 0 to 9999, which is what RFC 3339 can say, not ${told(given)}`,
    )
  return found
}

/** Names and delays are the same in every run; nobody sets this clock behind anybody's back. */
function surroundingsOn({ clock }: VirtualTime): Surroundings {
  let draws = 0
  let uids = 0
  const random: Random = { bits: () => Math.imul(++draws, 2_654_435_761) >>> 0 }
  const longestSleep = millis(366 * 24 * 3_600_000)
  return { clock, random, longestSleep, newUid: () => `00000000-0000-4000-8000-${String(++uids).padStart(12, '0')}` }
}

type World = { server?: Server; runtime?: VirtualRuntime }

type Node = {
  readonly options: TestClusterOptions
  readonly time: VirtualTime
  readonly directory: string
  readonly world: World
  readonly defects: Defects
}

function startNode(
  { options, time, directory, world, defects }: Node,
  client: Client,
  serviceEnv: Record<string, string>,
) {
  const { clock } = time
  const runtime = createVirtualRuntime({
    clock,
    dir: join(directory, 'pods'),
    version,
    onStart(config) {
      const pod = podOf(world.server, config)
      if (pod === undefined) return
      const course = courseOf(options.run, pod, config)
      if (!course.ok) return defects.found(config, course.error)
      if (course.value === undefined) return
      const { duration, exitCode, log } = course.value
      if (log !== undefined) runtime.write(config.key, log)
      clock.wake(duration, () => void runtime.end(config.key, exitCode))
    },
  })
  const agent = startAgent({
    client,
    clock,
    random: surroundingsOn(time).random,
    log: options.log ?? silentLog,
    runtime,
    dataDir: join(directory, 'volumes'),
    nodeName: 'test-node',
    version,
    hostEnv: {},
    serviceEnv: () => serviceEnv,
    resources: options.resources ?? plenty,
    foldsStatus: false,
  })
  return { runtime, agent }
}

function podOf(server: Server | undefined, { pod }: ContainerConfig): Pod | undefined {
  const pods = server?.core.api.registry.cache.resource('pods')
  return pods?.objects.get(`${pod.namespace}/${pod.name}`) as Pod | undefined
}

type Parts = {
  readonly program: Program
  readonly runtime: VirtualRuntime
  readonly time: VirtualTime
  readonly defects: Defects
}

function clusterOn(server: Server, { program, runtime, time, defects }: Parts): TestCluster {
  const { clock } = time
  let isStopped = false
  const stop = (): Promise<void> => {
    isStopped = true
    return program.stop()
  }
  const checkRuns = (): void => {
    if (isStopped) throw new JobdError(stoppedText)
  }
  const rest = async (): Promise<void> => {
    checkRuns()
    await comeToRest(server)
    defects.check()
  }
  /** Only one moves the time; others wait for their turn. */
  let turn = Promise.resolve()
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const done = turn.then(act)
    turn = done.catch(() => {})
    return done
  }
  const settled = (): Promise<void> => inTurn(() => passTime(time, 0, rest))
  const runningPods = async (which: RunningPods = {}): Promise<readonly TestPod[]> => {
    checkNames('runningPods', which, runningPodsNames)
    await settled()
    return podsThatRun(which, { server, runtime, settled, checkRuns })
  }
  return {
    ...program,
    stop,
    [Symbol.asyncDispose]: stop,
    finished: (name, place) => Promise.race([program.finished(name, place), defects.first]),
    clock: {
      now: () => new Date(clock.now()),
      async advance(given) {
        const span = durationOf(given)
        await inTurn(() => passTime(time, checkedSpan(span, clock), rest))
      },
      async advanceTo(to) {
        const span = timeOf(to, 'advanceTo') - clock.now()
        if (span < 0) throw new RangeError(`the clock shows ${shown(clock)}, which is behind ${to}`)
        await inTurn(() => passTime(time, span, rest))
      },
    },
    runningPods,
    async runningPod(job, place) {
      const pods = await runningPods({ ...place, job })
      const [pod] = pods
      if (pod !== undefined && pods.length === 1) return pod
      const many = pods.length === 0 ? 'no pod runs' : `${pods.length} pods run`
      throw new JobdError(`${many} for job ${place?.namespace ?? 'default'}/${job}: use runningPods, or let time pass`)
    },
    settled,
  }
}

const shown = (clock: Clock): string => new Date(clock.now()).toISOString()

function checkedSpan(span: Millis, clock: Clock): Millis {
  if (clock.now() + span <= lastTime) return span
  throw new RangeError(
    `the clock shows ${shown(clock)} and goes to ${formatTime(instant(lastTime))} at most: advance by less`,
  )
}

type PodsOf = {
  readonly server: Server
  readonly runtime: VirtualRuntime
  readonly settled: () => Promise<void>
  readonly checkRuns: () => void
}

function podsThatRun(which: RunningPods, { server, runtime, settled, checkRuns }: PodsOf): readonly TestPod[] {
  const seen = new Set<string>()
  return runtime.running().flatMap(({ config }) => {
    const pod = podOf(server, config)
    const { uid = '', namespace, labels } = pod?.metadata ?? {}
    const isWanted = namespace === (which.namespace ?? 'default') && !seen.has(uid)
    if (pod === undefined || !isWanted) return []
    if (which.job !== undefined && labels?.['batch.kubernetes.io/job-name'] !== which.job) return []
    seen.add(uid)
    return [testPod(pod, { runtime, settled, checkRuns })]
  })
}

async function passTime(time: VirtualTime, span: number, rest: () => Promise<void>): Promise<void> {
  const end = time.clock.monotonic() + span
  await rest()
  for (let at = time.nextAt(); at !== undefined && at <= end; at = time.nextAt()) {
    time.runUntil(at)
    await rest()
  }
  time.runUntil(end)
}

/** Waits until so many turns of the event loop went by without a write. */
async function comeToRest({ core }: Server): Promise<void> {
  const { store } = core.api.registry
  let last = store.revision()
  for (let quiet = 0; quiet < restTurns; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (store.revision() === last) continue
    last = store.revision()
    quiet = 0
  }
}
