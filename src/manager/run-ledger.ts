/**
 * Writes the history of CronJobs. A due time is recorded before the status of its CronJob says that it is done with, so
 * that a crash at any moment leaves it to be told again; telling twice writes once, because names follow from times.
 *
 * There may be a million Runs, so no copy of them is kept: all are read once, in pages, before the first pass; after that
 * this is who writes them, and only those of Jobs that run are kept in mind.
 */
import { isAlreadyExists, isConflict, isNamespaceTerminating, isNotFound, type Status } from '../apimachinery/index.ts'
import type { CronJob, Job } from '../apis/batch/index.ts'
import { isJobFinished } from '../apis/batch/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { type Clock, type Instant, type Log, millis, type Timers, unreachable } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type KeptRuns, mergeRun, runOfJob, runsOf, type SlotFate } from '../controllers/cronjob/index.ts'
import type { TimeZone } from '../cron/index.ts'
import { keyOf } from './informer.ts'
import type { Informers } from './informers.ts'
import { newCensus, readAllRuns } from './run-census.ts'
import { fieldManager } from './running.ts'
import { apiRetryDelays } from './work-queue.ts'

export type RunLedger = {
  /** Records what a pass has found out; resolves when it is durable. A status: what could not be written. */
  readonly record: (cronJob: CronJob, fates: readonly SlotFate[], jobs: readonly Job[]) => Promise<Status | undefined>
  /**
   * The newest time for which a Job of this CronJob is known to have been started, by its Runs as they were when this
   * process began: the Job may be gone, and the status may never have told of it.
   */
  readonly lastStarted: (cronJob: CronJob) => Instant | undefined
  /** Notes that a Job is being deleted to make place for a newer run. */
  readonly replaced: (job: Job, by: string) => void
  /** The Job of this uid is gone, and nobody may have seen it go: it may have come and gone while a watch was away. */
  readonly missing: (uid: string) => void
  /** The CronJob is gone: what was kept in mind of it is not needed. */
  readonly forget: (uid: string) => void
  /**
   * Reads all Runs, and brings those up to date whose Jobs have ended: called once when all local copies are there, and
   * waited for before the first pass.
   */
  readonly prepare: () => Promise<void>
  /** Waits for writes under way. */
  readonly stop: () => Promise<void>
}

/** Who keeps count of Runs hears how many there are, then of each that is written. */
export type RunTally = {
  /** `namespace/name` of a CronJob, how many Runs of it there are, and the first of their due times. */
  readonly counted: (cronJob: string, count: number, oldest: Instant) => void
  readonly wrote: (run: Run, isNew: boolean) => void
}

export type LedgerOptions = { readonly localZone: TimeZone; readonly kept: KeptRuns; readonly tally: RunTally }

type LedgerContext = {
  readonly client: Client
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly informers: Informers
}

/** So many Runs of one pass are written at the same time. */
const atOnce = 256
/** So often a write is tried when others write the same Run. */
const tries = 8

/** Only before the informers start. */
export function createRunLedger(context: LedgerContext, options: LedgerOptions): RunLedger {
  const { clock, informers } = context
  const jobs = informers.of<Job>('jobs.batch')
  const open = newOpenRuns()
  const write = writerOf(context, open, options.tally)
  /** By the uid of a CronJob: up to where ranges of its times have been recorded. */
  const recorded = new Map<string, Instant>()
  const replacing = new Map<string, string>()
  /** By the uid of a CronJob. */
  const lastStarted = new Map<string, Instant>()
  const { end, isStopped, stop } = createEnds(context, write)
  let running = false

  /** Closes the Run of a Job. */
  function close(job: Job, gone: boolean): void {
    const uid = job.metadata.uid ?? ''
    const how = gone ? { at: clock.now(), by: replacing.get(uid) } : undefined
    if (gone) replacing.delete(uid)
    const run = runOfJob(job, how, open.ofJob(uid))
    if (run !== undefined) end(run)
  }

  /** Closes a Run that is open, when its Job is not: nobody saw how it went, or the Job names its CronJob no more. */
  function catchUp(run: Run): void {
    const job = jobs.get(jobKey(run))
    const { jobUID } = run.status
    if (job === undefined || (jobUID !== undefined && job.metadata.uid !== jobUID)) end(lostRun(run))
    else if (isJobFinished(job)) close(job, false)
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
    lastStarted: ({ metadata: { uid = '' } }) => lastStarted.get(uid),
    replaced: (job, by) => void replacing.set(job.metadata.uid ?? '', by),
    missing(uid) {
      const run = open.ofJob(uid)
      if (run !== undefined) end(lostRun(run))
    },
    forget(uid) {
      recorded.delete(uid)
      lastStarted.delete(uid)
    },
    async prepare() {
      running = true
      const seen = newCensus()
      const ended = endedRuns(jobs.all().values())
      await readAllRuns(context, isStopped, {
        begin: seen.begin,
        take(run) {
          seen.take(run)
          open.keep(run)
          const now = ended.get(keyOf(run))
          // A Run that is missing has been cleared away, or the CronJob's next pass tells of it.
          if (now !== undefined) {
            if (mergeRun(run, now) !== run) end(now)
          } else if (run.status.result === 'Running') catchUp(run)
        },
      })
      for (const [uid, at] of seen.started()) lastStarted.set(uid, at)
      for (const [cronJob, { count, oldest }] of seen.cronJobs()) options.tally.counted(cronJob, count, oldest)
    },
    stop,
  }
}

