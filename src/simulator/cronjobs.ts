/**
 * What CronJobs would do over a span of time: the real planner on a clock that jumps from one decision to the next.
 * Nothing is run: each Job takes a given time and fails as the random source says.
 */
import type { CronJob, Job } from '../apis/batch/index.ts'
import { after, below, formatTime, type Instant, instant, type Millis, type Random } from '../base/index.ts'
import {
  type ActionResult,
  type CronJobAction,
  type CronJobOptions,
  type CronJobPlan,
  planCronJob,
  type SlotFate,
} from '../controllers/cronjob/index.ts'

export type Scenario = {
  /** With defaults and a uid; created at `from` unless it says when. */
  readonly cronJob: CronJob
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
  readonly job?: string | undefined
  readonly text?: string | undefined
}

type Running = { readonly name: string; readonly end: Instant; readonly fails: boolean }

type State = {
  readonly scenario: Scenario
  readonly tell: (entry: Entry) => void
  now: Instant
  cronJob: CronJob
  jobs: Job[]
  running: Running[]
  made: number
  lastStarted: Instant | undefined
  wakeAt: Instant | undefined
  /** Fates that were told already: a fate may be planned again with every look. */
  readonly told: Map<string, string>
}

/** Tells everything that happens, in order of time. */
export function simulateCronJob(scenario: Scenario, tell: (entry: Entry) => void): void {
  const { cronJob, from } = scenario
  const created = { ...cronJob.metadata, creationTimestamp: cronJob.metadata.creationTimestamp ?? formatTime(from) }
  const state: State = {
    scenario,
    tell,
    now: from,
    cronJob: { ...cronJob, metadata: created },
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
  }
}

const isDown = ({ down }: Scenario, at: Instant): boolean => down.some((span) => span.from <= at && at < span.to)

/** The next wake-up, end of a Job, or end of a downtime; undefined when nothing follows before the end. */
function nextMoment({ scenario, wakeAt, running, now }: State): Instant | undefined {
  let next = Number.POSITIVE_INFINITY
  for (const { end } of running) next = Math.min(next, end)
  if (wakeAt !== undefined) {
    const span = scenario.down.find((one) => one.from <= wakeAt && wakeAt < one.to)
    next = Math.min(next, Math.max(span?.to ?? wakeAt, now))
  }
  // What ended while the controller was down is seen when it comes back.
  for (const span of scenario.down) if (span.to > now) next = Math.min(next, span.to)
  return next < scenario.to ? instant(next) : undefined
}

function endJobs(state: State): boolean {
  const ended = state.running.filter(({ end }) => end <= state.now)
  if (ended.length === 0) return false
  state.running = state.running.filter(({ end }) => end > state.now)
  for (const { name, end, fails } of ended) {
    state.jobs = state.jobs.map((job) => (job.metadata.name === name ? finished(job, end, fails) : job))
    state.tell({ time: end, cronJob: nameOf(state), kind: fails ? 'Failed' : 'Completed', job: name })
  }
  state.wakeAt = state.now
  return true
}

const nameOf = ({ cronJob }: State): string => cronJob.metadata.name ?? ''

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
  const results: ActionResult[] = []
  // All plans of a pass are made from the same snapshot; what became of its actions stands in the results.
  const { cronJob, jobs, lastStarted, now, scenario } = state
  let performed = 0
  let plan: CronJobPlan
  for (;;) {
    plan = planCronJob({ cronJob, jobs, results, lastStarted }, now, scenario.options)
    const fresh = plan.actions.slice(performed)
    performed = plan.actions.length
    let last: ActionResult = { kind: 'Ok' }
    for (const action of fresh) last = perform(state, action)
    if (!plan.asks) break
    results.push(last)
  }
  for (const fate of plan.fates) tellFate(state, fate)
  state.wakeAt = plan.wakeAt
}

function perform(state: State, action: CronJobAction): ActionResult {
  switch (action.kind) {
    case 'ReadJob': {
      const job = state.jobs.find(({ metadata }) => metadata.name === action.name)
      return job === undefined ? { kind: 'NotFound' } : { kind: 'Ok', job }
    }
    case 'CreateJob':
      return createJob(state, action)
    case 'DeleteJob':
      state.jobs = state.jobs.filter(({ metadata }) => metadata.name !== action.name)
      state.running = state.running.filter(({ name }) => name !== action.name)
      state.tell({ time: state.now, cronJob: nameOf(state), kind: 'Deleted', job: action.name })
      return { kind: 'Ok' }
    case 'UpdateCronJobStatus':
      state.cronJob = action.cronJob
      return { kind: 'Ok' }
    case 'RecordEvent':
      if (action.event.type === 'Warning') {
        state.tell({
          time: state.now,
          cronJob: nameOf(state),
          kind: 'Event',
          text: `${action.event.reason}: ${action.event.message}`,
        })
      }
      return { kind: 'Ok' }
    case 'LogError':
      return { kind: 'Ok' }
  }
}

function createJob(state: State, { job, scheduled }: Extract<CronJobAction, { kind: 'CreateJob' }>): ActionResult {
  const name = job.metadata.name ?? ''
  const there = state.jobs.find(({ metadata }) => metadata.name === name)
  if (there !== undefined) return { kind: 'AlreadyExists', job: there }
  const { duration, failRate, random } = state.scenario
  const fails = failRate > 0 && below(random, 1_000_000) < failRate * 1_000_000
  const time = formatTime(state.now)
  const metadata = { ...job.metadata, uid: `simulated-${state.made++}`, creationTimestamp: time }
  const made = { ...job, metadata, status: { startTime: time, active: 1 } } as Job
  state.jobs = [...state.jobs, made]
  state.running = [...state.running, { name, end: after(state.now, duration), fails }]
  state.lastStarted = scheduled
  return { kind: 'Ok', job: made }
}

function tellFate(state: State, fate: SlotFate): void {
  const key = `${fate.scheduled}`
  const text = fateText(fate)
  const known = `${fate.kind} ${text ?? ''}`
  if (state.told.get(key) === known) return
  state.told.set(key, known)
  // Only the newest due times can be told again.
  if (state.told.size > 1000) for (const old of [...state.told.keys()].slice(0, 500)) state.told.delete(old)
  const kind = fate.kind === 'Failed' ? 'FailedToStart' : fate.kind
  const job = fate.kind === 'Started' ? fate.jobName : undefined
  state.tell({ time: state.now, cronJob: nameOf(state), kind, scheduled: fate.scheduled, job, text })
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
