/**
 * Writes the history of CronJobs. A due time is recorded before the status of its CronJob says that it is done with, so
 * that a crash at any moment leaves it to be told again; telling twice writes once, because names follow from times.
 */
import { isAlreadyExists, isConflict, isNamespaceTerminating, isNotFound, type Status } from '../apimachinery/index.ts'
import type { CronJob, Job } from '../apis/batch/index.ts'
import { isJobFinished } from '../apis/batch/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { type Clock, type Instant, type Log, parseTime, unreachable } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type KeptRuns, mergeRun, runOfJob, runsOf, type SlotFate } from '../controllers/cronjob/index.ts'
import type { TimeZone } from '../cron/index.ts'
import { type Informer, keyOf } from './informer.ts'
import type { Informers } from './informers.ts'
import { fieldManager } from './running.ts'

export type RunLedger = {
  /** Records what a pass has found out; resolves when it is durable. A status: what could not be written. */
  readonly record: (cronJob: CronJob, fates: readonly SlotFate[], jobs: readonly Job[]) => Promise<Status | undefined>
  /**
   * The newest time for which a Job of this CronJob is known to have been started, by its Runs: the Job may be gone, and
   * the status may never have told of it.
   */
  readonly lastStarted: (cronJob: CronJob) => Instant | undefined
  /** Notes that a Job is being deleted to make place for a newer run. */
  readonly replaced: (job: Job, by: string) => void
  /** The CronJob is gone: what was kept in mind of it is not needed. */
  readonly forget: (uid: string) => void
  /** Looks at every Job and every Run that has not ended: called once when all local copies are there. */
  readonly start: () => void
  /** Waits for writes under way. */
  readonly stop: () => Promise<void>
}

export type LedgerOptions = { readonly localZone: TimeZone; readonly kept: KeptRuns }

type LedgerContext = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly informers: Informers
}

/** So many Runs of one pass are written at the same time. */
const atOnce = 256
/** So often a write is tried when others write the same Run. */
const tries = 8

/** Only before the informers start. */
export function createRunLedger(context: LedgerContext, options: LedgerOptions): RunLedger {
  const { clock, log, informers } = context
  const runs = informers.of<Run>(runsResource)
  const jobs = informers.of<Job>('jobs.batch')
  const write = writerOf(context, runs)
  /** By the uid of a CronJob: up to where ranges of its times have been recorded. */
  const recorded = new Map<string, Instant>()
  const replacing = new Map<string, string>()
  const recordedOf = runs.index(({ metadata, spec }) => [`${metadata.namespace}/${spec.cronJobName}`])
  /** By the uid of a CronJob, as its Runs told when this process first looked; `null`: of no start. */
  const lastStarted = new Map<string, Instant | null>()
  const underWay = new Set<Promise<void>>()
  let running = false

  /** Closes the Run of a Job. Failures are told in the log; the next start of the server sees to them. */
  function close(job: Job, gone: boolean): void {
    const uid = job.metadata.uid ?? ''
    const run = runOfJob(job, gone ? { at: clock.now(), by: replacing.get(uid) } : undefined)
    if (gone) replacing.delete(uid)
    if (run === undefined) return
    const writing = write(run).then((problem) => {
      if (problem !== undefined)
        log.warn('the end of a run could not be recorded', { run: keyOf(run), problem: problem.message })
      underWay.delete(writing)
    })
    underWay.add(writing)
  }

  jobs.onChange(({ kind, object, old }) => {
    if (!running) return
    if (kind === 'Gone') close(object, true)
    else if (isJobFinished(object) && (old === undefined || !isJobFinished(old))) close(object, false)
  })

  return {
    async record(cronJob, fates, known) {
      const { uid = '' } = cronJob.metadata
      const told = runsOf(cronJob, fates, {
        localZone: options.localZone,
        now: clock.now(),
        kept: options.kept,
        recorded: recorded.get(uid),
        jobOf: (name) => known.find(({ metadata }) => metadata.name === name),
      })
      for (let i = 0; i < told.length; i += atOnce) {
        const problems = await Promise.all(told.slice(i, i + atOnce).map(write))
        const problem = problems.find((each) => each !== undefined)
        if (problem !== undefined) return problem
      }
      for (const fate of fates) {
        if (rangeEnd(fate) > (recorded.get(uid) ?? 0)) recorded.set(uid, rangeEnd(fate))
      }
      return undefined
    },
    lastStarted(cronJob) {
      const { uid = '' } = cronJob.metadata
      const there = lastStarted.get(uid)
      if (there !== undefined) return there ?? undefined
      const found = newestStart(recordedOf.get(keyOf(cronJob)).values(), uid)
      lastStarted.set(uid, found ?? null)
      return found
    },
    replaced: (job, by) => void replacing.set(job.metadata.uid ?? '', by),
    forget(uid) {
      recorded.delete(uid)
      lastStarted.delete(uid)
    },
    start() {
      running = true
      for (const job of jobs.all().values()) {
        const run = isJobFinished(job) ? runOfJob(job) : undefined
        // One that is missing has been cleared away, or the CronJob's next pass tells of it.
        if (run !== undefined && runs.get(keyOf(run)) !== undefined) close(job, false)
      }
      for (const run of runs.all().values()) {
        const { jobName = '', result } = run.status
        if (result !== 'Running' || jobs.get(`${run.metadata.namespace}/${jobName}`) !== undefined) continue
        void write(lostRun(run))
      }
    },
    stop: async () => void (await Promise.all(underWay)),
  }
}

