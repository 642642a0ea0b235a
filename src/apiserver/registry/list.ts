/**
 * Reading: one object, or lists of them in pages.
 *
 * @source kubernetes v1.36 apiserver/pkg/storage/cacher/{cacher,delegator}.go (facts: which version answers what)
 */
import { badRequest, expired, type KubeObject, plainError, type Status, timeout } from '../../apimachinery/index.ts'
import { fail, millis, ok, pause, type Result, type Revision, revision } from '../../base/index.ts'
import { type KeyedObject, selectAt } from '../cache/index.ts'
import type { Listing, ListQuery, Target } from './api.ts'
import { type ContinueToken, continueAfter, decodeContinue, encodeContinue } from './continue-token.ts'
import { type Portion, portionOnDisk } from './list-on-disk.ts'
import { listSelectors, parseRevision, type Selectors } from './list-options.ts'
import { cacheOf, type Registry, type Resource } from './registry.ts'
import { findObject, missing } from './write.ts'

/** How long a reader of a version that is yet to come is kept waiting. */
const patience = millis(3000)

const tooOldPage =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.'

/** 504 for a version that did not come. @source kubernetes v1.36 apiserver/pkg/storage/errors.go */
export function tooLargeRevision(asked: Revision, current: Revision): Status {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  return timeout(`Too large resource version: ${asked}, current: ${current}`, causes, 1)
}

/** Waits until reads see a version; false when it did not come in time. */
export async function waitFor(registry: Registry, asked: Revision): Promise<boolean> {
  const { cache, clock } = registry
  if (cache.revision() >= asked) return true
  await pause(clock, patience, cache.reached(asked))
  return cache.revision() >= asked
}

export async function getObject(
  registry: Registry,
  resource: Resource,
  { namespace = '', name = '' }: Target,
  resourceVersion = '',
): Promise<Result<KubeObject, Status>> {
  if (resourceVersion !== '' && resourceVersion !== '0') {
    const asked = parseRevision(resourceVersion)
    if (!asked.ok) return fail(plainError(asked.error))
    if (!(await waitFor(registry, asked.value))) return fail(tooLargeRevision(asked.value, registry.cache.revision()))
  }
  const looked = findObject(registry, resource, namespace, name)
  const found = looked instanceof Promise ? await looked : looked
  if (!found.ok) return found
  return found.value === undefined ? fail(missing(resource, name)) : ok(found.value)
}

/** What a query asks for, understood. */
type Page = {
  readonly at: Revision
  readonly start: string | undefined
  readonly limit: number
}

export async function listObjects(
  registry: Registry,
  resource: Resource,
  { namespace = '' }: Target,
  query: ListQuery,
): Promise<Result<Listing, Status>> {
  const selectors = listSelectors(resource, namespace, undefined, query, false)
  if (!selectors.ok) return selectors
  const page = await pageOf(registry, query)
  if (!page.ok) return page
  const entries = await entriesOf(registry, resource, selectors.value, page.value)
  if (!entries.ok) return entries
  return ok(listingOf(resource, selectors.value, page.value, entries.value))
}

async function pageOf(registry: Registry, query: ListQuery): Promise<Result<Page, Status>> {
  const { resourceVersion = '', resourceVersionMatch: match = '', limit: given = 0 } = query
  const limit = given > 0 ? given : Number.POSITIVE_INFINITY
  const now = registry.cache.revision()
  if (query.continue) {
    const token = decodeContinue(query.continue)
    if (!token.ok) return fail(badRequest(`invalid continue token: ${token.error}`))
    if (resourceVersion !== '' && resourceVersion !== '0') {
      return fail(badRequest('specifying resource version is not allowed when using continue'))
    }
    const { revision: at, start } = token.value
    const most = resourceVersion === '0' ? Number.POSITIVE_INFINITY : limit
    return ok({ at: at < 0 ? now : revision(at), start, limit: most })
  }
  if (resourceVersion === '') return ok({ at: now, start: undefined, limit })
  const asked = parseRevision(resourceVersion)
  if (!asked.ok) return fail(badRequest(`invalid resource version: ${asked.error}`))
  if (asked.value === 0) {
    return ok({ at: now, start: undefined, limit: match === '' ? Number.POSITIVE_INFINITY : limit })
  }
  if (!(await waitFor(registry, asked.value))) return fail(tooLargeRevision(asked.value, registry.cache.revision()))
  const isExact = match === 'Exact' || (match === '' && limit !== Number.POSITIVE_INFINITY)
  return ok({ at: isExact ? asked.value : registry.cache.revision(), start: undefined, limit })
}

