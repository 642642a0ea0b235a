/** Standard base64 with padding, as Go's decoder reads it: line breaks are skipped, the place of an error is told. */
import { fail, ok, type Result } from '../../base/index.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const codes = new Int8Array(128).fill(-1)
for (let index = 0; index < alphabet.length; index++) codes[alphabet.charCodeAt(index)] = index

const codeAt = (text: string, at: number): number => {
  const char = text.charCodeAt(at)
  return char < 128 ? (codes[char] as number) : -1
}
const isBreak = (text: string, at: number): boolean => {
  const char = text.charCodeAt(at)
  return char === 10 || char === 13
}
const pad = 61

/** Reads the padding whose first `=` stands before `at`, after `count` digits; the error's place or -1. */
function paddingError(text: string, start: number, count: number): number {
  let at = start
  if (count < 2) return at - 1
  if (count === 2) {
    while (at < text.length && isBreak(text, at)) at++
    if (at === text.length) return text.length
    if (text.charCodeAt(at) !== pad) return at - 1
    at++
  }
  while (at < text.length && isBreak(text, at)) at++
  return at < text.length ? at : -1
}

/** The place of the first error, and the digits without line breaks and padding. */
function scan(text: string): { readonly error: number; readonly digits: string } {
  let digits = ''
  for (let at = 0; at < text.length; at++) {
    if (codeAt(text, at) >= 0) {
      digits += text[at]
      continue
    }
    if (isBreak(text, at)) continue
    if (text.charCodeAt(at) !== pad) return { error: at, digits }
    return { error: paddingError(text, at + 1, digits.length % 4), digits }
  }
  const open = digits.length % 4
  return { error: open === 0 ? -1 : text.length - open, digits }
}

/** The same bytes in the one canonical spelling, or Go's text of the error. */
export function canonicalBase64(text: string): Result<string, string> {
  const { error, digits } = scan(text)
  if (error >= 0) return fail(`illegal base64 data at input byte ${error}`)
  const open = digits.length % 4
  if (open === 0) return ok(digits === text ? text : digits)
  const last = codeAt(digits, digits.length - 1)
  const kept = open === 2 ? last & 0b110000 : last & 0b111100
  const canonical = `${digits.slice(0, -1)}${alphabet[kept]}${'='.repeat(4 - open)}`
  return ok(canonical === text ? text : canonical)
}

/** Bytes of a base64 text that `canonicalBase64` accepted. */
export function bytesOfBase64(text: string): Uint8Array {
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let written = 0
  let bits = 0
  let count = 0
  for (let at = 0; at < end; at++) {
    bits = ((bits << 6) | codeAt(text, at)) & 0xffffff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes[written++] = (bits >> count) & 0xff
    }
  }
  return bytes
}

export function base64OfBytes(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [first, second, third] = [bytes[at] as number, bytes[at + 1], bytes[at + 2]]
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0)
    text += `${alphabet[bits >> 18]}${alphabet[(bits >> 12) & 63]}`
    text += second === undefined ? '=' : alphabet[(bits >> 6) & 63]
    text += third === undefined ? '=' : alphabet[bits & 63]
  }
  return text
}
