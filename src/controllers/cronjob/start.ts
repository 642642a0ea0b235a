/**
 * Whether a Job is to be started now, and starting it.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob (facts: gates, order)
 */
import { editedAtAnnotation, type Job, tooManyMissedAnnotation } from '../../apis/batch/index.ts'
import { formatTime, type Instant, parseTime, type Seconds } from '../../base/index.ts'
import { parseSchedule, type TimeZone, timeZone, utc, zoneProblem } from '../../cron/index.ts'
import { type DueQuery, type DueTimes, dueTimes, exactDueTimes, exactWakeAt, type Timetable } from './due.ts'
import * as events from './events.ts'
import { isControlledBy, jobFor, jobNameFor } from './job-template.ts'
import { activeJobs, addActive, ask, isActive, type Pass, type PassEnd, removeActive, type Step } from './pass.ts'
import type { CronJobAction, SlotFate } from './snapshot.ts'

/** Nothing more to do until something changes. */
const rest: PassEnd = {}

export function* startDueJob(pass: Pass): Step<PassEnd> {
  const { metadata, spec } = pass.cronJob
  if (metadata.deletionTimestamp !== undefined) return rest
  const zone = spec.timeZone === undefined ? pass.options.localZone : timeZone(spec.timeZone)
  if (zone === undefined) {
    yield events.unknownTimeZone(spec.timeZone ?? '', zoneProblem(spec.timeZone ?? ''))
    return rest
  }
  if (spec.suspend === true) return pass.options.exact ? rest : passOver(pass, zone)
  if (spec.schedule.includes('TZ')) yield events.unsupportedSchedule(spec.schedule)
  const schedule = parseSchedule(spec.schedule)
  if (!schedule.ok) {
    yield events.unparseableSchedule(spec.schedule, schedule.error)
    return rest
  }
  const query = queryOf(pass, { schedule: schedule.value, zone })
  const times = yield* pass.options.exact ? exactly(pass, query) : fully(pass, query)
  if (times === undefined) return rest
  const { due, wakeAt, missed } = times
  if (due !== undefined && isStarted(pass, due)) return { wakeAt }
  if (missed !== undefined) yield missed
  if (due === undefined) return { wakeAt }
  if (spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 0) {
    yield events.jobAlreadyActive
    tell(pass, { kind: 'Skipped', scheduled: due, last: due, reason: 'JobAlreadyActive' })
    return { wakeAt }
  }
  const problem = spec.concurrencyPolicy === 'Replace' ? yield* replaceActive(pass) : undefined
  if (problem !== undefined) return { retry: problem }
  return yield* start(pass, due, query.timetable, wakeAt)
}

/** From when on times count: the last start, else the creation, and not before the last edit of the spec. */
function queryOf({ cronJob, lastStarted, status, now, options }: Pass, timetable: Timetable): DueQuery {
  const { metadata, spec } = cronJob
  const times = [
    parseTime(status.lastScheduleTime ?? metadata.creationTimestamp ?? ''),
    // Upstream relies on the name being taken instead, and then tells the status.
    options.exact ? undefined : lastStarted,
    // An edit says what shall be from now on; it does not call for what would have been.
    options.exact ? undefined : parseTime(metadata.annotations?.[editedAtAnnotation] ?? ''),
  ]
  const base = times.reduce<Instant | undefined>(
    (latest, at) => (at !== undefined && (latest === undefined || at > latest) ? at : latest),
    undefined,
  )
  const deadline = spec.startingDeadlineSeconds as Seconds | undefined
  return { timetable, base: base ?? now, deadline, now }
}

type Times = {
  readonly due: Instant | undefined
  readonly wakeAt: Instant | undefined
  /** What is to be told of times that nobody saw. */
  readonly missed?: CronJobAction | undefined
}

