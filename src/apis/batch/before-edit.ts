/**
 * By which rules a CronJob went before it was edited, while nobody has recorded yet what was due by them. The note is
 * part of the edit itself, so that no crash can lose those times; the controller takes it away when they are recorded.
 */
import { formatTime, type Instant, parseTime } from '../../base/index.ts'
import { nextTime, parseSchedule, timeZone } from '../../cron/index.ts'
import { beforeEditAnnotation, editedAtAnnotation } from './names.ts'
import type { CronJob } from './types.gen.ts'

export type BeforeEdit = {
  readonly schedule: string
  readonly timeZone?: string | undefined
  /** Present when the CronJob was suspended: the field manager that had done it. */
  readonly suspendedBy?: string | undefined
  /** Times after this one, which is the phase of `@every`, and up to `until` are not recorded. RFC 3339. */
  readonly after: string
  /** When it was edited. RFC 3339. */
  readonly until: string
}

/** The field manager that owns `spec.suspend`. */
export function suspenderOf({ metadata }: Pick<CronJob, 'metadata'>): string {
  const owner = metadata.managedFields?.findLast(({ fieldsV1 }) => {
    const spec = fieldsV1?.['f:spec']
    return typeof spec === 'object' && spec !== null && 'f:suspend' in spec
  })
  return owner?.manager || 'somebody'
}

/**
 * The rules of `old`, which is being edited; undefined when nothing was due by them that may not be recorded, as is usual
 * while a controller runs.
 */
export function beforeEditOf(old: CronJob, now: Instant, localTimeZone = 'UTC'): BeforeEdit | undefined {
  const { metadata, spec, status } = old
  const zone = timeZone(spec.timeZone ?? localTimeZone)
  const schedule = parseSchedule(spec.schedule)
  const times = [status.lastScheduleTime, metadata.creationTimestamp, metadata.annotations?.[editedAtAnnotation]]
  const after = Math.max(...times.map((text) => parseTime(text) ?? Number.NEGATIVE_INFINITY)) as Instant
  if (zone === undefined || !schedule.ok || !Number.isFinite(after)) return undefined
  const due = nextTime(schedule.value, zone, after)
  if (due === undefined || due > now) return undefined
  return {
    schedule: spec.schedule,
    timeZone: spec.timeZone,
    ...(spec.suspend === true ? { suspendedBy: suspenderOf(old) } : {}),
    after: formatTime(after),
    until: formatTime(now),
  }
}

/** What the annotation says; nothing when it is absent, and of what is no such note. */
export function parseBeforeEdits(text: string | undefined): readonly BeforeEdit[] {
  if (text === undefined) return []
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    // Somebody else has written into the annotation.
    return []
  }
  return Array.isArray(given) ? given.filter(isBeforeEdit) : []
}

function isBeforeEdit(given: unknown): given is BeforeEdit {
  if (typeof given !== 'object' || given === null) return false
  const { schedule, timeZone: zone, suspendedBy, after, until } = given as Readonly<Record<string, unknown>>
  const isTime = (text: unknown): boolean => typeof text === 'string' && parseTime(text) !== undefined
  const isText = (text: unknown): boolean => text === undefined || typeof text === 'string'
  return typeof schedule === 'string' && isText(zone) && isText(suspendedBy) && isTime(after) && isTime(until)
}

/** How many notes are kept when nobody takes them away; the oldest go first. */
const mostNotes = 16

/** The annotation of a CronJob after one more edit; undefined when there is nothing to note. */
export function noteBeforeEdit(there: string | undefined, edit: BeforeEdit | undefined): string | undefined {
  if (edit === undefined) return there
  return JSON.stringify([...parseBeforeEdits(there), edit].slice(-mostNotes))
}

export const beforeEditsOf = ({ metadata }: CronJob): readonly BeforeEdit[] =>
  parseBeforeEdits(metadata.annotations?.[beforeEditAnnotation])
