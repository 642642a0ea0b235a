/** RFC 3339 text and instants. The one place of the pure code where `Date` is used, for the calendar only. */
import { joined } from './text.ts'
import type { Instant } from './units.ts'

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** `metav1.Time`: whole seconds, UTC, as `2026-01-02T03:04:05Z`. Fractions are cut off, never rounded up. */
export function formatTime(at: Instant): string {
  const second = Math.floor(at / 1000)
  if (second !== formatted.second) {
    const day = Math.floor(second / 86_400)
    if (day !== formattedDay.day)
      formattedDay = { day, text: new Date(day * 86_400_000).toISOString().slice(0, -'00:00:00.000Z'.length) }
    const inDay = second - day * 86_400
    const minute = Math.floor(inDay / 60)
    formatted = { second, text: joined(formattedDay.text, minuteText(minute), secondTexts[inDay - minute * 60] ?? '') }
  }
  return formatted.text
}

/**
 * The last answer: most texts are asked for again, or read, within the same second, and nearly all within the same day.
 */
let formatted = { second: Number.NaN, text: '' }
let formattedDay = { day: Number.NaN, text: '' }
const two = (value: number): string => String(value).padStart(2, '0')
const secondTexts: readonly string[] = Array.from({ length: 60 }, (_, second) => `${two(second)}Z`)
const minuteTexts: string[] = []

/** Of a minute of the day, as `03:04:`. */
function minuteText(minute: number): string {
  const text = minuteTexts[minute] ?? `${two(Math.floor(minute / 60))}:${two(minute % 60)}:`
  minuteTexts[minute] = text
  return text
}

/** `metav1.MicroTime`: six decimals, as `2026-01-02T03:04:05.678000Z`. */
export function formatMicroTime(at: Instant): string {
  const micros = Math.floor(at * 1000)
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000
  return joined(formatTime(at).slice(0, 19), '.', String(fraction).padStart(6, '0'), 'Z')
}

/**
 * The instant that an RFC 3339 text names, or undefined when it is none (also for dates such as 31 April). Null is none:
 * the API shows times that are always written so while they are unset.
 */
export function parseTime(text: string | null | undefined): Instant | undefined {
  if (text === undefined || text === null) return undefined
  if (text.length !== 20) return text.length < 20 ? undefined : parseAny(text)
  if (text === formatted.text) return (formatted.second * 1000) as Instant
  return parseWholeUtc(text) ?? parseAny(text)
}

/** `2026-01-02T03:04:05Z`, the form that the API writes: read without a regular expression, which is ten times slower. */
function parseWholeUtc(text: string): Instant | undefined {
  const separators =
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    text.charCodeAt(19) === 90
  if (!separators) return undefined
  const year = twoAt(text, 0) * 100 + twoAt(text, 2)
  const date = (year * 100 + twoAt(text, 5)) * 100 + twoAt(text, 8)
  const hour = twoAt(text, 11)
  const minute = twoAt(text, 14)
  const second = twoAt(text, 17)
  if (!(hour < 24 && minute < 60 && second < 60)) return undefined
  if (date !== parsedDay.date) {
    const [month, day] = [twoAt(text, 5), twoAt(text, 8)]
    if (!isDate(year, month, day)) return undefined
    parsedDay = { date, number: dayNumber(year, month, day) }
  }
  return (((parsedDay.number * 24 + hour) * 60 + minute) * 60_000 + second * 1000) as Instant
}

/** The last day that was read: most texts tell of the same. */
let parsedDay = { date: Number.NaN, number: 0 }

/** Two digits of a text as a number; NaN when there is anything else. */
function twoAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 && leap ? 29 : (monthDays[month - 1] ?? 0)
  return day >= 1 && day <= days && year >= 0
}

/** Days since 1970-01-01 in the Gregorian calendar. */
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function parseAny(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHours, offsetMinutes] = match
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (!isDate(Number(year), Number(month), Number(day)) || !(h < 24 && m < 60 && s < 60)) return undefined
  if (Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59) return undefined
  const offset = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * (sign === '-' ? -1 : 1)
  const minutes = (dayNumber(Number(year), Number(month), Number(day)) * 24 + h) * 60 + m - offset
  return (minutes * 60_000 + s * 1000 + Number(`0.${fraction ?? 0}`) * 1000) as Instant
}
