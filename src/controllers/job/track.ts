/**
 * Accounting: every pod is counted exactly once, whenever the process dies.
 *
 * A pod is first noted in the status (its uid, or its completed index), then loses the tracking finalizer, and only then
 * moves from the notes into the counters. What the status notes is safe; what still has the finalizer can be seen again.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers
 */
import type { JobCondition, JobStatus, UncountedTerminatedPods } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { JobFacts } from './facts.ts'
import { judgeFailure } from './failure-policy.ts'
import type { IndexState } from './index-state.ts'
import { countIndexes, formatIndexes, hasIndex, indexSetOf, uniteIndexes } from './indexes.ts'
import type { Outcome } from './outcome.ts'
import { completionIndex, isSucceeded } from './pod.ts'
import { type Tally, takenAsFailed } from './tally.ts'

/** The most pods that one pass accounts for. */
export const maxPodsAccounted = 500

/** The part of the status that counts. */
export type Counters = {
  readonly succeeded: number
  readonly failed: number
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] }
  readonly completedIndexes: string
  readonly failedIndexes: string | undefined
}

export type Accounting = {
  /** Counters before any finalizer is taken away, and after all of `release` have lost it. */
  readonly before: Counters
  readonly after: Counters
  readonly release: readonly Pod[]
  /** All pods were looked at: the Job may be declared over. */
  readonly complete: boolean
  readonly judged: Readonly<Record<string, number>> | undefined
}

export type AccountInput = {
  readonly facts: JobFacts
  readonly tally: Tally
  readonly indexes: IndexState | undefined
  readonly outcome: Outcome | undefined
}

export function countersOf(status: JobStatus): Counters {
  const { uncountedTerminatedPods: { succeeded = [], failed = [] } = {} } = status
  return {
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
    uncounted: { succeeded, failed },
    completedIndexes: status.completedIndexes ?? '',
    failedIndexes: status.failedIndexes,
  }
}

export function accountForPods(input: AccountInput): Accounting {
  const settled = withoutUntracked(countersOf(input.facts.job.status), input.tally.tracked)
  const walk = walkTracked(input, settled)
  const before = withIndexes(input, walk.completed, { ...settled, uncounted: walk.uncounted })
  const { release, complete, judged } = walk
  const released = new Set(release.map(uidOf))
  return { before, after: moved(before, (uid) => !released.has(uid)), release, complete, judged }
}

const uidOf = (pod: Pod): string => pod.metadata.uid ?? ''

/** Moves noted pods that do not carry the finalizer any more into the counters. */
function withoutUntracked(counters: Counters, tracked: readonly Pod[]): Counters {
  const { succeeded, failed } = counters.uncounted
  if (succeeded.length === 0 && failed.length === 0) return counters
  const there = new Set(tracked.map(uidOf))
  return moved(counters, (uid) => there.has(uid))
}

/** Keeps the notes that `stay`; the others become counts. */
function moved(counters: Counters, stay: (uid: string) => boolean): Counters {
  const succeeded = counters.uncounted.succeeded.filter(stay)
  const failed = counters.uncounted.failed.filter(stay)
  return {
    ...counters,
    succeeded: counters.succeeded + counters.uncounted.succeeded.length - succeeded.length,
    failed: counters.failed + counters.uncounted.failed.length - failed.length,
    uncounted: { succeeded, failed },
  }
}

