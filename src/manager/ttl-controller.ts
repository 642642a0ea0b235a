/** Deletes finished Jobs when their time to live is over. */
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import type { Job } from '../apis/batch/index.ts'
import { expiryOf, planTtl } from '../controllers/ttlafterfinished/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { keyOf } from './informer.ts'
import { createHistogram } from './metrics.ts'
import type { RunningController, SharedContext } from './running.ts'

const jobsAtOnce = 64
const bounds = Array.from({ length: 14 }, (_, i) => 0.1 * 2 ** i)

export function createTtlController(context: SharedContext): RunningController {
  const { client, clock, informers } = context
  const jobs = informers.of<Job>('jobs.batch')
  const delays = createHistogram(
    'ttl_after_finished_controller_job_deletion_duration_seconds',
    'The time it took to delete the job since it became eligible for deletion',
    [],
    bounds,
  )

  async function sync(key: string): Promise<SyncOutcome> {
    const known = jobs.get(key)
    if (known === undefined) return done
    const seen = planTtl(known, clock.now())
    if (seen.actions.length === 0) return { kind: 'Done', wakeAt: seen.wakeAt }
    const { namespace, name = '' } = known.metadata
    const ref = { resource: 'jobs.batch', namespace, name }
    const fresh = await client.get<Job>(ref)
    if (!fresh.ok) return isNotFound(fresh.error) ? done : retry(fresh.error.message ?? '')
    const { actions, wakeAt } = planTtl(fresh.value, clock.now())
    for (const { uid, expiredAt } of actions) {
      // Whoever prolongs the time to live in this very moment wins.
      const { resourceVersion = '' } = fresh.value.metadata
      const preconditions = { uid, resourceVersion }
      const deleted = await client.delete(ref, { propagationPolicy: 'Foreground', preconditions })
      if (!deleted.ok && isConflict(deleted.error)) return again
      if (!deleted.ok && !isNotFound(deleted.error)) return retry(deleted.error.message ?? '')
      delays.observe([], (clock.now() - expiredAt) / 1000)
    }
    return { kind: 'Done', wakeAt }
  }

  const controller = createController(context, { name: 'ttl-after-finished', concurrency: jobsAtOnce, sync })
  jobs.onChange(({ kind, object: job }) => {
    const at = kind === 'Gone' ? undefined : expiryOf(job)
    if (at !== undefined) controller.enqueueAt(keyOf(job), at)
  })
  return { start: controller.start, stop: controller.stop, metrics: [delays] }
}
