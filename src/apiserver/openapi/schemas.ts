/** The schemas of types, for OpenAPI 3 (`components.schemas`) and 2 (`definitions`). */
import {
  allKinds,
  apiVersionOf,
  type FieldSchema,
  type KindSchema,
  presence,
  schema,
  type TypeName,
} from '../../apimachinery/index.ts'
import { descriptionOf } from './descriptions.ts'
import { patchName, scalarName, schemaName } from './names.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }
export type Dialect = 'v2' | 'v3'

const prefix: Record<Dialect, string> = { v2: '#/definitions/', v3: '#/components/schemas/' }
export const reference = (dialect: Dialect, name: string): JsonObject => ({ $ref: prefix[dialect] + name })

const scalars: Record<string, JsonObject> = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  bytes: { type: 'string', format: 'byte' },
}
const zeros: Record<string, Json> = { string: '', bool: false, int32: 0, int64: 0 }

const ownSchemas = (dialect: Dialect): Record<string, JsonObject> => ({
  time: { type: 'string', format: 'date-time', description: 'A point in time, RFC 3339 in UTC with whole seconds.' },
  microTime: {
    type: 'string',
    format: 'date-time',
    description: 'A point in time, RFC 3339 in UTC with microseconds.',
  },
  fieldsV1: { type: 'object', description: 'The set of fields that one manager owns, as a tree of their names.' },
  rawExtension: { type: 'object', description: 'Any object.' },
  quantity: {
    description: 'An amount with an optional suffix, such as 500m, 2 or 1536Mi.',
    ...(dialect === 'v3' ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
  },
  intOrString: {
    format: 'int-or-string',
    description: 'A whole number or a text, such as 8080, http or 50%.',
    ...(dialect === 'v3' ? { oneOf: [{ type: 'integer' }, { type: 'string' }] } : { type: 'string' }),
  },
})

/** A reference beside other keywords: OpenAPI 3 allows none beside `$ref`, hence the list of one. */
function withReference(dialect: Dialect, name: string, extra: JsonObject): JsonObject {
  const target = reference(dialect, name)
  if (dialect === 'v2') return { ...extra, ...target }
  return Object.keys(extra).length === 0 ? target : { ...extra, allOf: [target] }
}

function valueSchema(dialect: Dialect, field: FieldSchema, extra: JsonObject): JsonObject {
  if (field.ref !== undefined) return withReference(dialect, schemaName(field.ref), extra)
  if (field.list !== undefined) return { ...extra, type: 'array', items: itemSchema(dialect, field.list) }
  if (field.map !== undefined) return { ...extra, type: 'object', additionalProperties: itemSchema(dialect, field.map) }
  const named = scalarName(field.type ?? '')
  return named === undefined ? { ...extra, ...scalars[field.type ?? ''] } : withReference(dialect, named, extra)
}

/** Items and values of maps are never null, which OpenAPI 3 tells by a default. */
function itemSchema(dialect: Dialect, field: FieldSchema): JsonObject {
  const zero = field.ref !== undefined ? {} : zeros[field.type ?? '']
  return valueSchema(dialect, field, dialect === 'v3' && zero !== undefined ? { default: zero } : {})
}

const extensions: readonly (readonly [keyof FieldSchema, string])[] = [
  ['listType', 'x-kubernetes-list-type'],
  ['mapKeys', 'x-kubernetes-list-map-keys'],
  ['mapType', 'x-kubernetes-map-type'],
  ['patchStrategy', 'x-kubernetes-patch-strategy'],
  ['patchMergeKey', 'x-kubernetes-patch-merge-key'],
]

/** Values that the server fills in where nothing is given and that upstream publishes. */
const knownDefaults: Readonly<Record<string, Json>> = {
  'core.v1.ContainerPort.protocol': 'TCP',
  'core.v1.ServicePort.protocol': 'TCP',
}

function defaultOf(type: TypeName, name: string, field: FieldSchema): Json | undefined {
  const known = knownDefaults[`${type}.${name}`]
  if (known !== undefined || presence[type]?.always?.includes(name) !== true) return known
  return field.ref === undefined ? zeros[field.type ?? ''] : {}
}

function propertySchema(dialect: Dialect, type: TypeName, name: string, field: FieldSchema): JsonObject {
  const description = descriptionOf(type, name)
  const zero = dialect === 'v3' ? defaultOf(type, name, field) : undefined
  const extra: Record<string, Json> = {}
  if (description !== undefined) extra['description'] = description
  if (zero !== undefined) extra['default'] = zero
  if (field.enum !== undefined) extra['enum'] = [...field.enum]
  for (const [key, extension] of extensions) {
    const value = field[key]
    if (value !== undefined) extra[extension] = value as Json
  }
  return valueSchema(dialect, field, extra)
}

/** The kinds that a type stands for: `x-kubernetes-group-version-kind`. */
function kindsOf(type: TypeName, served: readonly KindSchema[]): readonly JsonObject[] {
  const found = new Map<string, JsonObject>()
  const add = (group: string, version: string, kind: string): void => {
    found.set(`${group}/${version}/${kind}`, { group, kind, version })
  }
  for (const each of served) {
    if (each.type === type) add(each.bodyGroup ?? each.group, each.bodyVersion ?? each.version, each.kind)
    if (each.listType === type) add(each.group, each.version, `${each.kind}List`)
  }
  if (type === 'meta.v1.DeleteOptions' || type === 'meta.v1.WatchEvent') {
    const kind = type.slice('meta.v1.'.length)
    for (const { group, version } of served) add(group, version, kind)
  }
  if (
    ['Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList'].some((kind) => type === `meta.v1.${kind}`)
  ) {
    add('', 'v1', type.slice('meta.v1.'.length))
  }
  return [...found.values()]
}

function typeSchema(dialect: Dialect, type: TypeName, served: readonly KindSchema[]): JsonObject {
  const rule = schema.types[type]
  const fields = Object.entries(rule?.fields ?? {})
  const required = fields.filter(([, field]) => field.required === true).map(([name]) => name)
  const kinds = kindsOf(type, served)
  const description = descriptionOf(type)
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, propertySchema(dialect, type, name, field)])),
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(rule?.mapType === undefined ? {} : { 'x-kubernetes-map-type': rule.mapType }),
  }
}

