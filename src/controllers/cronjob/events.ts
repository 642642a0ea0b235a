/** What is told about a CronJob. @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go (facts: texts) */
import { quoted } from '../../apimachinery/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'
import type { CronJobAction } from './snapshot.ts'

const event = (type: 'Normal' | 'Warning', reason: string, message: string): CronJobAction => ({
  kind: 'RecordEvent',
  event: { type, reason, message },
})

export const createdJob = (job: string) => event('Normal', 'SuccessfulCreate', `Created job ${job}`)
export const sawCompletedJob = (job: string, condition: string) =>
  event('Normal', 'SawCompletedJob', `Saw completed job: ${job}, condition: ${condition}`)
export const deletedJob = (job: string) => event('Normal', 'SuccessfulDelete', `Deleted job ${job}`)
export const missingJob = (job: string) => event('Normal', 'MissingJob', `Active job went missing: ${job}`)
export const jobAlreadyActive = event(
  'Normal',
  'JobAlreadyActive',
  'Not starting job because prior execution is running and concurrency policy is Forbid',
)
export const unexpectedJob = (job: string) =>
  event('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job}`)
export const failedGet = (error: string) => event('Warning', 'FailedGet', `Get job: ${error}`)
export const failedDelete = (error: string) => event('Warning', 'FailedDelete', `Deleted job: ${error}`)
export const failedCreate = (error: string) => event('Warning', 'FailedCreate', `Error creating job: ${error}`)
export const unknownTimeZone = (name: string, error: string) =>
  event('Warning', 'UnknownTimeZone', `invalid timeZone: ${quoted(name)}: ${error}`)
export const unparseableSchedule = (schedule: string, error: string) =>
  event('Warning', 'UnparseableSchedule', `unparseable schedule: ${quoted(schedule)} : ${error}`)
export const invalidSchedule = (schedule: string, error: string) =>
  event('Warning', 'InvalidSchedule', `invalid schedule: ${schedule} : ${error}`)
export const unsupportedSchedule = (schedule: string) =>
  event(
    'Warning',
    'UnsupportedSchedule',
    `CRON_TZ or TZ used in schedule ${quoted(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
  )

/** The newest missed run is started all the same. */
export const tooManyMissedButStarting = event(
  'Warning',
  'TooManyMissedTimes',
  'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
)
/** No run is started: the words of the documentation. */
export const tooManyMissedText =
  'Cannot determine if job needs to be started. Too many missed start time (> 100). Set or decrease .spec.startingDeadlineSeconds or check clock skew.'
export const tooManyMissed = event('Warning', 'TooManyMissedTimes', tooManyMissedText)

/** Ours: nobody looked while these times were due, as the machine slept, the clock was set, or nothing ran. */
export const missedDeadline = (first: Instant, last: Instant): CronJobAction =>
  missedSchedule(first, last, 'later than spec.startingDeadlineSeconds allows')
/** Ours: nor then. `starting` is the only one that is started. */
export const superseded = (first: Instant, last: Instant, starting: Instant): CronJobAction =>
  missedSchedule(first, last, `of all that were due only the newest, ${formatTime(starting)}, is started`)

function missedSchedule(first: Instant, last: Instant, why: string): CronJobAction {
  const times = first === last ? `time ${formatTime(first)}` : `times from ${formatTime(first)} to ${formatTime(last)}`
  return event('Warning', 'MissSchedule', `Missed scheduled ${times}: ${why}`)
}
/** Ours: the clock says less than when the last run was due. */
export const clockWentBack = (lastScheduleTime: string) =>
  event(
    'Warning',
    'ClockWentBack',
    `The last run was due at ${lastScheduleTime}, which lies in the future: no run starts before then. Check clock skew.`,
  )
/** Ours: somebody else's Job has the name that the run needs. */
export const nameTaken = (job: string) =>
  event('Warning', 'FailedCreate', `Error creating job: ${job} already exists and is not controlled by this CronJob`)
