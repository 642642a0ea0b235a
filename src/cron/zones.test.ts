/** Every zone around every change of its offset, against the runtime's own calendar, minute by minute. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, instant } from '../base/index.ts'
import { nextTime } from './next.ts'
import { parseSchedule, type Schedule } from './schedule.ts'
import { isTimeZone, type TimeZone, timeZone } from './zone.ts'
import { zoneNames } from './zone-names.ts'

const since = Temporal.Instant.from('2000-01-01T00:00:00Z')
const until = Date.UTC(2037, 11, 31)
const hour = 3_600_000
const day = 24 * hour

type Change = { readonly at: number; readonly before: number; readonly after: number }

/** Links share their data; one name of each is enough where the whole is compared. */
const canonical = [
  ...new Map(
    zoneNames.map((name) => [new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone, name]),
  ).values(),
]

function changesOf(name: string): readonly Change[] {
  const changes: Change[] = []
  let zoned = since.toZonedDateTimeISO(name)
  for (;;) {
    const next = zoned.getTimeZoneTransition('next')
    if (next === null || next.epochMilliseconds > until) return changes
    const before = Temporal.Instant.fromEpochMilliseconds(next.epochMilliseconds - 1).toZonedDateTimeISO(name)
    changes.push({
      at: next.epochMilliseconds,
      before: before.offsetNanoseconds / 1e9,
      after: next.offsetNanoseconds / 1e9,
    })
    zoned = next
  }
}

const zoneOf = (name: string): TimeZone => timeZone(name) ?? assert.fail(name)
const scheduleOf = (text: string): Schedule => {
  const parsed = parseSchedule(text)
  return parsed.ok ? parsed.value : assert.fail(parsed.error)
}

test('every name is a zone, and in no other spelling', () => {
  for (const name of zoneNames) assert.ok(isTimeZone(name), name)
  for (const name of [
    'utc',
    'europe/berlin',
    'Europe/berlin',
    'JST',
    'PST',
    '+02:00',
    'UTC+1',
    'GMT+5',
    '',
    ' UTC',
    'Nowhere',
  ]) {
    assert.equal(isTimeZone(name), false, name)
  }
})

test('the table of every zone changes its offset exactly when the zone does', () => {
  for (const name of zoneNames) {
    const zone = zoneOf(name)
    for (const { at, before, after } of changesOf(name)) {
      const unix = Math.floor(at / 1000)
      assert.deepEqual([zone.offsetAt(unix - 1).seconds, zone.offsetAt(unix).seconds], [before, after], `${name} ${at}`)
    }
  }
})

test('no zone changes its offset twice within the sampling step, from 1970 to 2100', () => {
  for (const name of canonical) {
    let zoned = Temporal.Instant.from('1970-01-01T00:00:00Z').toZonedDateTimeISO(name)
    let last: number | undefined
    for (;;) {
      const next = zoned.getTimeZoneTransition('next')
      if (next === null || next.year > 2100) break
      if (last !== undefined) assert.ok(next.epochMilliseconds - last > 2 ** 19 * 1000, `${name} ${next}`)
      last = next.epochMilliseconds
      zoned = next
    }
  }
})

type Wall = {
  readonly minute: number
  readonly hour: number
  readonly day: number
  readonly month: number
  readonly weekday: number
}

/** Wall-clock time by the offsets that the runtime told, without any of the code under test. */
function wallOf(at: number, change: Change): Wall {
  const local = new Date(at + (at < change.at ? change.before : change.after) * 1000)
  return {
    minute: local.getUTCMinutes(),
    hour: local.getUTCHours(),
    day: local.getUTCDate(),
    month: local.getUTCMonth() + 1,
    weekday: local.getUTCDay(),
  }
}

function fires(schedule: Schedule, wall: Wall): boolean {
  if (schedule.kind !== 'Fields') return false
  const { minute, hour: hours, dayOfMonth, month, dayOfWeek } = schedule
  const days = dayOfMonth.matches[wall.day] === true
  const weekdays = dayOfWeek.matches[wall.weekday] === true
  const daily = dayOfMonth.starred || dayOfWeek.starred ? days && weekdays : days || weekdays
  return (
    minute.matches[wall.minute] === true &&
    hours.matches[wall.hour] === true &&
    month.matches[wall.month] === true &&
    daily
  )
}

/** Upstream walks in whole hours from midnight; it sees each minute only where clocks change by and at whole hours. */
const isPlain = ({ at, before, after }: Change): boolean => {
  const wholeHours = (before - after) % 3600 === 0 && (at / 1000 + before) % 3600 === 0
  const midnight = Math.floor((at / 1000 + before - 1) / 86_400) !== Math.floor((at / 1000 + after) / 86_400)
  return wholeHours && !(after > before && midnight)
}

/**
 * The same walk in single steps, with the runtime's calendar: what the search must give where the minutes that match do
 * not tell (a missing midnight, a change at one minute past). Stops at `to`.
 */
