/**
 * The history of CronJobs: one Run for each due time, whatever became of it. The names of Runs follow from their times, so
 * that whoever tells of a time, and however often, tells of the same Run.
 */

import type { Job } from '../../apis/batch/index.ts'
import {
  type CronJob,
  cronJobScheduledTimestampAnnotation,
  exitOf,
  finishedCondition,
  suspenderOf,
} from '../../apis/batch/index.ts'
import type { Run, RunStatus } from '../../apis/run/index.ts'
import { formatTime, type Instant, instant, type Millis, millis, parseTime, unreachable } from '../../base/index.ts'
import { nextTime, parseSchedule, type Schedule, type TimeZone, timeZone } from '../../cron/index.ts'
import type { MissedReason, SlotFate } from './snapshot.ts'

/** How much of the history of one CronJob is kept. */
export type KeptRuns = {
  /** How long after their due times. */
  readonly age: Millis
  /** How many, the newest ones. */
  readonly count: number
}
export const keptByDefault: KeptRuns = { age: millis(90 * 24 * 3_600_000), count: 10_000 }

/**
 * `<cronjob>-<minutes>`, as the Job of that time is named; a time within a minute, which `@every` may have, has its second
 * behind it.
 */
export function runName(cronJobName: string, scheduled: Instant): string {
  const second = Math.floor(scheduled / 1000) % 60
  const name = `${cronJobName}-${Math.floor(scheduled / 60_000)}`
  return second === 0 ? name : `${name}-${String(second).padStart(2, '0')}`
}

export type Slot = { readonly cronJob: Pick<CronJob, 'metadata'>; readonly scheduled: Instant }

function runOf({ cronJob: { metadata }, scheduled }: Slot, status: RunStatus): Run {
  const { name = '', namespace, uid = '' } = metadata
  return {
    kind: 'Run',
    apiVersion: 'jobs.jobd.dev/v1',
    metadata: { name: runName(name, scheduled), namespace },
    spec: { cronJobName: name, cronJobUID: uid, scheduledTime: formatTime(scheduled) },
    status,
  }
}

export type RunsQuery = {
  readonly localZone: TimeZone
  readonly now: Instant
  readonly kept: KeptRuns
  /** Times up to this one have been recorded by this process already; only ranges are cut short by it. */
  readonly recorded?: Instant | undefined
  /** A Job of this CronJob, as far as it is known. */
  readonly jobOf: (name: string) => Job | undefined
}

/** What a pass has found out, as Runs in order of their times; times too old or too many to be kept are left out. */
export function runsOf(cronJob: CronJob, fates: readonly SlotFate[], query: RunsQuery): readonly Run[] {
  return fates.flatMap((fate) => {
    const times = fate.kind === 'Missed' || fate.kind === 'Skipped' ? runTimes(cronJob, fate, query) : [fate.scheduled]
    const status = statusOf(cronJob, fate, query)
    return times.map((scheduled) => runOf({ cronJob, scheduled }, status))
  })
}

/** All due times from `scheduled` to `last`, as far as they are to be kept and not recorded yet. */
export function runTimes(
  { spec }: CronJob,
  { scheduled, last, rules }: Pick<Extract<SlotFate, { readonly kind: 'Missed' }>, 'scheduled' | 'last' | 'rules'>,
  { localZone, now, kept, recorded }: Omit<RunsQuery, 'jobOf'>,
): readonly Instant[] {
  if (scheduled === last) return [scheduled]
  const { schedule: text, timeZone: name } = rules ?? spec
  const schedule = parseSchedule(text)
  const zone = name === undefined ? localZone : timeZone(name)
  if (!schedule.ok || zone === undefined) return []
  const oldest = Math.max(scheduled, now - kept.age, (recorded ?? Number.NEGATIVE_INFINITY) + 1000)
  const times: Instant[] = []
  let at = firstFrom(schedule.value, zone, scheduled, instant(oldest), { last, count: kept.count })
  while (at !== undefined && at <= last) {
    times.push(at)
    at = nextTime(schedule.value, zone, at)
  }
  return times.slice(-kept.count)
}

/** The first due time at or after `oldest`; `@every` counts from `anchor`, and goes at once to the newest `count`. */
function firstFrom(
  schedule: Schedule,
  zone: TimeZone,
  anchor: Instant,
  oldest: Instant,
  { last, count }: { readonly last: Instant; readonly count: number },
): Instant | undefined {
  if (oldest <= anchor && schedule.kind === 'Fields') return anchor
  if (schedule.kind === 'Fields') return nextTime(schedule, zone, instant(oldest - 1000))
  const period = schedule.seconds * 1000
  const from = Math.max(oldest, last - (count - 1) * period)
  return instant(anchor + Math.ceil((from - anchor) / period) * period)
}

