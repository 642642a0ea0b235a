/**
 * Go's text form of durations: `1h30m`, `-1.5s`, `100ms`.
 *
 * @source Go time/format.go, ParseDuration (facts: grammar, errors, limits)
 */
import { dictionary, fail, ok, type Result } from '../base/index.ts'

const unitNanos = dictionary<bigint>({
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
})
const limit = 2n ** 63n
const part = /^(\d*)(?:(\.)(\d*))?([^.\d]*)/

/** Nanoseconds; the error is Go's. */
export function parseGoDuration(text: string): Result<bigint, string> {
  const invalid = fail(`time: invalid duration ${goQuoted(text)}`)
  const negative = text.startsWith('-')
  let rest = /^[-+]/.test(text) ? text.slice(1) : text
  if (rest === '0') return ok(0n)
  if (rest === '') return invalid
  let total = 0n
  while (rest !== '') {
    const [matched, whole = '', dot, fraction = '', unit = ''] = part.exec(rest) ?? ['']
    if ((whole === '' && dot === undefined) || (whole === '' && fraction === '')) return invalid
    if (whole !== '' && BigInt(whole) > limit) return invalid
    if (unit === '') return fail(`time: missing unit in duration ${goQuoted(text)}`)
    const nanos = unitNanos[unit]
    if (nanos === undefined) return fail(`time: unknown unit ${goQuoted(unit)} in duration ${goQuoted(text)}`)
    total += BigInt(whole || '0') * nanos + fractionNanos(fraction, nanos)
    if (total > limit) return invalid
    rest = rest.slice(matched.length)
  }
  if (negative) return ok(-total)
  return total === limit ? invalid : ok(total)
}

/** Digits beyond what fits are cut off, as Go cuts them. */
const fractionNanos = (digits: string, nanos: bigint): bigint => {
  const kept = digits.slice(0, 18)
  return kept === '' ? 0n : (BigInt(kept) * nanos) / 10n ** BigInt(kept.length)
}

/** As the package `time` quotes: bytes outside printable ASCII in hexadecimal. */
function goQuoted(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    if (code >= 0x20 && code < 0x7f) out += char === '"' || char === '\\' ? `\\${char}` : char
    else for (const byte of utf8(code)) out += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `${out}"`
}

function utf8(code: number): readonly number[] {
  if (code < 0x80) return [code]
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f)
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)]
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)]
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)]
}
