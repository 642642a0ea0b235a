/**
 * Protobuf bytes, written from the end to the start: so a message's length is known when it is written, without
 * measuring the message first.
 */

// Part of every JavaScript runtime, but not of the language's own library.
declare const TextEncoder: new () => { readonly encode: (text: string) => Uint8Array }
const encoder = new TextEncoder()

/** A text as UTF-8; lone surrogates become U+FFFD. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)

/** Up to here a loop over the characters is faster than a look into what is known. */
const shortText = 12
/** Longer texts are written natively. */
const longestKnown = 64
const mostKnown = 512
/** The bytes of texts written lately: labels, names of managers, words of enumerations come in every object. */
const known = new Map<string, Uint8Array>()

/** As `bytesOf`, for texts that may come again. */
export function knownBytesOf(text: string): Uint8Array {
  const before = known.get(text)
  if (before !== undefined) return before
  const bytes = asciiBytes(text) ?? bytesOf(text)
  if (text.length <= longestKnown) {
    if (known.size >= mostKnown) known.clear()
    known.set(text, bytes)
  }
  return bytes
}

/** The bytes of a short plain text, made without a native call; else undefined. */
function asciiBytes(text: string): Uint8Array | undefined {
  const { length } = text
  if (length > longestKnown) return undefined
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) {
    const char = text.charCodeAt(at)
    if (char >= 0x80) return undefined
    bytes[at] = char
  }
  return bytes
}

export type Writer = {
  buffer: Uint8Array
  /** Where the written bytes start; everything behind is written. */
  start: number
}

/** A writer with room for so many bytes; more is made when it is needed. */
export const newWriter = (room = 4096): Writer => ({ buffer: new Uint8Array(room), start: room })

/** The bytes written so far; a copy, so that the buffer can be used again. */
export const written = (writer: Writer): Uint8Array => writer.buffer.slice(writer.start)

function grow(writer: Writer, wanted: number): void {
  const used = writer.buffer.length - writer.start
  const buffer = new Uint8Array(Math.max(writer.buffer.length * 2, used + wanted))
  buffer.set(writer.buffer.subarray(writer.start), buffer.length - used)
  writer.start = buffer.length - used
  writer.buffer = buffer
}

const reserve = (writer: Writer, count: number): void => {
  if (writer.start < count) grow(writer, count)
}

/** A whole number from 0 to 2^53. */
export function putVarint(writer: Writer, value: number): void {
  reserve(writer, 10)
  if (value < 128) writer.buffer[--writer.start] = value
  else putLongVarint(writer, value)
}

function putLongVarint(writer: Writer, value: number): void {
  let width = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) width++
  writer.start -= width
  let at = writer.start
  let rest = value
  while (rest >= 128) {
    writer.buffer[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  writer.buffer[at] = rest
}

/** A signed whole number as protobuf's int32 and int64 have it: ten bytes when negative. */
export function putInt(writer: Writer, value: number): void {
  if (value >= 0) {
    putVarint(writer, value)
    return
  }
  reserve(writer, 10)
  writer.start -= 10
  let rest = BigInt.asUintN(64, BigInt(value))
  for (let at = 0; at < 9; at++) {
    writer.buffer[writer.start + at] = Number(rest & 127n) | 128
    rest >>= 7n
  }
  writer.buffer[writer.start + 9] = Number(rest)
}

/** What stands before each field: its number and how its value is written. */
export type Tag = number
/** The tag of a number: the value is a varint. */
export const numberTag = (field: number): Tag => field * 8
/** The tag of a text, bytes or a message: the value is a length and so many bytes. */
export const sizedTag = (field: number): Tag => field * 8 + 2

/** Ends a length-delimited field that was begun when `size(writer)` was `before`. */
export function putLength(writer: Writer, tag: Tag, before: number): void {
  const length = writer.buffer.length - writer.start - before
  if (length < 16_384 && tag < 128) {
    reserve(writer, 3)
    if (length < 128) writer.buffer[--writer.start] = length
    else {
      writer.buffer[--writer.start] = length >> 7
      writer.buffer[--writer.start] = (length & 127) | 128
    }
    writer.buffer[--writer.start] = tag
    return
  }
  putVarint(writer, length)
  putVarint(writer, tag)
}

export const size = (writer: Writer): number => writer.buffer.length - writer.start

/** Up to here a loop is faster than a native call. */
const shortBytes = 32

export function putBytes(writer: Writer, bytes: Uint8Array): void {
  const { length } = bytes
  reserve(writer, length)
  const { buffer } = writer
  const start = writer.start - length
  writer.start = start
  if (length > shortBytes) buffer.set(bytes, start)
  else for (let at = 0; at < length; at++) buffer[start + at] = bytes[at] as number
}

/** A text as UTF-8; lone surrogates become U+FFFD. */
export function putText(writer: Writer, text: string): void {
  const { length } = text
  if (length > shortText) {
    putBytes(writer, length > longestKnown ? bytesOf(text) : knownBytesOf(text))
    return
  }
  reserve(writer, length)
  const { buffer } = writer
  const start = writer.start - length
  for (let at = 0; at < length; at++) {
    const char = text.charCodeAt(at)
    if (char >= 0x80) {
      putBytes(writer, bytesOf(text))
      return
    }
    buffer[start + at] = char
  }
  writer.start = start
}
