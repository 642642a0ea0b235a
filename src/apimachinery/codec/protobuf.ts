/**
 * Objects as `application/vnd.kubernetes.protobuf`: a bare message per type, the envelope that names its type, and
 * the frames of a watch stream.
 *
 * @source kubernetes v1.36 apimachinery/pkg/runtime/serializer/protobuf, apimachinery/pkg/runtime/generated.proto
 * (facts: layout, texts)
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { schema, type TypeName } from '../schema/schema.ts'
import { messageCodec } from './messages.ts'
import { enter, hasMore, leave, newReader, type Reader, readBytes, readText, readVarint, skipField } from './reader.ts'
import { stringValue } from './values.ts'
import { newWriter, putBytes, putLength, putVarint, size, sizedTag, type Writer, written } from './writer.ts'

export type ObjectKind = { readonly apiVersion: string; readonly kind: string }
/** A body with its type named; `raw` is the bare message, a view of the body. */
export type Envelope = ObjectKind & { readonly raw: Uint8Array }

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0)
const first = sizedTag(1)
const second = sizedTag(2)

/** One writer for everything: encoding runs to its end without a break, and the result is a copy. */
const shared: Writer = newWriter()
/** A buffer that one huge object made larger than this is given back. */
const largestKept = 1 << 20

function write(content: (writer: Writer) => void): Uint8Array {
  shared.start = shared.buffer.length
  content(shared)
  const bytes = written(shared)
  if (shared.buffer.length > largestKept) Object.assign(shared, newWriter())
  return bytes
}

/** The bare message of a canonical object; `kind` and `apiVersion` of whole objects are not in it. */
export const encodeMessage = (type: TypeName, object: object): Uint8Array =>
  write((writer) => messageCodec(type).put(writer, object as Readonly<Record<string, unknown>>))

/** The body for a canonical object: magic, type, message. */
export const encodeProtobuf = (type: TypeName, kind: ObjectKind, object: object): Uint8Array =>
  write((writer) => {
    putTail(writer)
    const before = size(writer)
    messageCodec(type).put(writer, object as Readonly<Record<string, unknown>>)
    putLength(writer, second, before)
    putKind(writer, kind)
  })

/**
 * A body that is put together from messages that are known already, as texts of a character per byte: such texts are
 * joined, kept and sent like those of JSON.
 */
export type ListFrame = {
  /** What stands before the message of an item of so many bytes. */
  readonly item: (length: number) => string
  /** What stands before the items, which are so many bytes with what stands before each. */
  readonly head: (kind: ObjectKind, metadata: object, length: number) => string
}

/** The bytes as a text of a character per byte; for short ones. */
function asText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

/** A whole number from 0 to 2^32 as a varint. */
function varintText(value: number): string {
  let text = ''
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) text += String.fromCharCode((rest % 128) | 128)
  return text + String.fromCharCode(rest)
}

/** What envelopes of a kind begin with, up to the length of the message. */
const envelopeStarts = new Map<string, string>()

function envelopeStart(kind: ObjectKind): string {
  const key = `${kind.apiVersion} ${kind.kind}`
  const known = envelopeStarts.get(key)
  if (known !== undefined) return known
  const start = asText(
    write((writer) => {
      putVarint(writer, second)
      putKind(writer, kind)
    }),
  )
  // There are as many as kinds.
  envelopeStarts.set(key, start)
  return start
}

/** What stands behind the content of an envelope. */
export const envelopeEnd = asText(write(putTail))

/** The body of a message, which is a text too. */
export const envelopeText = (kind: ObjectKind, message: string): string =>
  envelopeStart(kind) + varintText(message.length) + message + envelopeEnd

/** For lists of a type that has `metadata` and `items` and nothing behind these, as all lists have. */
export function listFrame(type: TypeName): ListFrame {
  const field = schema.types[type]?.fields?.['items']?.proto
  if (field === undefined) throw new Error(`${type} is no list with a protobuf form`)
  const tag = varintText(sizedTag(field))
  return {
    item: (length) => tag + varintText(length),
    head(kind, metadata, length) {
      const message = asText(encodeMessage(type, { metadata }))
      return envelopeStart(kind) + varintText(message.length + length) + message
    },
  }
}

