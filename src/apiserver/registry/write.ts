/** Steps that all writes share: validation, admission, and the way into the store. */
import {
  conflict,
  type FieldError,
  invalidFields,
  type KubeObject,
  modified,
  notFound,
  type Status,
  serviceUnavailable,
} from '../../apimachinery/index.ts'
import type { UpdateStrategy, WriteContext } from '../../apis/index.ts'
import { fail, type Instant, ok, type Result, type Revision, revision } from '../../base/index.ts'
import type { StoreError } from '../../storage/revision/index.ts'
import type { Attributes, Operation } from '../admission/index.ts'
import { metadataAt, objectAt, type WriteUnderWay } from '../cache/index.ts'
import type { RequestContext } from './api.ts'
import type { WriteSettings } from './options.ts'
import { cacheOf, keyOf, type Registry, type Resource, storeKeyOf, subjectOf } from './registry.ts'

/** One write, as far as it is known before the object is. */
export type WriteRequest = WriteSettings & {
  readonly resource: Resource
  /** `''` for the object itself. */
  readonly subresource: string
  /** `''` in cluster scope. */
  readonly namespace: string
  /** `''` for a create. */
  readonly name: string
  readonly context: RequestContext
}

/** The object of a resource in memory as it is now, in the form of the resource that asks. */
export function currentObject(registry: Registry, resource: Resource, namespace: string, name: string) {
  const stored = cacheOf(registry, resource).objects.get(keyOf(resource, namespace, name))
  return stored === undefined || resource.view === undefined ? stored : resource.view.fromStored(stored)
}

type Found = Result<KubeObject | undefined, Status>

/** The object of any resource as it is now: at once where it is in memory. */
export function findObject(
  registry: Registry,
  resource: Resource,
  namespace: string,
  name: string,
): Found | Promise<Found> {
  if (resource.stored.onDisk !== true) return ok(currentObject(registry, resource, namespace, name))
  return readObject(registry, resource, storeKeyOf(resource, namespace, name))
}

async function readObject({ store, cache }: Registry, { stored }: Resource, storeKey: string): Promise<Found> {
  const read = await store.get(storeKey)
  if (!read.ok) return fail(storeTrouble(read.error))
  const entry = read.value
  return ok(entry === undefined ? undefined : cache.decodeAt(stored.name, entry.value, entry.modified))
}

/** 503 for a store that cannot be read. */
export const storeTrouble = (error: StoreError): Status =>
  serviceUnavailable(error.kind === 'Unavailable' ? error.message : 'the store has lost track of what is asked for')

/** How the endpoint of a write takes updates; undefined when it takes none. */
export const updateStrategyOf = (
  { strategy }: Resource,
  subresource: string,
): UpdateStrategy<KubeObject> | undefined => (subresource === '' ? strategy : strategy.subresources[subresource])

export const writeContext = (registry: Registry, now: Instant, requested?: KubeObject): WriteContext => ({
  now,
  options: registry.options,
  ...(requested === undefined ? {} : { requested }),
})

export function attributesOf(
  { resource, subresource, namespace, name, context, dryRun }: WriteRequest,
  operation: Operation,
  object: KubeObject | undefined,
  old?: KubeObject,
): Attributes {
  const { user, warn } = context
  return { operation, kind: resource.kind, subresource, namespace, name, object, old, user, dryRun, warn }
}

/** 422 for an object that breaks rules of its kind (that of the stored form); undefined when it breaks none. */
export function invalidObject(
  { kind, view }: Resource,
  name: string | undefined,
  errors: readonly FieldError[],
): Status | undefined {
  return errors.length === 0
    ? undefined
    : invalidFields({ group: view === undefined ? kind.group : '', kind: kind.kind }, name ?? '', errors)
}

export const revisionOf = (object: KubeObject): Revision => revision(Number(object.metadata.resourceVersion ?? '0'))

/** Why a write did not reach the store: `Raced` may be tried again on a newer state. */
export type CommitError = { readonly kind: 'Raced' } | { readonly kind: 'Failed'; readonly status: Status }

/** Writes a new object (`old` absent) or a new state of one, and answers it as stored. */
export async function commit(
  registry: Registry,
  resource: Resource,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<Result<KubeObject, CommitError>> {
  const { cache, store } = registry
  const { name = '', namespace = '' } = object.metadata
  const stored = resource.view === undefined ? object : resource.view.toStored(object)
  const bare = { ...stored, metadata: metadataAt(stored.metadata, undefined) }
  const text = JSON.stringify(bare)
  const write: WriteUnderWay = {
    storeKey: storeKeyOf(resource, namespace, name),
    resource: resource.stored.name,
    key: keyOf(resource, namespace, name),
    text,
    object: bare,
    previous: old,
  }
  const { storeKey } = write
  cache.expect(write)
  const written = await (old === undefined
    ? store.create(storeKey, text)
    : store.update(storeKey, text, revisionOf(old), object.metadata.deletionTimestamp !== undefined))
  if (written.ok && cache.revision() < written.value.modified) await cache.reached(written.value.modified)
  cache.expectNoMore(write)
  if (!written.ok) return fail(await commitError(registry, resource, name, written.error))
  const { shown } = write
  if (shown === undefined) return ok(objectAt(object, written.value.modified))
  return ok(resource.view === undefined ? shown : resource.view.fromStored(shown))
}

/** Removes an object and answers it with the revision of its removal. */
export async function commitDelete(
  registry: Registry,
  resource: Resource,
  old: KubeObject,
): Promise<Result<KubeObject, CommitError>> {
  const { name = '', namespace = '' } = old.metadata
  const { cache, store } = registry
  const write: WriteUnderWay = {
    storeKey: storeKeyOf(resource, namespace, name),
    resource: resource.stored.name,
    key: keyOf(resource, namespace, name),
    previous: old,
  }
  cache.expect(write)
  const removed = await store.delete(write.storeKey, revisionOf(old))
  if (removed.ok && cache.revision() < removed.value) await cache.reached(removed.value)
  cache.expectNoMore(write)
  if (!removed.ok) return fail(await commitError(registry, resource, name, removed.error))
  return ok(objectAt(old, removed.value))
}

async function commitError(
  registry: Registry,
  resource: Resource,
  name: string,
  error: StoreError,
): Promise<CommitError> {
  switch (error.kind) {
    case 'Exists':
    case 'Missing':
    case 'Conflict':
      await registry.cache.reached(error.current)
      return { kind: 'Raced' }
    case 'Compacted':
    case 'Future':
      return { kind: 'Failed', status: conflict(subjectOf(resource, name), modified) }
    case 'Unavailable':
      registry.cache.wakeWaiters()
      return { kind: 'Failed', status: serviceUnavailable(error.message) }
  }
}

export const missing = (resource: Resource, name: string): Status => notFound(subjectOf(resource, name))
