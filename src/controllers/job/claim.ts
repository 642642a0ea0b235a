/**
 * Which pods belong to a Job: adopting those that nobody controls and the selector matches, releasing those whose labels
 * match no longer.
 *
 * @source kubernetes v1.36 pkg/controller/controller_ref_manager.go, ClaimPods
 */
import { selectsLabels } from '../../apimachinery/index.ts'
import type { Job } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'

export type Claims = {
  readonly owned: readonly Pod[]
  readonly adopt: readonly Pod[]
  readonly release: readonly Pod[]
}

const controllerOf = (pod: Pod) => pod.metadata.ownerReferences?.find((reference) => reference.controller === true)

/** Sorts the pods of a snapshot. The list itself comes back as `owned` where all belong to the Job. */
export function claimPods(job: Job, pods: readonly Pod[]): Claims {
  const { selector } = job.spec
  const { uid, deletionTimestamp } = job.metadata
  const others = pods.filter((pod) => controllerOf(pod)?.uid !== uid || !selectsLabels(selector, pod.metadata.labels))
  if (others.length === 0) return { owned: pods, adopt: [], release: [] }
  const strange = new Set(others)
  const claims = { adopt: [] as Pod[], release: [] as Pod[] }
  for (const pod of deletionTimestamp === undefined ? others : []) {
    const controller = controllerOf(pod)
    if (controller?.uid === uid) claims.release.push(pod)
    else if (controller === undefined && mayAdopt(job, pod)) claims.adopt.push(pod)
  }
  return { owned: pods.filter((pod) => !strange.has(pod)), ...claims }
}

const mayAdopt = (job: Job, pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined && selectsLabels(job.spec.selector, pod.metadata.labels)
