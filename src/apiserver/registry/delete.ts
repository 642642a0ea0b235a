/**
 * Deleting objects: at once, after a grace period, or when the last finalizer is gone.
 *
 * @source kubernetes v1.36 apiserver/pkg/registry/rest/delete.go BeforeDelete, registry/generic/registry/store.go Delete,
 * pkg/registry/core/namespace/storage/storage.go Delete
 */
import {
  conflict,
  type DeleteOptions,
  isNotFound,
  type KubeObject,
  modified,
  type Status,
} from '../../apimachinery/index.ts'
import { equal } from '../../apis/meta/index.ts'
import { after, fail, formatTime, type Instant, millis, ok, parseTime, type Result } from '../../base/index.ts'
import type { Deleted, Listing, ListQuery, RequestContext, Target } from './api.ts'
import { listObjects } from './list.ts'
import { changeMetadata } from './metadata.ts'
import { deleteSettings, isDryRun } from './options.ts'
import { kindSubjectOf, type Registry, type Resource, subjectOf } from './registry.ts'
import { attributesOf, commit, commitDelete, findObject, missing, type WriteRequest } from './write.ts'

const orphanFinalizer = 'orphan'
const foregroundFinalizer = 'foregroundDeletion'
/** How often a lost race is tried again. */
const tries = 100

export async function deleteObject(
  registry: Registry,
  resource: Resource,
  { namespace = '', name = '' }: Target,
  given: DeleteOptions,
  context: RequestContext,
): Promise<Result<Deleted, Status>> {
  const options = deleteSettings(given)
  if (!options.ok) return options
  warnOfPropagation(resource, options.value, context)
  return deleteOne(registry, requestOf(resource, namespace, name, options.value, context), options.value)
}

function warnOfPropagation(resource: Resource, options: DeleteOptions, context: RequestContext): void {
  const propagationGiven = options.propagationPolicy !== undefined || options.orphanDependents !== undefined
  for (const text of resource.strategy.deletion.warnings?.({ propagationGiven }) ?? []) context.warn(text)
}

const requestOf = (
  resource: Resource,
  namespace: string,
  name: string,
  { dryRun }: DeleteOptions,
  context: RequestContext,
): WriteRequest => ({
  resource,
  subresource: '',
  namespace,
  name,
  context,
  manager: '',
  dryRun: isDryRun(dryRun),
  validation: 'Warn',
})

async function deleteOne(
  registry: Registry,
  request: WriteRequest,
  options: DeleteOptions,
): Promise<Result<Deleted, Status>> {
  const { resource, namespace, name } = request
  const answer = registry.admission.admit(attributesOf(request, 'DELETE', undefined))
  const admitted = answer instanceof Promise ? await answer : answer
  if (!admitted.ok) return admitted
  for (let i = 0; i < tries; i++) {
    const looked = findObject(registry, resource, namespace, name)
    const found = looked instanceof Promise ? await looked : looked
    if (!found.ok) return found
    const current = found.value
    if (current === undefined) return fail(missing(resource, name))
    const outcome = await deleteOnce(registry, request, current, options)
    if (outcome.ok) return outcome
    if (outcome.error !== 'Raced') return fail(outcome.error)
  }
  return fail(conflict(subjectOf(resource, name), modified))
}

async function deleteOnce(
  registry: Registry,
  request: WriteRequest,
  current: KubeObject,
  options: DeleteOptions,
): Promise<Result<Deleted, Status | 'Raced'>> {
  const { resource } = request
  const isNamespace = resource.name === 'namespaces'
  const unmet = isNamespace
    ? namespacePrecondition(resource, current, options)
    : precondition(resource, current, options)
  if (unmet !== undefined) return fail(unmet)
  const valid = registry.admission.validate(attributesOf(request, 'DELETE', undefined, current))
  const validated = valid instanceof Promise ? await valid : valid
  if (!validated.ok) return validated
  const now = registry.clock.now()
  const step = isNamespace ? namespaceStep(current, options, now) : deletionStep(resource, current, options, now)
  return performStep(registry, request, current, step)
}

/** What a delete does to an object as it is. */
type Step =
  /** Nothing: its deletion is under way already. */
  | { readonly kind: 'Pending' }
  /** It is marked; something else will remove it. */
  | { readonly kind: 'Mark'; readonly marked: KubeObject }
  /** It is marked, for all to see, and removed. */
  | { readonly kind: 'MarkAndRemove'; readonly marked: KubeObject }
  | { readonly kind: 'Remove' }

