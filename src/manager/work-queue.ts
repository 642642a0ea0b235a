/**
 * Which key is worked on next. A value without a clock: the caller says what time it is, by a clock that nobody sets.
 *
 * When: a key is wanted at a time; of several the earliest wins; wanted twice is wanted once. After a failure it is
 * wanted again 1 s, 2 s, 4 s … 60 s later, until `forget`.
 * Who: a key is never out twice. Wanted while it is out, it comes again after `done`.
 *
 * @source kubernetes v1.36 client-go/util/workqueue (facts: the contract)
 */
import { createHeap, later, type Millis, type Monotonic, millis } from '../base/index.ts'

export type WorkQueue = {
  readonly add: (key: string, at: Monotonic) => void
  /** The key that has been due longest and is not out; it is out until `done`. */
  readonly take: (now: Monotonic) => string | undefined
  readonly done: (key: string) => void
  /** Wants the key again after its next delay. Answers that delay, and how often it has failed in a row. */
  readonly retry: (key: string, now: Monotonic) => { readonly delay: Millis; readonly failures: number }
  readonly forget: (key: string) => void
  /** When `take` would answer again; undefined while nothing waits. */
  readonly nextAt: () => Monotonic | undefined
  /** Keys that wait, and keys that are out. */
  readonly waiting: () => number
  readonly out: () => number
}

export type RetryDelays = { readonly first: Millis; readonly most: Millis }
export const apiRetryDelays: RetryDelays = { first: millis(1000), most: millis(60_000) }

export function createWorkQueue(delays: RetryDelays = apiRetryDelays): WorkQueue {
  const heap = createHeap<string>()
  /** When each waiting key is wanted; entries of the heap with another time are stale. */
  const wanted = new Map<string, Monotonic>()
  const out = new Map<string, Monotonic | undefined>()
  const failures = new Map<string, number>()

  function add(key: string, at: Monotonic): void {
    if (out.has(key)) {
      const again = out.get(key)
      if (again === undefined || at < again) out.set(key, at)
      return
    }
    const there = wanted.get(key)
    if (there !== undefined && there <= at) return
    wanted.set(key, at)
    heap.push(at, key)
  }

  function peek() {
    for (;;) {
      const head = heap.peek()
      if (head === undefined || wanted.get(head.value) === head.order) return head
      heap.pop()
    }
  }

  return {
    add,
    take(now) {
      const head = peek()
      if (head === undefined || head.order > now) return undefined
      heap.pop()
      wanted.delete(head.value)
      out.set(head.value, undefined)
      return head.value
    },
    done(key) {
      const again = out.get(key)
      out.delete(key)
      if (again !== undefined) add(key, again)
    },
    retry(key, now) {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      const delay = millis(Math.min(delays.first * 2 ** count, delays.most))
      add(key, later(now, delay))
      return { delay, failures: count + 1 }
    },
    forget: (key) => {
      failures.delete(key)
    },
    nextAt: () => peek()?.order as Monotonic | undefined,
    waiting: () => wanted.size,
    out: () => out.size,
  }
}
