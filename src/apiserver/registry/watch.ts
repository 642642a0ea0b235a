/**
 * Watching: what is there, what happened since a version, and what happens from now on, in one stream.
 *
 * @source kubernetes v1.36 apiserver/pkg/storage/cacher/{cacher,cache_watcher}.go (facts: order of events, bookmarks)
 */
import { apiVersionOf, expired, type KubeObject, plainError, type Status } from '../../apimachinery/index.ts'
import { fail, later, type Monotonic, millis, ok, type Result, type Revision, revision } from '../../base/index.ts'
import { type CachedEvent, eventsSince, type KeyedObject, select } from '../cache/index.ts'
import type { ApiWatch, ApiWatchEvent, ApiWatchObserver, ListQuery, Target } from './api.ts'
import type { Bookmarks } from './bookmarks.ts'
import { tooLargeRevision, waitFor } from './list.ts'
import { portionOnDisk } from './list-on-disk.ts'
import { listSelectors, parseRevision, type Selectors, withWatchDefaults } from './list-options.ts'
import { cacheOf, type Registry, type Resource } from './registry.ts'

/** How many objects on disk are told at a time. */
const pageSize = 500

const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' }

/** A watch that was found to be right. */
export type WatchStart = {
  readonly selectors: Selectors
  readonly from: Revision
  /** Begin with the objects that are there. */
  readonly tellObjects: boolean
  /** Mark the end of these by a bookmark. */
  readonly markObjects: boolean
  readonly bookmarks: boolean
  readonly deadline: Monotonic | undefined
}

/** Understands a watch request, or answers what is wrong with it. */
export function prepareWatch(
  registry: Registry,
  resource: Resource,
  target: Target,
  given: ListQuery,
): Result<WatchStart, Status> {
  const selectors = listSelectors(resource, target.namespace ?? '', target.name, given, true)
  if (!selectors.ok) return selectors
  const query = withWatchDefaults(given)
  const parsed = query.resourceVersion ? parseRevision(query.resourceVersion) : ok(revision(0))
  if (!parsed.ok) return fail(plainError(parsed.error))
  const tellObjects = query.sendInitialEvents === true || (parsed.value === 0 && query.sendInitialEvents === undefined)
  const bookmarks = query.allowWatchBookmarks === true
  const { timeoutSeconds } = given
  return ok({
    selectors: selectors.value,
    from: parsed.value === 0 && !tellObjects ? registry.cache.revision() : parsed.value,
    tellObjects,
    markObjects: bookmarks && query.sendInitialEvents === true,
    bookmarks,
    deadline:
      timeoutSeconds === undefined ? undefined : later(registry.clock.monotonic(), millis(timeoutSeconds * 1000)),
  })
}

/**
 * Starts a watch; the observer is told at once of what is known, then of every change. A version of the future is waited
 * for: silently, or, where the objects are to come first, with a 504 at the end of patience.
 */
export function beginWatch(
  registry: Registry,
  resource: Resource,
  start: WatchStart,
  observer: ApiWatchObserver,
  bookmarks: Bookmarks,
): ApiWatch {
  const stream = newStream(registry, resource, start, observer, bookmarks)
  if (!start.tellObjects || start.from <= registry.cache.revision()) stream.open()
  else {
    void waitFor(registry, start.from).then((came) => {
      if (came) stream.open()
      else stream.end(tooLargeRevision(start.from, registry.cache.revision()))
    })
  }
  return { stop: stream.stop }
}

type Stream = {
  readonly open: () => void
  readonly end: (status?: Status) => void
  readonly stop: () => void
}

function newStream(
  registry: Registry,
  resource: Resource,
  start: WatchStart,
  observer: ApiWatchObserver,
  bookmarks: Bookmarks,
): Stream {
  const cache = cacheOf(registry, resource)
  const { selection } = start.selectors
  let over = false
  const closers: (() => void)[] = []
  const close = (): void => {
    over = true
    for (const closer of closers.splice(0)) closer()
  }
  const end = (status?: Status): void => {
    if (over) return
    close()
    observer.onEnd(status)
  }
  const tell = (events: readonly CachedEvent[]): void => {
    if (over || events.length === 0) return
    observer.onEvents(resource.view === undefined ? events : events.map((event) => viewed(resource, event)))
  }
  const bookmark = (annotations?: Readonly<Record<string, string>>): void => {
    if (over) return
    const at = revision(Math.max(registry.cache.revision(), start.from))
    observer.onEvents([{ type: 'BOOKMARK', object: bookmarkOf(resource, at, annotations) }])
  }
  /** `seen`: the objects that are there have been told as of this revision. */
  const follow = (seen?: Revision): void => {
    if (over) return
    const now = registry.cache.revision()
    const watcher = { selection, after: revision(Math.max(start.from, now)), onEvents: tell, onEnd: () => end() }
    cache.watchers.add(watcher)
    closers.push(() => cache.watchers.delete(watcher))
    if (seen === undefined && start.tellObjects)
      tell(select(cache, selection).map((object) => ({ type: 'ADDED', object })))
    else {
      const from = seen ?? start.from
      const missed = eventsSince(cache, selection, from)
      if (missed === undefined) {
        end(tooOld(from, cache.since))
        return
      }
      tell(missed)
    }
    if (start.markObjects) bookmark(initialEventsEnd)
    if (start.bookmarks && !over) closers.push(bookmarks.add(() => bookmark(), start.deadline))
  }
  const open = (): void => {
    if (!cache.onDisk || !start.tellObjects) follow()
    else {
      void tellStored(registry, resource, start, (objects) => {
        tell(objects.map(({ object }) => ({ type: 'ADDED', object })))
        return !over
      }).then((told) => (told.ok ? follow(told.value) : end(told.error)))
    }
  }
  return { open, end, stop: close }
}

/** Tells the objects of a resource on disk, some at a time while they are wanted; answers the revision they are as of. */
async function tellStored(
  registry: Registry,
  resource: Resource,
  { selectors }: WatchStart,
  tell: (objects: readonly KeyedObject[]) => boolean,
): Promise<Result<Revision, Status>> {
  const at = registry.cache.revision()
  let from: string | undefined
  for (;;) {
    const read = await portionOnDisk(
      registry,
      resource,
      { ...selectors, isSelective: true },
      { at, from, limit: pageSize },
    )
    if (!read.ok) return read
    if (read.value === undefined) return fail(tooOld(at, registry.store.oldest()))
    const { entries, behind } = read.value
    const last = entries.at(-1)
    if (!tell(entries) || behind === 0 || last === undefined) return ok(at)
    from = `${last.key}\u0000`
  }
}

const tooOld = (asked: Revision, oldest: Revision): Status => expired(`too old resource version: ${asked} (${oldest})`)

const viewed = ({ view }: Resource, { type, object }: CachedEvent): ApiWatchEvent => ({
  type,
  object: view === undefined ? object : view.fromStored(object),
})

/** Nothing but kind and version. @source kubernetes v1.36 cacher.go, bookmark events */
function bookmarkOf(
  { kind }: Resource,
  at: Revision,
  annotations: Readonly<Record<string, string>> | undefined,
): KubeObject {
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind.group, kind.version),
    metadata: { resourceVersion: String(at), ...(annotations === undefined ? {} : { annotations }) },
  }
}
