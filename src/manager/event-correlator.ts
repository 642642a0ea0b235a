/**
 * What becomes of an event before it is written: repeated ones count up, many similar ones become one, and whoever tells
 * too much about one object is cut off. A value without a clock.
 *
 * @source kubernetes v1.36 client-go/tools/record/events_cache.go (facts: keys, numbers, order of the steps)
 */
import type { ObjectReference } from '../apis/core/index.ts'
import type { Instant } from '../base/index.ts'

export type Told = {
  readonly component: string
  readonly involvedObject: ObjectReference
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** Which event object to write: `count` 1 makes a new one, more counts up the one of the same `key`. */
export type Correlated = {
  readonly key: string
  readonly message: string
  readonly count: number
  readonly firstTimestamp: Instant
}

/** From the tenth different message of one kind within ten minutes on, they are told as one. */
const mostSimilar = 10
const similarFor = 600_000
/** Events about one object: 25 at once, then one every five minutes. */
const burst = 25
const refill = 300_000
const mostRemembered = 4096

export type EventCorrelator = { readonly correlate: (told: Told, now: Instant) => Correlated | undefined }

export function createEventCorrelator(): EventCorrelator {
  const similar = createMemory<{ readonly messages: Set<string>; last: Instant }>()
  const seen = createMemory<{ readonly count: number; readonly first: Instant }>()
  const buckets = createMemory<{ readonly tokens: number; readonly at: Instant }>()

  function aggregate(told: Told, subject: string, now: Instant): { key: string; message: string } {
    const kind = `${subject}\n${told.type}\n${told.reason}`
    const there = similar.get(kind)
    const record =
      there === undefined || now - there.last > similarFor ? { messages: new Set<string>(), last: now } : there
    record.messages.add(told.message)
    record.last = now
    similar.set(kind, record)
    if (record.messages.size < mostSimilar) return { key: `${kind}\n${told.message}`, message: told.message }
    const [some] = record.messages
    if (some !== undefined) record.messages.delete(some)
    return { key: kind, message: `(combined from similar events): ${told.message}` }
  }

  function mayTell(subject: string, now: Instant): boolean {
    const { tokens, at } = buckets.get(subject) ?? { tokens: burst, at: now }
    const filled = Math.min(burst, tokens + Math.max(0, now - at) / refill)
    const may = filled >= 1
    buckets.set(subject, { tokens: may ? filled - 1 : filled, at: now })
    return may
  }

  return {
    correlate(told, now) {
      const { kind, namespace, name, uid } = told.involvedObject
      const subject = `${told.component}\n${uid ?? `${kind}\n${namespace}\n${name}`}`
      const { key, message } = aggregate(told, subject, now)
      const before = seen.get(key)
      const after = { count: (before?.count ?? 0) + 1, first: before?.first ?? now }
      seen.set(key, after)
      if (!mayTell(subject, now)) return undefined
      return { key, message, count: after.count, firstTimestamp: after.first }
    },
  }
}

/**
 * A map that forgets what was not set for a while: of two generations the older one goes when the younger is full, so
 * that it keeps between one and two times `mostRemembered` entries.
 */
export function createMemory<T>() {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return {
    get: (key: string): T | undefined => young.get(key) ?? old.get(key),
    set(key: string, value: T): void {
      young.set(key, value)
      if (young.size < mostRemembered) return
      old = young
      young = new Map()
    },
  }
}
