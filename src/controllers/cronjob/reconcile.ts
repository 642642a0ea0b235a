/**
 * Brings the status in line with the Jobs that are there, and old finished Jobs out of the way.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, cleanupFinishedJobs, syncCronJob (facts)
 */
import { beforeEditAnnotation, beforeEditsOf, type Job, lastResultAnnotation } from '../../apis/batch/index.ts'
import { parseTime } from '../../base/index.ts'
import { parseSchedule, timeZone } from '../../cron/index.ts'
import { rangeOf } from './due.ts'
import { deletedJob, failedDelete, missingJob, sawCompletedJob, unexpectedJob } from './events.ts'
import { act, activeJobs, addActive, isActive, noteScheduled, type Pass, removeActive, type Step } from './pass.ts'
import type { SeenJob } from './seen-job.ts'
import type { ActionResult, AskingAction } from './snapshot.ts'

/** The oldest finished Jobs beyond the limits, unless they are being deleted: first those that succeeded. */
export function surplusJobs(pass: Pass): readonly SeenJob[] {
  const { successfulJobsHistoryLimit = Infinity, failedJobsHistoryLimit = Infinity } = pass.cronJob.spec
  let tooManySucceeded = -successfulJobsHistoryLimit
  let tooManyFailed = -failedJobsHistoryLimit
  for (const { end } of pass.jobs) {
    if (end?.type === 'Complete') tooManySucceeded++
    else if (end?.type === 'Failed') tooManyFailed++
  }
  const succeeded = tooManySucceeded > 0 ? oldest(pass, 'Complete', tooManySucceeded) : none
  const failed = tooManyFailed > 0 ? oldest(pass, 'Failed', tooManyFailed) : none
  const surplus = failed.length === 0 ? succeeded : [...succeeded, ...failed]
  return pass.options.exact || surplus.length === 0
    ? surplus
    : surplus.filter(({ job }) => job.metadata.deletionTimestamp === undefined)
}

type End = 'Complete' | 'Failed'
const none: readonly SeenJob[] = []

function oldest({ jobs }: Pass, type: End, count: number): readonly SeenJob[] {
  const finished = jobs.filter(({ end }) => end?.type === type)
  // They mostly come in the order in which they were made.
  const inOrder = finished.every((seen, i) => i === 0 || byStart(finished[i - 1] ?? seen, seen) < 0)
  return (inOrder ? finished : finished.sort(byStart)).slice(0, count)
}

export const deletionOf = ({ metadata: { name = '', uid = '' } }: Job): AskingAction => ({
  kind: 'DeleteJob',
  name,
  uid,
})

export function noteDeletion(pass: Pass, { metadata: { name = '', uid } }: Job, result: ActionResult): void {
  if (result.kind === 'Ok' || result.kind === 'NotFound') {
    removeActive(pass, uid)
    act(pass, deletedJob(name))
  } else act(pass, failedDelete(result.kind === 'Failed' ? result.message : result.kind))
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
  const told = pass.lastScheduled ?? Number.NEGATIVE_INFINITY
  for (const { job, end, scheduled } of pass.jobs) {
    if (scheduled === undefined || scheduled <= told) continue
    pass.fates.push({ kind: 'Started', scheduled, jobName: job.metadata.name ?? '' })
    if (pass.lastScheduled === undefined || scheduled > pass.lastScheduled) noteScheduled(pass, scheduled)
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

/** Takes finished Jobs out of the active ones, and notes how the newest ended. */
export function seeJobs(pass: Pass): void {
  for (const seen of pass.jobs) seeJob(pass, seen)
  noteSuccess(pass)
  noteLastResult(pass)
}

/** Looks for active Jobs that are gone. A text: the pass must be tried again. */
export function* findMissing(pass: Pass): Step<string | undefined> {
  const uids = new Set(pass.jobs.map(({ job }) => job.metadata.uid))
  for (const { name = '', uid } of activeJobs(pass)) {
    if (uids.has(uid)) continue
    const result = yield { kind: 'ReadJob', name }
    if (result.kind === 'Failed') return result.message
    const there = result.kind === 'Ok' && (pass.options.exact || result.job?.metadata.uid === uid)
    if (there) continue
    act(pass, missingJob(name))
    removeActive(pass, uid)
  }
  return undefined
}

function seeJob(pass: Pass, { job, end }: SeenJob): void {
  const { name = '', uid } = job.metadata
  const listed = isActive(pass, uid)
  if (end === undefined) {
    if (!listed) act(pass, unexpectedJob(name))
  } else if (listed) {
    removeActive(pass, uid)
    act(pass, sawCompletedJob(name, end.type))
  }
}

function noteSuccess(pass: Pass): void {
  let newest = Number.NEGATIVE_INFINITY
  let completionTime: string | undefined
  for (const { job, succeeded } of pass.jobs) {
    if (succeeded <= newest) continue
    newest = succeeded
    completionTime = job.status.completionTime
  }
  const told = pass.status.lastSuccessfulTime
  if (completionTime === undefined || completionTime === told) return
  if (newest > (parseTime(told) ?? Number.NEGATIVE_INFINITY)) {
    pass.status = { ...pass.status, lastSuccessfulTime: completionTime }
  }
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
