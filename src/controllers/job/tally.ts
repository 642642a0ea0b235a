/**
 * One walk over the pods of a Job: who is active, who ended and was not accounted for yet, what restarts there were.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, getNewFinishedPods, isPodFailed
 */
import type { UncountedTerminatedPods } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { Instant } from '../../base/index.ts'
import type { JobFacts } from './facts.ts'
import { judgeFailure } from './failure-policy.ts'
import {
  completionIndex,
  finishTime,
  isActive,
  isFailed,
  isReady,
  isSucceeded,
  isTerminating,
  isTracked,
  restartSum,
} from './pod.ts'

export type Tally = {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: readonly Pod[]
  /** Pods that still carry the tracking finalizer, in whatever state. */
  readonly tracked: readonly Pod[]
  /** Successes and counting failures that the status knows nothing of yet. */
  readonly freshSucceeded: number
  readonly freshFailed: number
  /** The ends of pods seen for the first time, for the back-off. */
  readonly freshFailures: readonly Instant[]
  readonly freshSuccesses: readonly Instant[]
  readonly freshDeletions: readonly Instant[]
  /** Tracked pods that failed or are taken as failed; with a valid index where the Job has indexes. */
  readonly failed: readonly Pod[]
  /** Restarts inside pods that are not over. */
  readonly restarts: number
  /** Why a rule with FailJob matched some pod. */
  readonly failJob: string | undefined
}

/**
 * Whether a pod is taken as failed. Unless pods are replaced only when failed, one that somebody asked to go is.
 * While the Job itself is being deleted only phase Failed counts: its pods go with it.
 */
export function takenAsFailed({ replacesOnlyFailed, deleting }: JobFacts, pod: Pod): boolean {
  if (isFailed(pod)) return true
  if (replacesOnlyFailed || deleting) return false
  return pod.metadata.deletionTimestamp !== undefined && !isSucceeded(pod)
}

export function tallyPods(facts: JobFacts, pods: readonly Pod[], uncounted: UncountedTerminatedPods): Tally {
  const noted = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) }
  const active: Pod[] = []
  const terminating: Pod[] = []
  const tracked: Pod[] = []
  const failed: Pod[] = []
  const ends = { failures: [] as Instant[], successes: [] as Instant[], deletions: [] as Instant[] }
  const counts = { ready: 0, succeeded: 0, failed: 0, restarts: 0 }
  let failJob: string | undefined
  for (const pod of pods) {
    if (isActive(pod)) {
      active.push(pod)
      if (isReady(pod)) counts.ready++
    } else if (isTerminating(pod)) terminating.push(pod)
    if (pod.status.phase === 'Running' || pod.status.phase === 'Pending') counts.restarts += restartSum(pod)
    if (facts.policy !== undefined && isFailed(pod)) failJob ??= judgeFailure(facts.policy, pod).message
    if (!isTracked(pod)) continue
    tracked.push(pod)
    const takenFailed = takenAsFailed(facts, pod)
    if (!hasPlace(facts, pod)) continue
    if (takenFailed) failed.push(pod)
    const uid = pod.metadata.uid ?? ''
    if (isSucceeded(pod) && !noted.succeeded.has(uid)) {
      counts.succeeded++
      ends.successes.push(finishTime(pod))
    } else if (takenFailed && !noted.failed.has(uid)) {
      if (judgeFailure(facts.policy, pod).counts) counts.failed++
      ;(isFailed(pod) ? ends.failures : ends.deletions).push(finishTime(pod))
    }
  }
  return {
    active,
    ready: counts.ready,
    terminating,
    tracked,
    freshSucceeded: counts.succeeded,
    freshFailed: counts.failed,
    freshFailures: ends.failures,
    freshSuccesses: ends.successes,
    freshDeletions: ends.deletions,
    failed,
    restarts: counts.restarts,
    failJob,
  }
}

/** Pods of an Indexed Job without a valid index count for nothing. */
const hasPlace = ({ indexCount }: JobFacts, pod: Pod): boolean =>
  indexCount === undefined || completionIndex(pod, indexCount) !== undefined
