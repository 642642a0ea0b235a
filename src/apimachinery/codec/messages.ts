/**
 * Messages of protobuf, compiled from the schema, one codec per type, when the type is first needed.
 *
 * Bytes are those of upstream's generated code: fields by number; a field that is no pointer in Go stands there even
 * when it is zero; maps are sorted by key.
 */
import { define } from '../decode/json.ts'
import { assemble, type Field, structDecoder } from '../decode/structs.ts'
import { type FieldSchema, schema, type TypeName } from '../schema/schema.ts'
import { enter, hasMore, leave, type Reader, readVarint, refuse, skipField } from './reader.ts'
import { putString, scalarValue, stringValue, tagOf, type Value } from './values.ts'
import {
  knownBytesOf,
  newWriter,
  putBytes,
  putLength,
  size,
  sizedTag,
  type Tag,
  type Writer,
  written,
} from './writer.ts'

type Json = Readonly<Record<string, unknown>>

export type MessageCodec = {
  /** Writes the fields of an object, without a length. */
  readonly put: (writer: Writer, object: Json) => void
  /** Reads fields up to the reader's end; `start` holds fields that the bytes do not have (kind, apiVersion). */
  readonly read: (reader: Reader, start?: Json) => unknown
}

/** What is in one field of a message. */
type Member = {
  readonly number: number
  /** The field of the object that it is made from; absent when it is made from the whole object. */
  readonly name?: string
  readonly tag: Tag
  /** Writes a value that is set; or the object. */
  readonly put: Value['put']
  /** What stands in the place of a field that is no pointer in Go and is not set. */
  readonly zero?: Value
  /** Reads one occurrence into the slots of the object. */
  readonly read: (reader: Reader, slots: unknown[], wireType: number) => void
  /** Runs after the last occurrence. */
  readonly finish?: (slots: unknown[]) => void
}

const codecs = new Map<TypeName, MessageCodec>()

export function messageCodec(type: TypeName): MessageCodec {
  const known = codecs.get(type)
  if (known !== undefined) return known
  const made = compile(type)
  codecs.set(type, made)
  return made
}

/** A type, taken apart for writing and reading. */
type Parts = {
  readonly fields: readonly Field[]
  /** In the order of their numbers. */
  readonly members: readonly Member[]
  readonly byNumber: readonly Member[]
  readonly finishing: readonly Member[]
  /** The root of the shapes that objects of the type were seen to have. */
  shapes: Shape
  shapeCount: number
}

function takeApart(type: TypeName): Parts {
  const fields = structDecoder(type).fields()
  const members = membersOf(type, fields).toSorted((a, b) => a.number - b.number)
  const byNumber: Member[] = []
  for (const member of members) byNumber[member.number] = member
  const finishing = members.filter(({ finish }) => finish !== undefined)
  return { fields, members, byNumber, finishing, shapes: newShape([]), shapeCount: 0 }
}

function compile(type: TypeName): MessageCodec {
  // Types may hold each other: each is taken apart when it is first used.
  let known: Parts | undefined
  const parts = (): Parts => {
    known ??= takeApart(type)
    return known
  }
  return {
    put: (writer, object) => putMembers(parts(), writer, object),
    read: (reader, start) => readMembers(parts(), reader, start, type),
  }
}

/**
 * The names that an object has, in their order: a node of a tree, in which an object's names are the way from the root.
 * Objects of a kind mostly have the same names, and what is to be written for these is found out once.
 */
type Shape = {
  readonly names: readonly string[]
  readonly next: Map<string, Shape>
  /** Where the way went last. */
  lastName: string
  lastNext: Shape | undefined
  steps: readonly Step[] | undefined
}

/** One thing to write, from the last to the first. */
type Step = {
  /** Which of the object's values it is; `constant`: always the same bytes, `whole`: the object itself. */
  readonly value: number
  readonly tag: Tag
  readonly put: Value['put']
  /** What stands there without a value. */
  readonly zero: Uint8Array
}
const constant = -1
const whole = -2
const noBytes = new Uint8Array(0)
const mostShapes = 1000

