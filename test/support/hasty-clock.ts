/** A clock on which time passes as soon as somebody waits for it. */
import { type Clock, instant, type Monotonic } from '../../src/base/index.ts'

export const hastyClock: Clock = {
  now: () => instant(0),
  monotonic: () => 0 as Monotonic,
  wake(_, callback) {
    const timer = setImmediate(callback)
    return () => clearImmediate(timer)
  },
}
