/** One simulated history: first faults, while safety is checked; then healing, after which everything must have ended. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import { type Log, millis } from '../../src/base/index.ts'
import { audits, startAudit } from './audit.ts'
import { checkRecords, checkSlots, checkStarts } from './check-cronjobs.ts'
import { checkJobs } from './check-jobs.ts'
import { checkCollection, checkPutOut, checkQuotas, checkSettled, checkSuccess } from './check-settled.ts'
import { type FaultCounts, type FaultRates, noFaults } from './faults.ts'
import type { Judge, Violation } from './judge.ts'
import { allParts } from './parts.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'
import { letGo, makeTeams, newWorkload, suspendAll, taintNode, type Workload } from './workload.ts'
import { minute, newWorld, type World } from './world.ts'

export type Simulated = {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly counts: FaultCounts
  /** How often each invariant was looked at. */
  readonly checks: Judge['checks']
  readonly writes: number
  readonly acts: number
  /** Equal for equal histories. */
  readonly fingerprint: string
}

export type Settings = {
  /** Faults that are left out; what else the seed draws stays the same. */
  readonly without?: ReadonlySet<keyof FaultCounts> | undefined
  /** Takes a line on everything that happens. */
  readonly trace?: ((line: string) => void) | undefined
  /** Takes what the parts log. */
  readonly log?: Log | undefined
}

/** How many of each there are in one history. */
type Course = {
  readonly rates: FaultRates
  readonly latency: number
  readonly acts: number
  readonly blows: number
  /** There are more namespaces from the beginning. */
  readonly teams: boolean
  readonly isAllowed: (fault: keyof FaultCounts) => boolean
}

/** What a call, an event or a commit risks at most. */
const mostRates: FaultRates = {
  refuse: 0.1,
  loseAnswer: 0.1,
  delay: 0.2,
  repeatCall: 0.05,
  conflict: 0.05,
  dropWatch: 0.05,
  delayEvents: 0.2,
  repeatEvents: 0.1,
  slowDisk: 0.2,
  fullDisk: 0.05,
}

/** The seed draws the options too: how many acts there are and how often each fault happens. */
export async function simulate(seed: number, settings: Settings = {}): Promise<Simulated> {
  const course = drawCourse(seededRandom(seed).fork('options'), settings)
  const { rates, latency, acts } = course
  const world = newWorld({ seed, rates, latency, trace: settings.trace, log: settings.log })
  const { judge, history, counts } = world
  const workload = newWorkload(world, world.random.fork('users'))
  checkJobs(world, workload.askedToGo)
  checkStarts(world, workload.askedToGo)
  checkRecords(world)
  checkCollection(world)
  checkSuccess(world)
  // A controller whose copy lags writes a usage of the past, and pods that fitted then are let in; so it is upstream.
  const lags = rates.delayEvents + rates.dropWatch + rates.slowDisk + rates.delay > 0
  if (!lags) checkQuotas(world)
  const auditing = {
    server: world.peer,
    clock: world.time.forPart().clock,
    random: world.random.fork('audit'),
    history,
    judge,
  }
  const audited = audits.map((audit) => startAudit(auditing, audit))
  for (const part of allParts) world.start(part)
  if (course.teams) void makeTeams(world.user)
  await trouble(world, course, workload)
  await heal(world)
  await checkAnswers(world)
  checkAcknowledged(world, workload)
  checkSettled(world)
  checkSlots(world)
  for (const isComplete of audited) isComplete()
  const { violations, checks } = judge
  return { seed, violations, counts, checks, writes: history.newest(), acts, fingerprint: history.fingerprint() }
}

function drawCourse(options: SeededRandom, settings: Settings): Course {
  const isAllowed = (fault: keyof FaultCounts): boolean => settings.without?.has(fault) !== true
  const harsh = options.chance(0.85)
  const rates: FaultRates = { ...noFaults }
  for (const fault of Object.keys(mostRates) as (keyof FaultRates)[]) {
    const rate = harsh && options.chance(0.5) ? (options.between(0, 100) / 100) * mostRates[fault] : 0
    rates[fault] = isAllowed(fault) ? rate : 0
  }
  const latency = options.pick([0, 0, 5, 100])
  return {
    rates,
    latency,
    acts: options.between(5, 60),
    blows: harsh ? options.between(0, 10) : 0,
    teams: options.chance(0.5),
    isAllowed,
  }
}

