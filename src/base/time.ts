/** RFC 3339 text and instants. The one place of the pure code where `Date` is used, for the calendar only. */
import type { Instant } from './units.ts'

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** `metav1.Time`: whole seconds, UTC, as `2026-01-02T03:04:05Z`. Fractions are cut off, never rounded up. */
export function formatTime(at: Instant): string {
  const second = Math.floor(at / 1000)
  if (second !== formatted.second)
    formatted = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` }
  return formatted.text
}

/** The last answer: most texts are asked for again within the same second. */
let formatted = { second: Number.NaN, text: '' }

/** `metav1.MicroTime`: six decimals, as `2026-01-02T03:04:05.678000Z`. */
export function formatMicroTime(at: Instant): string {
  const micros = Math.floor(at * 1000)
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000
  return `${formatTime(at).slice(0, 19)}.${String(fraction).padStart(6, '0')}Z`
}

/** The instant that an RFC 3339 text names, or undefined when it is none (also for dates such as 31 April). */
export function parseTime(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHours, offsetMinutes] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second), 0)
  const inRange = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
  if (!inRange || date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined
  if (Number(offsetHours ?? 0) > 23 || Number(offsetMinutes ?? 0) > 59) return undefined
  const offset = (Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0)) * 60_000 * (sign === '-' ? -1 : 1)
  return (date.getTime() - offset + Number(`0.${fraction ?? 0}`) * 1000) as Instant
}