const partsOf = (field: FieldSchema): FieldSchema => {
  const inner = field.list ?? field.map
  return inner === undefined ? field : partsOf(inner)
}

/** The schemas of the types and of all that they hold, by name, in order of the names; `served`: the kinds of the server. */
export function schemasOf(dialect: Dialect, types: Iterable<TypeName>, served: readonly KindSchema[]): JsonObject {
  const own = ownSchemas(dialect)
  const found = new Map<string, JsonObject>([
    [patchName, { type: 'object', description: 'A patch in one of the forms that its content type names.' }],
  ])
  const visit = (type: TypeName): void => {
    const name = schemaName(type)
    if (found.has(name)) return
    found.set(name, typeSchema(dialect, type, served))
    for (const field of Object.values(schema.types[type]?.fields ?? {})) {
      const part = partsOf(field)
      if (part.ref !== undefined) visit(part.ref)
      const named = scalarName(part.type ?? '')
      if (named !== undefined) found.set(named, own[part.type ?? ''] ?? {})
    }
  }
  for (const type of types) visit(type)
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** All served kinds of a group and version, with what their requests and answers need besides. */
export function servedTypes(group: string, version: string): readonly TypeName[] {
  const here = allKinds.filter((kind) => apiVersionOf(kind.group, kind.version) === apiVersionOf(group, version))
  const own = here.flatMap(({ type, listType }) => [type, listType]).filter((type) => type !== undefined)
  return [
    ...new Set([...own, 'meta.v1.DeleteOptions', 'meta.v1.Status', 'meta.v1.WatchEvent', 'meta.v1.APIResourceList']),
  ]
}
