import { type Clock, type Instant, instant, type Millis, type Monotonic } from '../../src/base/index.ts'

export type VirtualClock = Clock & {
  /** Moves time on, calling back in order whoever wanted to be woken meanwhile. */
  readonly advance: (span: number) => void
  /** How many callbacks are waiting. */
  readonly waiting: () => number
}

type Sleeper = { readonly at: number; readonly order: number; readonly callback: () => void }

/** A clock that stands still until it is told to move. Wall clock and monotonic clock run together. */
export function virtualClock(start: Instant = instant(Date.UTC(2026, 0, 1))): VirtualClock {
  let now: number = start
  let order = 0
  const sleepers = new Set<Sleeper>()
  const next = (until: number): Sleeper | undefined =>
    [...sleepers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0]
  return {
    now: () => now as Instant,
    monotonic: () => (now - start) as Monotonic,
    wake(delay: Millis, callback) {
      const sleeper = { at: now + Math.max(0, delay), order: order++, callback }
      sleepers.add(sleeper)
      return () => void sleepers.delete(sleeper)
    },
    advance(span) {
      const until = now + span
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        sleepers.delete(sleeper)
        now = Math.max(now, sleeper.at)
        sleeper.callback()
      }
      now = until
    },
    waiting: () => sleepers.size,
  }
}
