/** Which Runs of a CronJob are too old or too many. */
import type { Run } from '../../apis/run/index.ts'
import { after, type Instant, instant, type Millis, parseTime } from '../../base/index.ts'
import type { Plan } from '../plan.ts'

export type HistoryLimits = { readonly age: Millis; readonly count: number }
export type DeleteRun = { readonly name: string; readonly uid: string }

/** Runs may have been recorded somewhat out of order; so many more than needed are looked at. */
const slack = 64

const dueOf = ({ spec }: Run): Instant => parseTime(spec.scheduledTime) ?? instant(0)

/**
 * `recorded`: all Runs of one CronJob, about in order of their times; only as many are looked at as may have to go. One
 * that still runs stays until it has ended. `wakeAt` is when the next becomes too old; absent without Runs.
 */
export function planHistory(
  recorded: Iterable<Run>,
  count: number,
  limits: HistoryLimits,
  now: Instant,
): Plan<DeleteRun> {
  const surplus = Math.max(0, count - limits.count)
  const candidates: Run[] = []
  for (const run of recorded) {
    if (candidates.length >= surplus + slack && after(dueOf(run), limits.age) > now) break
    candidates.push(run)
  }
  candidates.sort((a, b) => dueOf(a) - dueOf(b))
  const goes = (run: Run, i: number): boolean => i < surplus || after(dueOf(run), limits.age) <= now
  const ended = candidates.filter(({ status }) => status.result !== 'Running')
  const actions = ended.filter(goes).map(({ metadata: { name = '', uid = '' } }) => ({ name, uid }))
  const oldest = candidates.find((run) => after(dueOf(run), limits.age) > now)
  return { actions, wakeAt: oldest && after(dueOf(oldest), limits.age) }
}
