/**
 * Who owns which fields after a create, update or patch (all but server-side apply).
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/{fieldmanager,managedfieldsupdater,
 * skipnonapplied,stripmeta}.go, Update; structured-merge-diff/v6/merge/update.go, Update
 */
import type { Instant } from '../../base/index.ts'
import { structDecoder } from '../decode/structs.ts'
import type { KubeObject } from '../meta/object.ts'
import type { TypeName } from '../schema/schema.ts'
import { type Change, compare } from './compare.ts'
import { difference, type Fields, intersects, union } from './field-set.ts'
import { equalJson, type JsonObject } from './json-value.ts'
import {
  capped,
  entryTime,
  isReset,
  isSameManager,
  isServedVersion,
  type ManagedFields,
  type Manager,
  managedFieldsOf,
  type Owner,
  ownersOf,
  sameButTimes,
  withFields,
} from './managed-fields.ts'
import { trackedNode, typeNode } from './type-node.ts'

/** Who writes, and through which endpoint. */
export type FieldWriter = {
  readonly type: TypeName
  /** The name of the manager; empty counts as `unknown`. */
  readonly manager: string
  /** The version of the request, such as `batch/v1`. */
  readonly apiVersion: string
  /** Empty for the main endpoint. */
  readonly subresource: string
  /** Paths that the endpoint does not write; pass the same list every time, the compiled form is kept by identity. */
  readonly resetFields: readonly (readonly string[])[]
  readonly now: Instant
}

const zeros = new Map<TypeName, JsonObject>()
/** The object of a type with nothing set. */
export function zeroObject(type: TypeName): JsonObject {
  const known = zeros.get(type)
  if (known !== undefined) return known
  const zero = structDecoder(type).zero() as JsonObject
  zeros.set(type, zero)
  return zero
}

/**
 * `object` with its managed fields brought up to date for a write over `old`, which is absent for a new object.
 *
 * To be called with the object as requested, decoded and with defaults, before the kind's strategy changes it. Objects
 * share with `old` what did not change: only the rest is looked at, and an unchanged list of managed fields stays the
 * same array. `clear` says that the request had an empty list of managed fields, which decoding does not keep
 * (`clearsManagedFields`).
 */
export function trackUpdate<T extends KubeObject>(
  object: T,
  old: KubeObject | undefined,
  writer: FieldWriter,
  clear = false,
): T {
  const before = old?.metadata.managedFields
  const base = baseOwners(object, before, writer, clear)
  // Who cleared the managed fields, or made the object without them, is not tracked.
  if (base.owners.length === 0 && old !== undefined) return withManagedFields(object, undefined)
  const node = trackedNode(writer.type, writer.resetFields)
  const live = old === undefined ? zeroObject(writer.type) : (old as unknown as JsonObject)
  const change = compare(node, live, object as unknown as JsonObject)
  if (change === undefined) {
    const managed = base.managed ?? managedFieldsOf(base.owners)
    return withManagedFields(object, sameButTimes(managed, before) ? before : managed)
  }
  const manager: Manager = {
    manager: writer.manager === '' ? 'unknown' : writer.manager,
    operation: 'Update',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  }
  const owners = ownersAfter(base.owners, change, manager, entryTime(writer.now))
  const unchanged = base.managed !== undefined && owners === base.owners
  return withManagedFields(object, unchanged ? base.managed : managedFieldsOf(capped(owners)))
}

/** `managed` is the array that the owners stand in already, where there is one in our form. */
type Base = { readonly owners: readonly Owner[]; readonly managed: ManagedFields }
const nobody: Base = { owners: [], managed: undefined }

/** The owners to begin with: those that the request sent, when it may and they are well formed, else those of old. */
function baseOwners(object: KubeObject, before: ManagedFields, writer: FieldWriter, clear: boolean): Base {
  const node = typeNode(writer.type)
  const sent = object.metadata.managedFields
  if (writer.subresource === '' && sent !== before) {
    if (clear || isReset(sent)) return nobody
    if (sent !== undefined && sent.length > 0 && !equalJson(sent, before)) {
      const owners = ownersOf(sent, node)
      if (owners !== undefined && owners.length > 0) return { owners, managed: undefined }
    }
  } else if (writer.subresource === '' && clear) return nobody
  return { owners: ownersOf(before, node) ?? [], managed: before }
}

/** The owners after a change by `self`; the same array when nothing but what it held already is owned by anybody. */
export function ownersAfter(
  owners: readonly Owner[],
  { changed, removed }: Change,
  self: Manager,
  time: string,
): readonly Owner[] {
  let found = false
  let same = true
  const next: Owner[] = []
  for (const owner of owners) {
    const isSelf = isSameManager(owner, self)
    const kept = isSelf
      ? ownWrite(owner, { changed, removed }, time)
      : owner.apiVersion === self.apiVersion
        ? withoutLost(owner, { changed, removed })
        : isServedVersion(owner.apiVersion)
          ? owner
          : undefined
    found ||= isSelf
    if (kept !== owner) same = false
    if (kept !== undefined) next.push(kept)
  }
  if (!found && changed !== undefined) {
    same = false
    next.push({ ...self, time, fields: changed })
  }
  return same ? owners : next
}

/** What the writer itself owns afterwards; its time moves when it took anything, even what it had. */
function ownWrite(owner: Owner, { changed, removed }: Change, time: string): Owner | undefined {
  const rest = intersects(owner.fields, removed) ? difference(owner.fields, removed) : owner.fields
  return changed === undefined ? withFields(owner, rest) : withFields(owner, union(rest, changed), time)
}

/** What another owner keeps when somebody else changes or removes fields. */
export function withoutLost(owner: Owner, { changed, removed }: Change): Owner | undefined {
  let fields: Fields = owner.fields
  if (intersects(fields, changed)) fields = difference(fields, changed)
  if (intersects(fields, removed)) fields = difference(fields, removed)
  return withFields(owner, fields)
}

/** The object with these managed fields; the very object when it has them. */
export function withManagedFields<T extends KubeObject>(object: T, managedFields: ManagedFields): T {
  if (object.metadata.managedFields === managedFields) return object
  if (managedFields !== undefined) return { ...object, metadata: { ...object.metadata, managedFields } }
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/**
 * `object` with the managed fields of `old` when nothing but their times differs: such a write is none. To be called
 * after decoding and defaults, which may make equal what was spelled differently.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/fieldmanager/equality.go
 */
export function ignoreManagedFieldsTimestamps<T extends KubeObject>(object: T, old: KubeObject): T {
  const before = old.metadata.managedFields
  const after = object.metadata.managedFields
  if (before === after || !sameButTimes(before, after)) return object
  const candidate = withManagedFields(object, before)
  return equalJson(candidate, old) ? candidate : object
}
