/**
 * Pods that kept the tracking finalizer though no Job will account for them any more.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, syncOrphanPod
 */
import type { Job } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { isJobFinished } from './conditions.ts'
import { foreignManager } from './facts.ts'
import { isTracked } from './pod.ts'

/**
 * Whether the tracking finalizer is to be taken away. `owner` is the Job with the uid of the pod's controller reference,
 * undefined when there is none. Pods that something else than a Job controls, or whose Job is unfinished or belongs to
 * another controller, are left alone.
 */
export function isForgotten(pod: Pod, owner: Job | undefined): boolean {
  if (!isTracked(pod)) return false
  const controller = pod.metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (controller === undefined) return true
  if (controller.kind !== 'Job' || controller.apiVersion !== 'batch/v1') return false
  return owner === undefined || (foreignManager(owner) === undefined && isJobFinished(owner))
}
