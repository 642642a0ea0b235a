import { type CronJob, finishedCondition, type Job, type JobCondition } from '../../apis/batch/index.ts'
import { type Instant, parseTime } from '../../base/index.ts'
import { scheduledTimeOf } from './job-template.ts'

/** What a pass wants to know of a Job. */
export type SeenJob = {
  readonly job: Job
  /** How it ended; undefined while it goes on. */
  readonly end: JobCondition | undefined
  /** The due time that this CronJob started it for. */
  readonly scheduled: Instant | undefined
  /** When it began; infinite while it has not. */
  readonly began: number
  /** When it succeeded; minus infinity unless it has. */
  readonly succeeded: number
}

/**
 * Holds as long as the Job is this version of it. What rests on parts that it shares with `before`, an earlier version, is
 * taken from there.
 */
export function seenJobOf(job: Job, cronJob: CronJob, before?: SeenJob): SeenJob {
  const { startTime, completionTime } = job.status
  const sameStart = startTime === before?.job.status.startTime
  const sameMetadata = job.metadata === before?.job.metadata
  const end = finishedCondition(job)
  return {
    job,
    end,
    scheduled: sameMetadata ? before.scheduled : scheduledTimeOf(job, cronJob),
    began: (before !== undefined && sameStart ? before.began : parseTime(startTime)) ?? Number.POSITIVE_INFINITY,
    succeeded: (end?.type === 'Complete' ? parseTime(completionTime) : undefined) ?? Number.NEGATIVE_INFINITY,
  }
}
