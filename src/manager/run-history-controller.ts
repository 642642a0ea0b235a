/**
 * Deletes Runs that are too old or too many. Of each CronJob it knows how many there are and which is the oldest; which
 * ones go is read from the server, the oldest first, in pages.
 */
import { isConflict, isNotFound, type KubeObject, type Status } from '../apimachinery/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { after, type Instant } from '../base/index.ts'
import { type DeleteRun, dueOf, type HistoryLimits, planHistory } from '../controllers/runhistory/index.ts'
import { again, createController, retry, type SyncOutcome } from './controller.ts'
import { cronJobOf } from './run-census.ts'
import type { RunTally } from './run-ledger.ts'
import type { RunningController, SharedContext } from './running.ts'

const cronJobsAtOnce = 4
/** Runs that are read at a time. One that still runs stays, so a few more are read than have to go. */
const pageSize = 500
const slack = 16
/** Deletions that share a commit. */
const deletionsAtOnce = 50

export type RunHistoryController = RunningController & { readonly tally: RunTally }

export function createRunHistoryController(context: SharedContext, limits: HistoryLimits): RunHistoryController {
  const { client, clock, informers } = context
  /** By CronJob, how many Runs there are. */
  const counts = new Map<string, number>()

  async function remove(key: string, actions: readonly DeleteRun[]): Promise<Status | undefined> {
    const namespace = key.slice(0, key.indexOf('/'))
    for (let i = 0; i < actions.length; i += deletionsAtOnce) {
      const deletions = actions
        .slice(i, i + deletionsAtOnce)
        .map(({ name, uid }) => client.delete({ resource: runsResource, namespace, name }, { preconditions: { uid } }))
      for (const deleted of await Promise.all(deletions)) {
        const gone = deleted.ok || isNotFound(deleted.error) || isConflict(deleted.error)
        if (!gone) return deleted.error
        counts.set(key, (counts.get(key) ?? 0) - 1)
      }
    }
    return undefined
  }

  /** Page after page of the oldest Runs, until one stays that is neither too old nor one too many. */
  async function sync(key: string): Promise<SyncOutcome> {
    const [namespace = '', name = ''] = key.split('/')
    let next: string | undefined
    for (;;) {
      const surplus = surplusOf(key)
      const listed = await client.list<Run>(runsResource, {
        namespace,
        fieldSelector: `spec.cronJobName=${name}`,
        limit: Math.min(pageSize, surplus + slack),
        continue: next,
      })
      if (!listed.ok) return next === undefined ? retry(listed.error.message ?? '') : again
      const { actions, wakeAt } = planHistory(listed.value.items, surplus, limits, clock.now())
      const problem = await remove(key, actions)
      if (problem !== undefined) return retry(problem.message ?? '')
      // After those that went the list begins anew; where all still run, it goes on behind them.
      const isStuck = actions.length === 0
      next = isStuck ? listed.value.continue : undefined
      const isDone = wakeAt !== undefined && surplusOf(key) === 0
      if (isDone || (isStuck && next === undefined)) return { kind: 'Done', wakeAt }
    }
  }

  const surplusOf = (key: string): number => Math.max(0, (counts.get(key) ?? 0) - limits.count)

  const controller = createController(context, { name: 'run-history', concurrency: cronJobsAtOnce, sync })
  function look(key: string, oldest: Instant): void {
    if (surplusOf(key) > 0) controller.enqueue(key)
    else controller.enqueueAt(key, after(oldest, limits.age))
  }
  // Nobody deletes Runs but this and the end of a namespace.
  informers.of<KubeObject>('namespaces').onChange(({ kind, object }) => {
    if (kind !== 'Gone') return
    for (const key of counts.keys()) if (key.startsWith(`${object.metadata.name}/`)) counts.delete(key)
  })
  const tally: RunTally = {
    counted(key, count, oldest) {
      counts.set(key, (counts.get(key) ?? 0) + count)
      look(key, oldest)
    },
    wrote(run, isNew) {
      const key = cronJobOf(run)
      if (isNew) counts.set(key, (counts.get(key) ?? 0) + 1)
      look(key, dueOf(run))
    },
  }
  return { start: controller.start, stop: controller.stop, metrics: [], tally }
}
