/**
 * What the server does to metadata, whatever the kind.
 *
 * @source kubernetes v1.36 apiserver/pkg/registry/rest/{meta,create,update}.go, endpoints/handlers/create.go
 */
import {
  badRequest,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
  type Status,
} from '../../apimachinery/index.ts'
import { below, fail, formatTime, type Instant, ok, type Random, type Result } from '../../base/index.ts'

export const withMetadata = <T extends KubeObject>(object: T, metadata: ObjectMeta): T => ({ ...object, metadata })

/** Sets some fields of metadata; a field set to undefined is removed. */
export function changeMetadata<T extends KubeObject>(object: T, changes: Partial<ObjectMeta>): T {
  const metadata: Record<string, unknown> = { ...object.metadata, ...changes }
  for (const field of Object.keys(changes)) if (metadata[field] === undefined) delete metadata[field]
  return { ...object, metadata }
}

/** Fields that only the server sets, removed from what a client sends to create. */
export function wipeSystemFields<T extends KubeObject>(object: T): T {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, selfLink, ...rest } = object.metadata
  const set = [uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, selfLink]
  return set.every((value) => value === undefined) ? object : withMetadata(object, rest)
}

export const fillSystemFields = <T extends KubeObject>(object: T, uid: string, now: Instant): T =>
  changeMetadata(object, { uid, creationTimestamp: formatTime(now) })

/** The object with the namespace of the request, or what is wrong. `namespace` is `''` in cluster scope. */
export function fillNamespace<T extends KubeObject>(object: T, namespace: string): Result<T, Status> {
  const given = object.metadata.namespace ?? ''
  if (given === namespace) return ok(object)
  if (namespace === '') return ok(changeMetadata(object, { namespace: undefined }))
  if (given === '') return ok(changeMetadata(object, { namespace }))
  return fail(badRequest('the namespace of the provided object does not match the namespace sent on the request'))
}

/** An update must be about the object of its URL. @source … handlers/rest.go, checkName */
export function checkName({ metadata }: KubeObject, name: string, namespace: string): Status | undefined {
  if (!metadata.name) {
    return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (metadata.name !== name) {
    return badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  }
  if (namespace !== '' && metadata.namespace && metadata.namespace !== namespace) {
    const given = metadata.namespace
    return badRequest(
      `the namespace of the object (${given}) does not match the namespace on the request (${namespace})`,
    )
  }
  return undefined
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
const longestBase = 63 - suffixLength

/** `pi-` → `pi-x7k2w`. @source kubernetes v1.36 apiserver/pkg/storage/names/generate.go */
export function generateName(base: string, random: Random): string {
  let name = base.slice(0, longestBase)
  for (let i = 0; i < suffixLength; i++) name += alphabet[below(random, alphabet.length)]
  return name
}

/** Drops owner references that stand twice; `warn` is told their uids. */
export function dedupeOwners<T extends KubeObject>(
  object: T,
  afterAdmission: boolean,
  warn: (text: string) => void,
): T {
  const owners = object.metadata.ownerReferences
  if (owners === undefined || owners.length < 2) return object
  const kept: OwnerReference[] = []
  const repeated = new Set<string>()
  for (const owner of owners) {
    if (kept.some((other) => sameOwner(other, owner))) repeated.add(owner.uid)
    else kept.push(owner)
  }
  if (repeated.size === 0) return object
  const when = afterAdmission ? ' after mutating admission happens' : ''
  warn(
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may ` +
      `reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...repeated].join(', ')}`,
  )
  return changeMetadata(object, { ownerReferences: kept })
}

const sameOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  a.uid === b.uid &&
  a.name === b.name &&
  a.kind === b.kind &&
  a.apiVersion === b.apiVersion &&
  a.controller === b.controller &&
  a.blockOwnerDeletion === b.blockOwnerDeletion

/** An update never changes these; what it says about them is dropped. */
export function keepSystemFields<T extends KubeObject>(object: T, old: KubeObject): T {
  const { metadata } = object
  const was = old.metadata
  const changes: { -readonly [K in keyof ObjectMeta]: ObjectMeta[K] } = {}
  if (!metadata.uid) changes.uid = was.uid
  if (metadata.creationTimestamp !== was.creationTimestamp) changes.creationTimestamp = was.creationTimestamp
  if (was.deletionTimestamp !== undefined && metadata.deletionTimestamp !== was.deletionTimestamp) {
    changes.deletionTimestamp = was.deletionTimestamp
  }
  if (was.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    changes.deletionGracePeriodSeconds = was.deletionGracePeriodSeconds
  }
  if (metadata.selfLink !== undefined) changes.selfLink = undefined
  return Object.keys(changes).length === 0 ? object : changeMetadata(object, changes)
}
