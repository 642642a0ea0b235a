/**
 * The objects of all resources in memory, kept in step with the store by its watch. Reads and watches are served from
 * here; only pages of old snapshots are read from the store again.
 *
 * Of a resource that stays on disk only the latest changes are here, for its watchers: its objects are read from the
 * store each time. What a write replaces is then known from who writes.
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import { fail, type Log, ok, type Result, type Revision } from '../../base/index.ts'
import type { Change, Entry, Listing, Store, StoreError } from '../../storage/revision/index.ts'
import { newRecent, type Recent } from './recent.ts'
import {
  type CachedChange,
  type CachedEvent,
  eventOf,
  goneOf,
  newResourceCache,
  type ResourceCache,
  record,
  type Watcher,
} from './resource-cache.ts'
import { objectAt, servedText } from './text.ts'

/** Where a resource's keys lie: `/registry/jobs/`. */
export type StoredResource = {
  readonly name: string
  readonly prefix: string
  /** Its objects are many and seldom asked for: they are not kept in memory. */
  readonly onDisk?: boolean | undefined
}

export type CacheOptions = {
  readonly store: Store
  readonly root: string
  readonly resources: readonly StoredResource[]
  /** Makes an object of a stored text. Called for what this process has not written itself. */
  readonly decode: (resource: string, text: string) => KubeObject
  readonly log: Log
}

export type Cache = {
  readonly resource: (name: string) => ResourceCache
  readonly revision: () => Revision
  readonly texts: Recent<string>
  /** Announces a write under way, so that its object need not be looked for nor decoded when the store tells of it. */
  readonly expect: (write: WriteUnderWay) => void
  readonly expectNoMore: (write: WriteUnderWay) => void
  /** Resolves when reads see `revision`, or after `wakeWaiters`. */
  readonly reached: (revision: Revision) => Promise<void>
  readonly wakeWaiters: () => void
  readonly decodeAt: (resource: string, text: string, revision: Revision) => KubeObject
  readonly close: () => void
}

/** `object` is without a resourceVersion, `text` is its JSON; a removal has neither. */
export type WriteUnderWay = {
  readonly storeKey: string
  readonly resource: string
  /** Within the resource: `default/pi`. */
  readonly key: string
  readonly text?: string
  readonly object?: KubeObject
  /** The object that is replaced or removed, at its revision. */
  readonly previous?: KubeObject | undefined
  /** The object as the cache shows it, from the moment that the store has told of it. */
  shown?: KubeObject
}

type State = {
  readonly byName: Map<string, ResourceCache>
  readonly options: CacheOptions
  readonly texts: Recent<string>
  /** Writes under way, by their key in the store. */
  readonly expected: Map<string, readonly WriteUnderWay[]>
  waiters: { readonly revision: Revision; readonly wake: () => void }[]
  revision: Revision
}

/** How many objects are read at a time: while these are decoded, the store reads the next. */
const pageSize = 4000

/** Fills a cache with all that is stored, then follows the store. */
export async function openCache(options: CacheOptions): Promise<Result<Cache, StoreError>> {
  const { store, root, resources, log } = options
  const revision = store.revision()
  const state: State = {
    byName: new Map(resources.map(({ name, onDisk }) => [name, newResourceCache(revision, onDisk)])),
    options,
    texts: newRecent(JSON.stringify),
    expected: new Map(),
    waiters: [],
    revision,
  }
  const kept = resources.filter(({ onDisk }) => onDisk !== true)
  const read = await Promise.all(kept.map((resource) => readAll(state, resource)))
  for (const each of read) if (!each.ok) return each
  const watch = store.watch(root, revision, {
    onChanges: (changes) => take(state, changes),
    onEnd(error) {
      if (error !== undefined) log.error('the store no longer tells of changes', { error: error.kind })
      endAll(state)
    },
  })
  if (!watch.ok) return fail(watch.error)
  return ok(cacheOf(state, watch.value.stop))
}

/** All objects of a resource as of the revision at which the cache begins. */
async function readAll(state: State, resource: StoredResource): Promise<Result<undefined, StoreError>> {
  const { store } = state.options
  const page = (from: string): ReturnType<Store['list']> =>
    store.list(resource.prefix, { at: state.revision, from, limit: pageSize, uncounted: true })
  for (let next: ReturnType<Store['list']> | undefined = page(''); next !== undefined; ) {
    const listed: Result<Listing, StoreError> = await next
    if (!listed.ok) return listed
    const { entries, remaining } = listed.value as Listing
    next = remaining > 0 ? page(`${entries.at(-1)?.key ?? ''}\u0000`) : undefined
    const filled = fill(state, resource, entries)
    if (!filled.ok) return filled
  }
  return ok(undefined)
}

function fill(
  { byName, options }: State,
  { name, prefix }: StoredResource,
  entries: readonly Entry[],
): Result<undefined, StoreError> {
  for (const entry of entries) {
    try {
      const object = decodeAt(options, name, entry.value, entry.modified)
      byName.get(name)?.objects.set(entry.key.slice(prefix.length), object)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return fail({ kind: 'Unavailable', message: `the stored object ${entry.key} is damaged: ${why}` })
    }
  }
  return ok(undefined)
}

