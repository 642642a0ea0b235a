/**
 * Brings the status in line with the Jobs that are there, and old finished Jobs out of the way.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs, syncCronJob (facts)
 */
import { finishedCondition, type Job, lastResultAnnotation } from '../../apis/batch/index.ts'
import { formatTime, type Instant, parseTime } from '../../base/index.ts'
import { deletedJob, failedDelete, missingJob, sawCompletedJob, unexpectedJob } from './events.ts'
import { scheduledTimeOf } from './job-template.ts'
import { activeJobs, addActive, ask, isActive, type Pass, removeActive, type Step } from './pass.ts'

/** Deletes the oldest finished Jobs beyond the limits: first those that succeeded. */
export function* cleanUpHistory(pass: Pass): Step {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = pass.cronJob.spec
  yield* keepNewest(pass, 'Complete', successfulJobsHistoryLimit)
  yield* keepNewest(pass, 'Failed', failedJobsHistoryLimit)
}

function* keepNewest(pass: Pass, type: 'Complete' | 'Failed', limit: number | undefined): Step {
  if (limit === undefined) return
  const finished = pass.jobs.filter((job) => finishedCondition(job)?.type === type)
  if (finished.length <= limit) return
  const oldestFirst = finished.toSorted(byStart).slice(0, finished.length - limit)
  for (const { metadata } of oldestFirst) {
    const { name = '', uid = '' } = metadata
    if (metadata.deletionTimestamp !== undefined && !pass.options.exact) continue
    const result = yield* ask({ kind: 'DeleteJob', name, uid })
    if (result.kind === 'Ok' || result.kind === 'NotFound') {
      removeActive(pass, uid)
      yield deletedJob(name)
    } else yield failedDelete(result.kind === 'Failed' ? result.message : result.kind)
  }
}

/** Jobs without a start come last, equal ones by name. */
function byStart(a: Job, b: Job): number {
  const start = ({ status }: Job): number => parseTime(status.startTime ?? '') ?? Number.POSITIVE_INFINITY
  const [one, other] = [start(a), start(b)]
  if (one !== other) return one < other ? -1 : 1
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1
}

/**
 * A Job for a due time that the status does not tell yet: the write after its creation was lost. It counts as started,
 * whether or not it is still there later. (Upstream relies on the name being taken as long as the Job is there.)
 */
export function healFromJobs(pass: Pass): void {
  if (pass.options.exact) return
  for (const job of pass.jobs) {
    const scheduled = scheduledTimeOf(job, pass.cronJob)
    if (scheduled === undefined || scheduled <= lastScheduled(pass)) continue
    pass.status = { ...pass.status, lastScheduleTime: formatTime(scheduled) }
    pass.fates.push({ kind: 'Started', scheduled, jobName: job.metadata.name ?? '' })
  }
  // Only a Job that has not been told may be missing in the list: one that was taken out of it has finished.
  for (const job of pass.jobs) {
    const scheduled = scheduledTimeOf(job, pass.cronJob)
    const untold = scheduled !== undefined && scheduled > toldBefore(pass)
    if (untold && finishedCondition(job) === undefined && !isActive(pass, job.metadata.uid)) addActive(pass, job)
  }
}

const lastScheduled = ({ status }: Pass): number => parseTime(status.lastScheduleTime ?? '') ?? Number.NEGATIVE_INFINITY
const toldBefore = ({ cronJob }: Pass): number =>
  parseTime(cronJob.status.lastScheduleTime ?? '') ?? Number.NEGATIVE_INFINITY

/** Takes finished Jobs out of the active ones, and looks for those that are gone. A text: the pass must be tried again. */
export function* reconcileStatus(pass: Pass): Step<string | undefined> {
  for (const job of pass.jobs) yield* seeJob(pass, job)
  noteLastResult(pass)
  const uids = new Set(pass.jobs.map(({ metadata }) => metadata.uid))
  for (const { name = '', uid } of activeJobs(pass)) {
    if (uids.has(uid)) continue
    const result = yield* ask({ kind: 'ReadJob', name })
    if (result.kind === 'Failed') return result.message
    const there = result.kind === 'Ok' && (pass.options.exact || result.job?.metadata.uid === uid)
    if (there) continue
    yield missingJob(name)
    removeActive(pass, uid)
  }
  return undefined
}

function* seeJob(pass: Pass, job: Job): Step {
  const { name = '', uid } = job.metadata
  const end = finishedCondition(job)
  const listed = isActive(pass, uid)
  if (end === undefined) {
    if (!listed) yield unexpectedJob(name)
    return
  }
  if (listed) {
    removeActive(pass, uid)
    yield sawCompletedJob(name, end.type)
  }
  const { completionTime } = job.status
  if (end.type !== 'Complete' || completionTime === undefined) return
  const { lastSuccessfulTime } = pass.status
  const newer =
    lastSuccessfulTime === undefined || (parseTime(lastSuccessfulTime) ?? 0) < (parseTime(completionTime) ?? 0)
  if (newer) pass.status = { ...pass.status, lastSuccessfulTime: completionTime }
}

/**
 * For the table: how the run for the newest due time ended, of those that have. Told when such a run ends, so that
 * clearing away old Jobs changes nothing.
 */
function noteLastResult(pass: Pass): void {
  if (pass.options.exact) return
  let newest: { readonly at: Instant; readonly job: Job } | undefined
  for (const job of pass.jobs) {
    const at = finishedCondition(job) && scheduledTimeOf(job, pass.cronJob)
    if (at !== undefined && (newest === undefined || newest.at < at)) newest = { at, job }
  }
  const end = newest && finishedCondition(newest.job)
  const ranUntilNow = pass.cronJob.status.active?.some(({ uid }) => uid === newest?.job.metadata.uid) === true
  if (end === undefined || !ranUntilNow) return
  const result = end.type === 'Complete' ? 'Complete' : end.reason || 'Failed'
  if (pass.annotations?.[lastResultAnnotation] !== result) {
    pass.annotations = { ...pass.annotations, [lastResultAnnotation]: result }
  }
}
