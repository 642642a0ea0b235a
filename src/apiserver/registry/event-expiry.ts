/**
 * Events go an hour after they were last told. One timer while there are Events, none without. Of very many the oldest go
 * sooner: a hundred thousand pods tell four each, which all would be in memory.
 *
 * @source kubernetes v1.36 pkg/controlplane/apiserver/options, EventTTL (facts)
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Event } from '../../apis/core/index.ts'
import { after, between, type Instant, instant, type Millis, millis, parseTime } from '../../base/index.ts'
import { cacheOf, type Registry } from './registry.ts'
import { commitDelete } from './write.ts'

const hour = millis(3_600_000)
/** The least time between two looks, so that Events of one minute go together. */
const pause = millis(60_000)

/** Some 150 MB; as many as all pods that have ended and are not collected tell. */
const mostKept = 50_000

export type EventLimits = {
  /** How long after it was last told an Event is there; an hour. */
  readonly eventTtl?: Millis | undefined
  /** How many there may be. */
  readonly mostEvents?: number | undefined
}

/** Removes Events that are too old, or too many, for as long as it is not stopped. */
export function expireEvents(
  registry: Registry,
  { eventTtl: ttl = hour, mostEvents: most = mostKept }: EventLimits = {},
): () => void {
  const resource = registry.resources.get('events')
  if (resource === undefined) throw new Error('events are not served')
  const cache = cacheOf(registry, resource)
  const { clock, log } = registry
  let cancel: (() => void) | undefined
  let isTrimming = false

  function schedule(): void {
    if (cancel !== undefined || cache.objects.size() === 0) return
    let oldest = Number.POSITIVE_INFINITY
    for (const event of cache.objects.list('')) oldest = Math.min(oldest, lastTold(event))
    const due = after(instant(oldest), ttl)
    cancel = clock.wake(millis(Math.max(pause, between(clock.now(), due))), look)
  }

  function look(): void {
    cancel = undefined
    const now = clock.now()
    const expired = cache.objects.list('').filter((event) => after(lastTold(event), ttl) <= now)
    void Promise.all(expired.map(remove)).then(schedule)
  }

  async function remove(event: KubeObject): Promise<void> {
    if (resource === undefined) return
    const removed = await commitDelete(registry, resource, event)
    // One that was told again meanwhile stays; the next look sees it.
    if (!removed.ok && removed.error.kind === 'Failed') {
      log.warn('an old Event could not be removed', { why: removed.error.status.message })
    }
  }

  /** A few more than needed, so that not every new one asks anew. Warnings stay longest. */
  function trim(): void {
    const excess = cache.objects.size() - most
    if (isTrimming || excess <= 0) return
    isTrimming = true
    const ranked = cache.objects.list('').map((event) => ({ event, rank: rankOf(event) }))
    const oldest = ranked.sort((one, other) => one.rank - other.rank).slice(0, excess + Math.floor(most / 16))
    void Promise.all(oldest.map(({ event }) => remove(event))).finally(() => {
      isTrimming = false
    })
  }

  const watcher = {
    selection: { prefix: '', exact: false },
    after: registry.cache.revision(),
    onEvents: () => {
      schedule()
      trim()
    },
    onEnd: () => {},
  }
  cache.watchers.add(watcher)
  schedule()
  trim()
  return () => {
    cache.watchers.delete(watcher)
    cancel?.()
  }
}

/** More than any resourceVersion. */
const AFTER_ALL = 2 ** 52

/** Which goes first: Events were last told in the order of their versions. */
const rankOf = (event: KubeObject): number =>
  Number(event.metadata.resourceVersion) + ((event as Event).type === 'Warning' ? AFTER_ALL : 0)

function lastTold(object: KubeObject): Instant {
  const { metadata, lastTimestamp, eventTime, series } = object as Event
  let newest = 0
  for (const text of [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime]) {
    if (text) newest = Math.max(newest, parseTime(text) ?? 0)
  }
  return instant(newest)
}
