/** Schedules in plain English and Japanese, and what may surprise about them. */
import { formatTime, type Instant, instant } from '../base/index.ts'
import { formatInZone } from './local-time.ts'
import { nextTime } from './next.ts'
import type { Field, Schedule } from './schedule.ts'
import { type TimeZone, timeZone, utc } from './zone.ts'

export type Language = 'en' | 'ja'
export type Description = { readonly text: string; readonly warnings: readonly string[] }

type Fields = Extract<Schedule, { readonly kind: 'Fields' }>

/** Describes a schedule; clock changes are looked for in the year after `now`. */
export function describeSchedule(schedule: Schedule, zone: TimeZone, now: Instant, language: Language): Description {
  const words = language === 'ja' ? japanese : english
  if (schedule.kind === 'Every') {
    const warnings = schedule.seconds < 60 ? [words.underOneMinute] : []
    return { text: words.every(durationOf(schedule.seconds)), warnings }
  }
  const own = schedule.zone === undefined ? zone : (timeZone(schedule.zone) ?? utc)
  const next = nextTime(schedule, own, now)
  if (next === undefined) return { text: words.never, warnings: [words.neverWarning] }
  const warnings = [
    ...(hasEitherDay(schedule) ? [words.eitherDay] : []),
    ...clockChanges(schedule, own, now).map((change) => words.clockChange(change)),
  ]
  return { text: words.sentence(partsOf(schedule)), warnings }
}

