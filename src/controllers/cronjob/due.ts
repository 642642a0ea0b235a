/**
 * Which time is due, how many before it were missed, and when to look again.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/utils.go, mostRecentScheduleTime, nextScheduleTimeDuration (facts)
 */
import { type Instant, instant, type Seconds } from '../../base/index.ts'
import { nextTime, type Schedule, type TimeZone } from '../../cron/index.ts'

export type Timetable = { readonly schedule: Schedule; readonly zone: TimeZone }

export type DueQuery = {
  readonly timetable: Timetable
  /** No time up to this one is due any more: the last start, or the creation. */
  readonly base: Instant
  readonly deadline: Seconds | undefined
  readonly now: Instant
}

export type DueTimes = {
  readonly due?: Instant | undefined
  /** Times that were due before `due` and after the deadline's limit, the first 100 at most. */
  readonly missed: readonly Instant[]
  readonly tooMany: boolean
  /** The last time before `due`; told only when there are too many to name them all. */
  readonly lastMissed?: Instant | undefined
  /** The next time that will be due. */
  readonly next?: Instant | undefined
  /** The times that are too late for the deadline, the first and the last. */
  readonly tooLate?: { readonly first: Instant; readonly last: Instant } | undefined
}

/** More missed times than this are too many. */
export const mostMissed = 100

/**
 * The first time after `at`. `@every` counts from `anchor`, whenever one looks; a schedule of fields needs no anchor.
 */
function slotAfter({ schedule, zone }: Timetable, anchor: Instant, at: Instant): Instant | undefined {
  if (schedule.kind === 'Fields') return nextTime(schedule, zone, at)
  const period = schedule.seconds * 1000
  const first = Math.floor(anchor / 1000) * 1000
  const passed = Math.max(0, Math.floor((at - first) / period))
  return instant(first + (passed + 1) * period)
}

const none: readonly Instant[] = []

/** Counts every time there is, and finds the newest wherever the gaps lie. */
export function dueTimes({ timetable, base, deadline, now }: DueQuery): DueTimes {
  const limit = deadline === undefined ? base : instant(now - deadline * 1000)
  const from = laterOf(base, limit)
  const tooLate = from > base ? rangeOf(timetable, base, base, from) : undefined
  const found: Instant[] = []
  let at = slotAfter(timetable, base, from)
  while (at !== undefined && at <= now && found.length <= mostMissed) {
    found.push(at)
    at = slotAfter(timetable, base, at)
  }
  const tooMany = found.length > mostMissed
  const coming = laterOf(base, now)
  // The search for what is due ends with what is next, as a rule.
  const next = tooMany || from > coming ? slotAfter(timetable, base, coming) : at
  const due = tooMany ? latestSlot(timetable, base, from, now) : found.at(-1)
  if (!tooMany) return { due, missed: found.length > 1 ? found.slice(0, -1) : none, tooMany, next, tooLate }
  const lastMissed = due === undefined ? undefined : latestSlot(timetable, base, from, instant(due - 1000))
  return { due, missed: found.slice(0, mostMissed), lastMissed, tooMany, next, tooLate }
}

const laterOf = (one: Instant, other: Instant): Instant => (one > other ? one : other)

/** The times in (from, to], the first and the last; undefined when there are none. */
export function rangeOf(timetable: Timetable, anchor: Instant, from: Instant, to: Instant): DueTimes['tooLate'] {
  const first = slotAfter(timetable, anchor, from)
  if (first === undefined || first > to) return undefined
  return { first, last: latestSlot(timetable, anchor, from, to) ?? first }
}

/** The last time in (from, to], by bisection; undefined when there is none. */
function latestSlot(timetable: Timetable, anchor: Instant, from: Instant, to: Instant): Instant | undefined {
  let found: Instant | undefined
  let low = from
  // No time lies in (high, to].
  let high = to
  for (;;) {
    const middle = instant(Math.floor((low + high) / 2000) * 1000)
    const probe = laterOf(low, middle)
    const slot = slotAfter(timetable, anchor, probe)
    if (slot !== undefined && slot <= to) {
      found = slot
      low = slot
    } else if (probe === low) return found
    else high = middle
  }
}

/** The times as upstream computes them; the error is for schedules that it cannot handle, such as those that never fire. */
export type ExactDueTimes =
  | { readonly kind: 'Times'; readonly due?: Instant | undefined; readonly missed: 'none' | 'few' | 'many' }
  | { readonly kind: 'Error'; readonly message: string }

/**
 * Upstream's computation: the gap between the first two times stands for all gaps, so the newest time of an irregular
 * schedule may be overlooked.
 */
export function exactDueTimes({ timetable, base, deadline, now }: DueQuery): ExactDueTimes {
  const from = deadline === undefined ? base : laterOf(base, instant(now - deadline * 1000))
  const first = nextTime(timetable.schedule, timetable.zone, from)
  const second = first === undefined ? undefined : nextTime(timetable.schedule, timetable.zone, first)
  if (first !== undefined && now < first) return { kind: 'Times', missed: 'none' }
  if (first !== undefined && second !== undefined && now < second) return { kind: 'Times', due: first, missed: 'none' }
  const period = first === undefined || second === undefined ? 0 : Math.round((second - first) / 1000)
  if (first === undefined || period < 1) {
    return { kind: 'Error', message: 'time difference between two schedules is less than 1 second' }
  }
  const missed = Math.floor(Math.floor((now - first) / 1000) / period) + 1
  let due: Instant | undefined
  let at: Instant | undefined = instant(first + (missed - 2) * period * 1000)
  for (;;) {
    at = nextTime(timetable.schedule, timetable.zone, at)
    if (at === undefined || at > now) break
    due = at
  }
  return { kind: 'Times', due, missed: missed > mostMissed ? 'many' : missed > 0 ? 'few' : 'none' }
}

/** When upstream looks again: 100 ms after the next time. */
export function exactWakeAt(query: DueQuery): Instant | undefined {
  const { timetable, base, now } = query
  const times = exactDueTimes({ ...query, deadline: undefined })
  const from = times.kind === 'Error' ? now : (times.due ?? (times.missed === 'none' ? base : now))
  const next = nextTime(timetable.schedule, timetable.zone, from)
  return next === undefined ? undefined : instant(next + 100)
}
