/** The real clock, for tests that watch real processes. */
import { type Clock, instant, type Monotonic } from '../../src/base/index.ts'

export const realClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now() as Monotonic,
  wake: (delay, callback) => {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
