import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime, instant, parseTime, type Seconds } from '../../base/index.ts'
import { parseSchedule, utc } from '../../cron/index.ts'
import { type DueQuery, dueTimes, exactDueTimes, exactWakeAt } from './due.ts'

function queryOf(schedule: string, base: string, now: string, deadline?: number): DueQuery {
  const parsed = parseSchedule(schedule)
  assert.ok(parsed.ok)
  const timetable = { schedule: parsed.value, zone: utc }
  const read = (text: string) => parseTime(text) ?? assert.fail(text)
  return { timetable, base: read(base), now: read(now), deadline: deadline as Seconds | undefined }
}

const shown = (at: number | undefined): string => (at === undefined ? '–' : formatTime(instant(at)))

type Row = readonly [
  schedule: string,
  base: string,
  now: string,
  deadline: number | undefined,
  missed: string,
  due: string,
  next: string,
]
const day = '2025-06-10T'
/** The recorded table of upstream's computation. */
const rows: readonly Row[] = [
  ['* * * * *', `${day}10:00:00Z`, `${day}10:00:59Z`, undefined, 'none', '–', `${day}10:01:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}10:01:00.1Z`, undefined, 'none', `${day}10:01:00Z`, `${day}10:02:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:40:59Z`, undefined, 'few', `${day}11:40:00Z`, `${day}11:41:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:41:00Z`, undefined, 'many', `${day}11:41:00Z`, `${day}11:42:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:41:00Z`, 200, 'few', `${day}11:41:00Z`, `${day}11:42:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}10:01:00.1Z`, 0, 'none', '–', `${day}10:02:00Z`],
  ['* * * * *', `${day}10:00:00Z`, `${day}10:01:00.1Z`, 1, 'none', `${day}10:01:00Z`, `${day}10:02:00Z`],
  ['0 * * * *', `${day}10:00:00Z`, `${day}11:10:00Z`, 300, 'none', '–', `${day}12:00:00Z`],
  ['0 * * * *', `${day}10:00:00Z`, `${day}11:10:00Z`, 3600, 'none', `${day}11:00:00Z`, `${day}12:00:00Z`],
  ['@every 1h30m', `${day}00:00:13Z`, `${day}10:00:00Z`, undefined, 'few', `${day}09:00:13Z`, `${day}10:30:13Z`],
  [
    '0 9 * * mon',
    '2025-06-02T09:00:00Z',
    '2025-06-25T12:00:00Z',
    undefined,
    'few',
    '2025-06-23T09:00:00Z',
    '2025-06-30T09:00:00Z',
  ],
  [
    '0 0 1 * *',
    '2025-01-01T00:00:00Z',
    '2025-06-25T00:00:00Z',
    undefined,
    'few',
    '2025-06-01T00:00:00Z',
    '2025-07-01T00:00:00Z',
  ],
  [
    '0 8,20 * * *',
    '2025-06-10T08:00:00Z',
    '2025-06-12T10:00:00Z',
    undefined,
    'few',
    '2025-06-12T08:00:00Z',
    '2025-06-12T20:00:00Z',
  ],
  ['30 6-16/4 * * 1-5', '2025-06-13T06:30:00Z', '2025-06-13T23:00:00Z', undefined, 'few', '–', '2025-06-16T06:30:00Z'],
  ['0 8,9 * * *', '2025-06-10T09:00:00Z', '2025-06-12T07:00:00Z', undefined, 'few', '–', '2025-06-12T08:00:00Z'],
  [
    '0 8,9 * * *',
    '2025-06-10T08:00:00Z',
    '2025-06-12T07:00:00Z',
    undefined,
    'few',
    '2025-06-11T09:00:00Z',
    '2025-06-12T08:00:00Z',
  ],
]

