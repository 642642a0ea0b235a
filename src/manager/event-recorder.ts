/**
 * Writes events without ever making a controller wait. Bursts about the same event fold into its newest count while a
 * write is under way.
 */
import { isNamespaceTerminating, isNotFound, type KubeObject } from '../apimachinery/index.ts'
import type { Event, ObjectReference } from '../apis/core/index.ts'
import { type Clock, formatTime, type Instant, type Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type Correlated, createEventCorrelator, createMemory } from './event-correlator.ts'

export type EventRecorder = {
  readonly record: (
    component: string,
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ) => void
  /** Resolves when everything told so far has been written or given up. */
  readonly flush: () => Promise<void>
}

type Entry = {
  readonly name: string
  readonly namespace: string
  pending: Event | undefined
  written: boolean
}

const resource = 'events'
/** Events under way at the same time; the rest waits its turn. */
const mostUnderWay = 64
const mostWaiting = 10_000

export function createEventRecorder(client: Client, clock: Clock, log: Log): EventRecorder {
  const correlator = createEventCorrelator()
  const entries = createMemory<Entry>()
  const waiting: Entry[] = []
  let next = 0
  let underWay = 0
  let turn = 0
  let idle: (() => void)[] = []

  /** `<object>.<nanoseconds in hex>`, never the same twice. */
  function nameFor(about: KubeObject): string {
    turn = (turn + 1) % 1_000_000
    const nanos = BigInt(Math.floor(clock.now())) * 1_000_000n + BigInt(turn)
    return `${about.metadata.name}.${nanos.toString(16)}`
  }

  function entryFor(about: KubeObject, { key, count }: Correlated): Entry {
    const there = entries.get(key)
    if (there !== undefined && count > 1) return there
    const entry: Entry = {
      name: nameFor(about),
      namespace: about.metadata.namespace ?? 'default',
      pending: undefined,
      written: false,
    }
    entries.set(key, entry)
    return entry
  }

  function pump(): void {
    while (underWay < mostUnderWay && next < waiting.length) {
      const entry = waiting[next++] as Entry
      underWay++
      void write(entry).finally(() => {
        underWay--
        pump()
      })
    }
    if (next === waiting.length) {
      waiting.length = 0
      next = 0
    }
    if (underWay > 0) return
    for (const resolve of idle) resolve()
    idle = []
  }

  async function write(entry: Entry): Promise<void> {
    while (entry.pending !== undefined) {
      const event = entry.pending
      const answer = await (entry.written ? countUp(entry, event) : client.create(resource, event))
      if (entry.pending === event) entry.pending = undefined
      if (answer.ok) entry.written = true
      else if (entry.written && isNotFound(answer.error)) {
        entry.written = false
        entry.pending ??= event
      } else if (!isNamespaceTerminating(answer.error)) {
        log.debug('an event was refused', { event: entry.name, reason: answer.error.message })
      }
    }
  }

  const countUp = (entry: Entry, { count, lastTimestamp, message }: Event) =>
    client.patch({ resource, namespace: entry.namespace, name: entry.name }, 'merge', { count, lastTimestamp, message })

  return {
    record(component, about, type, reason, message) {
      const now = clock.now()
      const involvedObject = referenceTo(about)
      const correlated = correlator.correlate({ component, involvedObject, type, reason, message }, now)
      if (correlated === undefined) return
      const entry = entryFor(about, correlated)
      const event = eventOf({ component, involvedObject, type, reason, ...correlated }, entry, now)
      const queued = entry.pending !== undefined
      if (!queued && waiting.length - next >= mostWaiting) return
      entry.pending = event
      if (queued) return
      waiting.push(entry)
      queueMicrotask(pump)
    },
    flush: () =>
      underWay === 0 && next === waiting.length ? Promise.resolve() : new Promise((done) => idle.push(done)),
  }
}

export function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    ...(kind !== undefined && { kind }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(uid !== undefined && { uid }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
}

type Telling = Correlated & {
  readonly component: string
  readonly involvedObject: ObjectReference
  readonly type: string
  readonly reason: string
}

function eventOf(telling: Telling, { name, namespace }: Entry, now: Instant): Event {
  const { component, involvedObject, type, reason, message, count, firstTimestamp } = telling
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject,
    reason,
    message,
    source: { component },
    firstTimestamp: formatTime(firstTimestamp),
    lastTimestamp: formatTime(now),
    count,
    type,
    reportingComponent: component,
  }
}
