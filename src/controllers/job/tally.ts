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
  /** The index of each active pod, -1 without a valid one; empty for Jobs without indexes. */
  readonly activeIndexes: readonly number[]
  readonly ready: number
  readonly terminating: readonly Pod[]
  /** Pods that still carry the tracking finalizer, in whatever state. */
  readonly tracked: readonly Pod[]
  /** Those of them that ended or are taken as failed. */
  readonly ended: readonly Pod[]
  /** Successes and counting failures that the status knows nothing of yet. */
  readonly freshSucceeded: number
  readonly freshFailed: number
  /** The ends of pods seen for the first time, for the back-off. */
  readonly freshFailures: readonly Instant[]
  readonly freshSuccesses: readonly Instant[]
  readonly freshDeletions: readonly Instant[]
  /** Tracked pods that failed or are taken as failed; with a valid index where the Job has indexes. */
  readonly failed: readonly Pod[]
  /** Restarts inside pods that are not over; only counted where they matter. */
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
  const { indexCount, policy } = facts
  const restartsMatter = facts.job.spec.template.spec.restartPolicy === 'OnFailure'
  const active: Pod[] = []
  const activeIndexes: number[] = []
  const terminating: Pod[] = []
  const tracked: Pod[] = []
  const ended: Pod[] = []
  let ready = 0
  let restarts = 0
  let failJob: string | undefined
  for (const pod of pods) {
    const isTrackedPod = isTracked(pod)
    if (isTrackedPod) tracked.push(pod)
    if (isActive(pod)) {
      active.push(pod)
      if (indexCount !== undefined) activeIndexes.push(completionIndex(pod, indexCount) ?? -1)
      if (isReady(pod)) ready++
    } else if (isTrackedPod && (isSucceeded(pod) || takenAsFailed(facts, pod))) ended.push(pod)
    if (isTerminating(pod)) terminating.push(pod)
    const { phase } = pod.status
    if (restartsMatter && (phase === 'Running' || phase === 'Pending')) restarts += restartSum(pod)
    if (policy !== undefined && phase === 'Failed') failJob ??= judgeFailure(policy, pod).message
  }
  return {
    active,
    activeIndexes,
    ready,
    terminating,
    tracked,
    ended,
    ...freshEnds(facts, ended, uncounted),
    restarts,
    failJob,
  }
}

/** What ended since the status was told. */
function freshEnds(facts: JobFacts, ended: readonly Pod[], uncounted: UncountedTerminatedPods) {
  const noted = { succeeded: new Set(uncounted.succeeded), failed: new Set(uncounted.failed) }
  const fresh = {
    freshSucceeded: 0,
    freshFailed: 0,
    freshFailures: [] as Instant[],
    freshSuccesses: [] as Instant[],
    freshDeletions: [] as Instant[],
    failed: [] as Pod[],
  }
  for (const pod of ended) {
    if (!hasPlace(facts, pod)) continue
    const uid = pod.metadata.uid ?? ''
    if (isSucceeded(pod)) {
      // One that was noted as failed when it was asked to go, and then succeeded, stays what it was noted as.
      if (noted.succeeded.has(uid) || noted.failed.has(uid)) continue
      fresh.freshSucceeded++
      fresh.freshSuccesses.push(finishTime(pod))
      continue
    }
    fresh.failed.push(pod)
    if (noted.failed.has(uid)) continue
    if (judgeFailure(facts.policy, pod).counts) fresh.freshFailed++
    const ends = isFailed(pod) ? fresh.freshFailures : fresh.freshDeletions
    ends.push(finishTime(pod))
  }
  return fresh
}

/** Pods of an Indexed Job without a valid index count for nothing. */
const hasPlace = ({ indexCount }: JobFacts, pod: Pod): boolean =>
  indexCount === undefined || completionIndex(pod, indexCount) !== undefined
