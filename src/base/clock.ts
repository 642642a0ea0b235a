import type { Instant, Millis, Monotonic } from './units.ts'

/**
 * The only source of time. `src/main` passes the real one, tests and the simulator a virtual one.
 *
 * `wake` calls back once, not before `delay` of monotonic time has passed, and returns its own cancellation.
 * A callback never runs inside the call of `wake` itself.
 */
export type Clock = {
  readonly now: () => Instant
  readonly monotonic: () => Monotonic
  readonly wake: (delay: Millis, callback: () => void) => () => void
}

/**
 * Fulfilled once `delay` has passed, or as soon as `sooner` is fulfilled, if that comes first; nothing waits on then.
 *
 * A delay of timers that can be stopped is `pause({ wake: timers.after }, delay)`; it is never over once they are stopped.
 */
export function pause({ wake }: Pick<Clock, 'wake'>, delay: Millis, sooner?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = wake(delay, resolve)
    void sooner?.then(() => {
      cancel()
      resolve()
    })
  })
}

/** A source of randomness. `bits` returns an unsigned 32-bit integer. */
export type Random = { readonly bits: () => number }

/** A number in [0, bound), from one draw. */
export const below = (random: Random, bound: number): number => Math.floor((random.bits() / 2 ** 32) * bound)
