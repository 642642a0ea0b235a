/** What all steps of one pass share: the facts, the actions so far, and the status as it is being changed. */
import type { CronJob, CronJobStatus, Job } from '../../apis/batch/index.ts'
import type { ObjectReference } from '../../apis/core/index.ts'
import type { Instant } from '../../base/index.ts'
import type { SeenJob } from './seen-job.ts'
import type { ActionResult, AskingAction, CronJobAction, CronJobOptions, SlotFate } from './snapshot.ts'

/** A step yields its actions in order and is told the results of those that have one. */
export type Step<Value = void> = Generator<CronJobAction, Value, ActionResult | undefined>

export type Pass = {
  readonly cronJob: CronJob
  readonly jobs: readonly SeenJob[]
  readonly now: Instant
  readonly options: CronJobOptions
  readonly lastStarted: Instant | undefined
  /** The status to be told; replaced, never changed in place. */
  status: CronJobStatus
  annotations: Readonly<Record<string, string>> | undefined
  /** Found out since the last plan. */
  fates: SlotFate[]
}

/** How a pass ends, unless it fails. */
export type PassEnd = { readonly wakeAt?: Instant | undefined; readonly retry?: string | undefined }

/** Does one action and takes its result. */
export function* ask(action: AskingAction): Step<ActionResult> {
  const result = yield action
  if (result === undefined) throw new Error(`no result for ${action.kind}`)
  return result
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
