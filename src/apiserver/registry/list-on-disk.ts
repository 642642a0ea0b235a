/**
 * Reading lists of a resource whose objects are not kept in memory: some at a time from the store, at one revision, so
 * that a long list neither holds up others nor is ever whole in memory unless all of it was asked for.
 */
import type { Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import type { StoreError } from '../../storage/revision/index.ts'
import { type KeyedObject, undone } from '../cache/index.ts'
import type { Selectors } from './list-options.ts'
import { cacheOf, type Registry, type Resource } from './registry.ts'
import { storeTrouble } from './write.ts'

/** How many objects are read at a time: a few milliseconds of this thread. */
const chunk = 1000
/** So many at least where most may not fit a selector. */
const sieved = 128

/** A part of a list. `behind`: how many objects follow, whether they fit a selector or not. */
export type Portion = { readonly entries: readonly KeyedObject[]; readonly behind: number }

export type Wanted = {
  readonly at: Revision
  /** The key to begin with, within the resource; the first one when absent. */
  readonly from: string | undefined
  /** How many that fit. */
  readonly limit: number
}

/**
 * The first objects of a selection that fit it, as of a revision; undefined when that is no longer known. `behind` is
 * exact where nothing but the namespace narrows the selection, else says only whether more may follow.
 */
export async function portionOnDisk(
  registry: Registry,
  resource: Resource,
  selectors: Selectors,
  { at, from, limit }: Wanted,
): Promise<Result<Portion | undefined, Status>> {
  const entries: KeyedObject[] = []
  let next = from
  for (;;) {
    const missing = limit - entries.length
    const size = Math.min(chunk, selectors.isSelective ? Math.max(missing, sieved) : missing)
    const counted = !selectors.isSelective && size === missing
    const read = await readSome(registry, resource, selectors, { at, from: next, limit: size }, counted)
    if (!read.ok) {
      return read.error.kind === 'Compacted'
        ? await portionBefore(registry, resource, selectors, at, from)
        : fail(storeTrouble(read.error))
    }
    const { found, behind } = read.value
    const fitting = found.filter(({ key, object }) => fits(selectors, key, object))
    entries.push(...fitting.slice(0, missing))
    const cut = fitting.length > missing ? 1 : 0
    const last = found.at(-1)
    if (entries.length >= limit || behind === 0 || last === undefined) return ok({ entries, behind: behind + cut })
    next = `${last.key}\u0000`
  }
}

function fits({ selection }: Selectors, key: string, object: KeyedObject['object']): boolean {
  const { prefix, exact, matches } = selection
  return (!exact || key === prefix) && (matches === undefined || matches(object))
}

/** What the store has forgotten, but the history of the resource has not: the whole list is gone back over. */
async function portionBefore(
  registry: Registry,
  resource: Resource,
  selectors: Selectors,
  at: Revision,
  from: string | undefined,
): Promise<Result<Portion | undefined, Status>> {
  const cache = cacheOf(registry, resource)
  const now = registry.cache.revision()
  if (at < cache.since || at >= now) return ok(undefined)
  const { prefix } = selectors.selection
  const whole = await portionOnDisk(
    registry,
    resource,
    { selection: { prefix, exact: false }, isSelective: false },
    { at: now, from: undefined, limit: Number.POSITIVE_INFINITY },
  )
  if (!whole.ok || whole.value === undefined || at < cache.since) return whole.ok ? ok(undefined) : whole
  const entries = undone(cache, whole.value.entries, prefix, at, now)
  const inScope = entries.filter(
    ({ key, object }) => (from === undefined || key >= from) && fits(selectors, key, object),
  )
  return ok({ entries: inScope, behind: 0 })
}

async function readSome(
  registry: Registry,
  { stored }: Resource,
  { selection, names }: Selectors,
  { at, from, limit }: Wanted,
  counted: boolean,
): Promise<Result<{ readonly found: readonly KeyedObject[]; readonly behind: number }, StoreError>> {
  const place = stored.prefix
  const known = counted ? registry.remainders.get(remainderKey(place, at, from ?? selection.prefix)) : undefined
  const listed = await registry.store.list(place + (names ?? selection.prefix), {
    at: revision(Math.min(at, registry.cache.revision())),
    ...(from === undefined ? {} : { from: place + from }),
    ...(Number.isFinite(limit) ? { limit } : {}),
    uncounted: !counted || known !== undefined,
  })
  if (!listed.ok) return listed
  const { entries, remaining } = listed.value
  const found = entries.map(({ key, value, modified }) => ({
    key: key.slice(place.length),
    object: registry.cache.decodeAt(stored.name, value, modified),
  }))
  const behind = known === undefined ? remaining : known - found.length
  const last = found.at(-1)
  if (counted && last !== undefined && behind > 0) {
    remember(registry, remainderKey(place, at, `${last.key}\u0000`), behind)
  }
  return ok({ found, behind })
}

/** Who reads page after page does not have the rest counted for each. */
const remainderKey = (place: string, at: Revision, from: string): string => `${place} ${at} ${from}`
const remaindersBound = 256

function remember({ remainders }: Registry, key: string, behind: number): void {
  if (remainders.size >= remaindersBound) remainders.clear()
  remainders.set(key, behind)
}
