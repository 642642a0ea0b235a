/**
 * What is known of one stored resource: its objects, its latest changes, and who watches it.
 *
 * Worked example: a history of 3 changes at revisions 5, 8, 9 that begins after 4 serves watches from 4 on; after one
 * more change the oldest is forgotten and a watch from 4 is answered with "too old".
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Revision } from '../../base/index.ts'
import { type KeyedObject, newSortedEntries, type SortedEntries } from './sorted-entries.ts'
import { objectAt } from './text.ts'

/** One write of one object. `object` undefined: it was removed. */
export type CachedChange = {
  readonly revision: Revision
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

export type CachedEvent = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }

/** Which objects somebody asks for. */
export type Selection = {
  /** Keys start so: `''`, `default/`, or a whole key when `exact`. */
  readonly prefix: string
  readonly exact: boolean
  /** Absent when every object fits. */
  readonly matches?: ((object: KubeObject) => boolean) | undefined
}

export type Watcher = {
  readonly selection: Selection
  /** Changes up to this revision are not told. */
  readonly after: Revision
  readonly onEvents: (events: readonly CachedEvent[]) => void
  readonly onEnd: () => void
}

/** How many changes of a resource are kept for watchers that come back. */
const historyBound = 8192

export type ResourceCache = {
  /** Its objects are in the store alone: `objects` may not be asked. */
  readonly onDisk: boolean
  readonly objects: SortedEntries
  readonly watchers: Set<Watcher>
  /** Every change after `since` is in `history`, in order; the first `skipped` places are forgotten ones. */
  history: (CachedChange & { readonly key: string })[]
  skipped: number
  since: Revision
}

function refuse(): never {
  throw new Error('the objects of this resource are on disk: ask the store')
}
const notInMemory: SortedEntries = {
  get: refuse,
  set: refuse,
  delete: refuse,
  size: refuse,
  list: refuse,
  entries: refuse,
}

export const newResourceCache = (since: Revision, onDisk = false): ResourceCache => ({
  onDisk,
  objects: onDisk ? notInMemory : newSortedEntries(),
  watchers: new Set(),
  history: [],
  skipped: 0,
  since,
})

/** Takes in one change and remembers it; the objects are as after it. */
export function record(cache: ResourceCache, key: string, change: CachedChange): void {
  if (!cache.onDisk) {
    if (change.object === undefined) cache.objects.delete(key)
    else cache.objects.set(key, change.object)
  }
  cache.history.push({ key, ...change })
  if (cache.history.length - cache.skipped <= historyBound) return
  cache.since = (cache.history[cache.skipped] as CachedChange).revision
  cache.skipped++
  if (cache.skipped < historyBound / 4) return
  cache.history = cache.history.slice(cache.skipped)
  cache.skipped = 0
}

const fits = (selection: Selection, key: string): boolean =>
  selection.exact ? key === selection.prefix : key.startsWith(selection.prefix)

const matches = ({ matches }: Selection, object: KubeObject | undefined): object is KubeObject =>
  object !== undefined && (matches === undefined || matches(object))

/** What a selection sees of a change: an object enters, stays or leaves. `gone` makes the object of a DELETED event. */
export function eventOf(
  selection: Selection,
  key: string,
  { object, previous }: CachedChange,
  gone: () => KubeObject,
): CachedEvent | undefined {
  if (!fits(selection, key)) return undefined
  const was = matches(selection, previous)
  if (matches(selection, object)) return { type: was ? 'MODIFIED' : 'ADDED', object }
  return was ? { type: 'DELETED', object: gone() } : undefined
}

/** The last state before an object went (from storage, or from a selection) with the revision of its going. */
export function goneOf({ previous, revision }: CachedChange): () => KubeObject {
  let made: KubeObject | undefined
  return () => {
    if (previous === undefined) throw new Error('an object went that was never there')
    made ??= objectAt(previous, revision)
    return made
  }
}

/** The objects of a selection in the order of their keys. */
export function select(cache: ResourceCache, selection: Selection): readonly KubeObject[] {
  const { prefix, exact, matches } = selection
  if (exact) {
    const object = cache.objects.get(prefix)
    return object !== undefined && (matches === undefined || matches(object)) ? [object] : []
  }
  const objects = cache.objects.list(prefix)
  return matches === undefined ? objects : objects.filter(matches)
}

/** What happened in a selection after a revision, or undefined when that is no longer known. */
export function eventsSince(
  cache: ResourceCache,
  selection: Selection,
  after: Revision,
): readonly CachedEvent[] | undefined {
  if (after < cache.since) return undefined
  const events: CachedEvent[] = []
  for (let i = firstLater(cache, after); i < cache.history.length; i++) {
    const change = cache.history[i] as CachedChange & { readonly key: string }
    const event = eventOf(selection, change.key, change, goneOf(change))
    if (event !== undefined) events.push(event)
  }
  return events
}

function firstLater({ history, skipped }: ResourceCache, after: Revision): number {
  let low = skipped
  let high = history.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((history[middle] as CachedChange).revision <= after) low = middle + 1
    else high = middle
  }
  return low
}

/** The objects under a prefix as they were at an older revision, in order; undefined when that is no longer known. */
export function selectAt(cache: ResourceCache, prefix: string, at: Revision): readonly KeyedObject[] | undefined {
  if (at < cache.since) return undefined
  return undone(cache, cache.objects.entries(prefix), prefix, at)
}

/** The objects `now` under a prefix, as of the revision `upTo`, as they were at an older one that is still known. */
export function undone(
  cache: ResourceCache,
  now: readonly KeyedObject[],
  prefix: string,
  at: Revision,
  upTo: number = Number.POSITIVE_INFINITY,
): readonly KeyedObject[] {
  const were = new Map<string, KubeObject | undefined>()
  for (let i = cache.history.length - 1; i >= cache.skipped; i--) {
    const change = cache.history[i] as CachedChange & { readonly key: string }
    if (change.revision <= at) break
    if (change.revision <= upTo && change.key.startsWith(prefix)) were.set(change.key, change.previous)
  }
  if (were.size === 0) return now
  const kept = now.filter(({ key }) => !were.has(key))
  const changed = [...were].flatMap(([key, object]) => (object === undefined ? [] : [{ key, object }]))
  return [...kept, ...changed].sort((a, b) => (a.key < b.key ? -1 : 1))
}