/** Where a range of times ends that need not be told again; 0 for a single time, of which something else may be told. */
function rangeEnd(fate: SlotFate): Instant {
  switch (fate.kind) {
    case 'Missed':
    case 'Skipped':
      return fate.kind === 'Skipped' && fate.reason === 'JobAlreadyActive' ? (0 as Instant) : fate.last
    case 'Started':
    case 'Failed':
      return 0 as Instant
    default:
      return unreachable(fate)
  }
}

function newestStart(runs: Iterable<Run>, uid: string): Instant | undefined {
  let newest: Instant | undefined
  for (const { spec, status } of runs) {
    const at = spec.cronJobUID === uid && status.jobName !== undefined ? parseTime(spec.scheduledTime) : undefined
    if (at !== undefined && (newest === undefined || at > newest)) newest = at
  }
  return newest
}

/** The Job went away while nobody looked. */
const lostRun = (run: Run): Run => ({
  ...run,
  status: {
    ...run.status,
    result: 'Deleted',
    reason: 'JobDeleted',
    message: 'the Job is gone, and how it ended was not seen',
  },
})

/** Creates a Run, or brings the one that is there up to date; writes nothing where nothing is new. */
function writerOf({ client }: LedgerContext, runs: Informer<Run>): (told: Run) => Promise<Status | undefined> {
  const read = async (told: Run): Promise<Run | Status | undefined> => {
    const { namespace, name = '' } = told.metadata
    const found = await client.get<Run>({ resource: runsResource, namespace, name })
    return found.ok ? found.value : isNotFound(found.error) ? undefined : found.error
  }
  return async (told) => {
    let there: Run | undefined = runs.get(keyOf(told))
    let problem: Status | undefined
    for (let i = 0; i < tries; i++) {
      const merged = there === undefined ? told : mergeRun(there, told)
      if (merged === there) return undefined
      const written =
        there === undefined
          ? await client.create<Run>(runsResource, merged, { fieldManager })
          : await client.update<Run>(runsResource, merged, { fieldManager })
      // With its namespace the history goes as well.
      if (written.ok || isNamespaceTerminating(written.error)) return undefined
      problem = written.error
      if (!isAlreadyExists(problem) && !isConflict(problem) && !isNotFound(problem)) return problem
      const now = await read(told)
      if (now !== undefined && !('spec' in now)) return now
      there = now
    }
    return problem
  }
}