function statusOf(cronJob: CronJob, fate: SlotFate, { jobOf }: RunsQuery): RunStatus {
  switch (fate.kind) {
    case 'Started': {
      const job = jobOf(fate.jobName)
      return job === undefined ? { result: 'Running', jobName: fate.jobName } : statusOfJob(job)
    }
    case 'Skipped':
      return { result: 'Skipped', reason: fate.reason, message: skippedText(cronJob, fate) }
    case 'Missed':
      return { result: 'Missed', reason: fate.reason, message: missedTexts[fate.reason] }
    case 'Failed':
      return { result: 'FailedToStart', reason: 'FailedCreate', message: fate.message }
    default:
      return unreachable(fate)
  }
}

const missedTexts: Readonly<Record<MissedReason, string>> = {
  Superseded: 'a newer time was due as well when the controller looked',
  DeadlineExceeded: 'later than spec.startingDeadlineSeconds allows',
  TooManyMissedTimes: 'more than 100 times were missed in a row, and none of them is started',
  Edited: 'the CronJob was changed before the controller looked',
  SameMinute: 'a run of the same minute had been started',
}

function skippedText(cronJob: CronJob, { reason, rules }: Extract<SlotFate, { readonly kind: 'Skipped' }>): string {
  switch (reason) {
    case 'JobAlreadyActive': {
      const names = (cronJob.status.active ?? []).map(({ name = '' }) => name)
      const who = names.length === 0 ? 'the run before' : names.join(', ')
      return `${who} was still active, and concurrencyPolicy is Forbid`
    }
    case 'Suspended':
      return `spec.suspend was set by ${rules?.suspendedBy ?? suspenderOf(cronJob)}`
    default:
      return unreachable(reason)
  }
}

function statusOfJob(job: Job): RunStatus {
  const { name: jobName, uid: jobUID, creationTimestamp } = job.metadata
  const { startTime, completionTime } = job.status
  const base = { jobName, jobUID, startTime: startTime ?? creationTimestamp }
  const end = finishedCondition(job)
  if (end === undefined) return { result: 'Running', ...base }
  const exit = exitOf(job)
  return {
    result: end.type === 'Complete' ? 'Succeeded' : 'Failed',
    reason: end.reason,
    message: end.message,
    ...base,
    finishTime: completionTime ?? end.lastTransitionTime,
    ...(exit === '' ? {} : { exitCode: Number(exit) }),
  }
}

/** What a Job that is gone tells: how it ended, or that it was deleted before. `by`: why, where that is known. */
export type Gone = { readonly at: Instant; readonly by?: string | undefined }

/**
 * The Run that a Job belongs to, as the Job tells it; undefined for a Job that no CronJob started for a due time.
 * `known`: the Run that is kept of the Job, for one whose CronJob has let it go and whom it does not name any more.
 */
export function runOfJob(job: Job, gone?: Gone, known?: Run): Run | undefined {
  const slot = slotOf(job)
  if (slot === undefined && known === undefined) return undefined
  const told = statusOfJob(job)
  const status = gone === undefined || told.result !== 'Running' ? told : { ...told, ...deletedStatus(gone) }
  if (slot !== undefined) return runOf(slot, status)
  const { name, namespace } = known?.metadata ?? {}
  return known && { ...known, metadata: { name, namespace }, status }
}

function slotOf({ metadata: { namespace, annotations, ownerReferences, name } }: Job): Slot | undefined {
  const owner = ownerReferences?.find(({ controller, kind }) => controller === true && kind === 'CronJob')
  const scheduled = parseTime(annotations?.[cronJobScheduledTimestampAnnotation] ?? '')
  if (owner === undefined || scheduled === undefined) return undefined
  if (name !== `${owner.name}-${Math.floor(scheduled / 60_000)}`) return undefined
  return { cronJob: { metadata: { name: owner.name, namespace, uid: owner.uid } }, scheduled }
}

const deletedStatus = ({ at, by }: Gone): RunStatus =>
  by === undefined
    ? {
        result: 'Deleted',
        reason: 'JobDeleted',
        message: 'the Job was deleted while it ran',
        finishTime: formatTime(at),
      }
    : { result: 'Replaced', reason: 'Replaced', message: by, finishTime: formatTime(at) }

/** How sure a result is: what really started is never forgotten for what was thought before. */
function weightOf({ result = '' }: RunStatus): number {
  if (result === 'Missed') return 1
  if (result === 'Skipped' || result === 'FailedToStart') return 2
  if (result === 'Running') return 3
  return result === 'Deleted' ? 4 : 5
}

/**
 * What is to be kept of one due time when something is told of it: the better known of both. The very `there` when
 * nothing is new, so that nothing is written.
 */
export function mergeRun(there: Run, told: Run): Run {
  const [before, now] = [weightOf(there.status), weightOf(told.status)]
  if (now < before) return there
  const sameKind = there.status.result === told.status.result && there.status.reason === told.status.reason
  const knowsMore =
    (there.status.jobUID === undefined && told.status.jobUID !== undefined) ||
    (there.status.exitCode === undefined && told.status.exitCode !== undefined)
  if (now === before && (now !== 2 || sameKind) && !knowsMore) return there
  return { ...there, status: told.status }
}
