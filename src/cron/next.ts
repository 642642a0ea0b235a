/**
 * When a schedule fires next.
 *
 * The search walks as upstream's does, field by field from month to minute, because its behaviour around clock changes
 * follows from the walk: hours advance in real time, so an hour that is skipped does not fire and one that is repeated
 * fires twice; a midnight that does not exist does not either. But where the offset holds, it takes all the steps of one
 * field at once, and where upstream's walk stands still for ever (a date that a zone left out), it goes on.
 *
 * @source robfig/cron v3 spec.go, SpecSchedule.Next, and Go time.Date, Time.AddDate (facts: results)
 */
import { type Instant, instant } from '../base/index.ts'
import { civilDate, dayNumber, daySeconds, weekday } from './calendar.ts'
import type { Schedule } from './schedule.ts'
import { type TimeZone, timeZone, utc } from './zone.ts'

/** How many years after the start of the search a schedule may fire at the latest. */
const horizonYears = 5
const hourSeconds = 3600
const minuteSeconds = 60

/**
 * The first time after `after` at which `schedule` fires; undefined when there is none within five years. A zone in the
 * schedule itself goes before `zone`.
 */
export function nextTime(schedule: Schedule, zone: TimeZone, after: Instant): Instant | undefined {
  const unix = Math.floor(after / 1000)
  if (schedule.kind === 'Every') return instant((unix + schedule.seconds) * 1000)
  const own = schedule.zone === undefined ? zone : (timeZone(schedule.zone) ?? utc)
  // Where a clock was put back at one minute past midnight, the walk comes back to a time it has told before.
  for (let from = unix + 1; ; from += minuteSeconds) {
    const found = search(schedule, own, from)
    if (found === undefined) return undefined
    if (found > unix) return instant(found * 1000)
  }
}

type Fields = Extract<Schedule, { readonly kind: 'Fields' }>

/** Wall-clock time of an instant. */
type Local = {
  readonly days: number
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Seconds for which the offset still holds. */
  readonly steady: number
}

/** The last answer: one search, and one after the other, stay within a day mostly. */
let known = { days: 0, date: civilDate(0) }

function localOf(zone: TimeZone, unix: number): Local {
  const { seconds, end } = zone.offsetAt(unix)
  const local = unix + seconds
  const days = Math.floor(local / daySeconds)
  const inDay = local - days * daySeconds
  if (days !== known.days) known = { days, date: civilDate(days) }
  const { year, month, day } = known.date
  const hour = Math.floor(inDay / hourSeconds)
  const minute = Math.floor((inDay - hour * hourSeconds) / minuteSeconds)
  return { days, year, month, day, hour, minute, second: inDay % minuteSeconds, steady: end - unix }
}

/** The instant of a wall-clock time, chosen as Go chooses where there is none or two of it. */
function unixOf(zone: TimeZone, days: number, inDay: number): number {
  const local = days * daySeconds + inDay
  const { seconds, start, end } = zone.offsetAt(local)
  if (seconds === 0) return local
  const unix = local - seconds
  return unix >= start && unix < end ? unix : local - zone.offsetAt(unix).seconds
}

/** Where the search stands. `dropped`: the smaller fields have been set to their start. */
type Walk = {
  readonly fields: Fields
  readonly zone: TimeZone
  unix: number
  local: Local
  dropped: boolean
}

function search(fields: Fields, zone: TimeZone, from: number): number | undefined {
  if (fields.never) return undefined
  const walk: Walk = { fields, zone, unix: from, local: localOf(zone, from), dropped: false }
  const lastYear = walk.local.year + horizonYears
  while (walk.local.year <= lastYear) {
    if (findMonth(walk) && findDay(walk) && findHour(walk) && findMinute(walk) && findSecond(walk)) return walk.unix
  }
  return undefined
}

function goTo(walk: Walk, unix: number): void {
  walk.unix = unix
  walk.local = localOf(walk.zone, unix)
}

function drop(walk: Walk, unix: number): void {
  if (walk.dropped) return
  walk.dropped = true
  goTo(walk, unix)
}

