/** Deletes Runs that are too old or too many. */
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { after, parseTime } from '../base/index.ts'
import { type HistoryLimits, planHistory } from '../controllers/runhistory/index.ts'
import { createController, retry, type SyncOutcome } from './controller.ts'
import type { RunningController, SharedContext } from './running.ts'

const cronJobsAtOnce = 4
const ownerKey = ({ metadata, spec }: Run): string => `${metadata.namespace}/${spec.cronJobName}`

export function createRunHistoryController(context: SharedContext, limits: HistoryLimits): RunningController {
  const { client, clock, informers } = context
  const runs = informers.of<Run>(runsResource)
  const runsOf = runs.index((run) => [ownerKey(run)])

  async function sync(key: string): Promise<SyncOutcome> {
    const recorded = runsOf.get(key)
    const { actions, wakeAt } = planHistory(recorded.values(), recorded.size, limits, clock.now())
    const namespace = key.slice(0, key.indexOf('/'))
    for (const { name, uid } of actions) {
      const deleted = await client.delete({ resource: runsResource, namespace, name }, { preconditions: { uid } })
      const gone = deleted.ok || isNotFound(deleted.error) || isConflict(deleted.error)
      if (!gone) return retry(deleted.error.message ?? '')
    }
    return { kind: 'Done', wakeAt }
  }

  const controller = createController(context, { name: 'run-history', concurrency: cronJobsAtOnce, sync })
  runs.onChange(({ kind, object }) => {
    if (kind === 'Gone') return
    const key = ownerKey(object)
    const tooMany = runsOf.get(key).size > limits.count
    const due = parseTime(object.spec.scheduledTime) ?? clock.now()
    if (tooMany) controller.enqueue(key)
    else controller.enqueueAt(key, after(due, limits.age))
  })
  return { start: controller.start, stop: controller.stop, metrics: [] }
}
