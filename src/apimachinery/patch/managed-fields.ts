/**
 * `metadata.managedFields` as owners of sets of fields, and back.
 *
 * Arrays that were read or made here are remembered with their owners, so that an object that is written again and
 * again is never parsed again.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers,buildmanagerinfo}.go
 */
import { formatTime, type Instant } from '../../base/index.ts'
import type { ManagedFieldsEntry } from '../meta/types.gen.ts'
import { schema } from '../schema/schema.ts'
import { addChild, type FieldSet, type Fields, finish, isMember, leaf, readFields, union } from './field-set.ts'
import { equalJson, isList, isObject } from './json-value.ts'
import type { TypeNode } from './type-node.ts'

/** Who owns fields: one entry of managed fields. */
export type Manager = {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
}
export type Owner = Manager & { readonly time: string | undefined; readonly fields: FieldSet }
export type ManagedFields = readonly ManagedFieldsEntry[] | undefined

const known = new WeakMap<readonly ManagedFieldsEntry[], readonly Owner[]>()
const malformed = new WeakSet<readonly ManagedFieldsEntry[]>()
const nobody: readonly Owner[] = []

/** The owners in managed fields; undefined when an entry is malformed. Entries that own nothing are left out. */
export function ownersOf(managed: ManagedFields, node: TypeNode): readonly Owner[] | undefined {
  if (managed === undefined || managed.length === 0) return nobody
  const remembered = known.get(managed)
  if (remembered !== undefined) return remembered
  if (malformed.has(managed)) return undefined
  const owners = new Map<string, Owner>()
  for (const entry of managed) {
    const owner = readOwner(entry, node)
    if (owner === undefined) {
      malformed.add(managed)
      return undefined
    }
    if (owner !== 'empty') owners.set(identityOf(owner), owner)
  }
  const list = [...owners.values()]
  known.set(managed, list)
  return list
}

function readOwner(entry: ManagedFieldsEntry, node: TypeNode): Owner | 'empty' | undefined {
  const { operation, apiVersion, fieldsType } = entry
  if (operation !== 'Apply' && operation !== 'Update') return undefined
  if (!apiVersion || fieldsType !== 'FieldsV1') return undefined
  const read = readFields(entry.fieldsV1)
  if (read === undefined) return undefined
  const fields = read.fields === undefined ? undefined : reconciled(node, read.fields)
  if (fields === undefined) return 'empty'
  const { manager = '', subresource = '', time } = entry
  return { manager, operation, apiVersion, subresource, time, fields }
}

/** Fields below one that is owned as a whole stand for the whole. */
function reconciled(node: TypeNode, set: FieldSet): FieldSet {
  const builder: { node: Record<string, FieldSet> | undefined } = { node: undefined }
  for (const key of Object.keys(set)) {
    const child = set[key] as FieldSet
    if (key === '.') continue
    const type = childNode(node, key)
    const atomic =
      type !== undefined && type.kind !== 'scalar' && (type.kind === 'list' ? type.relation === 'atomic' : type.atomic)
    addChild(builder, key, atomic || type === undefined ? (atomic ? leaf : child) : reconciled(type, child))
  }
  return finish(builder, isMember(set)) ?? leaf
}

function childNode(node: TypeNode, element: string): TypeNode | undefined {
  if (node.kind === 'struct') return node.byName.get(element.slice(2))?.type
  return node.kind === 'scalar' ? undefined : node.element
}

/** The text by which upstream tells managers apart; its order decides in which order conflicts are told. */
export function identityOf({ manager, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  })
}

/** Whether two stand for the same entry. An applier is the same in every version. */
export const isSameManager = (a: Manager, b: Manager): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion)

const entries = new WeakMap<Owner, ManagedFieldsEntry>()