/*
 * Each of the following moves on to the next match of its field. False: a bigger field has changed on the way, and the
 * search starts again from there.
 */

function findMonth(walk: Walk): boolean {
  const { matches } = walk.fields.month
  while (matches[walk.local.month] !== true) {
    drop(walk, unixOf(walk.zone, dayNumber(walk.local.year, walk.local.month, 1), 0))
    const { year, month, day } = walk.local
    const before = walk.unix
    goTo(walk, unixOf(walk.zone, dayNumber(year, month + 1, day), clockOf(walk.local)))
    if (walk.unix <= before) goTo(walk, unixOf(walk.zone, dayNumber(year, month + 1, day + 1), 0))
    if (walk.local.month === 1) return false
  }
  return true
}

const clockOf = ({ hour, minute, second }: Local): number => hour * hourSeconds + minute * minuteSeconds + second

/** When one of the day fields has a star, both must match; else one is enough. */
function dayMatches({ dayOfMonth, dayOfWeek }: Fields, day: number, days: number): boolean {
  const month = dayOfMonth.matches[day] === true
  const week = dayOfWeek.matches[weekday(days)] === true
  return dayOfMonth.starred || dayOfWeek.starred ? month && week : month || week
}

function findDay(walk: Walk): boolean {
  while (!dayMatches(walk.fields, walk.local.day, walk.local.days)) {
    drop(walk, unixOf(walk.zone, walk.local.days, 0))
    if (!leapDays(walk)) stepDay(walk)
    if (walk.local.day === 1) return false
  }
  return true
}

/** Goes to the next day that matches, or to the first of the next month, when the offset holds until there. */
function leapDays(walk: Walk): boolean {
  const { local, unix, zone, fields } = walk
  if (clockOf(local) !== 0) return false
  const last = dayNumber(local.year, local.month + 1, 1)
  let days = local.days + 1
  while (days < last && !dayMatches(fields, local.day + days - local.days, days)) days++
  const leap = (days - local.days) * daySeconds
  if (local.steady <= leap || unixOf(zone, days, 0) !== unix + leap) return false
  goTo(walk, unix + leap)
  return true
}

/** One day on, to midnight; where there is none, to the nearest full hours of it. */
function stepDay(walk: Walk): void {
  const { days } = walk.local
  const before = walk.unix
  goTo(walk, unixOf(walk.zone, days + 1, clockOf(walk.local)))
  const { hour } = walk.local
  if (hour !== 0) goTo(walk, walk.unix + (hour > 12 ? 24 - hour : -hour) * hourSeconds)
  // The zone has left this date out. Upstream would come back here for ever.
  if (walk.unix <= before) goTo(walk, unixOf(walk.zone, days + 2, 0))
}

function findHour(walk: Walk): boolean {
  const { matches } = walk.fields.hour
  while (matches[walk.local.hour] !== true) {
    drop(walk, unixOf(walk.zone, walk.local.days, walk.local.hour * hourSeconds))
    leap(walk, walk.local.hour, 24, matches, hourSeconds)
    if (walk.local.hour === 0) return false
  }
  return true
}

function findMinute(walk: Walk): boolean {
  const { matches } = walk.fields.minute
  while (matches[walk.local.minute] !== true) {
    drop(walk, walk.unix - (walk.unix % minuteSeconds))
    leap(walk, walk.local.minute, 60, matches, minuteSeconds)
    if (walk.local.minute === 0) return false
  }
  return true
}

/** Adds units until the field matches or wraps, all at once while the offset holds, else one. */
function leap(walk: Walk, value: number, wrap: number, matches: readonly boolean[], unit: number): void {
  let next = value + 1
  while (next < wrap && matches[next] !== true) next++
  const span = (next - value) * unit
  goTo(walk, walk.unix + (walk.local.steady > span ? span : unit))
}

/** Schedules fire at second 0. */
function findSecond(walk: Walk): boolean {
  const { second } = walk.local
  if (second === 0) return true
  walk.dropped = true
  goTo(walk, walk.unix + minuteSeconds - second)
  return false
}
