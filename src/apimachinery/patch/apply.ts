/**
 * Server-side apply: merges what a manager applies into the live object, takes back what it no longer applies, and
 * refuses what others own.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/{fieldmanager,structuredmerge,versioncheck,
 * skipnonapplied,stripmeta}.go, Apply; structured-merge-diff/v6/merge/update.go, Apply and prune
 */
import { fail, ok, type Result } from '../../base/index.ts'
import type { KubeObject } from '../meta/object.ts'
import { badRequest, plainError } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import { compare } from './compare.ts'
import { type Conflict, conflictStatus, fieldsInConflict } from './conflicts.ts'
import {
  begin,
  difference,
  type Fields,
  type FieldTree,
  finish,
  intersection,
  leaf,
  recursiveDifference,
  step,
  union,
} from './field-set.ts'
import { fieldsJson } from './fields-json.ts'
import { equalJson, isObject, type JsonObject, jsonKind, member, withMember, withoutMember } from './json-value.ts'
import { allowedByLastApplied, withLastApplied } from './last-applied.ts'
import {
  entryTime,
  isSameManager,
  isServedVersion,
  type Manager,
  managedFieldsOf,
  type Owner,
  ownersOf,
} from './managed-fields.ts'
import { type FieldWriter, withoutLost, zeroObject } from './track-update.ts'
import { type StructNode, trackedNode, typeNode } from './type-node.ts'
import { fieldsOf, mergeTyped, problemsOf, problemsText, withNamedFields, withoutFields } from './typed.ts'

export type ApplyRequest = FieldWriter & {
  /** The kind that the URL asks for. */
  readonly kind: string
  /** Takes fields from other managers. */
  readonly force: boolean
}

/** The client whose fields by client-side apply are taken over by its server-side apply. */
const kubectl = 'kubectl'

/**
 * The live object with `config` applied, managed fields included, as a value that is still to be decoded and to get
 * defaults; the live object itself when nothing changes. `live` is absent for an object that apply creates.
 *
 * After decoding, `ignoreManagedFieldsTimestamps` must have its say. Failures are upstream's: 400 for another kind or
 * managed fields in the config, 409 for conflicts, 500 for a config that does not fit the schema.
 */
export function serverSideApply(
  live: KubeObject | undefined,
  config: unknown,
  request: ApplyRequest,
): Result<JsonObject, Status> {
  const checked = checkConfig(config ?? {}, request)
  if (!checked.ok) return checked
  const current = live === undefined ? zeroObject(request.type) : (live as unknown as JsonObject)
  const recorded = ownersOf(live?.metadata.managedFields, typeNode(request.type))
  if (recorded === undefined)
    return fail(plainError('failed to decode managed fields: the managed fields of the object are malformed'))
  const owners = recorded.length > 0 ? recorded : beforeFirstApply(current, request)
  const state: State = { current, owners, config: checked.value }
  let applied = applyOnce(state, request, request.force)
  if (applied.conflicts.length > 0) {
    const allowed = request.manager === kubectl ? allowedByLastApplied(current, request) : undefined
    const conflicts = allowed === undefined ? applied.conflicts : fieldsInConflict(applied.conflicts, allowed)
    if (conflicts.length > 0) return fail(conflictStatus(conflicts))
    applied = applyOnce(state, request, true)
  }
  const object = withOwners(applied.object, applied.owners)
  return ok(request.manager === kubectl ? withLastApplied(object, checked.value) : object)
}

