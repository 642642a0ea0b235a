/** Which zone schedules follow that name none. */
import { readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../base/index.ts'
import { isTimeZone, zoneProblem } from '../cron/index.ts'

/**
 * The zone of schedules that name none: the flag, else `TZ` as programs of Unix understand it, else that of the machine. A
 * flag or `TZ` that is not known is refused, so that no schedule silently runs at another hour.
 *
 * @source kubernetes v1.36 runs in Go's time.Local (facts: TZ, where empty is UTC, else /etc/localtime, else UTC)
 */
export const localZoneOf = (flag: string | undefined, flagName?: string): Result<string, string> =>
  timeZoneOf(flag, process.env['TZ'], '/etc', flagName)

/** `etc`: the directory that tells the zone of the machine; `flagName`: what the user calls the flag. */
export function timeZoneOf(
  flag: string | undefined,
  environment: string | undefined,
  etc: string,
  flagName = '--time-zone',
): Result<string, string> {
  const given = flag ?? (environment === undefined ? zoneOfMachine(etc) : fromPath(environment.replace(/^:/, '')))
  if (given === '' || isTimeZone(given)) return ok(given === '' ? 'UTC' : given)
  const name = flag === undefined ? 'the environment variable TZ' : flagName
  return fail(`${name} takes an IANA time zone such as Asia/Tokyo, not ${given}: ${zoneProblem(given)}`)
}

/** Empty when the machine does not tell. */
function zoneOfMachine(etc: string): string {
  const names = [
    () => fromPath(readlinkSync(join(etc, 'localtime'))),
    () => readFileSync(join(etc, 'timezone'), 'utf8').trim(),
  ]
  for (const name of names) {
    try {
      const found = name()
      if (isTimeZone(found)) return found === 'Etc/UTC' ? 'UTC' : found
    } catch {
      // Not there, not a link, or not to be read: the machine tells it elsewhere, or not at all.
    }
  }
  return ''
}

/** The name in a path such as `/usr/share/zoneinfo/Asia/Tokyo`; a text that is no such path itself. */
const fromPath = (text: string): string => text.replace(/^.*\/zoneinfo\/(?:posix\/)?/, '')
