/**
 * Any number of timers on one `Clock.wake`: nothing is scheduled twice, and nothing at all while nobody waits.
 *
 * Delays run on the monotonic clock, which nobody sets. Instants are of the wall clock, which people and NTP set, and
 * which runs on while the machine sleeps: while anybody waits for an instant, the wall clock is looked at once in a
 * `glance`, and when it has been set, all who wait for instants are called at once to look again.
 */
import type { Clock } from './clock.ts'
import { createHeap, type Heap } from './heap.ts'
import { type Instant, type Millis, millis } from './units.ts'

export type Timers = {
  /** Calls back once after `delay`, however the wall clock is set. Never inside this call. Answers its cancellation. */
  readonly after: (delay: Millis, callback: () => void) => () => void
  /**
   * Calls back once, when the wall clock shows the instant or soon after, or sooner when the wall clock has been set: the
   * callback must look at the time itself. Never inside this call. Answers its cancellation.
   */
  readonly at: (instant: Instant, callback: () => void) => () => void
  readonly stop: () => void
}

type Timer = { callback: (() => void) | undefined }

type Line = {
  readonly add: (order: number, callback: () => void, onIdle: () => void) => () => void
  /** The order of the first that waits; undefined when nobody does. */
  readonly first: () => number | undefined
  /** Calls all back that are due at `until`. */
  readonly ring: (until: number) => void
  readonly close: () => void
}

/** A wall clock that moved by more than this against the monotonic one was set; NTP moves it by less per glance. */
const steady = 250
const mostCancelled = 64

export function createTimers(clock: Clock, glance: Millis = millis(1000)): Timers {
  const delays = newLine()
  const instants = newLine()
  let sleep: { readonly until: number; readonly cancel: () => void } | undefined
  /** What the wall clock was ahead of the monotonic one at the last look. */
  let ahead = 0
  let stopped = false

  const lead = (): number => clock.now() - clock.monotonic()

  /** When to look next, on the monotonic clock. */
  function nextLook(): number | undefined {
    const delay = delays.first()
    const instant = instants.first()
    if (instant === undefined) return delay
    const look = clock.monotonic() + Math.min(Math.max(0, instant - clock.now()), glance)
    return delay === undefined ? look : Math.min(delay, look)
  }

  function arm(): void {
    const until = stopped ? undefined : nextLook()
    if (sleep !== undefined && until !== undefined && sleep.until <= until) return
    sleep?.cancel()
    sleep = undefined
    if (until === undefined) return
    const delay = millis(Math.max(0, until - clock.monotonic()))
    sleep = { until, cancel: clock.wake(delay, look) }
  }

  function look(): void {
    sleep = undefined
    if (stopped) return
    delays.ring(clock.monotonic())
    const wasSet = Math.abs(lead() - ahead) > steady
    ahead = lead()
    instants.ring(wasSet ? Number.POSITIVE_INFINITY : clock.now())
    arm()
  }

  return {
    after(delay, callback) {
      const cancel = delays.add(clock.monotonic() + delay, callback, arm)
      arm()
      return cancel
    },
    at(instant, callback) {
      if (instants.first() === undefined) ahead = lead()
      const cancel = instants.add(instant, callback, arm)
      arm()
      return cancel
    },
    stop() {
      stopped = true
      delays.close()
      instants.close()
      arm()
    },
  }
}

function newLine(): Line {
  const heap: Heap<Timer> = createHeap()
  let live = 0
  let closed = false
  const first = (): number | undefined => {
    while (heap.size() > 0 && heap.peek()?.value.callback === undefined) heap.pop()
    return heap.peek()?.order
  }
  const isLive = ({ callback }: Timer): boolean => callback !== undefined
  return {
    first,
    add(order, callback, onIdle) {
      const timer: Timer = { callback }
      heap.push(order, timer)
      live++
      return () => {
        if (timer.callback === undefined) return
        timer.callback = undefined
        live--
        if (live === 0) onIdle()
        else if (heap.size() > mostCancelled && heap.size() > 2 * live) heap.retain(isLive)
      }
    },
    ring(until) {
      const due: Timer[] = []
      for (let order = first(); order !== undefined && order <= until; order = first()) {
        const timer = heap.peek()?.value
        heap.pop()
        if (timer !== undefined) due.push(timer)
      }
      for (const timer of due) {
        const { callback } = timer
        if (callback === undefined || closed) continue
        timer.callback = undefined
        live--
        callback()
      }
    },
    close() {
      closed = true
      heap.retain(() => false)
    },
  }
}
