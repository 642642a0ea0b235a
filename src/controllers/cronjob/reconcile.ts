/**
 * Brings the status in line with the Jobs that are there, and old finished Jobs out of the way.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs, syncCronJob (facts)
 */
import { beforeEditAnnotation, beforeEditsOf, lastResultAnnotation } from '../../apis/batch/index.ts'
import { formatTime, parseTime } from '../../base/index.ts'
import { parseSchedule, timeZone } from '../../cron/index.ts'
import { rangeOf } from './due.ts'
import { deletedJob, failedDelete, missingJob, sawCompletedJob, unexpectedJob } from './events.ts'
import { activeJobs, addActive, ask, isActive, type Pass, removeActive, type Step } from './pass.ts'
import type { SeenJob } from './seen-job.ts'
import type { CronJobAction } from './snapshot.ts'

/** Deletes the oldest finished Jobs beyond the limits: first those that succeeded. */
export function* cleanUpHistory(pass: Pass): Step {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = pass.cronJob.spec
  const succeeded = surplusOf(pass, 'Complete', successfulJobsHistoryLimit)
  if (succeeded > 0) yield* deleteOldest(pass, 'Complete', succeeded)
  const failed = surplusOf(pass, 'Failed', failedJobsHistoryLimit)
  if (failed > 0) yield* deleteOldest(pass, 'Failed', failed)
}

type End = 'Complete' | 'Failed'

function surplusOf({ jobs }: Pass, type: End, limit: number | undefined): number {
  if (limit === undefined) return 0
  let surplus = -limit
  for (const { end } of jobs) if (end?.type === type) surplus++
  return surplus
}

function* deleteOldest(pass: Pass, type: End, surplus: number): Step {
  const finished = pass.jobs.filter(({ end }) => end?.type === type)
  for (const { job } of finished.sort(byStart).slice(0, surplus)) {
    const { metadata } = job
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
function byStart({ job: a, began: one }: SeenJob, { job: b, began: other }: SeenJob): number {
  if (one !== other) return one < other ? -1 : 1
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1
}

/**
 * A Job for a due time that the status does not tell yet: the write after its creation was lost. It counts as started,
 * whether or not it is still there later. (Upstream relies on the name being taken as long as the Job is there.)
 */
export function healFromJobs(pass: Pass): void {
  if (pass.options.exact) return
  const told = parseTime(pass.cronJob.status.lastScheduleTime) ?? Number.NEGATIVE_INFINITY
  let newest = told
  for (const { job, end, scheduled } of pass.jobs) {
    if (scheduled === undefined || scheduled <= told) continue
    pass.fates.push({ kind: 'Started', scheduled, jobName: job.metadata.name ?? '' })
    if (scheduled > newest) {
      newest = scheduled
      pass.status = { ...pass.status, lastScheduleTime: formatTime(scheduled) }
    }
    // Only a Job that has not been told may be missing in the list: one that was taken out of it has finished.
    if (end === undefined && !isActive(pass, job.metadata.uid)) addActive(pass, job)
  }
}

/**
 * What was due by rules that an edit has replaced, and that no pass may have seen: nobody will start it any more. Runs that
 * are there say more and stay.
 */
export function tellBeforeEdits(pass: Pass): void {
  const { cronJob, options } = pass
  if (cronJob.metadata.annotations?.[beforeEditAnnotation] === undefined || options.exact) return
  const created = parseTime(cronJob.metadata.creationTimestamp) ?? pass.now
  for (const rules of beforeEditsOf(cronJob)) {
    const zone = rules.timeZone === undefined ? options.localZone : timeZone(rules.timeZone)
    const schedule = parseSchedule(rules.schedule)
    const [after, until] = [parseTime(rules.after), parseTime(rules.until)]
    // A copy of a CronJob may have brought its note along.
    if (zone === undefined || !schedule.ok || after === undefined || until === undefined || after < created) continue
    const range = rangeOf({ schedule: schedule.value, zone }, after, after, until)
    if (range === undefined) continue
    const times = { scheduled: range.first, last: range.last, rules }
    const suspended = rules.suspendedBy !== undefined
    pass.fates.push(
      suspended ? { kind: 'Skipped', reason: 'Suspended', ...times } : { kind: 'Missed', reason: 'Edited', ...times },
    )
  }
  const { [beforeEditAnnotation]: _told, ...annotations } = pass.annotations ?? {}
  pass.annotations = annotations
}

/** Takes finished Jobs out of the active ones, and looks for those that are gone. A text: the pass must be tried again. */
export function* reconcileStatus(pass: Pass): Step<string | undefined> {
  for (const seen of pass.jobs) {
    const event = seeJob(pass, seen)
    if (event !== undefined) yield event
  }
  noteSuccess(pass)
  noteLastResult(pass)
  const active = activeJobs(pass)
  if (active.length === 0) return undefined
  const uids = new Set(pass.jobs.map(({ job }) => job.metadata.uid))
  for (const { name = '', uid } of active) {
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

/** What there is to tell of a Job. */
function seeJob(pass: Pass, { job, end }: SeenJob): CronJobAction | undefined {
  const { name = '', uid } = job.metadata
  const listed = isActive(pass, uid)
  if (end === undefined) return listed ? undefined : unexpectedJob(name)
  if (listed) removeActive(pass, uid)
  return listed ? sawCompletedJob(name, end.type) : undefined
}

function noteSuccess(pass: Pass): void {
  let newest = parseTime(pass.status.lastSuccessfulTime) ?? Number.NEGATIVE_INFINITY
  let newer: SeenJob | undefined
  for (const seen of pass.jobs) {
    if (seen.succeeded <= newest) continue
    newer = seen
    newest = seen.succeeded
  }
  if (newer !== undefined) pass.status = { ...pass.status, lastSuccessfulTime: newer.job.status.completionTime }
}

/**
 * For the table: how the run for the newest due time ended, of those that have. Told when such a run ends, so that
 * clearing away old Jobs changes nothing.
 */
function noteLastResult(pass: Pass): void {
  if (pass.options.exact) return
  let newest: SeenJob | undefined
  for (const seen of pass.jobs) {
    if (seen.end === undefined || seen.scheduled === undefined) continue
    if (newest?.scheduled === undefined || newest.scheduled < seen.scheduled) newest = seen
  }
  const end = newest?.end
  const ranUntilNow = pass.cronJob.status.active?.some(({ uid }) => uid === newest?.job.metadata.uid) === true
  if (end === undefined || !ranUntilNow) return
  const result = end.type === 'Complete' ? 'Complete' : end.reason || 'Failed'
  if (pass.annotations?.[lastResultAnnotation] !== result) {
    pass.annotations = { ...pass.annotations, [lastResultAnnotation]: result }
  }
}
