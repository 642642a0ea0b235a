/**
 * What CronJobs would do over a span of time: the real planner on a clock that jumps from one decision to the next.
 * Nothing is run: each Job takes a given time and fails as the random source says.
 */
import type { CronJob, Job } from '../apis/batch/index.ts'
import { after, below, createHeap, formatTime, type Instant, instant, type Millis, type Random } from '../base/index.ts'
import {
  type ActionResult,
  type CronJobAction,
  type CronJobOptions,
  planCronJob,
  type SeenJob,
  type SlotFate,
  seenJobOf,
} from '../controllers/cronjob/index.ts'

export type Scenario = {
  /** With defaults and a uid; created at `from` unless it says when. */
  readonly cronJob: CronJob
  /** What its entries call it. */
  readonly shownAs: string
  readonly from: Instant
  /** Not included. */
  readonly to: Instant
  /** When the controller does not run; ascending, apart from each other. The end is not included. */
  readonly down: readonly { readonly from: Instant; readonly to: Instant }[]
  /** How long each Job takes. */
  readonly duration: Millis
  /** The probability that a Job fails. */
  readonly failRate: number
  readonly random: Random
  readonly options: CronJobOptions
}

export type Entry = {
  readonly time: Instant
  readonly cronJob: string
  readonly kind: 'Started' | 'Skipped' | 'Missed' | 'FailedToStart' | 'Completed' | 'Failed' | 'Deleted' | 'Event'
  /** The due time that this is about. */
  readonly scheduled?: Instant | undefined
  /** It is about all due times from `scheduled` up to this one. */
  readonly last?: Instant | undefined
  readonly job?: string | undefined
  readonly text?: string | undefined
}

type Running = { readonly name: string; readonly end: Instant; readonly fails: boolean }

type State = {
  readonly scenario: Scenario
  /** What happened at this moment. */
  entries: Entry[]
  now: Instant
  cronJob: CronJob
  jobs: readonly SeenJob[]
  /** In order of their ends, as all take equally long. */
  running: readonly Running[]
  made: number
  lastStarted: Instant | undefined
  wakeAt: Instant | undefined
  /** By due time in seconds, what has been told of it: a fate may be planned again with every look. */
  readonly told: Map<number, string>
}

/** Everything that happens to a CronJob, in order of time, worked out as it is asked for: what happens at once together. */
export function* simulateCronJob(scenario: Scenario): Generator<readonly Entry[]> {
  const { cronJob, from } = scenario
  const { creationTimestamp = formatTime(from) } = cronJob.metadata
  const state: State = {
    scenario,
    entries: [],
    now: from,
    cronJob: { ...cronJob, metadata: { ...cronJob.metadata, creationTimestamp } },
    jobs: [],
    running: [],
    made: 0,
    lastStarted: undefined,
    wakeAt: from,
    told: new Map(),
  }
  for (let next = nextMoment(state); next !== undefined; next = nextMoment(state)) {
    state.now = next
    const changed = endJobs(state)
    if (!isDown(scenario, next) && (changed || (state.wakeAt !== undefined && state.wakeAt <= next))) look(state)
    if (state.entries.length === 0) continue
    yield state.entries
    state.entries = []
  }
}

/** What happens to several CronJobs, in order of time. They share the random source of the scenarios. */
export function simulateCronJobs(scenarios: readonly Scenario[]): Generator<readonly Entry[]> {
  const [only, ...more] = scenarios
  return only !== undefined && more.length === 0 ? simulateCronJob(only) : merged(scenarios)
}

function* merged(scenarios: readonly Scenario[]): Generator<readonly Entry[]> {
  type Head = { readonly moment: readonly Entry[]; readonly at: number; readonly rest: Generator<readonly Entry[]> }
  const heads = createHeap<Head>()
  const push = (head: Head): void => {
    const entry = head.moment[head.at]
    if (entry !== undefined) heads.push(entry.time, head)
    else {
      const { done, value } = head.rest.next()
      if (done !== true) push({ moment: value, at: 0, rest: head.rest })
    }
  }
  for (const scenario of scenarios) push({ moment: [], at: 0, rest: simulateCronJob(scenario) })
  for (let head = heads.peek(); head !== undefined; head = heads.peek()) {
    const { moment, at, rest } = head.value
    yield moment.slice(at, at + 1)
    heads.pop()
    push({ moment, at: at + 1, rest })
  }
}

const isDown = ({ down }: Scenario, at: Instant): boolean => down.some((span) => span.from <= at && at < span.to)

/** The next wake-up, end of a Job, or end of a downtime; undefined when nothing follows before the end. */
function nextMoment({ scenario, wakeAt, running, now }: State): Instant | undefined {
  let next: number = running[0]?.end ?? Number.POSITIVE_INFINITY
  if (wakeAt !== undefined) {
    const span = scenario.down.find((one) => one.from <= wakeAt && wakeAt < one.to)
    next = Math.min(next, Math.max(span?.to ?? wakeAt, now))
  }
  // What ended while the controller was down is seen when it comes back.
  for (const span of scenario.down) if (span.to > now) next = Math.min(next, span.to)
  return next < scenario.to ? instant(next) : undefined
}

