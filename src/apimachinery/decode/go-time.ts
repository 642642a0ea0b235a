/**
 * Times as Go reads them: RFC 3339 with Go's small liberties, and Go's texts for what does not fit.
 *
 * @source go 1.26 time/format.go, Parse (facts: grammar and texts)
 */
import { fail, formatTime, type Instant, ok, parseTime, type Result } from '../../base/index.ts'

const layouts = {
  time: '2006-01-02T15:04:05Z07:00',
  microTime: '2006-01-02T15:04:05.000000Z07:00',
} as const
export type TimeKind = keyof typeof layouts

const canonical = {
  time: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/,
  microTime: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/,
}
const zeroTime = '0001-01-01T00:00:00'

type Fields = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanos: number
  offset: number
}
/** What one piece of the layout took: the rest of the text, or why it did not fit. */
type Step = { readonly rest: string; readonly range?: string } | undefined

const twoDigits = /^\d\d/
const oneOrTwo = /^\d\d?/

function bounded(
  text: string,
  pattern: RegExp,
  low: number,
  high: number,
  name: string,
  take: (value: number) => void,
): Step {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const value = Number(match[0])
  const rest = text.slice(match[0].length)
  if (value < low || value > high) return { rest, range: name }
  take(value)
  return { rest }
}

function fraction(text: string, digits: number, fields: Fields): Step {
  const match = /^[.,](\d+)/.exec(text.slice(0, digits + 1))
  if (match === null || match[0].length !== digits + 1) return undefined
  fields.nanos = Number((match[1] as string).slice(0, 9).padEnd(9, '0'))
  return { rest: text.slice(digits + 1) }
}

function zone(text: string, fields: Fields): Step {
  if (text.startsWith('Z')) return { rest: text.slice(1) }
  const match = /^(.)(\d\d):(\d\d)/s.exec(text)
  if (match === null) return undefined
  const [whole, sign, hours, minutes] = match
  const rest = text.slice(whole.length)
  if (Number(minutes) > 60) return { rest, range: 'time zone offset minute' }
  if (Number(hours) > 24) return { rest, range: 'time zone offset hour' }
  if (sign !== '+' && sign !== '-') return undefined
  fields.offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  return { rest }
}

function pieces(kind: TimeKind): readonly (readonly [string, (text: string, fields: Fields) => Step])[] {
  const literal = (wanted: string) =>
    [wanted, (text: string) => (text.startsWith(wanted) ? { rest: text.slice(wanted.length) } : undefined)] as const
  const implied = (text: string, fields: Fields): Step => {
    const digits = /^[.,](\d+)/.exec(text)?.[1]?.length ?? 0
    return digits === 0 || kind === 'microTime' ? { rest: text } : fraction(text, digits, fields)
  }
  return [
    [
      '2006',
      (text, fields) => {
        const match = /^\d{4}/.exec(text)
        if (match === null) return undefined
        fields.year = Number(match[0])
        return { rest: text.slice(4) }
      },
    ],
    literal('-'),
    [
      '01',
      (text, fields) =>
        bounded(text, twoDigits, 1, 12, 'month', (value) => {
          fields.month = value
        }),
    ],
    literal('-'),
    [
      '02',
      (text, fields) =>
        bounded(text, twoDigits, 0, 99, 'day', (value) => {
          fields.day = value
        }),
    ],
    literal('T'),
    [
      '15',
      (text, fields) =>
        bounded(text, oneOrTwo, 0, 23, 'hour', (value) => {
          fields.hour = value
        }),
    ],
    literal(':'),
    [
      '04',
      (text, fields) =>
        bounded(text, twoDigits, 0, 59, 'minute', (value) => {
          fields.minute = value
        }),
    ],
    literal(':'),
    [
      '05',
      (text, fields) => {
        const step = bounded(text, twoDigits, 0, 59, 'second', (value) => {
          fields.second = value
        })
        return step === undefined || step.range !== undefined ? step : implied(step.rest, fields)
      },
    ],
    ...(kind === 'microTime'
      ? [['.000000', (text: string, fields: Fields) => fraction(text, 6, fields)] as const]
      : []),
    ['Z07:00', zone],
  ]
}
const steps = { time: pieces('time'), microTime: pieces('microTime') }

/** Text in double quotes as Go's parse errors have it. */
function quote(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    if (code < 0x20 || code >= 0x7f)
      out += [...utf8(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
    else out += char === '"' || char === '\\' ? `\\${char}` : char
  }
  return `${out}"`
}

function utf8(char: string): readonly number[] {
  const code = char.codePointAt(0) as number
  if (code < 0x80) return [code]
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)]
  if (code < 0x10000) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)]
}

const daysOf = (year: number, month: number): number => {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
const padded = (value: number, width: number): string => String(value).padStart(width, '0')

function read(text: string, kind: TimeKind): Result<Fields, string> {
  const fields: Fields = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanos: 0, offset: 0 }
  const start = `parsing time ${quote(text)}`
  let rest = text
  for (const [piece, step] of steps[kind]) {
    const taken = step(rest, fields)
    if (taken === undefined) return fail(`${start} as "${layouts[kind]}": cannot parse ${quote(rest)} as "${piece}"`)
    if (taken.range !== undefined) return fail(`${start}: ${taken.range} out of range`)
    rest = taken.rest
  }
  if (rest !== '') return fail(`${start}: extra text: ${quote(rest)}`)
  if (fields.day < 1 || fields.day > daysOf(fields.year, fields.month)) return fail(`${start}: day out of range`)
  return ok(fields)
}

/**
 * The canonical spelling of a time: UTC, whole seconds for `time` and six decimals for `microTime`.
 * `null` is Go's zero time, the first second of the year 1.
 */
export function canonicalTime(text: string, kind: TimeKind): Result<string | null, string> {
  if (canonical[kind].test(text) && !text.startsWith(zeroTime)) return ok(text)
  const parsed = read(text, kind)
  if (!parsed.ok) return parsed
  const { year, month, day, hour, minute, second, nanos, offset } = parsed.value
  const date = `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
  const local = `${date}T${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}`
  const at = parseTime(`${local}Z`)
  const shifted = offset === 0 || at === undefined ? local : formatTime((at - offset * 60_000) as Instant).slice(0, -1)
  const micros = padded(Math.floor(nanos / 1000), 6)
  if (shifted === zeroTime && nanos === 0) return ok(null)
  return ok(kind === 'time' ? `${shifted}Z` : `${shifted}.${micros}Z`)
}