async function performStep(
  registry: Registry,
  { resource, dryRun }: WriteRequest,
  current: KubeObject,
  step: Step,
): Promise<Result<Deleted, Status | 'Raced'>> {
  if (step.kind === 'Pending') return ok({ object: current, pending: true })
  let last = current
  if (step.kind !== 'Remove') {
    const marked = await mark(registry, resource, current, step.marked, dryRun)
    if (!marked.ok) return marked
    if (step.kind === 'Mark') return ok({ object: marked.value, pending: true })
    last = marked.value
  }
  if (!dryRun) {
    const removed = await commitDelete(registry, resource, last)
    if (removed.ok) last = removed.value
    else if (removed.error.kind !== 'Raced') return fail(removed.error.status)
    // Somebody else who saw the mark may have removed it: what was asked for has been done.
    else if (step.kind === 'Remove' || (await isThere(registry, resource, last))) return fail('Raced')
  }
  return ok({ object: resource.strategy.deletion.returnsObject ? last : success(resource, last), pending: false })
}

async function isThere(registry: Registry, resource: Resource, { metadata }: KubeObject): Promise<boolean> {
  const { namespace = '', name = '', uid } = metadata
  const found = await findObject(registry, resource, namespace, name)
  return !found.ok || found.value?.metadata.uid === uid
}

async function mark(
  registry: Registry,
  resource: Resource,
  current: KubeObject,
  marked: KubeObject,
  dryRun: boolean,
): Promise<Result<KubeObject, Status | 'Raced'>> {
  if (dryRun) return ok(marked)
  if (equal(marked, current)) return ok(current)
  const stored = await commit(registry, resource, marked, current)
  if (stored.ok) return stored
  return fail(stored.error.kind === 'Raced' ? 'Raced' : stored.error.status)
}

function success({ kind }: Resource, { metadata }: KubeObject): Status {
  const { name, uid } = metadata
  const group = kind.group === '' ? {} : { group: kind.group }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...(name === undefined ? {} : { name }), ...group, kind: kind.resource, ...(uid ? { uid } : {}) },
  }
}

function precondition(resource: Resource, { metadata }: KubeObject, options: DeleteOptions): Status | undefined {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const { name = '' } = metadata
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    return conflict(kindSubjectOf(resource, name), text)
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    return conflict(kindSubjectOf(resource, name), text)
  }
  return undefined
}

