/** What upstream's parser and search really answered, from recordings beside the checkout. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatTime, type Instant, parseTime } from '../base/index.ts'
import { nextTime } from './next.ts'
import { parseSchedule } from './schedule.ts'
import { timeZone } from './zone.ts'

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
  const zone = timeZone(zoneName)
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

/** Recorded with data from before 2026b; since then Morocco stays on UTC from 2026-09-20 on. */
const moroccoChanged = timeZone('Africa/Casablanca')?.offsetAt(1_800_000_000).seconds === 0
const isOutdated = ({ timeZone: name, next, after }: Vector): boolean =>
  moroccoChanged && name === 'Africa/Casablanca' && (next.at(-1) ?? after) > '2026-09-20'

test('every recorded schedule fires when upstream fired it', { skip }, () => {
  for (const vector of (vectors?.valid ?? []).filter((given) => !isOutdated(given))) {
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
