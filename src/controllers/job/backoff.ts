/**
 * How long to wait before the next pod after failures: 10 s, 20 s, 40 s … up to a cap.
 *
 * @source kubernetes v1.36 pkg/controller/job/backoff_utils.go
 */
import type { Pod } from '../../apis/core/index.ts'
import { after, type Instant, instant, type Millis, millis } from '../../base/index.ts'
import { finishTime } from './pod.ts'

const firstDelay = millis(10_000)

/** What is remembered of a Job between passes. Lost with the process: then only failures not yet accounted for count. */
export type BackoffRecord = {
  /** Pods that failed since the last success. */
  readonly failures: number
  readonly lastFailure?: Instant | undefined
  /** Failed pods that stand for an index and seem to have ended in the future: when they were first seen, by uid. */
  readonly endedBy?: Readonly<Record<string, Instant>> | undefined
}

export const noBackoff: BackoffRecord = { failures: 0 }

/** When the pods ended that one pass sees for the first time. */
export type FreshEnds = {
  readonly newestReset: Instant | undefined
  readonly failures: readonly Instant[]
}

/**
 * The record after a pass. A success starts the count anew with the failures that came strictly after it. Gives back
 * `record` itself where nothing ended.
 */
export function nextBackoff(record: BackoffRecord, { newestReset, failures }: FreshEnds): BackoffRecord {
  if (newestReset === undefined) {
    if (failures.length === 0) return record
    return { failures: record.failures + failures.length, lastFailure: newest(failures) }
  }
  const later = failures.filter((at) => at > newestReset)
  return later.length === 0 ? noBackoff : { failures: later.length, lastFailure: newest(later) }
}

function newest(times: readonly Instant[]): Instant {
  let most = Number.NEGATIVE_INFINITY
  for (const time of times) most = Math.max(most, time)
  return instant(most)
}

/**
 * After the clock was set back the newest failure may lie in the future: it counts as of now, so that nobody waits longer
 * than the delay itself.
 */
export const notInFuture = (record: BackoffRecord, now: Instant): BackoffRecord =>
  record.lastFailure === undefined || record.lastFailure <= now ? record : { ...record, lastFailure: now }

/** The same for failed pods that stand for their index: notes those that seem to have ended in the future. */
export function noteFutureEnds(
  record: BackoffRecord | undefined,
  pods: Iterable<Pod> | undefined,
  now: Instant,
): BackoffRecord {
  const known = record?.endedBy
  let isNews = false
  const endedBy: Record<string, Instant> = {}
  for (const pod of pods ?? []) {
    if (finishTime(pod) <= now) continue
    const { uid = '' } = pod.metadata
    const noted = known?.[uid]
    endedBy[uid] = noted !== undefined && noted <= now ? noted : now
    isNews ||= endedBy[uid] !== noted
  }
  const count = Object.keys(endedBy).length
  if (count === 0) return noBackoff
  return isNews || record === undefined || count !== Object.keys(known ?? {}).length
    ? { ...noBackoff, endedBy }
    : record
}

/** When a failed pod of an index ended, for its delay. */
export const endOf = ({ endedBy }: BackoffRecord, pod: Pod): Instant =>
  endedBy?.[pod.metadata.uid ?? ''] ?? finishTime(pod)

/** The delay after the n-th failure in a row; none for n = 0. */
export function backoffDelay(failures: number, cap: Millis): Millis {
  if (failures <= 0) return millis(0)
  return millis(Math.min(firstDelay * 2 ** (failures - 1), cap))
}

/** From when on a pod may be created; undefined when at once. */
export function backoffEnd({ failures, lastFailure }: BackoffRecord, cap: Millis): Instant | undefined {
  return failures === 0 || lastFailure === undefined ? undefined : after(lastFailure, backoffDelay(failures, cap))
}