/** Tells what would have been due, were the CronJob not suspended. */
function passOver(pass: Pass, zone: TimeZone): PassEnd {
  const schedule = parseSchedule(pass.cronJob.spec.schedule)
  if (!schedule.ok) return rest
  const { due, missed, next, tooLate } = dueTimes(queryOf(pass, { schedule: schedule.value, zone }))
  const first = tooLate?.first ?? missed[0] ?? due
  const last = due ?? tooLate?.last
  if (first !== undefined && last !== undefined) {
    tell(pass, { kind: 'Skipped', scheduled: first, last, reason: 'Suspended' })
  }
  return { wakeAt: next }
}

/** As upstream computes; undefined when the schedule cannot be handled. */
function* exactly(pass: Pass, query: DueQuery): Step<Times | undefined> {
  const times = exactDueTimes(query)
  if (times.kind === 'Error') {
    yield events.invalidSchedule(pass.cronJob.spec.schedule, times.message)
    return undefined
  }
  if (times.missed === 'many') yield events.tooManyMissedButStarting
  return { due: times.due, wakeAt: exactWakeAt(query) }
}

/** With every time counted; undefined when the schedule never fires. */
function* fully(pass: Pass, query: DueQuery): Step<Times | undefined> {
  const times = dueTimes(query)
  if (times.due === undefined && times.next === undefined) {
    yield events.invalidSchedule(pass.cronJob.spec.schedule, 'no time matches within five years')
    return undefined
  }
  tellMissed(pass, times)
  const { lastScheduleTime } = pass.cronJob.status
  const last = parseTime(lastScheduleTime ?? '')
  if (lastScheduleTime !== undefined && last !== undefined && last > pass.now)
    yield events.clockWentBack(lastScheduleTime)
  if (!times.tooMany) return { due: times.due, wakeAt: times.next, missed: missedEvent(pass, times) }
  if (startsLatest(pass)) {
    yield events.tooManyMissedButStarting
    return { due: times.due, wakeAt: times.next }
  }
  const { namespace = '', name = '' } = pass.cronJob.metadata
  yield { kind: 'LogError', message: `CronJob ${namespace}/${name}: ${events.tooManyMissedText}` }
  yield events.tooManyMissed
  return { due: undefined, wakeAt: times.next }
}

/**
 * What waits for the run before, under Forbid, waits on purpose, and may be looked at often; and of `@every` below a minute
 * only the first time of each minute is started, as names are by the minute.
 */
function missedEvent(pass: Pass, { due, missed, tooLate }: DueTimes): CronJobAction | undefined {
  const minute = Math.floor((parseTime(pass.status.lastScheduleTime) ?? 0) / 60_000)
  const later = (at: Instant | undefined): boolean => at !== undefined && Math.floor(at / 60_000) !== minute
  const waits = activeJobs(pass).length > 0 && pass.cronJob.spec.concurrencyPolicy === 'Forbid'
  const first = later(tooLate?.last) ? tooLate?.first : missed.find(later)
  const last = missed.at(-1) ?? tooLate?.last
  return waits || first === undefined || last === undefined ? undefined : events.missedSchedule(first, last, due)
}

function startsLatest({ cronJob, options }: Pass): boolean {
  const own = cronJob.metadata.annotations?.[tooManyMissedAnnotation]
  return own === undefined ? options.tooManyMissed === 'start-latest' : own === 'start-latest'
}

function tell(pass: Pass, fate: SlotFate): void {
  pass.fates.push(fate)
}

function tellMissed(pass: Pass, { due, missed, lastMissed, tooMany, tooLate }: DueTimes): void {
  if (tooLate !== undefined) {
    tell(pass, { kind: 'Missed', scheduled: tooLate.first, last: tooLate.last, reason: 'DeadlineExceeded' })
  }
  const [first] = missed
  if (first === undefined) return
  const newest = missed.at(-1) ?? first
  if (!tooMany) tell(pass, { kind: 'Missed', scheduled: first, last: newest, reason: 'Superseded' })
  else {
    const starting = startsLatest(pass)
    const last = starting ? (lastMissed ?? newest) : (due ?? newest)
    tell(pass, { kind: 'Missed', scheduled: first, last, reason: starting ? 'Superseded' : 'TooManyMissedTimes' })
  }
}

