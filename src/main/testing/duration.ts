/** Spans of time as people write them. */
import { type Millis, millis } from '../../base/index.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `'1h'`, `'90s'`, `'1d12h'`, `'250ms'`, or a number of milliseconds; throws a RangeError for anything else. */
export function durationOf(given: string | number): Millis {
  if (typeof given === 'number' && Number.isFinite(given) && given >= 0) return millis(given)
  const parts = [...String(given).matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/gy)]
  const isWhole = parts.map(([part]) => part).join('') === given
  if (typeof given !== 'string' || given === '' || !isWhole)
    throw new RangeError(
      `a duration is written like '1h', '90s' or '1d12h', or is a number of milliseconds: not ${given}`,
    )
  return millis(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0))
}