function slowNext(schedule: Schedule, change: Change, after: number, to: number): number | undefined {
  if (schedule.kind !== 'Fields') return undefined
  const offsetAt = (at: number): number => (at < change.at ? change.before : change.after) * 1000
  const unixOf = (local: number): number => {
    const offset = offsetAt(local)
    if (offset === 0 || offsetAt(local - offset) === offset) return local - offset
    return local - offsetAt(local - offset)
  }
  const localOf = (at: number): Date => new Date(at + offsetAt(at))
  let at = Math.floor(after / 1000) * 1000 + 1000
  let dropped = false
  const drop = (to_: number): void => {
    if (!dropped) at = to_
    dropped = true
  }
  search: while (at <= to + 40 * day) {
    while (schedule.month.matches[localOf(at).getUTCMonth() + 1] !== true) return undefined
    for (;;) {
      const wall = wallOf(at, change)
      const always = { ...schedule, minute: schedule.minute, hour: schedule.hour }
      const daily = { ...wall, minute: always.minute.matches.indexOf(true), hour: always.hour.matches.indexOf(true) }
      if (fires(always, daily)) break
      const start = localOf(at)
      drop(unixOf(Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate())))
      const before = at
      const local = localOf(at).getTime()
      at = unixOf(local + day)
      const hours = localOf(at).getUTCHours()
      if (hours !== 0) at += (hours > 12 ? 24 - hours : -hours) * hour
      // Where a date is missing, upstream would stay here for ever.
      if (at <= before) at = unixOf(local + 2 * day)
      if (localOf(at).getUTCDate() === 1) continue search
    }
    while (schedule.hour.matches[localOf(at).getUTCHours()] !== true) {
      drop(unixOf(Math.floor(localOf(at).getTime() / hour) * hour))
      at += hour
      if (localOf(at).getUTCHours() === 0) continue search
    }
    while (schedule.minute.matches[localOf(at).getUTCMinutes()] !== true) {
      drop(Math.floor(at / 60_000) * 60_000)
      at += 60_000
      if (localOf(at).getUTCMinutes() === 0) continue search
    }
    const seconds = localOf(at).getUTCSeconds()
    if (seconds === 0) return at
    dropped = true
    at += (60 - seconds) * 1000
  }
  return undefined
}

/** Never a time that has been told: see the search. */
function laterNext(schedule: Schedule, change: Change, after: number, to: number): number | undefined {
  for (let from = after; ; from += 60_000) {
    const found = slowNext(schedule, change, from, to)
    if (found === undefined || found > after) return found
  }
}

const tried = [
  '*/10 * * * *',
  '30 2 * * *',
  '15 1 * * *',
  '0 */2 * * *',
  '30 23 * * 0,6',
  '5 0 * * *',
  '0 3 1-7,25-31 * *',
]

function timesBetween(from: number, to: number, next: (at: number) => number | undefined): readonly string[] {
  const times: string[] = []
  let last = from
  for (let at = next(from); at !== undefined && at <= to; at = next(at)) {
    assert.ok(at > last, `the time after ${formatTime(instant(last))} is ${formatTime(instant(at))}`)
    times.push(formatTime(instant(at)))
    last = at
  }
  return times
}

function matchingMinutes(schedule: Schedule, change: Change, from: number, to: number): readonly string[] {
  const times: string[] = []
  for (let at = from + 60_000; at <= to; at += 60_000) {
    if (fires(schedule, wallOf(at, change))) times.push(formatTime(instant(at)))
  }
  return times
}

test('around every change of every zone, schedules fire in the minutes that match, and in no other', () => {
  const schedules = tried.map((text) => [text, scheduleOf(text)] as const)
  const compared = { minutes: 0, steps: 0 }
  for (const name of canonical) {
    const zone = zoneOf(name)
    const changes = changesOf(name)
    changes.forEach((change, index) => {
      if (changes.some((other) => other !== change && Math.abs(other.at - change.at) < 5 * day)) return
      // Every change with one of the schedules, in turn, so that each zone sees them all.
      const [text, schedule] = schedules[index % schedules.length] ?? assert.fail()
      const from = Math.floor(change.at / 60_000) * 60_000 - 26 * hour
      const to = from + 52 * hour
      const found = timesBetween(from, to, (at) => nextTime(schedule, zone, instant(at)))
      const what = `${text} in ${name} around ${formatTime(instant(change.at))}`
      assert.deepEqual(
        found,
        timesBetween(from, to, (at) => laterNext(schedule, change, at, to)),
        `steps: ${what}`,
      )
      compared.steps++
      if (!isPlain(change)) return
      assert.deepEqual(found, matchingMinutes(schedule, change, from, to), what)
      compared.minutes++
    })
  }
  assert.ok(compared.minutes > 5000 && compared.steps > compared.minutes, JSON.stringify(compared))
})
