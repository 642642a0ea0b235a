import type { Job, JobCondition } from './types.gen.ts'

/** The condition of `type` whose status is `True`; undefined when there is none. */
export function trueCondition({ status }: Job, type: string): JobCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

export const hasTrueCondition = (job: Job, type: string): boolean => trueCondition(job, type) !== undefined

/** How a Job ended; undefined while it goes on. `FailureTarget` and `SuccessCriteriaMet` are no ends yet. */
export function finishedCondition({ status }: Job): JobCondition | undefined {
  return status.conditions?.find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  )
}

export const isJobFinished = (job: Job): boolean => finishedCondition(job) !== undefined
