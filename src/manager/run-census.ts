/** Reads all Runs once, in pages, and sums up what is to be known of each CronJob. */
import type { Status } from '../apimachinery/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { type Instant, type Log, millis, pause, type Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { dueOf } from '../controllers/runhistory/index.ts'

/** A megabyte: what is read dies young, and the heap does not grow for it. */
const pageSize = 250
/** How long after a failure all is read again. */
const readAgain = millis(1000)

type ReadContext = { readonly client: Client; readonly timers: Timers; readonly log: Log }

export type RunReader = {
  /** What was taken so far does not count: reading begins, or begins again. */
  readonly begin: () => void
  readonly take: (run: Run) => void
}

/** Resolves when all have been taken, or when `isOver` says that nobody wants them any more. */
export async function readAllRuns({ client, timers, log }: ReadContext, isOver: () => boolean, reader: RunReader) {
  let next: string | undefined
  reader.begin()
  while (!isOver()) {
    const listed = await client.list<Run>(runsResource, { limit: pageSize, continue: next })
    if (listed.ok) {
      for (const run of listed.value.items) reader.take(run)
      next = listed.value.continue
      if (next === undefined) return
    } else {
      await again(log, timers, listed.error)
      next = undefined
      reader.begin()
    }
  }
}

async function again(log: Log, timers: Timers, why: Status): Promise<void> {
  log.warn('reading the history of CronJobs was interrupted', { reason: why.message })
  await pause({ wake: timers.after }, readAgain)
}

/** `namespace/name` of the CronJob. */
export const cronJobOf = ({ metadata, spec }: Run): string => `${metadata.namespace}/${spec.cronJobName}`

export type Counted = { readonly count: number; readonly oldest: Instant }

/** How many Runs there are of each CronJob, since when, and which start was the last one. */
export function newCensus() {
  const cronJobs = new Map<string, { count: number; oldest: Instant }>()
  const started = new Map<string, Instant>()
  return {
    begin() {
      cronJobs.clear()
      started.clear()
    },
    take(run: Run) {
      const { cronJobUID } = run.spec
      const due = dueOf(run)
      const counted = cronJobs.get(cronJobOf(run))
      if (counted === undefined) cronJobs.set(cronJobOf(run), { count: 1, oldest: due })
      else {
        counted.count++
        if (due < counted.oldest) counted.oldest = due
      }
      const isNewest = run.status.jobName !== undefined && due > (started.get(cronJobUID) ?? Number.NEGATIVE_INFINITY)
      if (isNewest) started.set(cronJobUID, due)
    },
    cronJobs: (): ReadonlyMap<string, Counted> => cronJobs,
    /** By the uid of a CronJob. */
    started: (): ReadonlyMap<string, Instant> => started,
  }
}
