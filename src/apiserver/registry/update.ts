/**
 * Changing objects: PUT and, with another way to make the new object, PATCH.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/update.go, registry/generic/registry/store.go Update,
 * registry/rest/update.go BeforeUpdate
 */
import {
  conflict,
  ignoreManagedFieldsTimestamps,
  invalid,
  type KubeObject,
  modified,
  plainError,
  routeNotFound,
  type Status,
} from '../../apimachinery/index.ts'
import type { UpdateStrategy, WriteContext } from '../../apis/index.ts'
import { equal } from '../../apis/meta/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import type { Written } from './api.ts'
import { storeNew } from './create.ts'
import { changeMetadata, dedupeOwners, keepSystemFields } from './metadata.ts'
import { type Registry, type Resource, storeKeyOf, subjectOf } from './registry.ts'
import {
  attributesOf,
  commit,
  commitDelete,
  findObject,
  invalidObject,
  missing,
  updateStrategyOf,
  type WriteRequest,
  writeContext,
} from './write.ts'

/** Makes the new object from the current one; `current` is absent when there is none. */
export type Revise = (current: KubeObject | undefined, now: Instant) => Result<Revised, Status>
export type Revised = {
  /** Decoded, with defaults, its fields tracked. */
  readonly object: KubeObject
  /** The object of the request before defaults, where there is one. */
  readonly requested?: KubeObject | undefined
}

export type UpdateOptions = {
  /** The object must have this uid. */
  readonly uid?: string | undefined
  /** An absent object is created whatever the kind says. */
  readonly mayCreate?: boolean | undefined
  /** How often a lost race is tried again. */
  readonly tries: number
}

/** Reads, revises and writes an object until no other write comes between. */
export async function updateObject(
  registry: Registry,
  request: WriteRequest,
  revise: Revise,
  options: UpdateOptions,
): Promise<Result<Written, Status>> {
  const { resource, namespace, name, subresource } = request
  const strategy = updateStrategyOf(resource, subresource)
  if (strategy === undefined) return fail(routeNotFound())
  for (let i = 0; i < options.tries; i++) {
    const looked = findObject(registry, resource, namespace, name)
    const found = looked instanceof Promise ? await looked : looked
    if (!found.ok) return found
    const current = found.value
    const wrongUid = uidProblem(request, current, options.uid)
    if (wrongUid !== undefined) return fail(wrongUid)
    const now = registry.clock.now()
    if (current === undefined && !mayCreate(request, options)) return fail(missing(resource, name))
    const revised = revise(current, now)
    if (!revised.ok) return revised
    if (current === undefined) {
      const created = await createByUpdate(registry, request, revised.value, now)
      // One that came between is revised as it is then, as upstream's store does.
      if (!created.ok && created.error.reason === 'AlreadyExists') continue
      return created
    }
    const outcome = await updateOnce(registry, request, strategy, revised.value, current, now)
    if (outcome.ok) return ok({ object: outcome.value, created: false })
    if (outcome.error !== 'Raced') return fail(outcome.error)
  }
  return fail(conflict(subjectOf(resource, name), modified))
}

const mayCreate = ({ resource, subresource }: WriteRequest, options: UpdateOptions): boolean =>
  subresource === '' && (options.mayCreate === true || resource.strategy.allowCreateOnUpdate)

async function createByUpdate(
  registry: Registry,
  request: WriteRequest,
  { object, requested }: Revised,
  now: Instant,
): Promise<Result<Written, Status>> {
  const given = dedupeOwners(object, false, request.context.warn)
  const answer = registry.admission.admit(attributesOf(request, 'CREATE', given))
  const admitted = answer instanceof Promise ? await answer : answer
  if (!admitted.ok) return admitted
  const stored = await storeNew(registry, request, admitted.value ?? given, now, requested)
  return stored.ok ? ok({ object: stored.value, created: true }) : stored
}