/** A Job for this time is running, or has been told as started. */
function isStarted(pass: Pass, due: Instant): boolean {
  const name = jobNameFor(pass.cronJob, due)
  if (activeJobs(pass).some((reference) => reference.name === name)) return true
  if (parseTime(pass.status.lastScheduleTime ?? '') === due) return true
  return !pass.options.exact && isSameMinute(pass, due, name)
}

/** The Job of an earlier time in the same minute is there: `@every` below a minute. Upstream would count it again. */
function isSameMinute(pass: Pass, due: Instant, name: string): boolean {
  const scheduled = pass.jobs.find(({ job }) => job.metadata.name === name)?.scheduled
  if (scheduled === undefined || scheduled === due) return false
  tell(pass, { kind: 'Missed', scheduled: due, last: due, reason: 'SameMinute' })
  return true
}

/** Ends what runs, without waiting for it. A text: it could not be ended. */
function* replaceActive(pass: Pass): Step<string | undefined> {
  const { namespace = '' } = pass.cronJob.metadata
  for (const { name = '', uid = '' } of activeJobs(pass)) {
    const found = yield* ask({ kind: 'ReadJob', name })
    if (found.kind !== 'Ok') {
      const message = found.kind === 'Failed' ? found.message : `jobs.batch "${name}" not found`
      yield events.failedGet(message)
      return message
    }
    const deleted = yield* ask({ kind: 'DeleteJob', name, uid })
    if (deleted.kind !== 'Ok' && deleted.kind !== 'NotFound') {
      yield events.failedDelete(deleted.kind === 'Failed' ? deleted.message : deleted.kind)
      return `could not replace job ${namespace}/${name}`
    }
    removeActive(pass, uid)
    yield events.deletedJob(name)
  }
  return undefined
}

function* start(pass: Pass, due: Instant, { zone }: Timetable, wakeAt: Instant | undefined): Step<PassEnd> {
  const { spec } = pass.cronJob
  const job = jobFor(pass.cronJob, due, spec.timeZone === undefined ? utc : zone)
  const jobName = job.metadata.name ?? ''
  const result = yield* ask({ kind: 'CreateJob', job, scheduled: due })
  switch (result.kind) {
    case 'Ok':
      yield events.createdJob(jobName)
      noteStarted(pass, due, result.job ?? job)
      return { wakeAt }
    case 'AlreadyExists':
      return yield* takeOver(pass, due, result.job, wakeAt)
    case 'NotFound':
    case 'Failed': {
      const message = result.kind === 'Failed' ? result.message : 'the namespace is gone'
      if (result.kind === 'Failed' && result.namespaceTerminating === true) return { retry: message }
      yield events.failedCreate(message)
      tell(pass, { kind: 'Failed', scheduled: due, message })
      return { retry: message }
    }
  }
}

function noteStarted(pass: Pass, due: Instant, job: Job): void {
  addActive(pass, job)
  pass.status = { ...pass.status, lastScheduleTime: formatTime(due) }
  tell(pass, { kind: 'Started', scheduled: due, jobName: job.metadata.name ?? '' })
}

/** The name is taken: by the Job for this very time, when the write after its creation was lost, or by a stranger. */
function* takeOver(pass: Pass, due: Instant, job: Job | undefined, wakeAt: Instant | undefined): Step<PassEnd> {
  if (job === undefined) return { retry: 'the Job that has the name could not be read' }
  const name = job.metadata.name ?? ''
  if (!isControlledBy(job, pass.cronJob)) {
    tell(pass, { kind: 'Failed', scheduled: due, message: `${name} is not controlled by this CronJob` })
    if (pass.options.exact) return rest
    yield events.nameTaken(name)
    return { wakeAt }
  }
  if (!isActive(pass, job.metadata.uid)) noteStarted(pass, due, job)
  return { wakeAt }
}
