/** Decoders of structs, lists and maps, compiled from the schema. */
import { type FieldSchema, type Presence, presence, type ScalarType, schema, type TypeName } from '../schema/schema.ts'
import { type Context, mistyped, type Owner, tellStrict } from './context.ts'
import { embeddedIn, goTypeOf, shortName } from './go-types.ts'
import { define, ExactNumber } from './json.ts'
import { type Decode, foundName, scalarDecoder } from './scalars.ts'

type Json = Readonly<Record<string, unknown>>

/** Whether an empty value is written (`always`), written when it was set (`optional`) or left out. */
type Kept = 'always' | 'optional' | 'whenFilled'

export type Field = {
  readonly name: string
  readonly kept: Kept
  readonly decode: Decode
  /** What stands in the place of an unset field that is always written. */
  readonly zero: unknown
}

export type StructDecoder = {
  /** A struct that is a part of another value; `owner` is told in type errors. */
  readonly part: (value: unknown, context: Context, owner: Owner | undefined) => unknown
  /** A whole value: `null` is the empty one. */
  readonly root: Decode
  /** The struct with nothing set. */
  readonly zero: () => unknown
  /** The fields in the order in which they are written. */
  readonly fields: () => readonly Field[]
}

const decoders = new Map<TypeName, StructDecoder>()

export function structDecoder(type: TypeName): StructDecoder {
  const known = decoders.get(type)
  if (known !== undefined) return known
  const made = compile(type)
  decoders.set(type, made)
  return made
}

function zeroOfScalar(type: ScalarType): unknown {
  switch (type) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'intOrString':
      return 0
    case 'quantity':
      return '0'
    default:
      return null
  }
}

/** Bytes as items are the empty bytes: protobuf, in which upstream stores everything, knows no others. */
function zeroOf(field: FieldSchema, place: 'field' | 'item' | 'items'): unknown {
  if (field.ref !== undefined) return structDecoder(field.ref).zero()
  if (place === 'items') return noItems
  if (place === 'item' && field.type === 'bytes') return ''
  return field.type === undefined ? null : zeroOfScalar(field.type)
}
const noItems: readonly unknown[] = Object.freeze([])

const keptOf = (type: Presence | undefined, name: string): Kept =>
  type?.always?.includes(name) === true ? 'always' : type?.optional?.includes(name) === true ? 'optional' : 'whenFilled'

function compileFields(type: TypeName): readonly Field[] {
  const fields = schema.types[type]?.fields ?? {}
  const rules = presence[type]
  return (rules?.order ?? Object.keys(fields)).flatMap((name) => {
    const field = fields[name]
    if (field === undefined) return []
    const embedded = embeddedIn(type, name)
    const owner: Owner = { struct: shortName(type), field: embedded === '' ? name : `${embedded}.${name}` }
    const kept = keptOf(rules, name)
    const decode = fieldDecoder(field, owner, `${type}.${name}`)
    return [
      {
        name,
        kept,
        decode: kept === 'always' && isCollection(field) && !keepsEmpty(type, name) ? unlessEmpty(decode) : decode,
        zero: kept === 'always' ? zeroOf(field, name === 'items' ? 'items' : 'field') : undefined,
      },
    ]
  })
}

/** Lists of objects, and what is refused when it is empty, with an error that tells `[]` from `null`: it is never stored. */
const keepsEmpty = (type: TypeName, name: string): boolean =>
  name === 'items' || (type === 'batch.v1.PodFailurePolicyOnExitCodesRequirement' && name === 'values')

const isCollection = ({ list, map }: FieldSchema): boolean => list !== undefined || map !== undefined

/**
 * An empty list or map that is always written becomes null, as it does upstream where every object passes through
 * protobuf.
 */
function unlessEmpty(decode: Decode): Decode {
  return (value, context) => {
    const collection = decode(value, context)
    return isEmpty(collection) ? undefined : collection
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)

/** Whether a decoded value is left out where it says nothing. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object') return value === '' || value === 0 || value === false || value === undefined
  if (value === null) return true
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value) return false
  return true
}

function compile(type: TypeName): StructDecoder {
  const wanted = goTypeOf({ ref: type }, '')
  // Fields are compiled on first use: types may hold each other.
  let fields: readonly Field[] | undefined
  const indexes = new Map<string, number>()
  const compiled = (): readonly Field[] => {
    if (fields === undefined) {
      fields = compileFields(type)
      fields.forEach(({ name }, index) => {
        indexes.set(name, index)
      })
    }
    return fields
  }
  let zero: unknown
  const part: StructDecoder['part'] = (value, context, owner) => {
    if (isObject(value)) return decodeStruct(value, compiled(), indexes, context)
    return value === null ? undefined : mistyped(context, owner, foundName(value), wanted)
  }
  const zeroStruct = (): unknown => {
    zero ??= Object.freeze(assemble([], compiled()))
    return zero
  }
  return {
    part,
    root: (value, context) => part(value, context, undefined) ?? zeroStruct(),
    zero: zeroStruct,
    fields: compiled,
  }
}

function decodeStruct(
  value: Json,
  fields: readonly Field[],
  indexes: ReadonlyMap<string, number>,
  context: Context,
): Json {
  const members = context.members?.get(value)
  if (members !== undefined) return decodeRepeated(value, members, fields, indexes, context)
  const slots: unknown[] = []
  let last = -1
  let same = true
  let count = 0
  for (const name in value) {
    const index = indexes.get(name)
    if (index === undefined) {
      tellStrict(context, 'unknown field', name)
      same = false
      continue
    }
    const given = value[name]
    if (given === undefined) {
      // Only objects in memory have such members: what a controller has unset.
      same = false
      continue
    }
    const decoded = (fields[index] as Field).decode(given, context)
    if (decoded !== given || index < last) same = false
    last = index
    while (slots.length <= index) slots.push(undefined)
    slots[index] = decoded
    count++
  }
  return same && isCanonical(slots, fields, count) ? value : assemble(slots, fields)
}

/** As `decodeStruct`, for an object in which members repeat: each member is decoded once, repetitions are told. */
function decodeRepeated(
  value: Json,
  members: readonly string[],
  fields: readonly Field[],
  indexes: ReadonlyMap<string, number>,
  context: Context,
): Json {
  const slots: unknown[] = []
  const seen = new Set<string>()
  for (const name of members) {
    const index = indexes.get(name)
    if (index === undefined) tellStrict(context, 'unknown field', name)
    else if (seen.has(name)) tellStrict(context, 'duplicate field', name)
    else slots[index] = (fields[index] as Field).decode(value[name], context)
    seen.add(name)
  }
  return assemble(slots, fields)
}

/** Whether assembling would give the very same object again. */
function isCanonical(slots: readonly unknown[], fields: readonly Field[], count: number): boolean {
  let kept = 0
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as Field
    const value = slots[index]
    if (value === undefined) {
      if (field.kept === 'always') return false
    } else if (field.kept === 'whenFilled' && isEmpty(value)) return false
    else kept++
  }
  return kept === count
}