async function updateOnce(
  registry: Registry,
  request: WriteRequest,
  strategy: UpdateStrategy<KubeObject>,
  { object, requested }: Revised,
  current: KubeObject,
  now: Instant,
): Promise<Result<KubeObject, Status | 'Raced'>> {
  const { resource, context, dryRun } = request
  const given = dedupeOwners(object, false, context.warn)
  const answer = registry.admission.admit(attributesOf(request, 'UPDATE', given, current))
  const admitted = answer instanceof Promise ? await answer : answer
  if (!admitted.ok) return admitted
  const next = dedupeOwners(admitted.value ?? given, true, context.warn)
  const stale = versionProblem(resource, next, current)
  if (stale !== undefined) return fail(stale)
  const prepared = prepareUpdate(resource, strategy, next, current, writeContext(registry, now, requested))
  if (!prepared.ok) return prepared
  const changed = ignoreManagedFieldsTimestamps(defaulted(resource, prepared.value, current), current)
  const valid = registry.admission.validate(attributesOf(request, 'UPDATE', changed, current))
  const validated = valid instanceof Promise ? await valid : valid
  if (!validated.ok) return validated
  for (const text of strategy.warningsOnUpdate?.(changed, current, writeContext(registry, now, requested)) ?? []) {
    context.warn(text)
  }
  if (endsDeletion(resource, changed, current)) return finishDeletion(registry, request, changed, current)
  if (equal(changed, current) && !registry.lateDefaults.has(current)) return ok(current)
  if (dryRun) return ok(changed)
  const stored = await commit(registry, resource, changed, current)
  if (stored.ok) return stored
  return fail(stored.error.kind === 'Raced' ? 'Raced' : stored.error.status)
}

/** The new object with what an update may not change as it was, in the current version; or 422. */
function prepareUpdate(
  resource: Resource,
  strategy: UpdateStrategy<KubeObject>,
  next: KubeObject,
  current: KubeObject,
  context: WriteContext,
): Result<KubeObject, Status> {
  const { resourceVersion } = current.metadata
  const versioned = next.metadata.resourceVersion === resourceVersion ? next : changeMetadata(next, { resourceVersion })
  const prepared = keepSystemFields(strategy.prepareForUpdate(versioned, current, context), current)
  const errors = strategy.validateUpdate(prepared, current, context)
  const invalidStatus = invalidObject(resource, prepared.metadata.name, errors)
  return invalidStatus === undefined ? ok(prepared) : fail(invalidStatus)
}

/** Fills in defaults again, as upstream does whenever it reads; a write of status alone cannot have lost any. */
function defaulted({ strategy }: Resource, next: KubeObject, current: KubeObject): KubeObject {
  const sameSpec = (next as { spec?: unknown }).spec === (current as { spec?: unknown }).spec
  const isStatusOnly = sameSpec && 'spec' in next && next.metadata.labels === current.metadata.labels
  return isStatusOnly ? next : strategy.defaults(next)
}

/** A version in the request must be the current one; a kind may insist on having one. */
function versionProblem(resource: Resource, next: KubeObject, current: KubeObject): Status | undefined {
  const given = next.metadata.resourceVersion
  const { name = '' } = current.metadata
  if (given === current.metadata.resourceVersion) return undefined
  if (given !== undefined && given !== '' && !/^\d+$/.test(given)) {
    return plainError(`strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`)
  }
  if (given === undefined || given === '' || Number(given) === 0) {
    if (resource.strategy.allowUnconditionalUpdate) return undefined
    return invalidObject(resource, name, [
      { ...invalid('metadata.resourceVersion', '', ''), body: 'Invalid value: 0x0: must be specified for an update' },
    ])
  }
  return conflict(subjectOf(resource, name), modified)
}

function uidProblem(
  { resource, namespace, name }: WriteRequest,
  current: KubeObject | undefined,
  uid: string | undefined,
): Status | undefined {
  if (!uid || uid === (current?.metadata.uid ?? '')) return undefined
  return uidConflict(resource, namespace, name, uid, current)
}

/**
 * 409 for a write that is meant for another object of the same name.
 *
 * @source kubernetes v1.36 apiserver/pkg/storage/interfaces.go Preconditions.Check, errors.go NewInvalidObjError
 */
export function uidConflict(
  resource: Resource,
  namespace: string,
  name: string,
  uid: string,
  current: KubeObject | undefined,
): Status {
  const actual = current?.metadata.uid ?? ''
  const key = storeKeyOf(resource, namespace, name)
  const text =
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
    `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`
  return conflict(subjectOf(resource, name), text)
}

/** Whether this update takes the last finalizer from an object whose deletion waited for it. */
function endsDeletion(resource: Resource, next: KubeObject, current: KubeObject): boolean {
  if ((next.metadata.finalizers?.length ?? 0) > 0) return false
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds !== 0) return false
  return resource.name !== 'namespaces' || namespaceIsEmpty(next)
}

const namespaceIsEmpty = (namespace: KubeObject): boolean =>
  ((namespace as { spec?: { finalizers?: readonly string[] } }).spec?.finalizers?.length ?? 0) === 0

async function finishDeletion(
  registry: Registry,
  { resource, dryRun }: WriteRequest,
  last: KubeObject,
  current: KubeObject,
): Promise<Result<KubeObject, Status | 'Raced'>> {
  if (dryRun) return ok(last)
  const removed = await commitDelete(registry, resource, current)
  if (removed.ok) return ok(last)
  return fail(removed.error.kind === 'Raced' ? 'Raced' : removed.error.status)
}