function entryOf(owner: Owner): ManagedFieldsEntry {
  const made = entries.get(owner)
  if (made !== undefined) return made
  const { manager, operation, apiVersion, time, fields, subresource } = owner
  const entry: ManagedFieldsEntry = {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  }
  entries.set(owner, entry)
  return entry
}

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** By operation, time, manager, version and subresource. */
const entryOrder = (a: Owner, b: Owner): number =>
  textOrder(a.operation, b.operation) ||
  textOrder(a.time ?? '', b.time ?? '') ||
  textOrder(a.manager, b.manager) ||
  textOrder(a.apiVersion, b.apiVersion) ||
  textOrder(a.subresource, b.subresource)

/** The managed fields of owners, in upstream's order; undefined when there are none. */
export function managedFieldsOf(owners: readonly Owner[]): ManagedFields {
  if (owners.length === 0) return undefined
  const sorted = owners.length === 1 ? owners : owners.toSorted(entryOrder)
  const managed = sorted.map(entryOf)
  known.set(managed, sorted)
  return managed
}

/** The owner with other fields; undefined when none are left. */
export const withFields = (owner: Owner, fields: Fields): Owner | undefined =>
  fields === undefined ? undefined : fields === owner.fields ? owner : { ...owner, fields }

const maxUpdateOwners = 10
const ancient = 'ancient-changes'

/** At most ten owners by Update: the oldest of a version are put together. */
export function capped(owners: readonly Owner[]): readonly Owner[] {
  const updaters = owners.filter(({ operation }) => operation === 'Update')
  if (updaters.length <= maxUpdateOwners) return owners
  updaters.sort((a, b) => textOrder(a.time ?? '', b.time ?? '') || textOrder(identityOf(a), identityOf(b)))
  const kept = new Map(owners.map((owner) => [identityOf(owner), owner]))
  const firsts = new Map<string, Owner>()
  let left = updaters.length
  for (const owner of updaters) {
    if (left <= maxUpdateOwners) break
    const first = firsts.get(owner.apiVersion)
    if (first === undefined) {
      firsts.set(owner.apiVersion, owner)
      continue
    }
    const bucket = { ...owner, manager: ancient, subresource: '' }
    const key = identityOf(bucket)
    if (!kept.has(key)) {
      kept.delete(identityOf(first))
      kept.set(key, { ...bucket, fields: first.fields })
    }
    const fields = union(kept.get(key)?.fields, owner.fields) as FieldSet
    kept.delete(identityOf(owner))
    kept.set(key, { ...bucket, fields })
    left--
  }
  return [...kept.values()]
}

const versions = new Set(schema.kinds.map(({ group, version }) => (group === '' ? version : `${group}/${version}`)))
/** Whether objects of a version can be read at all; owners in others are dropped as soon as somebody writes. */
export const isServedVersion = (apiVersion: string): boolean => versions.has(apiVersion)

/** Whether managed fields differ in nothing but their times. */
export function sameButTimes(a: ManagedFields, b: ManagedFields): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a.length !== b.length) return false
  return a.every((entry, index) => equalJson({ ...entry, time: undefined }, { ...b[index], time: undefined }))
}

/** Whether a request asks to forget all managed fields: an empty list, or a list of one empty entry. */
export function clearsManagedFields(body: unknown): boolean {
  const metadata = isObject(body) ? body['metadata'] : undefined
  const managed = isObject(metadata) ? metadata['managedFields'] : undefined
  return isList(managed) && (managed.length === 0 || isReset(managed as readonly ManagedFieldsEntry[]))
}

/** Whether managed fields are one empty entry. */
export const isReset = (managed: ManagedFields): boolean =>
  managed?.length === 1 && Object.values(managed[0] ?? {}).every((value) => value === undefined)

let lastSecond = Number.NaN
let lastText = ''
/** The time of an entry. The text of the last second is kept: thousands of writes fall into it. */
export function entryTime(now: Instant): string {
  const second = Math.floor(now / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = formatTime(now)
  }
  return lastText
}
