/**
 * Runs one controller: takes keys off its queue, some at a time and none twice at once, and keeps their times.
 */
import {
  type Clock,
  type Instant,
  type Log,
  later,
  type Millis,
  type Monotonic,
  millis,
  type Timers,
} from '../base/index.ts'
import { apiRetryDelays, createWorkQueue, type RetryDelays } from './work-queue.ts'

export type SyncOutcome =
  /** Nothing more to do before the wall clock shows `wakeAt` or is set, or `wakeAfter` has passed, or something changes. */
  | { readonly kind: 'Done'; readonly wakeAt?: Instant | undefined; readonly wakeAfter?: Millis | undefined }
  /** Failed: again after the key's next delay. */
  | { readonly kind: 'Retry'; readonly reason: string }
  /** Overtaken by somebody else's write: again very soon, from a new snapshot. */
  | { readonly kind: 'Again' }

export const done: SyncOutcome = { kind: 'Done' }
export const again: SyncOutcome = { kind: 'Again' }
export const retry = (reason: string): SyncOutcome => ({ kind: 'Retry', reason })

export type ControllerContext = { readonly clock: Clock; readonly timers: Timers; readonly log: Log }

export type ControllerSpec = {
  readonly name: string
  /** How many keys are worked on at the same time. */
  readonly concurrency: number
  readonly sync: (key: string) => Promise<SyncOutcome>
  readonly delays?: RetryDelays
}

export type Controller = {
  /** Wants a pass over `key`, at once or after a delay. Never runs it inside this call. */
  readonly enqueue: (key: string, delay?: Millis) => void
  /** Wants a pass over `key` when the wall clock shows an instant; when it is set, the pass is at once. */
  readonly enqueueAt: (key: string, at: Instant) => void
  readonly start: () => void
  /** Takes no more keys and waits for passes under way. */
  readonly stop: () => Promise<void>
  readonly depth: () => number
}

const soon = millis(5)
/** Who fails so often in a row is told in the log, once: an object that cannot be put right by its controller. */
const stuckAfter = 5
const atOnce = millis(0)

export function createController(context: ControllerContext, spec: ControllerSpec): Controller {
  const { clock, timers, log } = context
  const queue = createWorkQueue(spec.delays ?? apiRetryDelays)
  const conflicts = new Map<string, number>()
  let state: 'New' | 'Running' | 'Stopped' = 'New'
  let pumping = false
  const appointments = createAppointments(timers, (key) => {
    add(key, atOnce)
    wake()
  })
  const alarm = createAlarm(clock, timers, pump)
  let onIdle: (() => void) | undefined

  function pump(): void {
    pumping = false
    if (state !== 'Running') return
    while (queue.out() < spec.concurrency) {
      const key = queue.take(clock.monotonic())
      if (key === undefined) break
      appointments.cancel(key)
      void pass(key)
    }
    const next = queue.nextAt()
    if (next !== undefined && queue.out() < spec.concurrency) alarm.setBy(next)
  }

  function add(key: string, delay: Millis): void {
    queue.add(key, later(clock.monotonic(), delay))
  }

  function wake(): void {
    if (pumping || state !== 'Running') return
    pumping = true
    queueMicrotask(pump)
  }

  async function pass(key: string): Promise<void> {
    try {
      settle(key, await spec.sync(key))
    } catch (error) {
      log.error('a pass of a controller has thrown', {
        controller: spec.name,
        key,
        error: String((error as Error).stack),
      })
      queue.retry(key, clock.monotonic())
    }
    queue.done(key)
    if (queue.out() === 0) onIdle?.()
    wake()
  }

  function settle(key: string, outcome: SyncOutcome): void {
    if (outcome.kind === 'Retry') {
      const { delay, failures } = queue.retry(key, clock.monotonic())
      const facts = { controller: spec.name, key, reason: outcome.reason }
      if (failures === stuckAfter)
        log.warn('a pass fails again and again; it goes on being tried, ever less often', facts)
      else log.debug('a pass is tried again', { ...facts, delay })
      return
    }
    if (outcome.kind === 'Again') {
      const count = conflicts.get(key) ?? 0
      conflicts.set(key, count + 1)
      add(key, millis(Math.min(soon * 2 ** count, 1000)))
      return
    }
    queue.forget(key)
    conflicts.delete(key)
    if (outcome.wakeAt !== undefined) appointments.make(key, outcome.wakeAt)
    if (outcome.wakeAfter !== undefined) add(key, outcome.wakeAfter)
  }

  return {
    enqueue(key, delay = atOnce) {
      if (state === 'Stopped') return
      add(key, delay)
      wake()
    },
    enqueueAt(key, at) {
      if (state !== 'Stopped') appointments.make(key, at)
    },
    start() {
      state = 'Running'
      wake()
    },
    stop() {
      state = 'Stopped'
      alarm.cancel()
      appointments.cancelAll()
      if (queue.out() === 0) return Promise.resolve()
      return new Promise((resolve) => {
        onIdle = resolve
      })
    },
    depth: () => queue.waiting() + queue.out(),
  }
}

/** One timer: for the earliest of the times for which it is set. */
function createAlarm(clock: Clock, timers: Timers, ring: () => void) {
  let pending: { readonly at: Monotonic; readonly cancel: () => void } | undefined
  return {
    setBy(at: Monotonic): void {
      if (pending !== undefined && pending.at <= at) return
      pending?.cancel()
      const cancel = timers.after(millis(at - clock.monotonic()), () => {
        pending = undefined
        ring()
      })
      pending = { at, cancel }
    },
    cancel: (): void => pending?.cancel(),
  }
}

/** Keys that wait for the wall clock. A pass makes what was wanted of its key before it void. */
function createAppointments(timers: Timers, onDue: (key: string) => void) {
  const byKey = new Map<string, { readonly at: Instant; readonly cancel: () => void }>()
  return {
    /** The earlier one counts where the key has one. */
    make(key: string, at: Instant): void {
      const there = byKey.get(key)
      if (there !== undefined && there.at <= at) return
      there?.cancel()
      const cancel = timers.at(at, () => {
        byKey.delete(key)
        onDue(key)
      })
      byKey.set(key, { at, cancel })
    },
    cancel(key: string): void {
      byKey.get(key)?.cancel()
      byKey.delete(key)
    },
    cancelAll(): void {
      for (const { cancel } of byKey.values()) cancel()
    },
  }
}
