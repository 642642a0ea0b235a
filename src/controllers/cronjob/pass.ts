/** What all steps of one pass share: the facts, the actions so far, and the status as it is being changed. */
import type { CronJob, CronJobStatus, Job } from '../../apis/batch/index.ts'
import type { ObjectReference } from '../../apis/core/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'
import type { SeenJob } from './seen-job.ts'
import type { ActionResult, AskingAction, CronJobAction, CronJobOptions, SlotFate } from './snapshot.ts'

/** A part of a pass that asks: it yields what decides how it goes on, and is told what became of it. */
export type Step<Value = void> = Generator<AskingAction, Value, ActionResult>

export type Pass = {
  readonly cronJob: CronJob
  readonly jobs: readonly SeenJob[]
  readonly now: Instant
  readonly options: CronJobOptions
  readonly lastStarted: Instant | undefined
  /** The status to be told; replaced, never changed in place. */
  status: CronJobStatus
  annotations: Readonly<Record<string, string>> | undefined
  /** `lastScheduleTime` of that status. */
  lastScheduled: Instant | undefined
  /** Decided since the last plan, in order. */
  actions: CronJobAction[]
  /** Found out since the last plan. */
  fates: SlotFate[]
}

/** How a pass ends, unless it fails. */
export type PassEnd = { readonly wakeAt?: Instant | undefined; readonly retry?: string | undefined }

/** Decides on what no other step depends on. */
export const act = (pass: Pass, action: CronJobAction): void => void pass.actions.push(action)

export function noteScheduled(pass: Pass, scheduled: Instant): void {
  pass.lastScheduled = scheduled
  pass.status = { ...pass.status, lastScheduleTime: formatTime(scheduled) }
}

export const activeJobs = ({ status }: Pass): readonly ObjectReference[] => status.active ?? []

export const isActive = (pass: Pass, uid: string | undefined): boolean =>
  activeJobs(pass).some((reference) => reference.uid === uid)

export function removeActive(pass: Pass, uid: string | undefined): void {
  if (!isActive(pass, uid)) return
  const active = activeJobs(pass).filter((reference) => reference.uid !== uid)
  pass.status = { ...pass.status, active: active.length === 0 ? undefined : active }
}

export function addActive(pass: Pass, { metadata }: Job): void {
  const { name, namespace, uid, resourceVersion } = metadata
  const reference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
  pass.status = { ...pass.status, active: [...activeJobs(pass), reference] }
}