function cacheOf(state: State, stop: () => void): Cache {
  return {
    resource(name) {
      const resource = state.byName.get(name)
      if (resource === undefined) throw new Error(`no resource ${name} is stored`)
      return resource
    },
    revision: () => state.revision,
    texts: state.texts,
    expect(write) {
      const others = state.expected.get(write.storeKey)
      state.expected.set(write.storeKey, others === undefined ? [write] : [...others, write])
    },
    expectNoMore(write) {
      const others = state.expected.get(write.storeKey)
      if (others === undefined || others.length < 2) state.expected.delete(write.storeKey)
      else
        state.expected.set(
          write.storeKey,
          others.filter((other) => other !== write),
        )
    },
    reached(revision) {
      if (state.revision >= revision) return Promise.resolve()
      return new Promise((wake) => state.waiters.push({ revision, wake }))
    },
    wakeWaiters() {
      const waiters = state.waiters
      state.waiters = []
      for (const { wake } of waiters) wake()
    },
    decodeAt: (resource, text, revision) => decodeAt(state.options, resource, text, revision),
    close() {
      stop()
      endAll(state)
    },
  }
}

function endAll(state: State): void {
  for (const resource of state.byName.values()) endWatchers(resource)
}

function endWatchers({ watchers }: ResourceCache): void {
  const all = [...watchers]
  watchers.clear()
  for (const watcher of all) watcher.onEnd()
}

const decodeAt = ({ decode }: CacheOptions, resource: string, text: string, revision: Revision): KubeObject =>
  objectAt(decode(resource, text), revision)

/** The resource of a stored key, and the key within it: `default/pi`. Undefined for keys of nobody. */
function placeOf({ resources, root }: CacheOptions, key: string): { resource: string; key: string } | undefined {
  const found = prefixIndex(resources, root).get(key.slice(0, key.indexOf('/', root.length) + 1))
  for (const { name, prefix } of found ?? []) {
    if (key.startsWith(prefix)) return { resource: name, key: key.slice(prefix.length) }
  }
  return undefined
}

const indexes = new WeakMap<readonly StoredResource[], Map<string, StoredResource[]>>()

/** Resources by the first part of their prefix: `/registry/services/` has `/registry/services/specs/`. */
function prefixIndex(resources: readonly StoredResource[], root: string): Map<string, StoredResource[]> {
  const known = indexes.get(resources)
  if (known !== undefined) return known
  const index = new Map<string, StoredResource[]>()
  for (const resource of resources) {
    const first = resource.prefix.slice(0, resource.prefix.indexOf('/', root.length) + 1)
    index.set(first, [...(index.get(first) ?? []), resource])
  }
  indexes.set(resources, index)
  return index
}

function take(state: State, changes: readonly Change[]): void {
  const told = new Map<Watcher, CachedEvent[]>()
  for (const change of changes) {
    state.revision = change.revision
    const writes = state.expected.get(change.kind === 'Put' ? change.entry.key : change.previous.key) ?? none
    const expected = change.kind === 'Put' ? writes.find(({ text }) => text === change.entry.value) : undefined
    const place = expected ?? placeOf(state.options, change.kind === 'Put' ? change.entry.key : change.previous.key)
    const resource = place === undefined ? undefined : state.byName.get(place.resource)
    if (place === undefined || resource === undefined) continue
    const object = change.kind === 'Put' ? objectOf(state, place.resource, change.entry, expected) : undefined
    const previous = resource.onDisk ? replacedOf(change, writes) : resource.objects.get(place.key)
    if (resource.onDisk && change.previous !== undefined && previous === undefined) {
      loseTrack(resource, change.revision)
      continue
    }
    if (object === undefined && previous === undefined) continue
    const cached: CachedChange = { revision: change.revision, object, previous }
    record(resource, place.key, cached)
    collect(told, resource, place.key, cached)
  }
  for (const [watcher, events] of told) watcher.onEvents(events)
  wakeReached(state)
}

const none: readonly WriteUnderWay[] = []

/** What a change replaces, as those know it who write. */
function replacedOf({ previous }: Change, writes: readonly WriteUnderWay[]): KubeObject | undefined {
  if (previous === undefined) return undefined
  const version = String(previous.modified)
  return writes.find((write) => write.previous?.metadata.resourceVersion === version)?.previous
}

/** A write was kept although its writer was told otherwise, and gave up: watchers have to list again. */
function loseTrack(resource: ResourceCache, at: Revision): void {
  resource.history = []
  resource.skipped = 0
  resource.since = at
  endWatchers(resource)
}

function objectOf(
  state: State,
  resource: string,
  { value, modified }: Entry,
  expected: WriteUnderWay | undefined,
): KubeObject {
  if (expected?.object === undefined) return decodeAt(state.options, resource, value, modified)
  const object = objectAt(expected.object, modified)
  expected.shown = object
  state.texts.remember(object, servedText(value, object.metadata.uid ?? '', modified))
  return object
}

function collect(told: Map<Watcher, CachedEvent[]>, resource: ResourceCache, key: string, change: CachedChange): void {
  const gone = goneOf(change)
  for (const watcher of resource.watchers) {
    if (change.revision <= watcher.after) continue
    const event = eventOf(watcher.selection, key, change, gone)
    if (event === undefined) continue
    const events = told.get(watcher)
    if (events === undefined) told.set(watcher, [event])
    else events.push(event)
  }
}

function wakeReached(state: State): void {
  if (state.waiters.length === 0) return
  const ready = state.waiters.filter(({ revision }) => revision <= state.revision)
  if (ready.length === 0) return
  state.waiters = state.waiters.filter(({ revision }) => revision > state.revision)
  for (const { wake } of ready) wake()
}
