import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CronJob } from '../apis/batch/index.ts'
import { formatTime, instant, millis, parseTime } from '../base/index.ts'
import { defaultCronJobOptions, exactCronJobOptions } from '../controllers/cronjob/index.ts'
import { type Entry, type Scenario, simulateCronJob } from './cronjobs.ts'

const at = (text: string) => parseTime(text) ?? instant(Number.NaN)
const minutely = (spec: object = {}): CronJob =>
  ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'minutely', namespace: 'default', uid: 'u' },
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: {}, spec: { template: { metadata: {}, spec: { containers: [] } } } },
      ...spec,
    },
    status: {},
  }) as CronJob

function run(changes: Partial<Scenario>): readonly Entry[] {
  return [
    ...simulateCronJob({
      cronJob: minutely(),
      shownAs: 'minutely',
      from: at('2026-01-01T08:25:00Z'),
      to: at('2026-01-01T10:23:00Z'),
      down: [],
      duration: millis(10_000),
      failRate: 0,
      random: { bits: () => 0 },
      options: defaultCronJobOptions,
      ...changes,
    }),
  ].flat()
}

const startsOf = (entries: readonly Entry[]): readonly string[] =>
  entries
    .filter(({ kind }) => kind === 'Started')
    .map(({ scheduled }) => formatTime(scheduled ?? instant(0)).slice(11, 16))

describe('the worked examples of the mission: down from 08:29 to 10:21', () => {
  const down = [{ from: at('2026-01-01T08:29:00Z'), to: at('2026-01-01T10:21:00Z') }]
  test('without startingDeadlineSeconds nothing is started, and why is told', () => {
    const entries = run({ down })
    assert.deepEqual(startsOf(entries), ['08:26', '08:27', '08:28'])
    assert.ok(entries.some(({ text }) => text?.includes('Too many missed start time (> 100)')))
  })
  test('with 200 seconds it goes on', () => {
    const starts = startsOf(run({ down, cronJob: minutely({ startingDeadlineSeconds: 200 }) }))
    assert.deepEqual(starts, ['08:26', '08:27', '08:28', '10:21', '10:22'])
  })
  test('exactly as upstream the newest missed time is started', () => {
    const starts = startsOf(run({ down, options: exactCronJobOptions }))
    assert.deepEqual(starts.slice(3, 4), ['10:21'])
  })
})

test('Forbid never overlaps: the next run begins when the one before has ended', () => {
  const to = at('2026-01-01T08:30:00Z')
  const entries = run({ to, duration: millis(90_000), cronJob: minutely({ concurrencyPolicy: 'Forbid' }) })
  let running = 0
  for (const { kind } of entries) {
    if (kind === 'Started') running++
    if (kind === 'Completed') running--
    assert.ok(running <= 1)
  }
  assert.ok(entries.some(({ kind }) => kind === 'Skipped'))
})

test('Replace deletes the run before', () => {
  const to = at('2026-01-01T08:28:00Z')
  const entries = run({ to, duration: millis(90_000), cronJob: minutely({ concurrencyPolicy: 'Replace' }) })
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['Started', 'Deleted', 'Started'],
  )
})

test('the fail rate decides how Jobs end', () => {
  const to = at('2026-01-01T08:28:00Z')
  assert.deepEqual(
    run({ to, failRate: 1 })
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'Failed' || kind === 'Completed'),
    ['Failed', 'Failed'],
  )
})
