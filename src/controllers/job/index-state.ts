/**
 * Which indexes of an Indexed Job have succeeded or failed, and which failed pods still stand for their index.
 *
 * @source kubernetes v1.36 pkg/controller/job/indexed_job_utils.go
 */
import type { Pod } from '../../apis/core/index.ts'
import type { JobFacts } from './facts.ts'
import { judgeFailure } from './failure-policy.ts'
import { hasIndex, type IndexSet, indexSetOf, parseIndexes, uniteIndexes } from './indexes.ts'
import {
  annotatedCount,
  completionIndex,
  failureCountKey,
  finishTime,
  ignoredFailureCountKey,
  isSucceeded,
} from './pod.ts'
import type { Tally } from './tally.ts'

export type IndexState = {
  readonly count: number
  /** As the status has them, and with the pods of this pass. */
  readonly previouslySucceeded: IndexSet
  readonly succeeded: IndexSet
  /** Only for Jobs with a limit per index. */
  readonly failed: IndexSet | undefined
  /** The newest failed pod of each index that waits for its next pod: it keeps its finalizer, and its counts go on. */
  readonly waiting: ReadonlyMap<number, Pod>
}

const nobody: ReadonlyMap<number, Pod> = new Map()

export function indexStateOf(facts: JobFacts, count: number, tally: Tally): IndexState {
  const { status } = facts.job
  const previouslySucceeded = parseIndexes(status.completedIndexes ?? '', count)
  const fresh = tally.ended.filter(isSucceeded).map((pod) => completionIndex(pod, count))
  const succeeded = uniteIndexes(previouslySucceeded, indexSetOf(fresh.filter((index) => index !== undefined)))
  if (facts.backoffLimitPerIndex === undefined) {
    return { count, previouslySucceeded, succeeded, failed: undefined, waiting: nobody }
  }
  const failed = failedIndexes(facts, count, tally)
  return { count, previouslySucceeded, succeeded, failed, waiting: waitingPods(count, tally, succeeded, failed) }
}

function failedIndexes(facts: JobFacts, count: number, tally: Tally): IndexSet {
  const previous = parseIndexes(facts.job.status.failedIndexes ?? '', count)
  const fresh = new Set<number>()
  for (const pod of tally.failed) {
    const index = completionIndex(pod, count)
    if (index !== undefined && !hasIndex(previous, index) && failsItsIndex(facts, pod)) fresh.add(index)
  }
  return uniteIndexes(previous, indexSetOf([...fresh]))
}

function failsItsIndex({ policy, backoffLimitPerIndex = 0 }: JobFacts, pod: Pod): boolean {
  const { action, counts } = judgeFailure(policy, pod)
  return action === 'FailIndex' || (counts && annotatedCount(pod, failureCountKey) >= backoffLimitPerIndex)
}

/** All failures of the index up to the one before this pod's own. */
export const priorFailures = (pod: Pod): number =>
  annotatedCount(pod, failureCountKey) + annotatedCount(pod, ignoredFailureCountKey)

function waitingPods(count: number, tally: Tally, succeeded: IndexSet, failed: IndexSet): ReadonlyMap<number, Pod> {
  const running = new Set(tally.activeIndexes)
  const waiting = new Map<number, Pod>()
  for (const pod of tally.failed) {
    const index = completionIndex(pod, count)
    if (index === undefined || running.has(index) || hasIndex(succeeded, index) || hasIndex(failed, index)) continue
    const other = waiting.get(index)
    if (other === undefined || isNewerFailure(pod, other)) waiting.set(index, pod)
  }
  return waiting
}

const isNewerFailure = (pod: Pod, other: Pod): boolean =>
  priorFailures(pod) >= priorFailures(other) && finishTime(pod) >= finishTime(other)