const newShape = (names: readonly string[]): Shape => ({
  names,
  next: new Map(),
  lastName: '',
  lastNext: undefined,
  steps: undefined,
})

/** The shape with one more name; when a type has shown too many, they are found out anew. */
function further(parts: Parts, shape: Shape, name: string): Shape {
  let next = shape.next.get(name)
  if (next === undefined) {
    if (parts.shapeCount++ >= mostShapes) {
      parts.shapes = newShape([])
      parts.shapeCount = 0
    }
    next = newShape([...shape.names, name])
    shape.next.set(name, next)
  }
  shape.lastName = name
  shape.lastNext = next
  return next
}

function zeroOf({ zero, number }: Member): Uint8Array {
  if (zero === undefined) return noBytes
  const writer = newWriter(64)
  zero.put(writer, tagOf(zero, number), undefined)
  return written(writer)
}

/** Unset fields that stand together are one step. */
function stepsOf(members: readonly Member[], names: readonly string[]): readonly Step[] {
  const steps: Step[] = []
  let unset = newWriter(64)
  const flush = (): void => {
    if (size(unset) === 0) return
    steps.push({ value: constant, tag: 0, put: putString, zero: written(unset) })
    unset = newWriter(64)
  }
  for (const member of members.toReversed()) {
    const value = member.name === undefined ? whole : names.indexOf(member.name)
    if (value === constant) putBytes(unset, zeroOf(member))
    else {
      flush()
      steps.push({ value, tag: member.tag, put: member.put, zero: zeroOf(member) })
    }
  }
  flush()
  return steps
}

function putMembers(parts: Parts, writer: Writer, object: Json): void {
  const values: unknown[] = new Array(parts.fields.length + 2)
  let count = 0
  let shape = parts.shapes
  for (const name in object) {
    values[count++] = object[name]
    shape = shape.lastName === name && shape.lastNext !== undefined ? shape.lastNext : further(parts, shape, name)
  }
  shape.steps ??= stepsOf(parts.members, shape.names)
  for (const { value: at, tag, put, zero } of shape.steps) {
    if (at === constant) {
      putBytes(writer, zero)
      continue
    }
    const value = at === whole ? object : values[at]
    if (value === undefined) putBytes(writer, zero)
    // Most values are texts; a call that is known can be inlined.
    else if (put === putString) putString(writer, tag, value)
    else put(writer, tag, value)
  }
}

function readMembers(
  { fields, byNumber, finishing }: Parts,
  reader: Reader,
  start: Json | undefined,
  type: string,
): unknown {
  const slots: unknown[] = new Array(fields.length)
  if (start !== undefined)
    fields.forEach(({ name }, index) => {
      slots[index] = start[name]
    })
  readInto(reader, slots, byNumber, type)
  for (const member of finishing) member.finish?.(slots)
  return assemble(slots, fields)
}

function readInto(reader: Reader, slots: unknown[], byNumber: readonly Member[], type: string): void {
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (number === 0 && reader.error === undefined)
      refuse(reader, `proto: ${type}: illegal tag 0 (wire type ${wireType})`)
    if (reader.error !== undefined) return
    const member = byNumber[number]
    if (member === undefined) skipField(reader, wireType)
    else member.read(reader, slots, wireType)
  }
}

function membersOf(type: TypeName, fields: readonly Field[]): readonly Member[] {
  const schemas = schema.types[type]?.fields ?? {}
  const own = fields.flatMap((field, index) => {
    const rule = schemas[field.name]
    if (rule?.proto === undefined) return []
    if (rule.list !== undefined && wrappedLists.has(`${type}.${field.name}`))
      return [wrappedMember(rule, rule.proto, field, index)]
    return [memberOf(rule, rule.proto, field, index)]
  })
  const embedded = Object.values(schema.protoOnly[type] ?? {}).map(({ id, type: inner }) =>
    embeddedMember(id, inner, fields, schemas),
  )
  return [...own, ...embedded]
}