async function trouble(world: World, course: Course, { act }: Workload): Promise<void> {
  const random = world.random.fork('trouble')
  let blows = course.blows
  for (let i = 0; i < course.acts; i++) {
    // Not waited for: the act may hang on a dead server while the world goes on.
    void act()
    await world.advance(random.between(0, random.chance(0.2) ? 40_000 : 6000))
    if (random.chance(0.1)) {
      const span = millis(random.between(-7_200_000, 3_600_000))
      if (course.isAllowed('clockStep')) world.stepClock(span)
    }
    if (blows > 0 && random.chance(0.3)) {
      blows--
      strike(world, random, course.isAllowed)
    }
  }
}

/** Draws first, so that what is left out changes nothing else. */
function strike(world: World, random: SeededRandom, isAllowed: Course['isAllowed']): void {
  const blow = random.pick(['kill', 'killAtAwait', 'killAtAwait', 'killAtAwait', 'powerCut', 'nodeLoss'] as const)
  const part = random.pick(allParts)
  const span = millis(random.between(0, 30_000))
  const points = Math.floor(2 ** (random.between(0, 800) / 100))
  if (!isAllowed(blow)) return
  if (blow === 'kill') world.crash(part, span)
  else if (blow === 'killAtAwait') world.lightFuse(part, points)
  else if (blow === 'powerCut') world.cutPower()
  else world.loseNode(span)
}

/**
 * No more faults; forty minutes for everything to end: the longest back-off is six minutes, and a Job may need a few.
 * CronJobs go on for some of them and then rest. The node comes back, should somebody have deleted it.
 */
async function heal(world: World): Promise<void> {
  Object.assign(world.rates, noFaults)
  for (const part of allParts) world.lightFuse(part, Number.POSITIVE_INFINITY)
  for (const part of allParts) world.start(part)
  await world.advance(minute)
  // An agent registers its node when it starts: it does not watch over it.
  if (world.history.current('Node').size === 0) world.crash('node', millis(1000))
  const client = world.truth()
  if (client !== undefined) await taintNode(client)
  await world.advance(minute)
  checkPutOut(world)
  if (client !== undefined) await letGo(client)
  await world.advance(4 * minute)
  if (client !== undefined) await client.delete({ resource: 'namespaces', name: 'team-b' })
  await world.advance(3 * minute)
  if (client !== undefined) await suspendAll(client)
  await world.advance(32 * minute)
}

/** A server that answers takes a write and shows it. */
async function checkAnswers(world: World): Promise<void> {
  const { judge, truth, advance } = world
  const metadata = { name: 'after-all', namespace: 'default' }
  const client = truth()
  let shown: KubeObject | undefined
  const ask = async (): Promise<void> => {
    await client?.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    const found = await client?.get({ resource: 'configmaps', ...metadata })
    if (found?.ok === true) shown = found.value
  }
  // Not waited for: one that hangs does not answer either.
  void ask()
  await advance(minute)
  judge.check('the-server-comes-back', shown !== undefined, () => 'the server does not take a write and show it')
}

/** What was acknowledged is in the history, and what was acknowledged to be deleted is gone or going. */
function checkAcknowledged({ history, judge }: World, { acknowledged, deleted }: Workload): void {
  for (const { resource, name, uid, resourceVersion } of acknowledged) {
    judge.check('acknowledged-writes-survive', history.has(uid, resourceVersion), () => {
      return `${resource} ${name} at ${resourceVersion} was acknowledged and is not in the history`
    })
  }
  for (const { kind = '', metadata } of deleted) {
    const there = [...history.current(kind).values()].find((object) => object.metadata.uid === metadata.uid)
    const stays = there !== undefined && there.metadata.deletionTimestamp === undefined
    judge.check('acknowledged-writes-survive', !stays, () => `the deletion of ${kind} ${metadata.name} was forgotten`)
  }
}
