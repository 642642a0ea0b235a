/**
 * Which pods belong to a Job: adopting those that nobody controls and the selector matches, releasing those whose labels
 * match no longer.
 *
 * @source kubernetes v1.36 pkg/controller/controller_ref_manager.go, ClaimPods
 */
import { type LabelRequirements, type LabelSelector, matchesLabels, requirementsOf } from '../../apimachinery/index.ts'
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
  const { uid, deletionTimestamp } = job.metadata
  const selector = compiled(job.spec.selector)
  const others = pods.filter((pod) => controllerOf(pod)?.uid !== uid || !selects(selector, pod))
  if (others.length === 0) return { owned: pods, adopt: [], release: [] }
  const strange = new Set(others)
  const claims = { adopt: [] as Pod[], release: [] as Pod[] }
  for (const pod of deletionTimestamp === undefined ? others : []) {
    const controller = controllerOf(pod)
    if (controller?.uid === uid) claims.release.push(pod)
    else if (controller === undefined && pod.metadata.deletionTimestamp === undefined && selects(selector, pod)) {
      claims.adopt.push(pod)
    }
  }
  return { owned: pods.filter((pod) => !strange.has(pod)), ...claims }
}

/** Whether a Job's selector, well-formed or not, selects a pod. */
export const jobSelects = ({ spec }: Job, pod: Pod): boolean => selects(compiled(spec.selector), pod)

/** A Job is looked at many times with one selector, which never changes. */
const known = new WeakMap<LabelSelector, LabelRequirements | undefined>()

function compiled(selector: LabelSelector | undefined): LabelRequirements | undefined {
  if (selector === undefined) return undefined
  if (known.has(selector)) return known.get(selector)
  const requirements = requirementsOf(selector)
  const value = requirements.ok ? requirements.value : undefined
  known.set(selector, value)
  return value
}

/** No selector, or one that is malformed, selects nothing. */
const selects = (selector: LabelRequirements | undefined, pod: Pod): boolean =>
  selector !== undefined && matchesLabels(selector, pod.metadata.labels)
