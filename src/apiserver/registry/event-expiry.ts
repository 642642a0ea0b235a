/**
 * Events go an hour after they were last told. One timer while there are Events, none without.
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

/** Removes Events that are older than `ttl` for as long as it is not stopped. */
export function expireEvents(registry: Registry, ttl: Millis = hour): () => void {
  const resource = registry.resources.get('events')
  if (resource === undefined) throw new Error('events are not served')
  const cache = cacheOf(registry, resource)
  const { clock, log } = registry
  let cancel: (() => void) | undefined

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

  const watcher = {
    selection: { prefix: '', exact: false },
    after: registry.cache.revision(),
    onEvents: schedule,
    onEnd: () => {},
  }
  cache.watchers.add(watcher)
  schedule()
  return () => {
    cache.watchers.delete(watcher)
    cancel?.()
  }
}

function lastTold(object: KubeObject): Instant {
  const { metadata, lastTimestamp, eventTime, series } = object as Event
  let newest = 0
  for (const text of [metadata.creationTimestamp, lastTimestamp, eventTime, series?.lastObservedTime]) {
    if (text) newest = Math.max(newest, parseTime(text) ?? 0)
  }
  return instant(newest)
}
