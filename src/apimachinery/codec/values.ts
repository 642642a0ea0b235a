/**
 * How single values stand in protobuf. Every value knows how to write itself under a field number and how to read
 * itself; what is always written and what only when set is decided by the fields, see messages.ts.
 */
import { formatTime, type Instant, parseTime } from '../../base/index.ts'
import { base64OfBytes, bytesOfBase64 } from '../decode/base64.ts'
import { jsonValue } from '../decode/json.ts'
import { canonicalQuantity } from '../quantity/quantity.ts'
import type { ScalarType } from '../schema/schema.ts'
import {
  enter,
  hasMore,
  leave,
  type Reader,
  readBool,
  readBytes,
  readInt32,
  readInt64,
  readText,
  readVarint,
  refuse,
  skipField,
  textOf,
} from './reader.ts'
import {
  bytesOf,
  newWriter,
  numberTag,
  putBytes,
  putInt,
  putLength,
  putText,
  putVarint,
  size,
  sizedTag,
  type Tag,
  type Writer,
  written,
} from './writer.ts'

export type Value = {
  readonly wireType: number
  /** Writes a value with its tag. */
  readonly put: (writer: Writer, tag: Tag, value: unknown) => void
  /** Reads a value behind its tag, in its canonical form. */
  readonly read: (reader: Reader) => unknown
}

/** The tag of a field that holds such a value. */
export const tagOf = (value: Value, field: number): Tag => field * 8 + value.wireType

const firstNumber = numberTag(1)
const secondNumber = numberTag(2)
const firstText = sizedTag(1)
const thirdText = sizedTag(3)

export function putString(writer: Writer, tag: Tag, value: unknown): void {
  const before = size(writer)
  if (typeof value === 'string' && value !== '') putText(writer, value)
  putLength(writer, tag, before)
}
export const stringValue: Value = { wireType: 2, put: putString, read: readText }

const boolValue: Value = {
  wireType: 0,
  put: (writer, tag, value) => {
    putVarint(writer, value === true ? 1 : 0)
    putVarint(writer, tag)
  },
  read: readBool,
}

const intValue = (read: (reader: Reader) => number): Value => ({
  wireType: 0,
  put: (writer, tag, value) => {
    putInt(writer, typeof value === 'number' ? value : 0)
    putVarint(writer, tag)
  },
  read,
})

/** Reads the fields of a small message; `take` reads one it knows and says so. */
function readFields(reader: Reader, take: (field: number, wireType: number) => boolean): void {
  const outer = enter(reader)
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    const field = Math.floor(tag / 8)
    if (!take(field, tag % 8)) skipField(reader, tag % 8)
  }
  leave(reader, outer)
}

const zeroSeconds = -62_135_596_800

const endSeconds = 253_402_300_800

/** The times of one object are mostly the same. */
let lastTime = ''
let lastTimeBytes: Uint8Array = new Uint8Array(0)

/** The whole seconds of a canonical time; its fraction, if it has one, stays exact as digits. */
function putTime(writer: Writer, text: string): void {
  if (text !== lastTime) {
    const at = parseTime(text.length === 20 ? text : `${text.slice(0, 19)}Z`)
    if (at === undefined) return
    const own = newWriter(32)
    putInt(own, text[19] === '.' ? Number(text.slice(20, 26)) * 1000 : 0)
    putVarint(own, secondNumber)
    putInt(own, Math.round(at / 1000))
    putVarint(own, firstNumber)
    lastTime = text
    lastTimeBytes = written(own)
  }
  putBytes(writer, lastTimeBytes)
}