function namespacePrecondition(
  resource: Resource,
  { metadata }: KubeObject,
  options: DeleteOptions,
): Status | undefined {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const subject = subjectOf(resource, metadata.name)
  if (uid !== undefined && uid !== metadata.uid) {
    return conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`)
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    return conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    )
  }
  return undefined
}

/** A Namespace goes in its own way: it ends when its content is gone and `spec.finalizers` are empty. */
function namespaceStep(current: KubeObject, options: DeleteOptions, now: Instant): Step {
  const { spec, status } = current as { spec?: { finalizers?: readonly string[] }; status?: object }
  if (current.metadata.deletionTimestamp === undefined) {
    const finalizers = finalizersFor(current, options, 'Background')
    const marked = changeMetadata(current, {
      deletionTimestamp: formatTime(now),
      finalizers: finalizers.length === 0 ? undefined : finalizers,
    })
    return { kind: 'Mark', marked: { ...marked, status: { ...status, phase: 'Terminating' } } as KubeObject }
  }
  const isEmpty = (spec?.finalizers?.length ?? 0) === 0 && (current.metadata.finalizers?.length ?? 0) === 0
  return isEmpty ? { kind: 'Remove' } : { kind: 'Pending' }
}

function deletionStep(resource: Resource, current: KubeObject, options: DeleteOptions, now: Instant): Step {
  const { deletion } = resource.strategy
  const graceful =
    deletion.gracePeriod === undefined ? undefined : graceStep(current, options, deletion.gracePeriod, now)
  if (graceful === 'Pending') return isHalfDeleted(current) ? { kind: 'Remove' } : { kind: 'Pending' }
  const collected = resource.stored.name === 'events' ? current : collect(current, options, deletion.defaultPropagation)
  const held = (collected.metadata.finalizers?.length ?? 0) > 0
  if (graceful !== undefined) {
    const marked = changeMetadata(collected, graceful)
    const goesNow = !held && graceful.deletionGracePeriodSeconds === 0
    return { kind: goesNow ? 'MarkAndRemove' : 'Mark', marked }
  }
  return held ? { kind: 'Mark', marked: markAsDeleting(collected, now) } : { kind: 'Remove' }
}

/**
 * It was marked to go at once, and nothing holds it: a crash or a full disk came between the mark and the removal. Only
 * another delete can end that.
 */
const isHalfDeleted = ({ metadata: { deletionGracePeriodSeconds, finalizers = [] } }: KubeObject): boolean =>
  deletionGracePeriodSeconds === 0 && finalizers.length === 0

function collect(
  current: KubeObject,
  options: DeleteOptions,
  byDefault: 'Orphan' | 'Background' | 'Foreground',
): KubeObject {
  const finalizers = finalizersFor(current, options, byDefault)
  return equal(finalizers, current.metadata.finalizers) ? current : changeMetadata(current, { finalizers })
}

/** The finalizers with those that say what becomes of dependents; an explicit wish wins over what is set already. */
function finalizersFor(
  { metadata }: KubeObject,
  { orphanDependents, propagationPolicy }: DeleteOptions,
  byDefault: 'Orphan' | 'Background' | 'Foreground',
): readonly string[] {
  const { finalizers = [] } = metadata
  const set = finalizers.includes(orphanFinalizer)
    ? 'Orphan'
    : finalizers.includes(foregroundFinalizer)
      ? 'Foreground'
      : undefined
  const old = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background'
  const policy = old ?? propagationPolicy ?? set ?? byDefault
  const others = finalizers.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer)
  if (policy === 'Orphan') return [...others, orphanFinalizer]
  return policy === 'Foreground' ? [...others, foregroundFinalizer] : others
}

type Grace = {
  readonly deletionTimestamp: string
  readonly deletionGracePeriodSeconds: number
  readonly generation?: number
}

/** When a kind that ends in two steps ends; a period that runs may only be shortened. Undefined: at once. */
function graceStep(
  current: KubeObject,
  options: DeleteOptions,
  gracePeriod: (object: KubeObject, requested: number | undefined) => number,
  now: Instant,
): Grace | 'Pending' | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds, generation = 0 } = current.metadata
  const requested = options.gracePeriodSeconds
  if (deletionTimestamp !== undefined) {
    if (deletionGracePeriodSeconds === undefined) return undefined
    const running = Math.max(deletionGracePeriodSeconds, deletionGracePeriodSeconds < 0 ? 1 : 0)
    if (requested === undefined || requested >= running) return 'Pending'
    const ends = parseTime(deletionTimestamp) ?? now
    const sooner = after(ends, millis((requested - running) * 1000))
    return { deletionTimestamp: formatTime(sooner), deletionGracePeriodSeconds: requested }
  }
  const seconds = gracePeriod(current, requested)
  const marked = {
    deletionTimestamp: formatTime(after(now, millis(seconds * 1000))),
    deletionGracePeriodSeconds: seconds,
  }
  return generation > 0 ? { ...marked, generation: generation + 1 } : marked
}

/** Marks an object that waits for its finalizers. */
function markAsDeleting(current: KubeObject, now: Instant): KubeObject {
  const { deletionTimestamp, generation = 0 } = current.metadata
  const first = deletionTimestamp === undefined
  const ends = first ? undefined : parseTime(deletionTimestamp)
  return changeMetadata(current, {
    ...(first && generation > 0 ? { generation: generation + 1 } : {}),
    ...(ends === undefined || ends > now ? { deletionTimestamp: formatTime(now) } : {}),
    deletionGracePeriodSeconds: 0,
  })
}

/** Deletes everything that a query selects; answers it as it was listed. Objects that went meanwhile do not matter. */
export async function deleteCollection(
  registry: Registry,
  resource: Resource,
  target: Target,
  given: DeleteOptions,
  query: ListQuery,
  context: RequestContext,
): Promise<Result<Listing, Status>> {
  const options = deleteSettings(given)
  if (!options.ok) return options
  const listed = await listObjects(registry, resource, target, query)
  if (!listed.ok) return listed
  warnOfPropagation(resource, options.value, context)
  const outcomes = await Promise.all(
    listed.value.items.map(({ metadata: { namespace = '', name = '' } }) =>
      deleteOne(registry, requestOf(resource, namespace, name, options.value, context), options.value),
    ),
  )
  for (const outcome of outcomes) if (!outcome.ok && !isNotFound(outcome.error)) return fail(outcome.error)
  return listed
}
