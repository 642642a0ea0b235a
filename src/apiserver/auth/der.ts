/** The few parts of DER that a certificate is made of; bytes in, bytes out. */

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.of(0x80 | bytes.length, ...bytes)
}

/** One value: its tag, its length, its content. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthBytes(content.length), content])
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(tags.sequence, ...parts)
export const set = (...parts: readonly Uint8Array[]): Buffer => tlv(tags.set, ...parts)
export const octetString = (...parts: readonly Uint8Array[]): Buffer => tlv(tags.octetString, ...parts)
export const utf8String = (text: string): Buffer => tlv(tags.utf8String, Buffer.from(text, 'utf8'))
export const boolean = (value: boolean): Buffer => tlv(tags.boolean, Buffer.of(value ? 0xff : 0))
/** A positive number from its bytes, the highest first. */
export const integer = (bytes: Uint8Array): Buffer =>
  tlv(tags.integer, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
/** Bits of which the last `unused` do not count. */
export const bitString = (bytes: Uint8Array, unused = 0): Buffer => tlv(tags.bitString, Buffer.of(unused), bytes)

/** An object identifier from its text, `2.5.4.3`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    bytes.push(...groups)
  }
  return tlv(tags.oid, Buffer.from(bytes))
}

/** A time in whole seconds, in the form that its year asks for. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  const short = at.getUTCFullYear() < 2050
  return tlv(short ? tags.utcTime : tags.generalizedTime, Buffer.from(short ? digits.slice(2) : digits, 'latin1'))
}

/** The values inside a constructed value, each with its tag and length. The bytes must be DER. */
export function children(bytes: Uint8Array): readonly Buffer[] {
  const found: Buffer[] = []
  let at = headerLength(bytes, 0)
  while (at < bytes.length) {
    const end = at + headerLength(bytes, at) + contentLength(bytes, at)
    found.push(Buffer.from(bytes.subarray(at, end)))
    at = end
  }
  return found
}

function headerLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0
  return first < 0x80 ? 2 : 2 + (first & 0x7f)
}

function contentLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] ?? 0
  if (first < 0x80) return first
  let length = 0
  for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
  return length
}