function memberOf(rule: FieldSchema, number: number, field: Field, index: number): Member {
  if (rule.list !== undefined) return listMember(rule.list, number, field.name, index)
  if (rule.map !== undefined) return mapMember(rule.map, number, field.name, index)
  const value = valueIn(rule)
  return {
    number,
    name: field.name,
    tag: tagOf(value, number),
    put: value.put,
    ...(field.kept === 'optional' ? {} : { zero: value }),
    read: (reader, slots, wireType) => {
      if (checked(reader, wireType, value, field.name)) slots[index] = value.read(reader)
    },
  }
}

/** Lists that have a Go type of their own, and so a message of their own. */
const wrappedLists: ReadonlySet<string> = new Set(['meta.v1.APIResource.verbs'])

function wrappedMember(rule: FieldSchema, number: number, { name }: Field, index: number): Member {
  const value = valueIn(rule)
  return {
    number,
    name,
    tag: tagOf(value, number),
    put: (writer, tag, list) => {
      if (list !== null) value.put(writer, tag, list)
    },
    read: (reader, slots, wireType) => {
      if (checked(reader, wireType, value, name)) slots[index] = value.read(reader)
    },
  }
}

function checked(reader: Reader, wireType: number, value: Value, name: string): boolean {
  if (wireType === value.wireType) return true
  refuse(reader, `proto: wrong wireType = ${wireType} for field ${name.charAt(0).toUpperCase()}${name.slice(1)}`)
  return false
}

function valueIn(rule: FieldSchema): Value {
  if (rule.ref !== undefined) return refValue(rule.ref)
  // A list as the value of a map is a message of its own whose field 1 repeats.
  if (rule.list !== undefined) return listMessage(rule.list)
  return scalarValue(rule.type ?? 'rawExtension')
}

const nothing: Json = {}

function refValue(type: TypeName): Value {
  const codec = messageCodec(type)
  return {
    wireType: 2,
    put: (writer, tag, value) => {
      const before = size(writer)
      codec.put(writer, (value ?? nothing) as Json)
      putLength(writer, tag, before)
    },
    read: (reader) => {
      const outer = enter(reader)
      const object = codec.read(reader)
      leave(reader, outer)
      return object
    },
  }
}

function putItems(writer: Writer, tag: Tag, value: Value, list: unknown): void {
  if (!Array.isArray(list)) return
  for (let index = list.length - 1; index >= 0; index--) value.put(writer, tag, list[index])
}

/** Appends one item, or several packed ones. */
function readItem(reader: Reader, wireType: number, value: Value, name: string, list: unknown[]): void {
  if (value.wireType === 0 && wireType === 2) {
    const outer = enter(reader)
    while (hasMore(reader)) list.push(value.read(reader))
    leave(reader, outer)
  } else if (checked(reader, wireType, value, name)) list.push(value.read(reader))
}

function listMember(item: FieldSchema, number: number, name: string, index: number): Member {
  const value = valueIn(item)
  return {
    number,
    name,
    tag: tagOf(value, number),
    put: (writer, tag, list) => putItems(writer, tag, value, list),
    read: (reader, slots, wireType) => {
      const list = (slots[index] ?? []) as unknown[]
      slots[index] = list
      readItem(reader, wireType, value, name, list)
    },
  }
}

function listMessage(item: FieldSchema): Value {
  const value = valueIn(item)
  const first = tagOf(value, 1)
  return {
    wireType: 2,
    put: (writer, tag, list) => {
      const before = size(writer)
      putItems(writer, first, value, list)
      putLength(writer, tag, before)
    },
    read: (reader) => {
      const list: unknown[] = []
      const outer = enter(reader)
      while (hasMore(reader)) {
        const tag = readVarint(reader)
        if (Math.floor(tag / 8) === 1) readItem(reader, tag % 8, value, 'items', list)
        else skipField(reader, tag % 8)
      }
      leave(reader, outer)
      return list
    },
  }
}

