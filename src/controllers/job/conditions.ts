/** Conditions of a Job: reading them and setting one. */
import type { Job, JobCondition } from '../../apis/batch/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'

export type ConditionType = 'Suspended' | 'FailureTarget' | 'Failed' | 'SuccessCriteriaMet' | 'Complete'

/** The condition of a type when it is True. */
export const trueCondition = (
  conditions: readonly JobCondition[] | undefined,
  type: ConditionType,
): JobCondition | undefined => conditions?.find((condition) => condition.type === type && condition.status === 'True')

/** Complete or Failed: such a Job is never touched again. */
export const isJobFinished = ({ status }: Job): boolean =>
  trueCondition(status.conditions, 'Complete') !== undefined || trueCondition(status.conditions, 'Failed') !== undefined

/** A condition as it is to be. */
export type WantedCondition = {
  readonly type: ConditionType
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/**
 * The list with the condition as wanted. The very list when it already says so; False is never added from nothing.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, ensureJobConditionStatus
 */
export function withCondition(
  conditions: readonly JobCondition[],
  wanted: WantedCondition,
  now: Instant,
): readonly JobCondition[] {
  const { type, status, reason, message } = wanted
  const at = conditions.findIndex((condition) => condition.type === type)
  const time = formatTime(now)
  const fresh: JobCondition = { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message }
  const old = conditions[at]
  if (old === undefined) return status === 'False' ? conditions : [...conditions, fresh]
  if (old.status === status && old.reason === reason && old.message === message) return conditions
  return conditions.with(at, fresh)
}