function walkTracked(input: AccountInput, settled: Counters) {
  const { facts, tally, indexes, outcome } = input
  const noted = { succeeded: new Set(settled.uncounted.succeeded), failed: new Set(settled.uncounted.failed) }
  const uncounted = { succeeded: [...settled.uncounted.succeeded], failed: [...settled.uncounted.failed] }
  const completed: number[] = []
  const release: Pod[] = []
  const judged: Record<string, number> = {}
  const failing = outcome !== undefined && !outcome.success
  for (const pod of outcome === undefined && !facts.deleting ? tally.ended : tally.tracked) {
    const takenFailed = takenAsFailed(facts, pod)
    if (mayRelease(input, pod, takenFailed)) release.push(pod)
    const index = indexes && completionIndex(pod, indexes.count)
    const uid = uidOf(pod)
    if (isSucceeded(pod) && !noted.failed.has(uid)) {
      if (indexes === undefined) {
        if (!noted.succeeded.has(uid)) uncounted.succeeded.push(uid)
      } else if (index !== undefined && !hasIndex(indexes.previouslySucceeded, index)) completed.push(index)
    } else if ((takenFailed || failing) && !noted.failed.has(uid) && (indexes === undefined || index !== undefined)) {
      const { counts, action } = judgeFailure(facts.policy, pod)
      if (action !== undefined) judged[action] = (judged[action] ?? 0) + 1
      if (counts) uncounted.failed.push(uid)
    }
    const accounted = completed.length + uncounted.succeeded.length + uncounted.failed.length
    if (accounted >= maxPodsAccounted) return { uncounted, completed, release, complete: false, judged }
  }
  return { uncounted, completed, release, complete: true, judged }
}

/** With limits per index the newest failed pod of an index stays until the next one runs: its counts go on from there. */
function mayRelease({ facts, indexes, outcome }: AccountInput, pod: Pod, takenFailed: boolean): boolean {
  if (facts.deleting || outcome !== undefined || isSucceeded(pod)) return true
  if (!takenFailed) return false
  const index = indexes && completionIndex(pod, indexes.count)
  return index === undefined || indexes?.waiting.get(index) !== pod
}

function withIndexes({ indexes }: AccountInput, completed: readonly number[], counters: Counters): Counters {
  if (indexes === undefined) return counters
  const succeeded = uniteIndexes(indexes.previouslySucceeded, indexSetOf(completed))
  return {
    ...counters,
    succeeded: countIndexes(succeeded),
    completedIndexes: formatIndexes(succeeded),
    failedIndexes: indexes.failed && formatIndexes(indexes.failed),
  }
}

/** The status that a pass arrives at, in the form in which it is stored: empty and zero parts are left out. */
export type StatusParts = {
  readonly conditions: readonly JobCondition[]
  readonly startTime: string | undefined
  readonly completionTime?: string
  readonly active: number
  readonly ready: number
  readonly terminating: number
  readonly counters: Counters
}

export function statusOf(parts: StatusParts): JobStatus {
  const { conditions, startTime, completionTime, active, ready, terminating, counters } = parts
  const { succeeded, failed, completedIndexes, failedIndexes } = counters
  return {
    ...(conditions.length > 0 && { conditions }),
    ...(startTime !== undefined && { startTime }),
    ...(completionTime !== undefined && { completionTime }),
    ...(active > 0 && { active }),
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    terminating,
    ...(completedIndexes !== '' && { completedIndexes }),
    ...(failedIndexes !== undefined && { failedIndexes }),
    uncountedTerminatedPods: uncountedOf(counters),
    ready,
  }
}

function uncountedOf({ uncounted: { succeeded, failed } }: Counters): UncountedTerminatedPods {
  return { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) }
}

/** Whether two statuses say the same; the one that is read may leave `ready` and `terminating` unset. */
export function sameStatus(one: JobStatus, other: JobStatus): boolean {
  return (
    one.startTime === other.startTime &&
    one.completionTime === other.completionTime &&
    (one.active ?? 0) === (other.active ?? 0) &&
    one.ready === other.ready &&
    one.terminating === other.terminating &&
    sameCounters(countersOf(one), countersOf(other)) &&
    sameConditions(one.conditions ?? [], other.conditions ?? [])
  )
}

/** Conditions are only ever replaced whole. */
const sameConditions = (one: readonly JobCondition[], other: readonly JobCondition[]): boolean =>
  one === other || (one.length === 0 && other.length === 0)

export function sameCounters(one: Counters, other: Counters): boolean {
  return (
    one.succeeded === other.succeeded &&
    one.failed === other.failed &&
    one.completedIndexes === other.completedIndexes &&
    one.failedIndexes === other.failedIndexes &&
    sameTexts(one.uncounted.succeeded, other.uncounted.succeeded) &&
    sameTexts(one.uncounted.failed, other.uncounted.failed)
  )
}

const sameTexts = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((text, i) => text === other[i])
