/**
 * Protobuf bytes, read from the start. Nothing here throws: the first thing that does not fit is kept in `error`, in
 * the words of upstream's generated code, and from then on everything reads as the end.
 */

export type Reader = {
  readonly bytes: Uint8Array
  at: number
  end: number
  error: string | undefined
}

// Part of every JavaScript runtime, but not of the language's own library.
declare const TextDecoder: new (
  encoding: string,
  options: { readonly ignoreBOM: boolean },
) => { readonly decode: (bytes: Uint8Array) => string }
/** A mark of byte order at the start of a text belongs to it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const newReader = (bytes: Uint8Array): Reader => ({ bytes, at: 0, end: bytes.length, error: undefined })

const endedEarly = 'unexpected EOF'
const overflow = 'proto: integer overflow'

/** Keeps the first error and moves to the end. */
export function refuse(reader: Reader, error: string): void {
  reader.error ??= error
  reader.at = reader.end
}

export const hasMore = (reader: Reader): boolean => reader.at < reader.end

/** The low and high halves of the varint read last. */
let low = 0
let high = 0

function readHalves(reader: Reader): boolean {
  low = 0
  high = 0
  for (let shift = 0; ; shift += 7) {
    if (shift >= 64) {
      refuse(reader, overflow)
      return false
    }
    if (reader.at >= reader.end) {
      refuse(reader, endedEarly)
      return false
    }
    const byte = reader.bytes[reader.at++] as number
    const bits = byte & 127
    if (shift < 28) low |= bits << shift
    else if (shift === 28) {
      low |= bits << 28
      high = bits >> 4
    } else high |= bits << (shift - 32)
    if (byte < 128) return true
  }
}

/** The next byte where it is a whole number by itself, as nearly all are; else -1, and nothing is taken. */
function readSmall(reader: Reader): number {
  if (reader.at >= reader.end) return -1
  const byte = reader.bytes[reader.at] as number
  if (byte >= 128) return -1
  reader.at++
  return byte
}

/** An unsigned number below 2^53; 0 with an error otherwise. */
export function readVarint(reader: Reader): number {
  const small = readSmall(reader)
  if (small >= 0) return small
  if (!readHalves(reader)) return 0
  if (high >>> 0 >= 2 ** 21) {
    refuse(reader, overflow)
    return 0
  }
  return (high >>> 0) * 2 ** 32 + (low >>> 0)
}

export function readInt32(reader: Reader): number {
  const small = readSmall(reader)
  if (small >= 0) return small
  return readHalves(reader) ? low | 0 : 0
}

/** A signed number; beyond 2^53 it cannot be kept and is refused. */
export function readInt64(reader: Reader): number {
  const small = readSmall(reader)
  if (small >= 0) return small
  if (!readHalves(reader)) return 0
  const value = (high | 0) * 2 ** 32 + (low >>> 0)
  if (Number.isSafeInteger(value)) return value
  refuse(reader, overflow)
  return 0
}

export const readBool = (reader: Reader): boolean => readHalves(reader) && (low !== 0 || high !== 0)

/** Reads a length and narrows the reader to it; the end to give back to `leave`. */
export function enter(reader: Reader): number {
  const outer = reader.end
  const length = readVarint(reader)
  if (reader.at + length > outer) refuse(reader, endedEarly)
  else reader.end = reader.at + length
  return outer
}

/** Goes behind what `enter` entered. After an error the reader stays at the end of everything. */
export function leave(reader: Reader, outer: number): void {
  reader.at = reader.error === undefined ? reader.end : outer
  reader.end = outer
}

/** Takes a length-delimited value; a view, not a copy. */
export function readBytes(reader: Reader): Uint8Array {
  const length = readVarint(reader)
  const start = reader.at
  if (start + length > reader.end) {
    refuse(reader, endedEarly)
    return reader.bytes.subarray(0, 0)
  }
  reader.at = start + length
  return reader.bytes.subarray(start, start + length)
}

/** Texts up to this length are remembered: names of fields, of images and of namespaces come again and again. */
const longestKnown = 64
/** A power of two. */
const knownTexts = 512
const texts: string[] = new Array(knownTexts)
const textLengths = new Uint8Array(knownTexts)
/** The bytes of the text at place `n` start at `n * longestKnown`. */
let textBytes: Uint8Array | undefined

/** Takes a text; bytes that are no UTF-8 become U+FFFD. */
export function readText(reader: Reader): string {
  const length = readVarint(reader)
  const start = reader.at
  if (start + length > reader.end) {
    refuse(reader, endedEarly)
    return ''
  }
  if (length === 0) return ''
  reader.at = start + length
  return length > longestKnown
    ? textOf(reader.bytes.subarray(start, reader.at))
    : shortText(reader.bytes, start, length)
}

/** The text that was made of the same bytes before, if it is still known. */
function shortText(bytes: Uint8Array, start: number, length: number): string {
  let hash = length
  for (let at = start; at < start + length; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0
  const place = (hash ^ (hash >>> 9)) & (knownTexts - 1)
  textBytes ??= new Uint8Array(knownTexts * longestKnown)
  const kept = place * longestKnown
  const known = texts[place]
  if (known !== undefined && textLengths[place] === length && sameBytes(bytes, start, textBytes, kept, length))
    return known
  const made = bytes.subarray(start, start + length)
  textBytes.set(made, kept)
  textLengths[place] = length
  const text = textOf(made)
  texts[place] = text
  return text
}

function sameBytes(a: Uint8Array, startOfA: number, b: Uint8Array, startOfB: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (a[startOfA + at] !== b[startOfB + at]) return false
  return true
}

export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Goes behind a field of no known number. `wireType` 3 opens a group, which may hold others. */
export function skipField(reader: Reader, wireType: number): void {
  let groups = 0
  let type = wireType
  for (;;) {
    if (type === 3) groups++
    else if (type === 4) {
      if (groups === 0) refuse(reader, 'proto: unexpected end of group')
      groups--
    } else skipValue(reader, type)
    if (groups <= 0 || reader.error !== undefined) return
    type = readVarint(reader) % 8
  }
}

function skipValue(reader: Reader, wireType: number): void {
  switch (wireType) {
    case 0:
      readHalves(reader)
      return
    case 1:
      advance(reader, 8)
      return
    case 2:
      advance(reader, readVarint(reader))
      return
    case 5:
      advance(reader, 4)
      return
    default:
      refuse(reader, `proto: illegal wireType ${wireType}`)
  }
}

function advance(reader: Reader, count: number): void {
  if (reader.at + count > reader.end) refuse(reader, endedEarly)
  else reader.at += count
}
