/** What upstream's parser and search really answered, from recordings beside the checkout. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatTime, type Instant, parseTime } from '../base/index.ts'
import { nextTime } from './next.ts'
import { parseSchedule } from './schedule.ts'
import { type Offset, type TimeZone, timeZone } from './zone.ts'

type Vector = {
  readonly schedule: string
  readonly timeZone: string
  readonly after: string
  readonly next: readonly string[]
}
type Vectors = {
  readonly valid: readonly Vector[]
  readonly invalid: readonly { readonly schedule: string; readonly error: string }[]
  readonly upstreamHangs: readonly Vector[]
}

const url = new URL('../../../shared/cron/vectors.json', import.meta.url)
const vectors: Vectors | undefined = existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : undefined
const skip = vectors === undefined ? 'the recordings are not beside this checkout' : false

function timesAfter({ schedule, timeZone: zoneName, after }: Vector, count: number): readonly string[] {
  const parsed = parseSchedule(schedule)
  assert.ok(parsed.ok, `${schedule}: ${JSON.stringify(parsed)}`)
  const zone = zoneThen(zoneName)
  assert.ok(zone, zoneName)
  const times: string[] = []
  let at = parseTime(after)
  while (times.length < count) {
    at = at === undefined ? undefined : nextTime(parsed.value, zone, at as Instant)
    if (at === undefined) break
    times.push(formatTime(at))
  }
  return times
}

/**
 * Recorded with data from before 2026b, by which Morocco kept UTC+1 but in Ramadan; since then it is on UTC from
 * 2026-09-20 on. What was recorded is judged by the data of the recording: when the offset became 0 in it, and 3600.
 */
const ramadans = [
  ['2027-02-07T02:00:00Z', '2027-03-14T02:00:00Z'],
  ['2028-01-23T02:00:00Z', '2028-03-05T02:00:00Z'],
  ['2029-01-14T02:00:00Z', '2029-02-18T02:00:00Z'],
  ['2029-12-30T02:00:00Z', '2030-02-10T02:00:00Z'],
  ['2030-12-22T02:00:00Z', '2031-01-26T02:00:00Z'],
]

const secondsAt = (text: string): number => (parseTime(text) ?? Number.NaN) / 1000
const moroccoChange = secondsAt('2026-09-20T02:00:00Z')

/** The zone as it was when the vectors were recorded. */
function zoneThen(name: string): TimeZone | undefined {
  const zone = timeZone(name)
  if (name !== 'Africa/Casablanca' || zone === undefined || zone.offsetAt(1_800_000_000).seconds !== 0) return zone
  const changes = ramadans.flatMap(([from = '', to = '']) => [
    { at: secondsAt(from), seconds: 0 },
    { at: secondsAt(to), seconds: 3600 },
  ])
  const offsetAt = (unix: number): Offset => {
    const now = zone.offsetAt(unix)
    if (unix < moroccoChange) return { ...now, end: Math.min(now.end, moroccoChange) }
    const before = changes.findLast(({ at }) => at <= unix) ?? { at: moroccoChange, seconds: 3600 }
    const end = changes.find(({ at }) => at > unix)?.at ?? Number.POSITIVE_INFINITY
    return { seconds: before.seconds, start: before.at, end }
  }
  return { name, offsetAt }
}

test('every recorded schedule fires when upstream fired it', { skip }, () => {
  for (const vector of vectors?.valid ?? []) {
    const what = `${vector.schedule} in ${vector.timeZone} after ${vector.after}`
    assert.deepEqual(timesAfter(vector, Math.max(vector.next.length, 1)), vector.next, what)
  }
})

test('every recorded fault is told in the words of upstream', { skip }, () => {
  for (const { schedule, error } of vectors?.invalid ?? []) {
    const parsed = parseSchedule(schedule)
    const told = parsed.ok ? 'accepted' : parsed.error
    // A crash is told as the validation around the parser tells it.
    assert.equal(told.replace('invalid schedule format: ', 'PANIC in the upstream parser: '), error, schedule)
  }
})

test('where upstream searches for ever, the search ends with a later time', { skip }, () => {
  for (const vector of vectors?.upstreamHangs ?? []) {
    const [first = ''] = timesAfter(vector, 1)
    assert.ok(first > vector.after, `${vector.schedule}: ${first}`)
  }
})
