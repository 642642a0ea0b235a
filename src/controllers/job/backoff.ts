/**
 * How long to wait before the next pod after failures: 10 s, 20 s, 40 s … up to a cap.
 *
 * @source kubernetes v1.36 pkg/controller/job/backoff_utils.go
 */
import type { Instant, Millis } from '../../base/index.ts'
import { after, instant, millis } from '../../base/index.ts'

const firstDelay = millis(10_000)

/** What is remembered of a Job between passes. Lost with the process: then only failures not yet accounted for count. */
export type BackoffRecord = {
  /** Pods that failed since the last success. */
  readonly failures: number
  readonly lastFailure?: Instant | undefined
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

/** The delay after the n-th failure in a row; none for n = 0. */
export function backoffDelay(failures: number, cap: Millis): Millis {
  if (failures <= 0) return millis(0)
  return millis(Math.min(firstDelay * 2 ** (failures - 1), cap))
}

/** From when on a pod may be created; undefined when at once. */
export function backoffEnd({ failures, lastFailure }: BackoffRecord, cap: Millis): Instant | undefined {
  return failures === 0 || lastFailure === undefined ? undefined : after(lastFailure, backoffDelay(failures, cap))
}