/** The canonical object of decoded values in the order of `fields`; undefined is unset. */
export function assemble(slots: readonly unknown[], fields: readonly Field[]): Json {
  const object: Record<string, unknown> = {}
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as Field
    const value = slots[index]
    if (value === undefined) {
      if (field.kept === 'always') object[field.name] = field.zero
    } else if (field.kept !== 'whenFilled' || !isEmpty(value)) object[field.name] = value
  }
  return object
}

function fieldDecoder(field: FieldSchema, owner: Owner, place: string): Decode {
  if (field.ref !== undefined) return refDecoder(field.ref, owner)
  if (field.list !== undefined) return listDecoder(field.list, owner, place, field)
  if (field.map !== undefined) return mapDecoder(field.map, owner, place, field)
  return scalarDecoder(field.type ?? 'rawExtension', owner, goTypeOf(field, place))
}

function refDecoder(ref: TypeName, owner: Owner): Decode {
  const decoder = structDecoder(ref)
  return (value, context) => {
    if (!isObject(value)) return decoder.part(value, context, owner)
    const name = owner.field.slice(owner.field.lastIndexOf('.') + 1)
    context.path.push(name)
    context.goPath.push(owner.field)
    const decoded = decoder.part(value, context, owner)
    context.path.pop()
    context.goPath.pop()
    return decoded
  }
}

/** Decodes an item of a list or map: null is the empty value of its type. */
function itemDecoder(item: FieldSchema, owner: Owner, place: string): Decode {
  if (item.ref !== undefined) {
    const decoder = structDecoder(item.ref)
    return (value, context) => decoder.part(value, context, owner) ?? decoder.zero()
  }
  const decode = fieldDecoder(item, owner, `${place}[]`)
  const zero = zeroOf(item, 'item')
  return (value, context) => decode(value, context) ?? zero
}

function listDecoder(item: FieldSchema, owner: Owner, place: string, field: FieldSchema): Decode {
  const name = owner.field.slice(owner.field.lastIndexOf('.') + 1)
  const wanted = goTypeOf(field, place)
  const inner: Owner = { struct: owner.struct, field: '' }
  const decode = itemDecoder(item, item.ref === undefined ? inner : inner, place)
  return (value, context) => {
    if (!Array.isArray(value)) return value === null ? undefined : mistyped(context, owner, foundName(value), wanted)
    const list: readonly unknown[] = value
    let copy: unknown[] | undefined
    context.path.push(name, 0)
    context.goPath.push(owner.field)
    for (let index = 0; index < list.length; index++) {
      context.path[context.path.length - 1] = index
      const decoded = decode(list[index], context)
      if (copy === undefined && decoded !== list[index]) copy = list.slice(0, index)
      copy?.push(decoded)
    }
    context.path.length -= 2
    context.goPath.pop()
    return copy ?? list
  }
}

function mapDecoder(item: FieldSchema, owner: Owner, place: string, field: FieldSchema): Decode {
  const name = owner.field.slice(owner.field.lastIndexOf('.') + 1)
  const wanted = goTypeOf(field, place)
  const decode = itemDecoder(item, { struct: owner.struct, field: '' }, place)
  return (value, context) => {
    if (!isObject(value)) return value === null ? undefined : mistyped(context, owner, foundName(value), wanted)
    context.path.push(name, 0)
    context.goPath.push(owner.field)
    const decoded = decodeMap(value, decode, context)
    context.path.length -= 2
    context.goPath.pop()
    return decoded
  }
}

function decodeMap(value: Json, decode: Decode, context: Context): Json {
  const keys = Object.keys(value)
  const at = context.path.length - 1
  let same = true
  const values = keys.map((key, index) => {
    context.path[at] = key
    const decoded = decode(value[key], context)
    if (decoded !== value[key] || (index > 0 && key < (keys[index - 1] as string))) same = false
    return decoded
  })
  tellRepeated(value, context)
  if (same) return value
  const sorted: Record<string, unknown> = {}
  const order = keys.map((key, index) => [key, index] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, index] of order) define(sorted, key, values[index])
  return sorted
}

function tellRepeated(value: Json, context: Context): void {
  const members = context.members?.get(value)
  if (members === undefined) return
  const path = context.path.splice(-1)
  const seen = new Set<string>()
  for (const key of members) {
    if (seen.has(key)) tellStrict(context, 'duplicate field', key)
    seen.add(key)
  }
  context.path.push(...path)
}
