/**
 * `metadata.managedFields` as owners of sets of fields, and back.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/{managedfields,capmanagers,buildmanagerinfo}.go
 */
import { formatTime, type Instant } from '../../base/index.ts'
import type { ManagedFieldsEntry } from '../meta/types.gen.ts'
import { allKinds } from '../schema/schema.ts'
import { begin, type Fields, type FieldTree, finish, leaf, step, union } from './field-set.ts'
import { fieldsJson, fieldsOfJson } from './fields-json.ts'
import { equalJson, isList, isObject } from './json-value.ts'
import type { TypeNode } from './type-node.ts'

/** Who owns fields: what tells entries of managed fields apart. */
export type Manager = {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
}
export type Owner = Manager & {
  readonly time: string | undefined
  readonly fields: FieldTree
  /** The entry that says just this, where there is one already. */
  readonly entry?: ManagedFieldsEntry | undefined
}
export type ManagedFields = readonly ManagedFieldsEntry[] | undefined

/**
 * The owners in managed fields; undefined when an entry is malformed. Entries that own nothing are left out, of two
 * for the same manager the last one counts.
 */
export function ownersOf(managed: ManagedFields, node: TypeNode): readonly Owner[] | undefined {
  const owners: Owner[] = []
  if (managed === undefined) return owners
  for (const entry of managed) {
    const owner = readOwner(entry, node)
    if (owner === 'malformed') return undefined
    if (owner === undefined) continue
    const at = owners.findIndex((other) => isSameManager(other, owner))
    if (at < 0) owners.push(owner)
    else owners[at] = owner
  }
  return owners
}

function readOwner(entry: ManagedFieldsEntry, node: TypeNode): Owner | 'malformed' | undefined {
  const { manager = '', operation, apiVersion, subresource = '', time, fieldsType } = entry
  if (operation !== 'Apply' && operation !== 'Update') return 'malformed'
  if (!apiVersion || fieldsType !== 'FieldsV1') return 'malformed'
  const fields = fieldsOfJson(entry.fieldsV1)
  if (fields === 'malformed' || fields === undefined) return fields
  const kept = fieldsJson(fields) === entry.fieldsV1 ? fields : reconciled(node, fields)
  return { manager, operation, apiVersion, subresource, time, fields: kept, entry: kept === fields ? entry : undefined }
}

/** Fields below one that is owned as a whole stand for the whole. */
function reconciled(node: TypeNode, set: FieldTree): FieldTree {
  let chain = begin()
  set.elements.forEach((element, index) => {
    const child = set.children[index] as FieldTree
    const type = childNode(node, element)
    chain = step(chain, element, type === undefined ? child : isAtomic(type) ? leaf : reconciled(type, child))
  })
  return finish(chain, set.member) ?? leaf
}

const isAtomic = (node: TypeNode): boolean =>
  node.kind === 'list' ? node.relation === 'atomic' : node.kind !== 'scalar' && node.atomic

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

/** What happens to many objects in one second makes one entry for all of them: a tree knows the one made last. */
function entryOf(owner: Owner): ManagedFieldsEntry {
  if (owner.entry !== undefined) return owner.entry
  const { fields } = owner
  if (fields.entry === undefined || !isEntryOf(fields.entry, owner)) fields.entry = newEntry(owner)
  return fields.entry
}

const isEntryOf = (entry: ManagedFieldsEntry, { manager, operation, apiVersion, time, subresource }: Owner): boolean =>
  entry.time === time &&
  (entry.manager ?? '') === manager &&
  entry.operation === operation &&
  entry.apiVersion === apiVersion &&
  (entry.subresource ?? '') === subresource

function newEntry({ manager, operation, apiVersion, time, fields, subresource }: Owner): ManagedFieldsEntry {
  return {
    ...(manager === '' ? undefined : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? undefined : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsJson(fields),
    ...(subresource === '' ? undefined : { subresource }),
  }
}

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** By operation, time, manager, version and subresource. */
const ownerOrder = (a: Owner, b: Owner): number =>
  textOrder(a.operation, b.operation) ||
  textOrder(a.time ?? '', b.time ?? '') ||
  textOrder(a.manager, b.manager) ||
  textOrder(a.apiVersion, b.apiVersion) ||
  textOrder(a.subresource, b.subresource)

/** The managed fields of owners, in upstream's order; undefined when there are none. */
export function managedFieldsOf(owners: readonly Owner[]): ManagedFields {
  if (owners.length === 0) return undefined
  return (isSorted(owners) ? owners : owners.toSorted(ownerOrder)).map(entryOf)
}

function isSorted(owners: readonly Owner[]): boolean {
  for (let i = 1; i < owners.length; i++) if (ownerOrder(owners[i - 1] as Owner, owners[i] as Owner) > 0) return false
  return true
}

/** The owner with other fields or another time; undefined when it owns nothing any more. */
export function withFields(owner: Owner, fields: Fields, time = owner.time): Owner | undefined {
  if (fields === undefined) return undefined
  if (fields === owner.fields && time === owner.time) return owner
  const { manager, operation, apiVersion, subresource } = owner
  return { manager, operation, apiVersion, subresource, time, fields }
}

const maxUpdateOwners = 10
const ancient = 'ancient-changes'

/** At most ten owners by Update: the oldest of a version are put together. */
export function capped(owners: readonly Owner[]): readonly Owner[] {
  if (owners.length <= maxUpdateOwners) return owners
  const updaters = owners.filter(({ operation }) => operation === 'Update')
  if (updaters.length <= maxUpdateOwners) return owners
  updaters.sort((a, b) => textOrder(a.time ?? '', b.time ?? '') || textOrder(identityOf(a), identityOf(b)))
  const kept = new Map(owners.map((owner) => [identityOf(owner), owner]))
  const firsts = new Map<string, Owner>()
  let left = updaters.length
  for (const owner of updaters) {
    if (left <= maxUpdateOwners) break
    const { operation, apiVersion, time } = owner
    const first = firsts.get(apiVersion)
    if (first === undefined) {
      firsts.set(apiVersion, owner)
      continue
    }
    const bucket: Manager = { manager: ancient, operation, apiVersion, subresource: '' }
    const key = identityOf(bucket)
    const gathered = kept.get(key) ?? first
    if (gathered === first) kept.delete(identityOf(first))
    kept.delete(identityOf(owner))
    kept.set(key, { ...bucket, time, fields: union(gathered.fields, owner.fields) ?? leaf })
    left--
  }
  return [...kept.values()]
}

const versions = new Set(allKinds.map(({ group, version }) => (group === '' ? version : `${group}/${version}`)))
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