for (const [schedule, base, now, deadline, missed, due, next] of rows) {
  test(`upstream: ${schedule} since ${base} at ${now}, deadline ${deadline ?? 'none'}, has ${due} due`, () => {
    const query = queryOf(schedule, base, now, deadline)
    const times = exactDueTimes(query)
    assert.equal(times.kind, 'Times')
    if (times.kind !== 'Times') return
    assert.deepEqual([times.missed, shown(times.due)], [missed, due])
    const wakeAt = exactWakeAt(query)
    assert.equal(shown(wakeAt), next)
    assert.equal((wakeAt ?? 0) % 1000, 100)
  })
}

test('upstream cannot handle a schedule that never fires', () => {
  const times = exactDueTimes(queryOf('0 0 31 2 *', '2025-01-01T00:00:00Z', '2025-06-01T00:00:00Z'))
  assert.deepEqual(times, { kind: 'Error', message: 'time difference between two schedules is less than 1 second' })
})

const counted: readonly (readonly [...Row, count: number])[] = [
  ['* * * * *', `${day}10:00:00Z`, `${day}10:00:59Z`, undefined, 'few', '–', `${day}10:01:00Z`, 0],
  ['* * * * *', `${day}10:00:00Z`, `${day}10:01:00Z`, undefined, 'few', `${day}10:01:00Z`, `${day}10:02:00Z`, 0],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:40:59Z`, undefined, 'few', `${day}11:40:00Z`, `${day}11:41:00Z`, 99],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:41:00Z`, undefined, 'many', `${day}11:41:00Z`, `${day}11:42:00Z`, 100],
  ['* * * * *', `${day}10:00:00Z`, `${day}11:41:00Z`, 200, 'few', `${day}11:41:00Z`, `${day}11:42:00Z`, 3],
  ['* * * * *', `${day}10:00:00Z`, `${day}10:01:00.1Z`, 0, 'few', '–', `${day}10:02:00Z`, 0],
  ['@every 1h30m', `${day}00:00:13Z`, `${day}10:00:00Z`, undefined, 'few', `${day}09:00:13Z`, `${day}10:30:13Z`, 5],
  ['@every 1h', `${day}00:00:13Z`, `${day}10:01:00Z`, 200, 'few', `${day}10:00:13Z`, `${day}11:00:13Z`, 0],
  [
    '30 6-16/4 * * 1-5',
    '2025-06-13T06:30:00Z',
    '2025-06-13T23:00:00Z',
    undefined,
    'few',
    '2025-06-13T14:30:00Z',
    '2025-06-16T06:30:00Z',
    1,
  ],
  [
    '0 8,9 * * *',
    '2025-06-10T09:00:00Z',
    '2025-06-12T07:00:00Z',
    undefined,
    'few',
    '2025-06-11T09:00:00Z',
    '2025-06-12T08:00:00Z',
    1,
  ],
  [
    '* * * 1 *',
    '2025-01-01T00:00:00Z',
    '2025-12-01T00:00:00Z',
    undefined,
    'many',
    '2025-01-31T23:59:00Z',
    '2026-01-01T00:00:00Z',
    100,
  ],
  ['0 0 31 2 *', '2025-01-01T00:00:00Z', '2025-12-01T00:00:00Z', undefined, 'few', '–', '–', 0],
]

for (const [schedule, base, now, deadline, missed, due, next, count] of counted) {
  test(`counted: ${schedule} since ${base} at ${now}, deadline ${deadline ?? 'none'}, has ${due} due`, () => {
    const times = dueTimes(queryOf(schedule, base, now, deadline))
    assert.deepEqual(
      [times.tooMany ? 'many' : 'few', shown(times.due), shown(times.next), times.missed.length],
      [missed, due, next, count],
    )
  })
}

test('times that are too late for the deadline are told, the first and the last', () => {
  const { tooLate } = dueTimes(queryOf('* * * * *', `${day}10:00:00Z`, `${day}11:00:00Z`, 90))
  assert.deepEqual([shown(tooLate?.first), shown(tooLate?.last)], [`${day}10:01:00Z`, `${day}10:58:00Z`])
})
