/**
 * When a container that ended may start again: the first restart at once, then 10 s after the end, doubling up to 300 s;
 * a run of more than ten minutes starts the ladder anew.
 */
import { after, between, type Instant, type Millis, millis } from '../../base/index.ts'
import type { Exit } from '../runtime/index.ts'

const INITIAL = millis(10_000)
const MAXIMUM = millis(300_000)
const RESET_AFTER = millis(600_000)

/** What the ladder remembers of a container. `restartedAt` is the last restart that went through it. */
export type BackOff = { readonly delay: Millis; readonly restartedAt: Instant }

/**
 * The earliest instant of the next start after `exit`, undefined for at once.
 *
 * @source kubernetes v1.36 client-go/util/flowcontrol/backoff.go, IsInBackOffSince
 */
export function restartAt(backOff: BackOff | undefined, exit: Exit): Instant | undefined {
  if (backOff === undefined || isOver(backOff, exit)) return undefined
  return after(exit.finishedAt, backOff.delay)
}

/**
 * What to remember once the container is started again.
 *
 * @source kubernetes v1.36 client-go/util/flowcontrol/backoff.go, Next
 */
export function nextBackOff(backOff: BackOff | undefined, exit: Exit, now: Instant): BackOff {
  if (backOff === undefined || isOver(backOff, exit)) return { delay: INITIAL, restartedAt: now }
  return { delay: millis(Math.min(backOff.delay * 2, MAXIMUM)), restartedAt: now }
}

/**
 * The ladder of a container whose memory went with an earlier daemon, by the attempt that ended last: as high as that
 * many restarts without a pause bring it.
 */
export function assumedBackOff(attempt: number, startedAt: Instant): BackOff | undefined {
  if (attempt === 0) return undefined
  return { delay: millis(Math.min(INITIAL * 2 ** (attempt - 1), MAXIMUM)), restartedAt: startedAt }
}

const isOver = ({ restartedAt }: BackOff, exit: Exit): boolean => between(restartedAt, exit.finishedAt) > RESET_AFTER

/** `10s`, `1m20s`, `5m0s`: as Go prints a duration of whole seconds. */
export function formatDelay(delay: Millis): string {
  const total = Math.round(delay / 1000)
  const minutes = Math.floor(total / 60)
  return minutes === 0 ? `${total}s` : `${minutes}m${total % 60}s`
}