/** Checks what can be told without the live object. */
function checkConfig(config: unknown, request: ApplyRequest): Result<JsonObject, Status> {
  if (!isObject(config)) {
    const found = jsonKind(config)
    return fail(
      badRequest(
        `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
      ),
    )
  }
  const kind = kindText(config)
  if (kind !== kindText({ apiVersion: request.apiVersion, kind: request.kind }))
    return fail(badRequest(`invalid object type: ${kind}`))
  const metadata = member(config, 'metadata')
  const managed = isObject(metadata) ? member(metadata, 'managedFields') : undefined
  if (Array.isArray(managed)) return fail(badRequest('metadata.managedFields must be nil'))
  const problems = problemsOf(typeNode(request.type), config)
  if (problems.length === 0) return ok(config)
  const { namespace, name } = namesOf(metadata)
  return fail(
    plainError(`failed to create typed patch object (${namespace}/${name}; ${kind}): ${problemsText(problems)}`),
  )
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function namesOf(metadata: unknown): { readonly namespace: string; readonly name: string } {
  if (!isObject(metadata)) return { namespace: '', name: '' }
  return { namespace: textOf(member(metadata, 'namespace')), name: textOf(member(metadata, 'name')) }
}

/** `batch/v1, Kind=Job`, for core `/v1, Kind=Pod`; a version with two slashes is none at all. */
function kindText(object: JsonObject): string {
  const parts = textOf(member(object, 'apiVersion')).split('/')
  if (parts.length > 2) return '/, Kind='
  const [group, version] = parts.length === 2 ? parts : ['', parts[0]]
  return `${group}/${version}, Kind=${textOf(member(object, 'kind'))}`
}

/** Who owns the fields of an object that nobody tracked so far. */
function beforeFirstApply(current: JsonObject, request: ApplyRequest): readonly Owner[] {
  const node = trackedNode(request.type, request.resetFields)
  const fields = compare(node, zeroObject(request.type), current)?.changed
  if (fields === undefined) return []
  const { apiVersion, subresource } = request
  const time = entryTime(request.now)
  return [{ manager: 'before-first-apply', operation: 'Update', apiVersion, subresource, time, fields }]
}

type State = { readonly current: JsonObject; readonly owners: readonly Owner[]; readonly config: JsonObject }
type Applied = {
  readonly object: JsonObject
  readonly owners: readonly Owner[]
  readonly conflicts: readonly Conflict[]
}

function applyOnce({ current, owners, config }: State, request: ApplyRequest, force: boolean): Applied {
  const { apiVersion, subresource, type, resetFields } = request
  const self: Manager = { manager: request.manager || 'unknown', operation: 'Apply', apiVersion, subresource }
  const last = owners.find((owner) => isSameManager(owner, self))
  const others = owners.filter((owner) => owner !== last && isServedVersion(owner.apiVersion))
  const node = typeNode(type)
  const merged = mergeTyped(node, current, config) as JsonObject
  const set = recursiveDifference(fieldsOf(node, config), resetSet(resetFields))
  const object = prune(node, merged, [set, ...others.map(({ fields }) => fields)], last?.fields)
  const tracked = trackedNode(type, resetFields)
  const change = compare(tracked, current, object) ?? { changed: undefined, removed: undefined }
  const sameVersion = (owner: Owner): boolean => owner.apiVersion === apiVersion
  const conflicts = others.filter(sameVersion).flatMap((owner): readonly Conflict[] => {
    const fields = intersection(owner.fields, change.changed)
    return fields === undefined ? [] : [{ owner, fields }]
  })
  if (conflicts.length > 0 && !force) return { object, owners, conflicts }
  const kept = others.flatMap((owner) => (sameVersion(owner) ? (withoutLost(owner, change) ?? []) : owner))
  const unchanged = equalJson(current, object)
  const owned = fieldsOf(tracked, config)
  const time = unchanged ? last?.time : entryTime(request.now)
  const after = owned === undefined ? kept : [...kept, sameOwner(last, { ...self, time, fields: owned })]
  return { object: unchanged ? current : object, owners: after, conflicts: [] }
}

/** The old entry where the new one says the same. */
const sameOwner = (last: Owner | undefined, next: Owner): Owner =>
  last !== undefined &&
  last.time === next.time &&
  last.apiVersion === next.apiVersion &&
  equalJson(fieldsJson(last.fields), fieldsJson(next.fields))
    ? last
    : next

function resetSet(resetFields: readonly (readonly string[])[]): Fields {
  return resetFields.reduce<Fields>((set, path) => {
    const below = (inner: FieldTree, name: string): FieldTree =>
      finish(step(begin(), `f:${name}`, inner), false) ?? inner
    return union(set, path.reduceRight(below, leaf))
  }, undefined)
}

/** Takes away what the manager owned last time and neither it nor anybody else owns now. */
function prune(node: StructNode, merged: JsonObject, owned: readonly Fields[], last: Fields): JsonObject {
  if (last === undefined) return merged
  const named = (set: Fields): Fields => withNamedFields(node, set)
  const without = (set: Fields): JsonObject =>
    set === undefined ? merged : ((withoutFields(node, merged, set) ?? {}) as JsonObject)
  const lastFields = named(last)
  const mergedFields = named(fieldsOf(node, merged))
  const prunedFields = named(fieldsOf(node, without(lastFields)))
  const managed = named(owned.reduce<Fields>(union, undefined))
  const ownedOnly = without(difference(mergedFields, union(prunedFields, managed)))
  // What nobody owns at all stays, unless this manager owned it.
  const lost = difference(mergedFields, named(fieldsOf(node, ownedOnly)))
  return without(intersection(lost, lastFields))
}

/** The object with the managed fields of its owners; the very object when they are what it has. */
function withOwners(object: JsonObject, owners: readonly Owner[]): JsonObject {
  const metadata = member(object, 'metadata')
  const present = isObject(metadata) ? metadata : {}
  const managed = managedFieldsOf(owners)
  if (equalJson(managed, member(present, 'managedFields'))) return object
  const next =
    managed === undefined ? withoutMember(present, 'managedFields') : withMember(present, 'managedFields', managed)
  return withMember(object, 'metadata', next)
}