/** The objects of the namespace (or of all) at the page's version and from its start on: all, or enough for the page. */
async function entriesOf(
  registry: Registry,
  resource: Resource,
  selectors: Selectors,
  page: Page,
): Promise<Result<Portion, Status>> {
  const { prefix } = selectors.selection
  const from = page.start === undefined ? undefined : prefix + page.start
  if (resource.stored.onDisk !== true) {
    const entries = await entriesInMemory(registry, resource, selectors, page, from)
    return entries.ok ? ok({ entries: entries.value, behind: 0 }) : entries
  }
  const read = await portionOnDisk(registry, resource, selectors, { at: page.at, from, limit: page.limit })
  if (!read.ok) return read
  return read.value === undefined ? fail(tooOld(page)) : ok(read.value)
}

async function entriesInMemory(
  registry: Registry,
  resource: Resource,
  { selection: { prefix, exact } }: Selectors,
  page: Page,
  from: string | undefined,
): Promise<Result<readonly KeyedObject[], Status>> {
  const cache = cacheOf(registry, resource)
  const isNow = page.at >= registry.cache.revision()
  if (isNow && exact) {
    const object = cache.objects.get(prefix)
    return ok(object === undefined ? [] : [{ key: prefix, object }])
  }
  if (isNow) return ok(cache.objects.entries(prefix, from))
  const known = selectAt(cache, prefix, page.at) ?? (await storedAt(registry, resource, prefix, page.at))
  if (known === undefined) return fail(tooOld(page))
  const inScope = exact ? known.filter(({ key }) => key === prefix) : known
  return ok(from === undefined ? inScope : inScope.filter(({ key }) => key >= from))
}

/** An older snapshot than memory knows, from the store; undefined when that has forgotten it too. */
async function storedAt(
  registry: Registry,
  resource: Resource,
  prefix: string,
  at: Revision,
): Promise<readonly KeyedObject[] | undefined> {
  const { prefix: place, name } = resource.stored
  const listed = await registry.store.list(place + prefix, { at })
  if (!listed.ok) return undefined
  return listed.value.entries.map(({ key, value, modified }) => ({
    key: key.slice(place.length),
    object: registry.cache.decodeAt(name, value, modified),
  }))
}

const tooOld = (page: Page): Status => (page.start === undefined ? tooOldList() : tooOldToken(page))
const tooOldList = (): Status => expired('The resourceVersion for the provided list is too old.')

function tooOldToken({ start = '' }: Page): Status {
  const token: ContinueToken = { revision: -1, start }
  return { ...expired(tooOldPage), metadata: { continue: encodeContinue(token) } }
}

function listingOf(
  resource: Resource,
  { selection, isSelective }: Selectors,
  { at, limit }: Page,
  { entries, behind }: Portion,
): Listing {
  const shown = resource.view?.fromStored ?? ((object: KubeObject) => object)
  const items: KubeObject[] = []
  let seen = 0
  for (const { object } of entries) {
    if (items.length >= limit) break
    seen++
    if (selection.matches === undefined || selection.matches(object)) items.push(shown(object))
  }
  const resourceVersion = String(at)
  const remaining = entries.length - seen + behind
  if (remaining === 0 || items.length < limit) return { resourceVersion, items }
  const last = (entries[seen - 1] as KeyedObject).key.slice(selection.exact ? 0 : selection.prefix.length)
  const listing = { resourceVersion, continue: continueAfter(at, last), items }
  return isSelective ? listing : { ...listing, remainingItemCount: remaining }
}
