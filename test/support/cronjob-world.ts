/** A CronJob, its Jobs and a clock in memory: performs what the CronJob planner decides, without any server. */
import type { CronJob, Job, JobCondition } from '../../src/apis/batch/index.ts'
import { strategyOf } from '../../src/apis/index.ts'
import { formatTime, type Instant, instant, parseTime } from '../../src/base/index.ts'
import {
  type ActionResult,
  type CronJobAction,
  type CronJobOptions,
  type CronJobPlan,
  exactCronJobOptions,
  planCronJob,
  type SlotFate,
  seenJobOf,
} from '../../src/controllers/cronjob/index.ts'

export const at = (text: string): Instant => {
  const parsed = parseTime(text)
  if (parsed === undefined) throw new Error(`no time: ${text}`)
  return parsed
}

export type CronJobParts = {
  readonly spec?: Partial<CronJob['spec']>
  readonly status?: CronJob['status']
  readonly metadata?: Partial<CronJob['metadata']>
}

export function cronJobOf({ spec, status, metadata }: CronJobParts = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name: 'tick',
      namespace: 'ns',
      uid: 'cron-uid',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: {}, spec: { template: { metadata: {}, spec: { containers: [] } } } },
      ...spec,
    },
    status: status ?? {},
  }
}

export type World = {
  now: Instant
  cronJob: CronJob
  jobs: Map<string, Job>
  lastStarted: Instant | undefined
  readonly options: CronJobOptions
  readonly events: string[]
  readonly log: string[]
  readonly fates: SlotFate[]
  /** Told the fates of each plan before its actions are performed, as the history is written. */
  record?: (fates: readonly SlotFate[], jobs: readonly Job[]) => void
  /** Names of all Jobs ever made, in order. */
  readonly created: string[]
  /** What the next creations answer instead. */
  readonly refusals: ActionResult[]
  /** Stop the controller, as a crash does, after so many more actions with an effect. */
  crashAfter: number | undefined
  serial: number
}

export const worldOf = (cronJob: CronJob, now: Instant, options: CronJobOptions = exactCronJobOptions): World => ({
  now,
  cronJob,
  jobs: new Map(),
  lastStarted: undefined,
  options,
  events: [],
  log: [],
  fates: [],
  created: [],
  refusals: [],
  crashAfter: undefined,
  serial: 0,
})

/** One pass of the controller. The last plan; undefined when it crashed on the way. */
export function pass(world: World): CronJobPlan | undefined {
  const { cronJob, now, options, lastStarted } = world
  const jobs = [...world.jobs.values()]
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === cronJob.metadata.name) === true)
    .map((job) => seenJobOf(job, cronJob))
  const fates: SlotFate[] = []
  let plan = planCronJob({ cronJob, jobs, lastStarted }, now, options)
  for (;;) {
    fates.push(...plan.fates)
    world.record?.(plan.fates, [...world.jobs.values()])
    let result: ActionResult = { kind: 'Ok' }
    for (const action of plan.actions) {
      if (world.crashAfter === 0) {
        world.crashAfter = undefined
        world.lastStarted = undefined
        return undefined
      }
      if (action.kind !== 'RecordEvent' && action.kind !== 'LogError' && world.crashAfter !== undefined)
        world.crashAfter--
      result = perform(world, action)
    }
    if (plan.next === undefined) {
      world.fates.push(...fates)
      return plan
    }
    plan = plan.next(result)
  }
}

function perform(world: World, action: CronJobAction): ActionResult {
  switch (action.kind) {
    case 'ReadJob': {
      const job = world.jobs.get(action.name)
      return job === undefined ? { kind: 'NotFound' } : { kind: 'Ok', job }
    }
    case 'CreateJob':
      return create(world, action.job, action.scheduled)
    case 'DeleteJob':
      return world.jobs.delete(action.name) ? { kind: 'Ok' } : { kind: 'NotFound' }
    case 'UpdateCronJobStatus':
      world.cronJob = { ...action.cronJob, spec: world.cronJob.spec }
      return { kind: 'Ok' }
    case 'RecordEvent': {
      const { type, reason, message } = action.event
      world.events.push(`${type} ${reason} ${message}`)
      return { kind: 'Ok' }
    }
    case 'LogError':
      world.log.push(action.message)
      return { kind: 'Ok' }
  }
}

function create(world: World, job: Job, scheduled: Instant): ActionResult {
  const refusal = world.refusals.shift()
  if (refusal !== undefined) return refusal
  const name = job.metadata.name ?? ''
  const there = world.jobs.get(name)
  if (there !== undefined) return { kind: 'AlreadyExists', job: there }
  world.serial++
  const made: Job = {
    ...job,
    metadata: { ...job.metadata, uid: `job-${world.serial}`, resourceVersion: String(world.serial) },
    status: { startTime: formatTime(world.now) },
  }
  world.jobs.set(name, made)
  world.created.push(name)
  world.lastStarted = scheduled
  return { kind: 'Ok', job: made }
}

/** Changes the spec as the API does; what the planner knew of the CronJob before is not told to it again. */
export function edit(world: World, spec: Partial<CronJob['spec']>): void {
  const { cronJob, now, options } = world
  const given = { ...cronJob, spec: { ...cronJob.spec, ...spec } }
  const context = { now, options: { exact: options.exact, isTimeZone: () => true, localTimeZone: 'UTC' } }
  const strategy = strategyOf('batch.v1.CronJob')
  if (strategy === undefined) throw new Error('CronJobs have no strategy')
  world.cronJob = strategy.prepareForUpdate(given, cronJob, context) as CronJob
}

/** Ends a Job. */
export function finish(world: World, name: string, type: 'Complete' | 'Failed', reason = ''): void {
  const job = world.jobs.get(name)
  if (job === undefined) throw new Error(`no Job ${name}`)
  const condition: JobCondition = { type, status: 'True', reason }
  const ended = type === 'Complete' ? { completionTime: formatTime(world.now) } : {}
  world.jobs.set(name, { ...job, status: { ...job.status, ...ended, conditions: [condition] } })
}

/** Goes from wake-up to wake-up until `to`; passes happen when the planner asked for them. */
export function runUntil(world: World, to: Instant): void {
  for (;;) {
    const wakeAt = pass(world)?.wakeAt
    if (wakeAt === undefined || wakeAt > to) break
    world.now = wakeAt
  }
  world.now = to
}

/** The due times of all Jobs that were ever made. */
export const startedAt = ({ created }: World): readonly string[] =>
  created.map((name) => formatTime(instant(Number(name.slice(name.lastIndexOf('-') + 1)) * 60_000)))
