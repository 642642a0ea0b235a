/**
 * When a finished Job is deleted because of `ttlSecondsAfterFinished`.
 *
 * @source kubernetes v1.36 pkg/controller/ttlafterfinished/ttlafterfinished_controller.go
 */
import type { Job } from '../../apis/batch/index.ts'
import { type Instant, instant, parseTime } from '../../base/index.ts'
import type { Plan } from '../plan.ts'

export type TtlAction = { readonly kind: 'DeleteJob'; readonly uid: string; readonly expiredAt: Instant }

/** When the Job's time to live ends; undefined while it runs, has none, is being deleted, or its end has no time. */
export function expiryOf({ metadata, spec, status }: Job): Instant | undefined {
  const { ttlSecondsAfterFinished } = spec
  if (ttlSecondsAfterFinished === undefined || metadata.deletionTimestamp !== undefined) return undefined
  const end = status.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )
  const finished = end?.lastTransitionTime === undefined ? undefined : parseTime(end.lastTransitionTime)
  return finished === undefined ? undefined : instant(finished + 1000 * ttlSecondsAfterFinished)
}

/** Deletes an expired Job, in the foreground; looks again at the very moment for the others. */
export function planTtl(job: Job, now: Instant): Plan<TtlAction> {
  const expiredAt = expiryOf(job)
  if (expiredAt === undefined) return { actions: [] }
  if (expiredAt > now) return { actions: [], wakeAt: expiredAt }
  return { actions: [{ kind: 'DeleteJob', uid: job.metadata.uid ?? '', expiredAt }] }
}
