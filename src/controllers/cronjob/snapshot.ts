/** What a pass over one CronJob sees, and what it may decide. */
import type { BeforeEdit, CronJob, Job } from '../../apis/batch/index.ts'
import type { Instant } from '../../base/index.ts'
import { type TimeZone, utc } from '../../cron/index.ts'
import type { Plan } from '../plan.ts'
import type { SeenJob } from './seen-job.ts'

export type CronJobSnapshot = {
  readonly cronJob: CronJob
  /** The Jobs of the namespace whose controller reference is to a CronJob of this name. */
  readonly jobs: readonly SeenJob[]
  /** The newest time that this process has started a Job for, whether or not the status tells it yet. */
  readonly lastStarted?: Instant | undefined
}

export type CronJobOptions = {
  /** Upstream's way of computing times, with its quirks, and its delay of 100 ms after a due time. */
  readonly exact: boolean
  /** After more than 100 missed starts: none, as the documentation says, or the newest, as upstream does. */
  readonly tooManyMissed: 'start-none' | 'start-latest'
  /** The zone of the server: that of schedules without a zone. */
  readonly localZone: TimeZone
}

export const exactCronJobOptions: CronJobOptions = { exact: true, tooManyMissed: 'start-latest', localZone: utc }
export const defaultCronJobOptions: CronJobOptions = { exact: false, tooManyMissed: 'start-none', localZone: utc }

export type CronJobEvent = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

export type CronJobAction =
  /** Reads a Job from the API, not from a cache. */
  | { readonly kind: 'ReadJob'; readonly name: string }
  | { readonly kind: 'CreateJob'; readonly job: Job; readonly scheduled: Instant }
  /** In the background; `uid` must match. */
  | { readonly kind: 'DeleteJob'; readonly name: string; readonly uid: string }
  /** Status and annotations. A second one in a pass builds on the version that the first one got. */
  | { readonly kind: 'UpdateCronJobStatus'; readonly cronJob: CronJob }
  | { readonly kind: 'RecordEvent'; readonly event: CronJobEvent }
  /** For the operator's log. */
  | { readonly kind: 'LogError'; readonly message: string }

/** `AlreadyExists` comes with the Job that is there, as far as it could be read. */
export type ActionResult =
  | { readonly kind: 'Ok'; readonly job?: Job | undefined }
  | { readonly kind: 'NotFound' }
  | { readonly kind: 'AlreadyExists'; readonly job: Job | undefined }
  | { readonly kind: 'Failed'; readonly message: string; readonly namespaceTerminating?: boolean }

export type AskingAction = Extract<CronJobAction, { readonly kind: 'ReadJob' | 'CreateJob' | 'DeleteJob' }>

/** Whether the rest of the pass depends on what becomes of the action. */
export const hasResult = (action: CronJobAction): action is AskingAction =>
  action.kind === 'ReadJob' || action.kind === 'CreateJob' || action.kind === 'DeleteJob'

/**
 * What becomes of a due time. A later fate of the same time replaces an earlier one. `rules`: the times follow from these,
 * which an edit has replaced.
 */
export type SlotFate =
  | { readonly kind: 'Started'; readonly scheduled: Instant; readonly jobName: string }
  /**
   * Not started on purpose, from `scheduled` to `last`: the run before is active and must not be disturbed (it may still
   * be started when that ends), or the CronJob is suspended.
   */
  | {
      readonly kind: 'Skipped'
      readonly scheduled: Instant
      readonly last: Instant
      readonly reason: SkippedReason
      readonly rules?: BeforeEdit
    }
  /** From `scheduled` to `last`, both included, when there are several. */
  | {
      readonly kind: 'Missed'
      readonly scheduled: Instant
      readonly last: Instant
      readonly reason: MissedReason
      readonly rules?: BeforeEdit
    }
  | { readonly kind: 'Failed'; readonly scheduled: Instant; readonly message: string }

export type SkippedReason = 'JobAlreadyActive' | 'Suspended'

export type MissedReason =
  /** A newer time was due as well when the controller looked. */
  | 'Superseded'
  /** Later than `startingDeadlineSeconds` allows. */
  | 'DeadlineExceeded'
  /** More than 100 in a row. */
  | 'TooManyMissedTimes'
  /** The CronJob was changed before the controller looked, and starts nothing for times before a change. */
  | 'Edited'
  /** A run of the same minute was started before; names are by the minute. */
  | 'SameMinute'

/** A pass is planned piece by piece: perform the actions, and while there is a `next`, go on with the result of the last. */
export type CronJobPlan = Plan<CronJobAction> & {
  /** Present when the pass goes on; called once, with what became of the last action. */
  readonly next?: ((result: ActionResult) => CronJobPlan) | undefined
  /** The pass has failed after its last action: try the whole again, after a growing delay. */
  readonly retry?: string | undefined
  /** What has been found out since the plan before; to be recorded before the actions are performed. */
  readonly fates: readonly SlotFate[]
}
