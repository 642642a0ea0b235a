/** A clock that stands still until it is told to move. Wall clock and monotonic clock run together. */
import { type Clock, createHeap, type Heap, type Instant, type Monotonic } from '../../base/index.ts'

export type VirtualTime = {
  readonly clock: Clock
  /** The monotonic moment of the next timer; undefined when nobody waits. */
  readonly nextAt: () => number | undefined
  /** Makes it that late and calls back, in order, who is due by then. */
  readonly runUntil: (at: number) => void
}

type Sleeper = { callback: (() => void) | undefined }

export function newVirtualTime(start: Instant): VirtualTime {
  const sleepers: Heap<Sleeper> = createHeap()
  let monotonic = 0
  const nextAt = (): number | undefined => {
    while (sleepers.size() > 0 && sleepers.peek()?.value.callback === undefined) sleepers.pop()
    return sleepers.peek()?.order
  }
  return {
    clock: {
      now: () => (start + monotonic) as Instant,
      monotonic: () => monotonic as Monotonic,
      wake(delay, callback) {
        const sleeper: Sleeper = { callback }
        sleepers.push(monotonic + Math.max(0, delay), sleeper)
        return () => {
          sleeper.callback = undefined
        }
      },
    },
    nextAt,
    runUntil(at) {
      for (let next = nextAt(); next !== undefined && next <= at; next = nextAt()) {
        const sleeper = sleepers.peek()?.value
        sleepers.pop()
        monotonic = Math.max(monotonic, next)
        sleeper?.callback?.()
      }
      monotonic = Math.max(monotonic, at)
    },
  }
}
