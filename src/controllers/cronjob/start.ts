/**
 * Whether a Job is to be started now, and starting it.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob (facts: gates, order)
 */
import { editedAtAnnotation, type Job, tooManyMissedAnnotation } from '../../apis/batch/index.ts'
import type { ObjectReference } from '../../apis/core/index.ts'
import { type Instant, parseTime, type Seconds } from '../../base/index.ts'
import { parseSchedule, type TimeZone, timeZone, utc, zoneProblem } from '../../cron/index.ts'
import { type DueQuery, type DueTimes, dueTimes, exactDueTimes, exactWakeAt, type Timetable } from './due.ts'
import * as events from './events.ts'
import { isControlledBy, jobFor, jobNameFor } from './job-template.ts'
import {
  act,
  activeJobs,
  addActive,
  isActive,
  noteScheduled,
  type Pass,
  type PassEnd,
  removeActive,
  type Step,
} from './pass.ts'
import type { ActionResult, CronJobAction, SlotFate } from './snapshot.ts'

/** Nothing more to do until something changes. */
const rest: PassEnd = {}
const noEvents: readonly CronJobAction[] = []
const noneActive: readonly ObjectReference[] = []

/** A Job to be started. */
export type DueStart = {
  readonly due: Instant
  readonly job: Job
  /** Under Replace, what runs: to be ended before. */
  readonly replaced: readonly ObjectReference[]
  /** When to look again after that. */
  readonly wakeAt: Instant | undefined
}

/** What is due, as a start; else how the pass ends. */
export function dueStart(pass: Pass): DueStart | PassEnd {
  const { metadata, spec } = pass.cronJob
  if (metadata.deletionTimestamp !== undefined) return rest
  const zone = spec.timeZone === undefined ? pass.options.localZone : timeZone(spec.timeZone)
  if (zone === undefined) {
    act(pass, events.unknownTimeZone(spec.timeZone ?? '', zoneProblem(spec.timeZone ?? '')))
    return rest
  }
  if (spec.suspend === true) return pass.options.exact ? rest : passOver(pass, zone)
  if (spec.schedule.includes('TZ')) act(pass, events.unsupportedSchedule(spec.schedule))
  const schedule = parseSchedule(spec.schedule)
  if (!schedule.ok) {
    act(pass, events.unparseableSchedule(spec.schedule, schedule.error))
    return rest
  }
  const query = queryOf(pass, { schedule: schedule.value, zone })
  const times = pass.options.exact ? exactly(pass, query) : fully(pass, query)
  if (times === undefined) return rest
  const { due, wakeAt, missed } = times
  if (due !== undefined && isStarted(pass, due)) return { wakeAt }
  for (const event of missed ?? noEvents) act(pass, event)
  if (due === undefined) return { wakeAt }
  if (spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 0) {
    act(pass, events.jobAlreadyActive)
    tell(pass, { kind: 'Skipped', scheduled: due, last: due, reason: 'JobAlreadyActive' })
    return { wakeAt }
  }
  const replaced = spec.concurrencyPolicy === 'Replace' ? activeJobs(pass) : noneActive
  return { due, job: jobFor(pass.cronJob, due, spec.timeZone === undefined ? utc : zone), replaced, wakeAt }
}

