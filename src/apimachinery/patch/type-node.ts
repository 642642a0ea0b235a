/**
 * The schema as the walkers of this folder see it: which values are leaves, and by what the items of a list are told
 * apart. Nodes are compiled once per type.
 *
 * @source kubernetes v1.36 kube-openapi/pkg/schemaconv/openapi.go (facts: defaults of list and map types)
 */
import { type FieldSchema, presence, type ScalarType, schema, type TypeName } from '../schema/schema.ts'

export type ScalarNode = { readonly kind: 'scalar'; readonly scalar: 'string' | 'numeric' | 'boolean' | 'untyped' }
export type StructField = { readonly name: string; readonly element: string; readonly type: TypeNode }
export type StructNode = {
  readonly kind: 'struct'
  readonly atomic: boolean
  /** Sorted by name. */
  readonly fields: readonly StructField[]
  readonly byName: ReadonlyMap<string, StructField>
  /** The struct itself is owned by nobody, only its fields are: `metadata`. */
  readonly neverOwned?: boolean
}
export type MapNode = { readonly kind: 'map'; readonly atomic: boolean; readonly element: TypeNode }
export type ListKey = { readonly name: string; readonly default: unknown }
export type ListNode = {
  readonly kind: 'list'
  readonly relation: 'atomic' | 'set' | 'map'
  readonly element: TypeNode
  /** Sorted by name; for `map` only. */
  readonly keys: readonly ListKey[]
  /** Path elements made so far by the value that decides them. */
  readonly elements: Map<unknown, string>
}
export type TypeNode = ScalarNode | StructNode | MapNode | ListNode

const scalars: Readonly<Record<ScalarType, ScalarNode['scalar'] | 'object'>> = {
  string: 'string',
  bool: 'boolean',
  int32: 'numeric',
  int64: 'numeric',
  bytes: 'string',
  time: 'string',
  microTime: 'string',
  quantity: 'untyped',
  intOrString: 'untyped',
  fieldsV1: 'object',
  rawExtension: 'object',
}

const untyped: TypeNode = { kind: 'scalar', scalar: 'untyped' }

const structs = new Map<TypeName, StructNode>()

/** The node of a named type. */
export function typeNode(type: TypeName): StructNode {
  const known = structs.get(type)
  if (known !== undefined) return known
  const fields: StructField[] = []
  const byName = new Map<string, StructField>()
  const node: StructNode = { kind: 'struct', atomic: schema.types[type]?.mapType === 'atomic', fields, byName }
  // Known before its fields are: types may hold each other.
  structs.set(type, node)
  const declared = schema.types[type]?.fields ?? {}
  for (const name of Object.keys(declared).sort()) {
    const field = { name, element: `f:${name}`, type: fieldNode(declared[name] as FieldSchema) }
    fields.push(field)
    byName.set(name, field)
  }
  return node
}

function fieldNode(field: FieldSchema): TypeNode {
  if (field.ref !== undefined) {
    const node = typeNode(field.ref)
    return field.mapType === undefined ? node : { ...node, atomic: field.mapType === 'atomic' }
  }
  if (field.map !== undefined) return { kind: 'map', atomic: field.mapType === 'atomic', element: fieldNode(field.map) }
  if (field.list !== undefined) return listNode(field, field.list)
  const scalar = field.type === undefined ? 'untyped' : scalars[field.type]
  return scalar === 'object' ? { kind: 'map', atomic: false, element: untyped } : { kind: 'scalar', scalar }
}

function listNode(field: FieldSchema, item: FieldSchema): ListNode {
  const element = fieldNode(item)
  const keys = field.mapKeys ?? (field.patchMergeKey === undefined ? [] : [field.patchMergeKey])
  const merges = (field.patchStrategy ?? '').split(',').includes('merge')
  const relation = field.listType ?? (!merges ? 'atomic' : keys.length > 0 ? 'map' : 'set')
  if (relation !== 'map') return { kind: 'list', relation, element, keys: [], elements: new Map() }
  const sorted = [...keys].sort().map((name) => ({ name, default: keyDefault(item, name) }))
  return { kind: 'list', relation, element, keys: sorted, elements: new Map() }
}

/** Fields whose published schema has a default of its own. */
const declaredDefaults: Readonly<Record<string, unknown>> = {
  'core.v1.ContainerPort.protocol': 'TCP',
  'core.v1.ServicePort.protocol': 'TCP',
  'core.v1.LocalObjectReference.name': '',
}

/** What stands for a key that an item leaves out; undefined where it may not. Fields always written default to zero. */
function keyDefault(item: FieldSchema, name: string): unknown {
  if (item.ref === undefined) return undefined
  const declared = declaredDefaults[`${item.ref}.${name}`]
  if (declared !== undefined) return declared
  if (presence[item.ref]?.always?.includes(name) !== true) return undefined
  switch (schema.types[item.ref]?.fields[name]?.type) {
    case 'string':
      return ''
    case 'int32':
    case 'int64':
      return 0
    case 'bool':
      return false
    default:
      return undefined
  }
}

/** Fields of an object's metadata that nobody owns. */
const untrackedMetadata = new Set([
  'creationTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
])

const trackedNodes = new Map<TypeName, WeakMap<object, StructNode>>()
const noReset: readonly (readonly string[])[] = []

/**
 * The node of a whole object with only the fields that can be owned: without apiVersion, kind and most of metadata,
 * and without the fields that an endpoint resets. Kept per type and list of reset fields.
 */
export function trackedNode(type: TypeName, resetFields: readonly (readonly string[])[] = noReset): StructNode {
  const byReset = trackedNodes.get(type) ?? new WeakMap<object, StructNode>()
  trackedNodes.set(type, byReset)
  const known = byReset.get(resetFields)
  if (known !== undefined) return known
  const whole = typeNode(type)
  const kept = whole.fields.flatMap((field) => {
    if (field.name === 'apiVersion' || field.name === 'kind') return []
    if (field.name !== 'metadata' || field.type.kind !== 'struct') return [field]
    const fields = field.type.fields.filter(({ name }) => !untrackedMetadata.has(name))
    return [{ ...field, type: { ...withFields(field.type, fields), neverOwned: true } }]
  })
  const node = resetFields.reduce((rest, path) => withoutPath(rest, path), withFields(whole, kept))
  byReset.set(resetFields, node)
  return node
}

const withFields = (node: StructNode, fields: readonly StructField[]): StructNode => ({
  ...node,
  fields,
  byName: new Map(fields.map((field) => [field.name, field])),
})

function withoutPath(node: StructNode, [name, ...rest]: readonly string[]): StructNode {
  const fields = node.fields.flatMap((field) => {
    if (field.name !== name) return [field]
    if (rest.length === 0 || field.type.kind !== 'struct') return []
    return [{ ...field, type: withoutPath(field.type, rest) }]
  })
  return withFields(node, fields)
}
