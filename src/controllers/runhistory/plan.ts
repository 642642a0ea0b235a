/** Which Runs of a CronJob are too old or too many. */
import type { Run } from '../../apis/run/index.ts'
import { after, type Instant, instant, type Millis, parseTime } from '../../base/index.ts'
import type { Plan } from '../plan.ts'

export type HistoryLimits = { readonly age: Millis; readonly count: number }
export type DeleteRun = { readonly name: string; readonly uid: string }

/** When it was due; the beginning of time where that cannot be read. */
export const dueOf = ({ spec }: Run): Instant => parseTime(spec.scheduledTime) ?? instant(0)

/**
 * `oldest`: the oldest Runs of one CronJob, of which there are `surplus` too many in all. One that still runs stays until
 * it has ended, and another goes in its place. `wakeAt` is when the next of these becomes too old; absent where none is
 * yet to.
 */
export function planHistory(
  oldest: readonly Run[],
  surplus: number,
  limits: HistoryLimits,
  now: Instant,
): Plan<DeleteRun> {
  const isTooOld = (run: Run): boolean => after(dueOf(run), limits.age) <= now
  const inOrder = oldest.toSorted((a, b) => dueOf(a) - dueOf(b))
  const ended = inOrder.filter(({ status }) => status.result !== 'Running')
  const gone = ended.filter((run, i) => i < surplus || isTooOld(run))
  const actions = gone.map(({ metadata: { name = '', uid = '' } }) => ({ name, uid }))
  const next = inOrder.find((run) => !isTooOld(run) && !gone.includes(run))
  return { actions, wakeAt: next && after(dueOf(next), limits.age) }
}