/** What stands behind the content of an envelope: no encoding, no content type. */
function putTail(writer: Writer): void {
  stringValue.put(writer, sizedTag(4), '')
  stringValue.put(writer, sizedTag(3), '')
}

/** Writes the head of an envelope in front of its content. */
function putKind(writer: Writer, { apiVersion, kind }: ObjectKind): void {
  const before = size(writer)
  stringValue.put(writer, second, kind)
  stringValue.put(writer, first, apiVersion)
  putLength(writer, first, before)
  putBytes(writer, magic)
}

/** The canonical object in a bare message, or upstream's text of what is wrong with the bytes. */
export function decodeMessage(type: TypeName, bytes: Uint8Array, kind?: ObjectKind): Result<object, string> {
  if (schema.types[type] === undefined) return fail(`unknown type ${type}`)
  const reader = newReader(bytes)
  const object = messageCodec(type).read(reader, kind) as object
  return reader.error === undefined ? ok(object) : fail(reader.error)
}

/** Opens a body. `kind` and `apiVersion` are empty texts when the body does not tell them. */
export function openEnvelope(body: Uint8Array): Result<Envelope, string> {
  if (body.length === 0) return fail('empty data')
  if (!magic.every((byte, index) => body[index] === byte)) {
    return fail('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  if (body.length === magic.length) return fail('empty body')
  const reader = newReader(body)
  reader.at = magic.length
  let raw = body.subarray(0, 0)
  let kind: ObjectKind = { apiVersion: '', kind: '' }
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    if (tag === 8 + 2) kind = readKind(reader)
    else if (tag === 16 + 2) raw = readBytes(reader)
    else if (reader.error === undefined) skipField(reader, tag % 8)
  }
  return reader.error === undefined ? ok({ ...kind, raw }) : fail(reader.error)
}

function readKind(reader: Reader): ObjectKind {
  let apiVersion = ''
  let kind = ''
  const outer = enter(reader)
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    if (tag === 8 + 2) apiVersion = readText(reader)
    else if (tag === 16 + 2) kind = readText(reader)
    else skipField(reader, tag % 8)
  }
  leave(reader, outer)
  return { apiVersion, kind }
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/** One frame of a watch stream: four bytes of length, then the event; `body` is that of an object. */
export function watchFrameText(type: WatchEventType, body: string): string {
  const raw = rawTag + varintText(body.length)
  const event = `${typeTag}${varintText(type.length)}${type}${objectTag}${varintText(raw.length + body.length)}${raw}`
  const length = event.length + body.length
  return String.fromCharCode(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255) + event + body
}
const typeTag = String.fromCharCode(first)
const objectTag = String.fromCharCode(second)
const rawTag = String.fromCharCode(first)

export type WatchFrame = { readonly type: string; readonly object: Uint8Array }

/** The whole frames at the start of `bytes`, and how many bytes they took; the rest waits for more. */
export function decodeWatchFrames(
  bytes: Uint8Array,
): Result<{ readonly frames: readonly WatchFrame[]; readonly taken: number }, string> {
  const frames: WatchFrame[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4)
    const length = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
    if (at + 4 + length > bytes.length) break
    const frame = readFrame(bytes.subarray(at + 4, at + 4 + length))
    if (!frame.ok) return frame
    frames.push(frame.value)
    at += 4 + length
  }
  return ok({ frames, taken: at })
}

function readFrame(bytes: Uint8Array): Result<WatchFrame, string> {
  const reader = newReader(bytes)
  let type = ''
  let object = bytes.subarray(0, 0)
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    if (tag === 8 + 2) type = readText(reader)
    else if (tag === 16 + 2) object = readRaw(reader)
    else if (reader.error === undefined) skipField(reader, tag % 8)
  }
  return reader.error === undefined ? ok({ type, object }) : fail(reader.error)
}

function readRaw(reader: Reader): Uint8Array {
  let raw = reader.bytes.subarray(0, 0)
  const outer = enter(reader)
  while (hasMore(reader)) {
    const tag = readVarint(reader)
    if (tag === 8 + 2) raw = readBytes(reader)
    else skipField(reader, tag % 8)
  }
  leave(reader, outer)
  return raw
}
