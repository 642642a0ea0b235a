/**
 * Creating objects.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/create.go, registry/generic/registry/store.go Create
 */
import { alreadyExists, type KubeObject, plainError, type Status } from '../../apimachinery/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import { trackFields } from './fields.ts'
import {
  changeMetadata,
  dedupeOwners,
  fillNamespace,
  fillSystemFields,
  generateName,
  wipeSystemFields,
} from './metadata.ts'
import { type Registry, type Resource, subjectOf } from './registry.ts'
import { attributesOf, commit, findObject, invalidObject, type WriteRequest, writeContext } from './write.ts'

/** How often a generated name that is taken is made anew. */
const nameTries = 8

/**
 * Stores a decoded object with its defaults. `requested` is the object before defaults; `clear`: it asks not to have its
 * fields tracked.
 */
export async function createObject(
  registry: Registry,
  request: WriteRequest,
  decoded: KubeObject,
  requested?: KubeObject,
  clear = false,
): Promise<Result<KubeObject, Status>> {
  const { context, namespace } = request
  const now = registry.clock.now()
  const placed = fillNamespace(wipeSystemFields(decoded), namespace)
  if (!placed.ok) return placed
  const given = dedupeOwners(placed.value, false, context.warn)
  const tracked = trackFields(given, undefined, request, now, clear)
  const named = { ...request, name: tracked.metadata.name ?? '' }
  const answer = registry.admission.admit(attributesOf(named, 'CREATE', tracked))
  const admitted = answer instanceof Promise ? await answer : answer
  if (!admitted.ok) return admitted
  const object = dedupeOwners(admitted.value ?? tracked, true, context.warn)
  return storeNew(registry, named, object, now, requested)
}

/** Gives a new object its uid and name and stores it; a generated name that is taken is made anew. */
export async function storeNew(
  registry: Registry,
  request: WriteRequest,
  object: KubeObject,
  now: Instant,
  requested?: KubeObject,
): Promise<Result<KubeObject, Status>> {
  const base = object.metadata.generateName
  const generated = !object.metadata.name && base ? base : undefined
  const tries = generated === undefined ? 1 : nameTries
  let taken: Status | undefined
  for (let i = 0; i < tries; i++) {
    const filled = fillSystemFields(object, registry.newUid(), now)
    const named =
      generated === undefined ? filled : changeMetadata(filled, { name: generateName(generated, registry.random) })
    const stored = await storeNamed(registry, request, named, now, requested)
    if (stored.ok || stored.error.reason !== 'AlreadyExists') return stored
    taken = stored.error
  }
  if (taken === undefined) throw new Error('no name was tried')
  return fail(generated === undefined ? taken : noUniqueName(taken))
}

async function storeNamed(
  registry: Registry,
  request: WriteRequest,
  object: KubeObject,
  now: Instant,
  requested: KubeObject | undefined,
): Promise<Result<KubeObject, Status>> {
  const { resource, context, dryRun } = request
  const prepared = prepareNew(registry, request, object, now, requested)
  if (!prepared.ok) return prepared
  const { object: made, late } = prepared.value
  const valid = registry.admission.validate(attributesOf(request, 'CREATE', made))
  const admitted = valid instanceof Promise ? await valid : valid
  if (!admitted.ok) return admitted
  const { resourceVersion, namespace = '', name = '' } = made.metadata
  if (/^[1-9]\d*$/.test(resourceVersion ?? '')) {
    return fail(plainError('resourceVersion should not be set on objects to be created'))
  }
  // On disk the store knows best: it refuses what is there.
  if (resource.stored.onDisk !== true || dryRun) {
    const looked = findObject(registry, resource, namespace, name)
    const existing = looked instanceof Promise ? await looked : looked
    if (!existing.ok) return existing
    if (existing.value !== undefined) return fail(nameTaken(resource, existing.value))
  }
  for (const text of resource.strategy.warningsOnCreate?.(made, writeContext(registry, now, requested)) ?? []) {
    context.warn(text)
  }
  if (dryRun) return ok(changeMetadata(made, { resourceVersion: undefined }))
  const stored = await commit(registry, resource, made, undefined)
  if (stored.ok) {
    if (late) registry.lateDefaults.add(stored.value)
    return stored
  }
  if (stored.error.kind === 'Raced') return fail(alreadyExists(subjectOf(resource, name)))
  return fail(stored.error.status)
}

/** `late`: some defaults came only after preparation. */
type Prepared = { readonly object: KubeObject; readonly late: boolean }

/** The object as its kind wants it, or 422. */
function prepareNew(
  registry: Registry,
  { resource }: WriteRequest,
  object: KubeObject,
  now: Instant,
  requested: KubeObject | undefined,
): Result<Prepared, Status> {
  const { strategy } = resource
  const context = writeContext(registry, now, requested)
  const prepared = strategy.prepareForCreate(object, context)
  const invalid = invalidObject(resource, prepared.metadata.name, strategy.validateCreate(prepared, context))
  if (invalid !== undefined) return fail(invalid)
  // As when it is read back: a Job without labels takes those that were generated for its pods.
  const defaulted = strategy.defaults(prepared)
  return ok({ object: defaulted, late: defaulted !== prepared })
}

function nameTaken(resource: Resource, existing: KubeObject): Status {
  const status = alreadyExists(subjectOf(resource, existing.metadata.name))
  if (existing.metadata.deletionTimestamp === undefined) return status
  return { ...status, message: `object is being deleted: ${status.message}` }
}

const noUniqueName = (taken: Status): Status => ({
  ...taken,
  message: `${taken.message}, the server was not able to generate a unique name for the object`,
  details: { ...taken.details, retryAfterSeconds: 1 },
})
