/** Many alarms on one timer: a heap of the earliest, so that thousands of waiting pods cost one timer. */
import { between, type Clock, type Instant, millis } from '../base/index.ts'

type Alarm = { readonly at: Instant; readonly ring: () => void; cancelled: boolean }

export type Alarms = {
  /** Rings once, not before `at`; returns its own cancellation. */
  readonly set: (at: Instant, ring: () => void) => () => void
  /** Cancels all. */
  readonly stop: () => void
}

export function createAlarms(clock: Clock): Alarms {
  const heap: Alarm[] = []
  const timer: { at?: Instant | undefined; cancel?: (() => void) | undefined } = {}
  const arm = () => {
    const first = heap[0]
    if (first === undefined || (timer.at !== undefined && timer.at <= first.at)) return
    timer.cancel?.()
    timer.at = first.at
    timer.cancel = clock.wake(millis(Math.max(0, between(clock.now(), first.at))), onTimer)
  }
  const onTimer = () => {
    timer.at = undefined
    timer.cancel = undefined
    const now = clock.now()
    for (let first = heap[0]; first !== undefined && first.at <= now; first = heap[0]) {
      takeFirst(heap)
      if (!first.cancelled) first.ring()
    }
    arm()
  }
  return {
    set: (at, ring) => {
      const alarm: Alarm = { at, ring, cancelled: false }
      insert(heap, alarm)
      arm()
      return () => {
        alarm.cancelled = true
      }
    },
    stop: () => {
      timer.cancel?.()
      heap.length = 0
    },
  }
}

function insert(heap: Alarm[], alarm: Alarm): void {
  let index = heap.push(alarm) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || above.at <= alarm.at) break
    heap[index] = above
    index = parent
  }
  heap[index] = alarm
}

function takeFirst(heap: Alarm[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const right = left + 1
    const child = (heap[right]?.at ?? Infinity) < (heap[left]?.at ?? Infinity) ? right : left
    const below = heap[child]
    if (below === undefined || below.at >= last.at) break
    heap[index] = below
    index = child
  }
  heap[index] = last
}