/** The zero time is the empty message; `null` stands for it. */
const timeValue = (withMicros: boolean): Value => ({
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    if (typeof value === 'string') putTime(writer, value)
    putLength(writer, tag, before)
  },
  read: (reader) => {
    let seconds = zeroSeconds
    let nanos = 0
    readFields(reader, (field, wireType) => {
      if (wireType !== 0 || (field !== 1 && field !== 2)) return false
      if (seconds === zeroSeconds) seconds = 0
      if (field === 1) seconds = readInt64(reader)
      else nanos = readInt32(reader)
      return true
    })
    if (seconds === zeroSeconds) return null
    if (seconds < zeroSeconds || seconds >= endSeconds || nanos < 0 || nanos >= 1e9) {
      refuse(reader, 'proto: time out of range')
      return null
    }
    const text = formatTime((seconds * 1000) as Instant)
    return withMicros ? `${text.slice(0, 19)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : text
  },
})

/** A message whose field 1 is a text. */
const quantityValue: Value = {
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    putString(writer, firstText, value === undefined || value === null ? '0' : String(value))
    putLength(writer, tag, before)
  },
  read: (reader) => {
    let text = '0'
    readFields(reader, (field, wireType) => {
      if (field !== 1 || wireType !== 2) return false
      text = readText(reader)
      return true
    })
    const quantity = canonicalQuantity(text)
    if (quantity.ok) return quantity.value
    refuse(reader, quantity.error)
    return '0'
  },
}

const intOrStringValue: Value = {
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    putString(writer, thirdText, value)
    putInt(writer, typeof value === 'number' ? value : 0)
    putVarint(writer, secondNumber)
    putVarint(writer, typeof value === 'string' ? 1 : 0)
    putVarint(writer, firstNumber)
    putLength(writer, tag, before)
  },
  read: (reader) => {
    let type = 0
    let int = 0
    let text = ''
    readFields(reader, (field, wireType) => {
      if (field === 1 && wireType === 0) type = readInt32(reader)
      else if (field === 2 && wireType === 0) int = readInt32(reader)
      else if (field === 3 && wireType === 2) text = readText(reader)
      else return false
      return true
    })
    return type === 1 ? text : int
  },
}

const bytesValue: Value = {
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    if (typeof value === 'string') putBytes(writer, bytesOfBase64(value))
    putLength(writer, tag, before)
  },
  read: (reader) => base64OfBytes(readBytes(reader)),
}

function readRaw(reader: Reader): unknown {
  let bytes: Uint8Array | undefined
  readFields(reader, (field, wireType) => {
    if (field !== 1 || wireType !== 2) return false
    bytes = readBytes(reader)
    return true
  })
  if (bytes === undefined || bytes.length === 0) return null
  const value = jsonValue(textOf(bytes))
  if (value !== undefined) return value
  refuse(reader, 'proto: embedded JSON is not valid')
  return null
}

/** A message whose field 1 holds JSON as bytes. */
const rawValue: Value = {
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    if (value !== undefined && value !== null) putString(writer, firstText, JSON.stringify(value))
    putLength(writer, tag, before)
  },
  read: readRaw,
}

/** The bytes of sets of fields written lately: they are half of most objects, and objects made alike share theirs. */
const fieldSets = new Map<object, Uint8Array>()
const mostFieldSets = 256
const longestFieldSet = 8192

function fieldSetBytes(fields: object): Uint8Array {
  const known = fieldSets.get(fields)
  if (known !== undefined) return known
  const bytes = bytesOf(JSON.stringify(fields))
  if (bytes.length > longestFieldSet) return bytes
  if (fieldSets.size >= mostFieldSets) fieldSets.clear()
  fieldSets.set(fields, bytes)
  return bytes
}

/** As `rawValue`, for the set of fields that a manager owns. */
const fieldsValue: Value = {
  wireType: 2,
  put: (writer, tag, value) => {
    const before = size(writer)
    if (typeof value === 'object' && value !== null) {
      putBytes(writer, fieldSetBytes(value))
      putLength(writer, firstText, before)
    } else if (value !== undefined && value !== null) putString(writer, firstText, JSON.stringify(value))
    putLength(writer, tag, before)
  },
  read: readRaw,
}

export function scalarValue(type: ScalarType): Value {
  switch (type) {
    case 'string':
      return stringValue
    case 'bool':
      return boolValue
    case 'int32':
      return intValue(readInt32)
    case 'int64':
      return intValue(readInt64)
    case 'time':
      return timeValue(false)
    case 'microTime':
      return timeValue(true)
    case 'quantity':
      return quantityValue
    case 'intOrString':
      return intOrStringValue
    case 'bytes':
      return bytesValue
    case 'fieldsV1':
      return fieldsValue
    case 'rawExtension':
      return rawValue
  }
}