/** Writes how Runs have ended. */
function createEnds({ timers, log }: LedgerContext, write: (told: Run) => Promise<Status | undefined>) {
  const underWay = new Set<Promise<void>>()
  let stopped = false

  /** Tried again until it is written: a Job ends once, and nobody else tells of it before the next start of the server. */
  function end(run: Run, failures = 0): void {
    const writing = write(run).then((problem) => {
      underWay.delete(writing)
      // Not found: the namespace is gone, and the history with it.
      if (problem === undefined || isNotFound(problem) || stopped) return
      const facts = { run: keyOf(run), problem: problem.message }
      if (failures === 0) log.warn('the end of a run could not be recorded; trying again', facts)
      const delay = millis(Math.min(apiRetryDelays.first * 2 ** failures, apiRetryDelays.most))
      timers.after(delay, () => end(run, failures + 1))
    })
    underWay.add(writing)
  }

  return {
    end,
    isStopped: () => stopped,
    async stop(): Promise<void> {
      stopped = true
      await Promise.all(underWay)
    },
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

/** Runs of Jobs that run, as this process has written or read them last. */
type OpenRuns = {
  readonly get: (key: string) => Run | undefined
  /** The Run of a Job, whether or not the Job still belongs to its CronJob. */
  readonly ofJob: (uid: string) => Run | undefined
  /** Takes what a Run has become; one that is closed is forgotten. */
  readonly keep: (run: Run) => void
}

function newOpenRuns(): OpenRuns {
  const byKey = new Map<string, Run>()
  const byJob = new Map<string, Run>()
  return {
    get: (key) => byKey.get(key),
    ofJob: (uid) => byJob.get(uid),
    keep(run) {
      const { result, jobUID = '' } = run.status
      if (result !== 'Running') {
        byKey.delete(keyOf(run))
        byJob.delete(jobUID)
        return
      }
      byKey.set(keyOf(run), run)
      if (jobUID !== '') byJob.set(jobUID, run)
    },
  }
}

const jobKey = ({ metadata, status }: Run): string => `${metadata.namespace}/${status.jobName ?? ''}`

/** By their keys, the Runs of all Jobs that have ended, as the Jobs tell of them. */
function endedRuns(jobs: Iterable<Job>): ReadonlyMap<string, Run> {
  const ended = new Map<string, Run>()
  for (const job of jobs) {
    const run = isJobFinished(job) ? runOfJob(job) : undefined
    if (run !== undefined) ended.set(keyOf(run), run)
  }
  return ended
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
function writerOf(
  { client }: LedgerContext,
  open: OpenRuns,
  tally: RunTally,
): (told: Run) => Promise<Status | undefined> {
  const read = async (told: Run): Promise<Run | Status | undefined> => {
    const { namespace, name = '' } = told.metadata
    const found = await client.get<Run>({ resource: runsResource, namespace, name })
    return found.ok ? found.value : isNotFound(found.error) ? undefined : found.error
  }
  const wrote = (run: Run, isNew: boolean): void => {
    open.keep(run)
    tally.wrote(run, isNew)
  }
  return async (told) => {
    let there = open.get(keyOf(told))
    let problem: Status | undefined
    for (let i = 0; i < tries; i++) {
      const merged = there === undefined ? told : mergeRun(there, told)
      if (merged === there) return undefined
      const written =
        there === undefined
          ? await client.create<Run>(runsResource, merged, { fieldManager })
          : await client.update<Run>(runsResource, merged, { fieldManager })
      if (written.ok) {
        wrote(written.value, there === undefined)
        return undefined
      }
      // With its namespace the history goes as well.
      if (isNamespaceTerminating(written.error)) return undefined
      problem = written.error
      if (!isAlreadyExists(problem) && !isConflict(problem) && !isNotFound(problem)) return problem
      const now = await read(told)
      if (now !== undefined && !('spec' in now)) return now
      there = now
    }
    return problem
  }
}
