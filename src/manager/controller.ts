/**
 * Runs one controller: takes keys off its queue, some at a time and none twice at once, and keeps their times.
 */
import { after, type Clock, type Instant, type Log, millis } from '../base/index.ts'
import type { Timers } from './timers.ts'
import { apiRetryDelays, createWorkQueue, type RetryDelays } from './work-queue.ts'

export type SyncOutcome =
  /** Nothing more to do before `wakeAt`, unless something changes. */
  | { readonly kind: 'Done'; readonly wakeAt?: Instant | undefined }
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
  /** Wants a pass over `key`, at once or at an instant. Never runs it inside this call. */
  readonly enqueue: (key: string, at?: Instant) => void
  readonly start: () => void
  /** Takes no more keys and waits for passes under way. */
  readonly stop: () => Promise<void>
  readonly depth: () => number
}

const soon = millis(5)

export function createController(context: ControllerContext, spec: ControllerSpec): Controller {
  const { clock, timers, log } = context
  const queue = createWorkQueue(spec.delays ?? apiRetryDelays)
  const conflicts = new Map<string, number>()
  let state: 'New' | 'Running' | 'Stopped' = 'New'
  let pumping = false
  let alarm: { readonly at: Instant; readonly cancel: () => void } | undefined
  let onIdle: (() => void) | undefined

  function pump(): void {
    pumping = false
    if (state !== 'Running') return
    while (queue.out() < spec.concurrency) {
      const key = queue.take(clock.now())
      if (key === undefined) break
      void pass(key)
    }
    if (queue.out() < spec.concurrency) arm()
  }

  function arm(): void {
    const at = queue.nextAt()
    if (at === undefined || (alarm !== undefined && alarm.at <= at)) return
    alarm?.cancel()
    const cancel = timers.at(at, () => {
      alarm = undefined
      pump()
    })
    alarm = { at, cancel }
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
      queue.retry(key, clock.now())
    }
    queue.done(key)
    if (queue.out() === 0) onIdle?.()
    wake()
  }

  function settle(key: string, outcome: SyncOutcome): void {
    if (outcome.kind === 'Retry') {
      const delay = queue.retry(key, clock.now())
      log.debug('a pass is tried again', { controller: spec.name, key, reason: outcome.reason, delay })
      return
    }
    if (outcome.kind === 'Again') {
      const count = conflicts.get(key) ?? 0
      conflicts.set(key, count + 1)
      queue.add(key, after(clock.now(), millis(Math.min(soon * 2 ** count, 1000))))
      return
    }
    queue.forget(key)
    conflicts.delete(key)
    if (outcome.wakeAt !== undefined) queue.add(key, outcome.wakeAt)
  }

  return {
    enqueue(key, at) {
      if (state === 'Stopped') return
      queue.add(key, at ?? clock.now())
      wake()
    },
    start() {
      state = 'Running'
      wake()
    },
    stop() {
      state = 'Stopped'
      alarm?.cancel()
      if (queue.out() === 0) return Promise.resolve()
      return new Promise((resolve) => {
        onIdle = resolve
      })
    },
    depth: () => queue.waiting() + queue.out(),
  }
}
