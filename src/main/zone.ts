/** Which zone schedules follow that name none. */
import { fail, ok, type Result } from '../base/index.ts'
import { isTimeZone, zoneProblem } from '../cron/index.ts'

/**
 * The zone of schedules that name none: the flag, else `TZ` as programs of Unix understand it, else UTC. A zone that is
 * not known is refused, so that no schedule silently runs at another hour.
 */
export function timeZoneOf(flag: string | undefined, environment: string | undefined): Result<string, string> {
  const given = flag ?? environment?.replace(/^:/, '') ?? ''
  if (given === '' || isTimeZone(given)) return ok(given === '' ? 'UTC' : given)
  const name = flag === undefined ? 'the environment variable TZ' : '--time-zone'
  return fail(`${name} takes an IANA time zone such as Asia/Tokyo, not ${given}: ${zoneProblem(given)}`)
}
