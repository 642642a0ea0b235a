import { type Instant, type Millis, parseTime } from '../../base/index.ts'

const withRest = (main: string, rest: number, unit: string): string => (rest === 0 ? main : `${main}${rest}${unit}`)

/**
 * A span of time in two or three significant figures, as tables show it: `45s`, `3m20s`, `5h`, `12d`, `2y30d`.
 * A clock that is up to two seconds behind shows `0s`, more `<invalid>`.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/duration, HumanDuration (facts: steps)
 */
export function humanSpan(span: Millis): string {
  const seconds = Math.trunc(span / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return withRest(`${minutes}m`, seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return withRest(`${hours}h`, minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return withRest(`${days}d`, hours % 24, 'h')
  if (days < 365 * 2) return `${days}d`
  const years = Math.floor(days / 365)
  return days < 365 * 8 ? withRest(`${years}y`, days % 365, 'd') : `${years}y`
}

/** How long ago `from` was; `<unknown>` when it is absent or no time. */
export function humanDuration(from: string | undefined, now: Instant): string {
  const at = from === undefined ? undefined : parseTime(from)
  return at === undefined ? '<unknown>' : humanSpan((now - at) as Millis)
}
