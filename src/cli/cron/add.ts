/** `jobd cron add`: a CronJob for a command, on the running server. */
import type { CronJob } from '../../apis/batch/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'
import { nextTime, parseSchedule, timeZone, utc } from '../../cron/index.ts'
import type { Connection, Terminal } from '../connection.ts'
import { statusText } from '../printing.ts'
import { type CommandSchedule, cronJobManifest } from './manifest.ts'

export type AddContext = { readonly connection: Connection; readonly terminal: Terminal; readonly now: Instant }

/** Applies it, so that doing it again changes the one that is there. Exit code 1 when the server refuses. */
export async function addCronJob(given: CommandSchedule, { connection, terminal, now }: AddContext): Promise<number> {
  const { name, namespace } = given
  const ref = { resource: 'cronjobs.batch', namespace, name }
  const options = { fieldManager: 'jobd-cron-add', force: true }
  const written = await connection.client.patch<CronJob>(ref, 'apply', cronJobManifest(given), options)
  if (!written.ok) {
    terminal.err(`cronjob.batch/${name} was refused: ${statusText(written.error)}\n`)
    return 1
  }
  const parsed = parseSchedule(given.schedule)
  const zone = given.timeZone === undefined ? undefined : (timeZone(given.timeZone) ?? utc)
  // Without a zone only the server knows the time.
  const next = parsed.ok && zone !== undefined ? nextTime(parsed.value, zone, now) : undefined
  terminal.out(`cronjob.batch/${name} applied${next === undefined ? '' : `, next at ${formatTime(next)}`}\n`)
  return 0
}
