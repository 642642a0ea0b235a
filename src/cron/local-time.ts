import { formatTime, type Instant, instant } from '../base/index.ts'
import type { TimeZone } from './zone.ts'

const two = (value: number): string => String(value).padStart(2, '0')

/** RFC 3339 with the offset of the zone: `2026-01-01T09:00:00+09:00`, or `Z` where it is zero. Fractions are cut off. */
export function formatInZone(at: Instant, zone: TimeZone): string {
  const { seconds } = zone.offsetAt(Math.floor(at / 1000))
  const local = formatTime(instant(at + seconds * 1000))
  if (seconds === 0) return local
  const minutes = Math.floor(Math.abs(seconds) / 60)
  return `${local.slice(0, -1)}${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
