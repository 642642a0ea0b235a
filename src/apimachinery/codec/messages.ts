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
import { scalarValue, stringValue, type Value } from './values.ts'
import { putLength, size, type Writer } from './writer.ts'

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
  readonly put: (writer: Writer, object: Json) => void
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

function compile(type: TypeName): MessageCodec {
  let compiled: { readonly fields: readonly Field[]; readonly members: readonly Member[] } | undefined
  const byNumber: Member[] = []
  const parts = () => {
    if (compiled !== undefined) return compiled
    const fields = structDecoder(type).fields()
    const members = membersOf(type, fields).toSorted((a, b) => a.number - b.number)
    for (const member of members) byNumber[member.number] = member
    compiled = { fields, members }
    return compiled
  }
  const put: MessageCodec['put'] = (writer, object) => {
    const { members } = parts()
    for (let index = members.length - 1; index >= 0; index--) (members[index] as Member).put(writer, object)
  }
  const read: MessageCodec['read'] = (reader, start) => {
    const { fields, members } = parts()
    const slots: unknown[] = new Array(fields.length)
    if (start !== undefined)
      fields.forEach(({ name }, index) => {
        slots[index] = start[name]
      })
    readInto(reader, slots, byNumber, type)
    for (const member of members) member.finish?.(slots)
    return assemble(slots, fields)
  }
  return { put, read }
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
  const pointer = field.kept === 'optional'
  return {
    number,
    put: (writer, object) => {
      const given = object[field.name]
      if (given !== undefined || !pointer) value.put(writer, number, given)
    },
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
    put: (writer, object) => {
      const list = object[name]
      if (list !== undefined && list !== null) value.put(writer, number, list)
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
    put: (writer, field, value) => {
      const before = size(writer)
      codec.put(writer, (value ?? nothing) as Json)
      putLength(writer, field, before)
    },
    read: (reader) => {
      const outer = enter(reader)
      const object = codec.read(reader)
      leave(reader, outer)
      return object
    },
  }
}

function putItems(writer: Writer, number: number, value: Value, list: unknown): void {
  if (!Array.isArray(list)) return
  for (let index = list.length - 1; index >= 0; index--) value.put(writer, number, list[index])
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
    put: (writer, object) => putItems(writer, number, value, object[name]),
    read: (reader, slots, wireType) => {
      const list = (slots[index] ?? []) as unknown[]
      slots[index] = list
      readItem(reader, wireType, value, name, list)
    },
  }
}

function listMessage(item: FieldSchema): Value {
  const value = valueIn(item)
  return {
    wireType: 2,
    put: (writer, field, list) => {
      const before = size(writer)
      putItems(writer, 1, value, list)
      putLength(writer, field, before)
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

/** Texts in the order of their UTF-8 bytes, which differs from that of UTF-16 units beyond U+FFFF. */
function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left === right) continue
    const surrogates = left >= 0xd800 && left < 0xe000 ? 1 : 0
    const others = right >= 0xd800 && right < 0xe000 ? 1 : 0
    return surrogates !== others ? surrogates - others : left - right
  }
  return a.length - b.length
}

function mapMember(item: FieldSchema, number: number, name: string, index: number): Member {
  const value = valueIn(item)
  return {
    number,
    put: (writer, object) => {
      const map = object[name] as Json | null | undefined
      if (map === undefined || map === null) return
      const keys = Object.keys(map).sort(byBytes)
      for (let at = keys.length - 1; at >= 0; at--) {
        const key = keys[at] as string
        const before = size(writer)
        value.put(writer, 2, map[key])
        stringValue.put(writer, 1, key)
        putLength(writer, number, before)
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
    put: (writer, object) => {
      const before = size(writer)
      codec.put(writer, object)
      putLength(writer, number, before)
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