function endJobs(state: State): boolean {
  const { now, running, cronJob } = state
  let ended = 0
  for (const { name, end, fails } of running) {
    if (end > now) break
    ended++
    state.jobs = state.jobs.map((seen) =>
      seen.job.metadata.name === name ? seenJobOf(finished(seen.job, end, fails), cronJob, seen) : seen,
    )
    tell(state, { kind: fails ? 'Failed' : 'Completed', job: name })
  }
  if (ended === 0) return false
  state.running = running.slice(ended)
  state.wakeAt = now
  return true
}

/** All entries have the same shape, which is what makes reading them quick. */
const tell = ({ entries, now, scenario }: State, { kind, scheduled, last, job, text }: About): void =>
  void entries.push({ time: now, cronJob: scenario.shownAs, kind, scheduled, last, job, text })

type About = Pick<Entry, 'kind' | 'scheduled' | 'last' | 'job' | 'text'>

function finished(job: Job, end: Instant, fails: boolean): Job {
  const time = formatTime(end)
  const condition = {
    type: fails ? 'Failed' : 'Complete',
    status: 'True',
    lastTransitionTime: time,
    lastProbeTime: time,
  }
  const status = {
    ...job.status,
    conditions: [condition],
    ...(fails ? { failed: 1 } : { succeeded: 1, completionTime: time }),
  }
  return { ...job, status } as Job
}

/** One pass of the controller, with everything that it decides carried out at once. */
function look(state: State): void {
  const { cronJob, jobs, lastStarted, now, scenario } = state
  let plan = planCronJob({ cronJob, jobs, lastStarted }, now, scenario.options)
  for (;;) {
    for (const fate of plan.fates) tellFate(state, fate)
    let result: ActionResult = { kind: 'Ok' }
    for (const action of plan.actions) result = perform(state, action)
    if (plan.next === undefined) break
    plan = plan.next(result)
  }
  state.wakeAt = plan.wakeAt
}

function perform(state: State, action: CronJobAction): ActionResult {
  switch (action.kind) {
    case 'ReadJob': {
      const job = jobNamed(state, action.name)
      return job === undefined ? { kind: 'NotFound' } : { kind: 'Ok', job }
    }
    case 'CreateJob':
      return createJob(state, action)
    case 'DeleteJob':
      state.jobs = state.jobs.filter(({ job }) => job.metadata.name !== action.name)
      state.running = state.running.filter(({ name }) => name !== action.name)
      tell(state, { kind: 'Deleted', job: action.name })
      return { kind: 'Ok' }
    case 'UpdateCronJobStatus':
      state.cronJob = action.cronJob
      return { kind: 'Ok' }
    case 'RecordEvent':
      if (action.event.type === 'Warning') {
        tell(state, { kind: 'Event', text: `${action.event.reason}: ${action.event.message}` })
      }
      return { kind: 'Ok' }
    case 'LogError':
      return { kind: 'Ok' }
  }
}

const jobNamed = ({ jobs }: State, name: string): Job | undefined =>
  jobs.find(({ job }) => job.metadata.name === name)?.job

function createJob(state: State, { job, scheduled }: Extract<CronJobAction, { kind: 'CreateJob' }>): ActionResult {
  const name = job.metadata.name ?? ''
  const there = jobNamed(state, name)
  if (there !== undefined) return { kind: 'AlreadyExists', job: there }
  const { duration, failRate, random } = state.scenario
  const fails = failRate > 0 && below(random, 1_000_000) < failRate * 1_000_000
  const time = formatTime(state.now)
  const metadata = { ...job.metadata, uid: `simulated-${state.made++}`, creationTimestamp: time }
  const made = { ...job, metadata, status: { startTime: time, active: 1 } } as Job
  state.jobs = [...state.jobs, seenJobOf(made, state.cronJob)]
  state.running = [...state.running, { name, end: after(state.now, duration), fails }]
  state.lastStarted = scheduled
  return { kind: 'Ok', job: made }
}

/** Only the newest due times can be told again; so many are remembered. */
const mostTold = 1000

function tellFate(state: State, fate: SlotFate): void {
  const { told } = state
  const text = fateText(fate)
  const known = text === undefined ? fate.kind : `${fate.kind} ${text}`
  // Small whole numbers are found quicker than others.
  const second = Math.floor(fate.scheduled / 1000)
  if (told.get(second) === known) return
  told.set(second, known)
  if (told.size > mostTold) for (const old of [...told.keys()].slice(0, mostTold / 2)) told.delete(old)
  const kind = fate.kind === 'Failed' ? 'FailedToStart' : fate.kind
  const last = 'last' in fate && fate.last !== fate.scheduled ? fate.last : undefined
  const job = fate.kind === 'Started' ? fate.jobName : undefined
  tell(state, { kind, scheduled: fate.scheduled, last, job, text })
}

function fateText(fate: SlotFate): string | undefined {
  switch (fate.kind) {
    case 'Started':
      return undefined
    case 'Skipped':
      return fate.reason
    case 'Missed':
      return fate.last === fate.scheduled ? fate.reason : `${fate.reason}, up to ${formatTime(fate.last)}`
    case 'Failed':
      return fate.message
  }
}
