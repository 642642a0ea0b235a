/** Seeing a Job until it is over. */
import type { Job } from '../../apis/batch/index.ts'
import type { Clock } from '../../base/index.ts'
import type { Client, WatchHandle } from '../../client/index.ts'
import { type Seen, watchObjects } from '../watching.ts'
import { finishOf } from './outcome.ts'

export type EndSeen = Pick<Seen<Job>, 'onTrouble'> & {
  /** Each version of it. */
  readonly onJob?: ((job: Job) => void) | undefined
  /** Once: as it is when it is over, or undefined when it was deleted before. */
  readonly onEnd: (job: Job | undefined) => void
}

/** Watches this Job, and no other that may come by its name. */
export function watchToEnd(client: Client, clock: Clock, job: Job, { onJob, onEnd, onTrouble }: EndSeen): WatchHandle {
  const { uid, namespace, name } = job.metadata
  const end = (last: Job | undefined): void => {
    handle.stop()
    onEnd(last)
  }
  const handle = watchObjects<Job>(
    client,
    clock,
    { resource: 'jobs.batch', selection: { namespace, fieldSelector: `metadata.name=${name}` }, known: [job] },
    {
      onObject(now) {
        if (now.metadata.uid !== uid) return
        onJob?.(now)
        if (finishOf(now) !== undefined) end(now)
      },
      onGone(gone) {
        if (gone.metadata.uid === uid) end(undefined)
      },
      onTrouble,
    },
  )
  return handle
}
