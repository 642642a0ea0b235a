/**
 * Protobuf bytes, written from the end to the start: so a message's length is known when it is written, without
 * measuring the message first.
 */

export type Writer = {
  buffer: Uint8Array
  /** Where the written bytes start; everything behind is written. */
  start: number
}

export const newWriter = (): Writer => ({ buffer: new Uint8Array(4096), start: 4096 })

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

export const varintType = 0
export const bytesType = 2

export const putTag = (writer: Writer, field: number, wireType: number): void => putVarint(writer, field * 8 + wireType)

/** Ends a length-delimited field that was begun when `writer.buffer.length - writer.start` was `before`. */
export function putLength(writer: Writer, field: number, before: number): void {
  putVarint(writer, writer.buffer.length - writer.start - before)
  putTag(writer, field, bytesType)
}

export const size = (writer: Writer): number => writer.buffer.length - writer.start

export function putBytes(writer: Writer, bytes: Uint8Array): void {
  reserve(writer, bytes.length)
  writer.start -= bytes.length
  writer.buffer.set(bytes, writer.start)
}

/** A text as UTF-8; lone surrogates become U+FFFD. */
export function putText(writer: Writer, text: string): void {
  const length = text.length
  reserve(writer, length)
  const start = writer.start - length
  for (let at = length - 1; at >= 0; at--) {
    const char = text.charCodeAt(at)
    if (char >= 0x80) {
      putWideText(writer, text)
      return
    }
    writer.buffer[start + at] = char
  }
  writer.start = start
}

function putWideText(writer: Writer, text: string): void {
  reserve(writer, text.length * 3)
  let at = writer.start
  for (let index = text.length - 1; index >= 0; index--) {
    let code = text.charCodeAt(index)
    if (code >= 0xdc00 && code < 0xe000 && index > 0) {
      const high = text.charCodeAt(index - 1)
      if (high >= 0xd800 && high < 0xdc00) {
        code = (high - 0xd800) * 0x400 + (code - 0xdc00) + 0x10000
        index--
      }
    }
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd
    at = putCode(writer.buffer, at, code)
  }
  writer.start = at
}

/** Writes one code point so that it ends before `end`; the position where it starts. */
function putCode(buffer: Uint8Array, end: number, code: number): number {
  let at = end
  if (code < 0x80) {
    buffer[--at] = code
    return at
  }
  buffer[--at] = 0x80 | (code & 63)
  if (code < 0x800) {
    buffer[--at] = 0xc0 | (code >> 6)
    return at
  }
  buffer[--at] = 0x80 | ((code >> 6) & 63)
  if (code < 0x10000) {
    buffer[--at] = 0xe0 | (code >> 12)
    return at
  }
  buffer[--at] = 0x80 | ((code >> 12) & 63)
  buffer[--at] = 0xf0 | (code >> 18)
  return at
}