/** The order of bytes: that of UTF-8, which differs from that of UTF-16 units beyond U+FFFF. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = (a[at] as number) - (b[at] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The keys of a map in their order; mostly they stand so already. */
function sortedKeys(map: Json): readonly string[] {
  const keys = Object.keys(map)
  if (keys.length < 2) return keys
  let before = knownBytesOf(keys[0] as string)
  for (let at = 1; at < keys.length; at++) {
    const bytes = knownBytesOf(keys[at] as string)
    if (compareBytes(before, bytes) > 0) return keys.sort((a, b) => compareBytes(knownBytesOf(a), knownBytesOf(b)))
    before = bytes
  }
  return keys
}

const keyTag = sizedTag(1)

function mapMember(item: FieldSchema, number: number, name: string, index: number): Member {
  const value = valueIn(item)
  const second = tagOf(value, 2)
  return {
    number,
    name,
    tag: sizedTag(number),
    put: (writer, tag, given) => {
      if (given === null) return
      const map = given as Json
      const keys = sortedKeys(map)
      for (let at = keys.length - 1; at >= 0; at--) {
        const key = keys[at] as string
        const before = size(writer)
        value.put(writer, second, map[key])
        stringValue.put(writer, keyTag, key)
        putLength(writer, tag, before)
      }
    },
    read: (reader, slots, wireType) => {
      if (!checked(reader, wireType, stringValue, name)) return
      const map = (slots[index] ?? new Map()) as Map<string, unknown>
      slots[index] = map
      readEntry(reader, value, map)
    },
    finish: (slots) => {
      const map = slots[index] as Map<string, unknown> | undefined
      if (map !== undefined) slots[index] = sortedObject(map)
    },
  }
}

/** The entries as an object with its members in order. Senders sort them, so mostly nothing is left to do. */
function sortedObject(map: ReadonlyMap<string, unknown>): Json {
  let last = ''
  let sorted = true
  const object: Record<string, unknown> = {}
  for (const [key, value] of map) {
    if (key < last) sorted = false
    last = key
    define(object, key, value)
  }
  return sorted ? object : Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readEntry(reader: Reader, value: Value, map: Map<string, unknown>): void {
  let key = ''
  let content: unknown
  const outer = enter(reader)
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    const field = Math.floor(tag / 8)
    if (field === 1 && tag % 8 === 2) key = stringValue.read(reader) as string
    else if (field === 2 && tag % 8 === value.wireType) content = value.read(reader)
    else skipField(reader, tag % 8)
  }
  leave(reader, outer)
  map.set(key, content ?? emptyOf(value))
}

/** The value of an entry that has none. */
function emptyOf(value: Value): unknown {
  return value === stringValue || value === scalarValue('bytes') ? '' : value.read(emptyReader())
}
const emptyReader = (): Reader => ({ bytes: new Uint8Array([0]), at: 0, end: 1, error: undefined })

/**
 * A struct that Go embeds: its fields stand beside those of the outer struct in JSON and in a message of their own
 * in protobuf.
 */
function embeddedMember(
  number: number,
  type: TypeName,
  fields: readonly Field[],
  schemas: Readonly<Record<string, FieldSchema>>,
): Member {
  const codec = messageCodec(type)
  const places = fields.flatMap(({ name }, index) =>
    schemas[name]?.proto === undefined ? [[name, index] as const] : [],
  )
  return {
    number,
    tag: sizedTag(number),
    put: (writer, tag, object) => {
      const before = size(writer)
      codec.put(writer, object as Json)
      putLength(writer, tag, before)
    },
    read: (reader, slots, wireType) => {
      if (!checked(reader, wireType, stringValue, type)) return
      const outer = enter(reader)
      const inner = codec.read(reader) as Json
      leave(reader, outer)
      for (const [name, index] of places) if (inner[name] !== undefined) slots[index] = inner[name]
    },
  }
}