/** From when on times count: the last start, else the creation, and not before the last edit of the spec. */
function queryOf({ cronJob, lastStarted, lastScheduled, now, options }: Pass, timetable: Timetable): DueQuery {
  const { metadata, spec } = cronJob
  const times = [
    lastScheduled ?? parseTime(metadata.creationTimestamp),
    // Upstream relies on the name being taken instead, and then tells the status.
    options.exact ? undefined : lastStarted,
    // An edit says what shall be from now on; it does not call for what would have been.
    options.exact ? undefined : parseTime(metadata.annotations?.[editedAtAnnotation]),
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
  readonly missed?: readonly CronJobAction[] | undefined
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
function exactly(pass: Pass, query: DueQuery): Times | undefined {
  const times = exactDueTimes(query)
  if (times.kind === 'Error') {
    act(pass, events.invalidSchedule(pass.cronJob.spec.schedule, times.message))
    return undefined
  }
  if (times.missed === 'many') act(pass, events.tooManyMissedButStarting)
  return { due: times.due, wakeAt: exactWakeAt(query) }
}

/** With every time counted; undefined when the schedule never fires. */
function fully(pass: Pass, query: DueQuery): Times | undefined {
  const times = dueTimes(query)
  if (times.due === undefined && times.next === undefined) {
    act(pass, events.invalidSchedule(pass.cronJob.spec.schedule, 'no time matches within five years'))
    return undefined
  }
  tellMissed(pass, times)
  const { lastScheduleTime } = pass.status
  if (lastScheduleTime !== undefined && pass.lastScheduled !== undefined && pass.lastScheduled > pass.now) {
    act(pass, events.clockWentBack(lastScheduleTime))
  }
  if (!times.tooMany) return { due: times.due, wakeAt: times.next, missed: missedEvents(pass, times) }
  if (startsLatest(pass)) {
    act(pass, events.tooManyMissedButStarting)
    return { due: times.due, wakeAt: times.next }
  }
  const { namespace = '', name = '' } = pass.cronJob.metadata
  act(pass, { kind: 'LogError', message: `CronJob ${namespace}/${name}: ${events.tooManyMissedText}` })
  act(pass, events.tooManyMissed)
  return { due: undefined, wakeAt: times.next }
}

/**
 * What waits for the run before, under Forbid, waits on purpose, and may be looked at often; and of `@every` below a minute
 * only the first time of each minute is started, as names are by the minute.
 */
function missedEvents(pass: Pass, { due, missed, tooLate }: DueTimes): readonly CronJobAction[] {
  if (missed.length === 0 && tooLate === undefined) return noEvents
  const minute = Math.floor((pass.lastScheduled ?? 0) / 60_000)
  const later = (at: Instant | undefined): boolean => at !== undefined && Math.floor(at / 60_000) !== minute
  const waits = activeJobs(pass).length > 0 && pass.cronJob.spec.concurrencyPolicy === 'Forbid'
  if (waits) return noEvents
  const told: CronJobAction[] = []
  if (tooLate !== undefined && later(tooLate.last)) told.push(events.missedDeadline(tooLate.first, tooLate.last))
  const [first, last] = [missed.find(later), missed.at(-1)]
  if (first !== undefined && last !== undefined && due !== undefined) told.push(events.superseded(first, last, due))
  return told
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
  if (pass.lastScheduled === due) return true
  const active = activeJobs(pass)
  if (active.length > 0) {
    const name = jobNameFor(pass.cronJob, due)
    if (active.some((reference) => reference.name === name)) return true
  }
  return !pass.options.exact && isSameMinute(pass, due)
}

/** The Job of an earlier time in the same minute is there: `@every` below a minute. Upstream would count it again. */
function isSameMinute(pass: Pass, due: Instant): boolean {
  const minute = Math.floor(due / 60_000)
  const there = pass.jobs.some(
    ({ scheduled }) => scheduled !== undefined && scheduled !== due && Math.floor(scheduled / 60_000) === minute,
  )
  if (!there) return false
  tell(pass, { kind: 'Missed', scheduled: due, last: due, reason: 'SameMinute' })
  return true
}

/** Ends what is to be replaced, without waiting for it; then the start goes on. */
export function* replaceActive(pass: Pass, start: DueStart): Step<DueStart | PassEnd> {
  const { namespace = '' } = pass.cronJob.metadata
  for (const { name = '', uid = '' } of start.replaced) {
    const found = yield { kind: 'ReadJob', name }
    if (found.kind !== 'Ok') {
      const message = found.kind === 'Failed' ? found.message : `jobs.batch "${name}" not found`
      act(pass, events.failedGet(message))
      return { retry: message }
    }
    const deleted = yield { kind: 'DeleteJob', name, uid }
    if (deleted.kind !== 'Ok' && deleted.kind !== 'NotFound') {
      act(pass, events.failedDelete(deleted.kind === 'Failed' ? deleted.message : deleted.kind))
      return { retry: `could not replace job ${namespace}/${name}` }
    }
    removeActive(pass, uid)
    act(pass, events.deletedJob(name))
  }
  return start
}

/** What the creation of the Job came to. */
export function noteCreation(pass: Pass, { due, job, wakeAt }: DueStart, result: ActionResult): PassEnd {
  switch (result.kind) {
    case 'Ok':
      act(pass, events.createdJob(job.metadata.name ?? ''))
      noteStarted(pass, due, result.job ?? job)
      return { wakeAt }
    case 'AlreadyExists':
      return takeOver(pass, due, result.job, wakeAt)
    case 'NotFound':
    case 'Failed': {
      const message = result.kind === 'Failed' ? result.message : 'the namespace is gone'
      if (result.kind === 'Failed' && result.namespaceTerminating === true) return { retry: message }
      act(pass, events.failedCreate(message))
      tell(pass, { kind: 'Failed', scheduled: due, message })
      return { retry: message }
    }
  }
}

function noteStarted(pass: Pass, due: Instant, job: Job): void {
  addActive(pass, job)
  noteScheduled(pass, due)
  tell(pass, { kind: 'Started', scheduled: due, jobName: job.metadata.name ?? '' })
}

/** The name is taken: by the Job for this very time, when the write after its creation was lost, or by a stranger. */
function takeOver(pass: Pass, due: Instant, job: Job | undefined, wakeAt: Instant | undefined): PassEnd {
  if (job === undefined) return { retry: 'the Job that has the name could not be read' }
  const name = job.metadata.name ?? ''
  if (!isControlledBy(job, pass.cronJob)) {
    tell(pass, { kind: 'Failed', scheduled: due, message: `${name} is not controlled by this CronJob` })
    if (pass.options.exact) return rest
    act(pass, events.nameTaken(name))
    return { wakeAt }
  }
  if (!isActive(pass, job.metadata.uid)) noteStarted(pass, due, job)
  return { wakeAt }
}
