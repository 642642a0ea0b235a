/**
 * What the Job controller reads from a pod.
 *
 * @source kubernetes v1.36 pkg/controller/job (facts: names of labels, annotations and the finalizer)
 */
import type { ContainerStatus, Pod } from '../../apis/core/index.ts'
import { type Instant, instant, parseTime } from '../../base/index.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index'
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count'
export const ignoredFailureCountKey = 'batch.kubernetes.io/job-index-ignored-failure-count'

export const isSucceeded = (pod: Pod): boolean => pod.status.phase === 'Succeeded'
export const isFailed = (pod: Pod): boolean => pod.status.phase === 'Failed'
/** Whether the pod has ended, either way. */
export const isTerminal = (pod: Pod): boolean => isSucceeded(pod) || isFailed(pod)
export const isActive = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && !isTerminal(pod)
/** Asked to go and not yet ended. */
export const isTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod)
export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true
/** Ended and accounted for: nothing about this pod can change a Job any more. */
export const isSettled = (pod: Pod): boolean => isTerminal(pod) && !isTracked(pod)

export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True'
/** Since when the pod is as ready as it is; undefined when nothing says so. */
export const readySince = (pod: Pod): Instant | undefined => parseTime(readyCondition(pod)?.lastTransitionTime)

function readyCondition(pod: Pod) {
  const { conditions } = pod.status
  if (conditions !== undefined) for (const condition of conditions) if (condition.type === 'Ready') return condition
  return undefined
}

/** The completion index that the annotation names; undefined for none, nonsense, or one not below `completions`. */
export function completionIndex(pod: Pod, completions: number): number | undefined {
  const text = pod.metadata.annotations?.[completionIndexKey]
  const index = text === undefined ? undefined : natural(text)
  return index !== undefined && index < completions ? index : undefined
}

/** A count in an annotation; 0 when missing or nonsense. */
export const annotatedCount = (pod: Pod, key: string): number => natural(pod.metadata.annotations?.[key] ?? '') ?? 0

/** A decimal number from 0 to 2^31-1; undefined for any other text. */
function natural(text: string): number | undefined {
  if (text.length === 0 || text.length > 10) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value <= 0x7fffffff ? value : undefined
}

export const createdAt = (pod: Pod): Instant => parseTime(pod.metadata.creationTimestamp) ?? instant(0)

/**
 * When the pod ended, from the best evidence there is: the ends of all its containers, then the moment it stopped being
 * ready, then the moment it was asked to go, then its creation.
 *
 * @source kubernetes v1.36 pkg/controller/job/backoff_utils.go, getFinishedTime
 */
export function finishTime(pod: Pod): Instant {
  return containersFinish(pod) ?? notReadySince(pod) ?? deletionAsked(pod) ?? createdAt(pod)
}

function containersFinish(pod: Pod): Instant | undefined {
  let newest: Instant | undefined
  for (const { state } of pod.status.containerStatuses ?? []) {
    const finished = parseTime(state?.terminated?.finishedAt)
    if (finished === undefined) return undefined
    if (newest === undefined || finished > newest) newest = finished
  }
  return newest
}

function notReadySince(pod: Pod): Instant | undefined {
  const ready = readyCondition(pod)
  return ready?.status === 'False' ? parseTime(ready.lastTransitionTime) : undefined
}

function deletionAsked(pod: Pod): Instant | undefined {
  const at = parseTime(pod.metadata.deletionTimestamp)
  return at === undefined ? undefined : instant(at - 1000 * (pod.metadata.deletionGracePeriodSeconds ?? 0))
}

const restarts = (statuses: readonly ContainerStatus[] | undefined): number =>
  statuses === undefined ? 0 : statuses.reduce((sum, status) => sum + (status.restartCount ?? 0), 0)

/** Restarts of all containers, init containers and sidecars included. */
export const restartSum = (pod: Pod): number =>
  restarts(pod.status.initContainerStatuses) + restarts(pod.status.containerStatuses)

/** The highest restart count of any app container. */
export function maxRestarts(pod: Pod): number {
  let most = 0
  for (const { restartCount } of pod.status.containerStatuses ?? []) most = Math.max(most, restartCount ?? 0)
  return most
}
