/**
 * Any number of timers on one `Clock.wake`: nothing is scheduled twice, and nothing at all while nobody waits.
 *
 * Instants are of the wall clock, which may be set, or stand still while the machine sleeps; therefore no sleep is longer
 * than `longestSleep`, after which the clock is read again.
 */
import type { Clock, Instant, Millis } from '../base/index.ts'
import { millis } from '../base/index.ts'
import { createHeap } from './heap.ts'

export type Timers = {
  /** Calls back once at the instant or soon after, never inside this call. Answers its own cancellation. */
  readonly at: (instant: Instant, callback: () => void) => () => void
  readonly stop: () => void
}

type Timer = { callback: (() => void) | undefined }

export function createTimers(clock: Clock, longestSleep: Millis = millis(60_000)): Timers {
  const heap = createHeap<Timer>()
  let sleep: { readonly until: number; readonly cancel: () => void } | undefined
  let stopped = false

  function arm(): void {
    while (heap.peek()?.value.callback === undefined && heap.size() > 0) heap.pop()
    const head = heap.peek()
    if (head === undefined || stopped) {
      sleep?.cancel()
      sleep = undefined
      return
    }
    if (sleep !== undefined && sleep.until <= head.order) return
    sleep?.cancel()
    const delay = Math.max(0, Math.min(head.order - clock.now(), longestSleep))
    sleep = { until: head.order, cancel: clock.wake(millis(delay), fire) }
  }

  function fire(): void {
    sleep = undefined
    const now = clock.now()
    for (let head = heap.peek(); head !== undefined && head.order <= now && !stopped; head = heap.peek()) {
      heap.pop()
      const { callback } = head.value
      head.value.callback = undefined
      callback?.()
    }
    arm()
  }

  return {
    at(instant, callback) {
      const timer: Timer = { callback }
      heap.push(instant, timer)
      arm()
      return () => {
        timer.callback = undefined
      }
    },
    stop() {
      stopped = true
      sleep?.cancel()
      sleep = undefined
    },
  }
}