function durationOf(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${rest ? `${rest}s` : ''}`
}

const valuesOf = ({ matches }: Field, from = 0): readonly number[] =>
  matches.flatMap((matched, value) => (matched && value >= from ? [value] : []))

/** Both fields of days are set, so that one of them is enough. */
const hasEitherDay = ({ dayOfMonth, dayOfWeek }: Fields): boolean => !dayOfMonth.starred && !dayOfWeek.starred

/** What a sentence is made of. Absent days or months: all of them. */
type Parts = {
  readonly times: Times
  readonly days?: readonly number[] | undefined
  readonly weekdays?: readonly number[] | undefined
  readonly months?: readonly number[] | undefined
}
type Times =
  | { readonly kind: 'EveryMinutes'; readonly step: number }
  | { readonly kind: 'EveryHours'; readonly step: number; readonly minute: number }
  | { readonly kind: 'Clock'; readonly times: readonly string[] }
  /** Minutes of some hours; no hours: all. */
  | { readonly kind: 'Minutes'; readonly minutes: readonly number[]; readonly hours?: readonly number[] | undefined }

const mostClockTimes = 8

function partsOf(fields: Fields): Parts {
  const days = valuesOf(fields.dayOfMonth, 1)
  const weekdays = valuesOf(fields.dayOfWeek)
  const months = valuesOf(fields.month, 1)
  const everyDay = hasEitherDay(fields) && (days.length === 31 || weekdays.length === 7)
  return {
    times: timesOf(valuesOf(fields.minute), valuesOf(fields.hour)),
    days: everyDay || days.length === 31 ? undefined : days,
    weekdays: everyDay || weekdays.length === 7 ? undefined : weekdays,
    months: months.length === 12 ? undefined : months,
  }
}

/** The step of values that go on regularly from 0 and divide `whole`. */
function stepOf(values: readonly number[], whole: number): number | undefined {
  const step = whole / values.length
  return Number.isInteger(step) && values.every((value, index) => value === index * step) ? step : undefined
}

function timesOf(minutes: readonly number[], hours: readonly number[]): Times {
  const [minute = 0] = minutes
  const minuteStep = stepOf(minutes, 60)
  if (hours.length === 24) {
    if (minuteStep !== undefined && minuteStep < 60) return { kind: 'EveryMinutes', step: minuteStep }
    return minutes.length === 1 ? { kind: 'EveryHours', step: 1, minute } : { kind: 'Minutes', minutes }
  }
  const hourStep = stepOf(hours, 24)
  if (minutes.length === 1 && hourStep !== undefined && hourStep < 24) {
    return { kind: 'EveryHours', step: hourStep, minute }
  }
  if (minutes.length * hours.length > mostClockTimes) return { kind: 'Minutes', minutes, hours }
  return { kind: 'Clock', times: hours.flatMap((hour) => minutes.map((value) => `${two(hour)}:${two(value)}`)) }
}

const two = (value: number): string => String(value).padStart(2, '0')

/** Runs of three and more become ranges. */
function runsOf(values: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const value of values) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === value - 1) last[1] = value
    else runs.push([value, value])
  }
  return runs.flatMap(([first, last]): (readonly [number, number])[] =>
    last - first === 1
      ? [
          [first, first],
          [last, last],
        ]
      : [[first, last]],
  )
}

/** A time that is left out or comes twice when clocks change. */
type ClockChange = { readonly kind: 'Skipped' | 'Twice'; readonly at: string; readonly zone: string }

const yearSeconds = 366 * 86_400

/** Clock changes within a year that a daily or rarer time falls into; times that come every hour are left out. */
function clockChanges({ minute, hour }: Fields, zone: TimeZone, now: Instant): readonly ClockChange[] {
  const hours = valuesOf(hour)
  if (hours.length > mostClockTimes) return []
  const changes: ClockChange[] = []
  const start = Math.floor(now / 1000)
  for (let at = start; at < start + yearSeconds; ) {
    const before = zone.offsetAt(at)
    at = Math.max(at + 1, before.end)
    if (at >= start + yearSeconds || at === Number.POSITIVE_INFINITY) break
    const after = zone.offsetAt(at).seconds
    if (after === before.seconds) continue
    const [from, to] = [Math.min(before.seconds, after), Math.max(before.seconds, after)]
    const kind = after > before.seconds ? 'Skipped' : 'Twice'
    for (let local = at + from; local < at + to; local += 60) {
      const inDay = ((local % 86_400) + 86_400) % 86_400
      const matched = hour.matches[Math.floor(inDay / 3600)] && minute.matches[Math.floor((inDay % 3600) / 60)]
      if (!matched) continue
      const shown = formatTime(instant(local * 1000))
        .slice(0, 16)
        .replace('T', ' ')
      changes.push({ kind, at: shown, zone: zone.name })
      break
    }
  }
  return changes
}

type Words = {
  readonly every: (duration: string) => string
  readonly never: string
  readonly neverWarning: string
  readonly eitherDay: string
  readonly underOneMinute: string
  readonly clockChange: (change: ClockChange) => string
  readonly sentence: (parts: Parts) => string
}

const listed = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
const ranged = (values: readonly number[], name: (value: number) => string): string =>
  listed(runsOf(values).map(([first, last]) => (first === last ? name(first) : `${name(first)} to ${name(last)}`)))

const englishDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const englishMonths = 'January February March April May June July August September October November December'.split(' ')
const ordinal = (day: number): string => {
  const teen = Math.floor(day / 10) === 1
  return `${day}${(!teen && ['th', 'st', 'nd', 'rd'][day % 10]) || 'th'}`
}

const english: Words = {
  every: (duration) => `every ${duration}, counted from the last start`,
  never: 'never',
  neverWarning: 'No time matches within five years: this schedule never fires.',
  eitherDay:
    'Both day of month and day of week are set: it fires on days that match either of them, not only on days that match both.',
  underOneMinute: 'Runs are named by the minute: of several in one minute only the first is started.',
  clockChange: ({ kind, at, zone }) =>
    kind === 'Skipped'
      ? `Clocks in ${zone} are put forward over ${at}: that run is left out.`
      : `Clocks in ${zone} are put back over ${at}: that run comes twice.`,
  sentence: ({ times, days, weekdays, months }) => {
    const onDays = days && `the ${ranged(days, ordinal)}`
    const onWeekdays = weekdays && ranged(weekdays, (value) => englishDays[value] ?? '')
    const when = [onDays, onWeekdays].filter((text) => text !== undefined)
    const always = times.kind === 'Clock' ? ' every day' : ''
    const dayText = when.length === 0 ? always : ` on ${when.join(' and on ')}`
    const monthText = months === undefined ? '' : ` in ${ranged(months, (value) => englishMonths[value - 1] ?? '')}`
    return `${englishTimes(times)}${dayText}${monthText}`
  },
}

function englishTimes(times: Times): string {
  switch (times.kind) {
    case 'EveryMinutes':
      return times.step === 1 ? 'every minute' : `every ${times.step} minutes`
    case 'EveryHours': {
      const hours = times.step === 1 ? 'every hour' : `every ${times.step} hours`
      return times.minute === 0 ? hours : `${hours}, at minute ${times.minute}`
    }
    case 'Clock':
      return `at ${listed(times.times)}`
    case 'Minutes': {
      const step = stepOf(times.minutes, 60)
      const minutes =
        step === undefined || step === 60
          ? `at minute${times.minutes.length > 1 ? 's' : ''} ${ranged(times.minutes, String)}`
          : `every ${step === 1 ? 'minute' : `${step} minutes`}`
      return times.hours === undefined
        ? `${minutes} of every hour`
        : `${minutes} in the hours ${ranged(times.hours, (hour) => `${two(hour)}:00`)}`
    }
  }
}

const japaneseDays = ['日', '月', '火', '水', '木', '金', '土']
const japaneseRanges = (values: readonly number[], name: (value: number) => string): string =>
  runsOf(values)
    .map(([first, last]) => (first === last ? name(first) : `${name(first)}〜${name(last)}`))
    .join('、')

const japanese: Words = {
  every: (duration) => `前回の開始から${duration}ごと`,
  never: '実行されません',
  neverWarning: '5年以内に一致する時刻がないため、このスケジュールは一度も実行されません。',
  eitherDay: '日と曜日の両方が指定されています。両方に一致する日だけでなく、どちらか一方に一致する日にも実行されます。',
  underOneMinute: 'Jobの名前は分単位で決まるため、同じ1分間では最初の1回だけが開始されます。',
  clockChange: ({ kind, at, zone }) =>
    kind === 'Skipped'
      ? `${zone}では時計が進められて${at}が存在しないため、その回は実行されません。`
      : `${zone}では時計が戻されて${at}が2回あるため、その回は2度実行されます。`,
  sentence: ({ times, days, weekdays, months }) => {
    const monthText = months === undefined ? '' : `${japaneseRanges(months, (value) => `${value}月`)}の`
    const onDays = days && `${months === undefined ? '毎月' : ''}${japaneseRanges(days, (value) => `${value}日`)}`
    const onWeekdays = weekdays && `毎週${japaneseRanges(weekdays, (value) => `${japaneseDays[value]}曜日`)}`
    const when = [onDays, onWeekdays].filter((text) => text !== undefined)
    const dayText = when.length === 0 ? '毎日' : when.join('、または')
    return `${monthText}${dayText}の${japaneseTimes(times)}`
  },
}

function japaneseTimes(times: Times): string {
  switch (times.kind) {
    case 'EveryMinutes':
      return times.step === 1 ? '毎分' : `${times.step}分ごと`
    case 'EveryHours': {
      const hours = times.step === 1 ? '毎時' : `${times.step}時間ごとの`
      return `${hours}${times.minute}分`
    }
    case 'Clock':
      return times.times.join('、')
    case 'Minutes': {
      const hours = times.hours === undefined ? '毎時' : `${japaneseRanges(times.hours, (hour) => `${hour}時`)}の`
      return `${hours}${japaneseRanges(times.minutes, (minute) => `${minute}分`)}`
    }
  }
}

/** The next `count` times as RFC 3339 text in the zone, for people to read. */
export function upcoming(schedule: Schedule, zone: TimeZone, now: Instant, count: number): readonly string[] {
  const times: string[] = []
  let at: Instant | undefined = now
  while (times.length < count) {
    at = nextTime(schedule, zone, at)
    if (at === undefined) break
    times.push(formatInZone(at, zone))
  }
  return times
}
