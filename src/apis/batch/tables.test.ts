import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Instant, instant } from '../../base/index.ts'
import { isTimeZone } from '../../cron/index.ts'
import type { PodTemplateSpec } from '../core/index.ts'
import { cronJobStrategy } from './cronjob-strategy.ts'
import { cronJobTable } from './cronjob-table.ts'
import { defaultJob } from './job-defaults.ts'
import { jobStrategy } from './job-strategy.ts'
import { jobTable } from './job-table.ts'
import { beforeEditAnnotation, editedAtAnnotation, exitCodeAnnotation, lastResultAnnotation } from './names.ts'
import type { CronJob, Job, JobCondition } from './types.gen.ts'

const now = instant(Date.UTC(2026, 0, 1, 12))
const options = { exact: false, isTimeZone }
const exact = { exact: true, isTimeZone }
const template: PodTemplateSpec = {
  metadata: {},
  spec: {
    containers: [
      { name: 'a', image: 'one', resources: {} },
      { name: 'b', image: 'two', resources: {} },
    ],
  },
}

const jobOf = (spec: Partial<Job['spec']> = {}, status: Job['status'] = {}, metadata: Job['metadata'] = {}): Job => ({
  metadata: { name: 'pi', creationTimestamp: '2026-01-01T11:58:00Z', ...metadata },
  spec: { template, completions: 1, parallelism: 1, selector: { matchLabels: { x: 'y' } }, ...spec },
  status,
})
const condition = (type: string, reason?: string, message?: string): JobCondition => ({
  type,
  status: 'True',
  reason,
  message,
})
const cellsOf = (job: Job): readonly unknown[] => jobTable.row(job, now, options).cells

const start = '2026-01-01T11:50:00Z'
const policyText = 'Container a for pod ns/pi-x failed with exit code 42 matching FailJob rule at index 0'
const jobRows: readonly (readonly [string, Job, Readonly<Record<string, unknown>>])[] = [
  ['a new Job', jobOf(), { Status: 'Running', Completions: '0/1', Duration: '', Age: '2m', Result: '', Exit: '' }],
  [
    'a complete Job',
    jobOf(
      {},
      {
        startTime: start,
        completionTime: '2026-01-01T11:55:07Z',
        succeeded: 1,
        conditions: [condition('Complete', 'CompletionsReached')],
      },
    ),
    { Status: 'Complete', Completions: '1/1', Duration: '5m7s', Result: 'CompletionsReached', Exit: '0' },
  ],
  [
    'a Job complete without any pod',
    jobOf({ completions: 0 }, { conditions: [condition('Complete', 'CompletionsReached')] }),
    { Completions: '0/0', Exit: '' },
  ],
  [
    'a failed Job whose exit code the controller noted',
    jobOf(
      {},
      { startTime: start, conditions: [condition('Failed', 'BackoffLimitExceeded')] },
      { annotations: { [exitCodeAnnotation]: '3' } },
    ),
    { Status: 'Failed', Duration: '10m', Result: 'BackoffLimitExceeded', Exit: '3' },
  ],
  [
    'a failed Job whose failure policy tells the exit code',
    jobOf({}, { conditions: [condition('Failed', 'PodFailurePolicy', policyText)] }),
    { Result: 'PodFailurePolicy', Exit: '42' },
  ],
  [
    'a Job past its deadline',
    jobOf(
      {},
      { conditions: [condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline')] },
    ),
    { Result: 'DeadlineExceeded', Exit: '' },
  ],
  ['a Job being deleted', jobOf({}, {}, { deletionTimestamp: start }), { Status: 'Terminating' }],
  ['a suspended Job', jobOf({}, { conditions: [condition('Suspended')] }), { Status: 'Suspended' }],
  [
    'a Job about to fail',
    jobOf({}, { conditions: [condition('FailureTarget')] }),
    { Status: 'FailureTarget', Result: '' },
  ],
  [
    'a Job about to complete',
    jobOf({}, { conditions: [condition('SuccessCriteriaMet')] }),
    { Status: 'SuccessCriteriaMet' },
  ],
  ['a work queue', jobOf({ completions: undefined, parallelism: 2 }), { Completions: '0/1 of 2' }],
  ['a work queue of one', jobOf({ completions: undefined, parallelism: 1 }), { Completions: '0/1' }],
  ['wide columns', jobOf(), { Containers: 'a,b', Images: 'one,two', Selector: 'x=y' }],
]

for (const [title, job, expected] of jobRows) {
  test(`the table shows ${title}`, () => {
    const names = jobTable.columns(options).map(({ name }) => name)
    const row = Object.fromEntries(names.map((name, index) => [name, cellsOf(job)[index]]))
    assert.deepEqual({ ...row, ...expected }, row)
  })
}

test('an exact server shows upstream columns only', () => {
  for (const table of [jobTable, cronJobTable]) {
    assert.equal(table.columns(options).length - table.columns(exact).length, 2)
  }
  assert.equal(jobTable.row(jobOf(), now, exact).cells.length, jobTable.columns(exact).length)
})

const cronJobOf = (spec: Partial<CronJob['spec']> = {}, metadata: CronJob['metadata'] = {}): CronJob => ({
  metadata: { name: 'tick', creationTimestamp: '2026-01-01T11:00:00Z', ...metadata },
  spec: { schedule: '*/5 * * * *', suspend: false, jobTemplate: { metadata: {}, spec: { template } }, ...spec },
  status: {},
})
const cronRow = (cronJob: CronJob, localTimeZone?: string): Readonly<Record<string, unknown>> => {
  const { cells } = cronJobTable.row(cronJob, instant(now + 30_000) as Instant, { ...options, localTimeZone })
  return Object.fromEntries(cronJobTable.columns(options).map(({ name }, index) => [name, cells[index]]))
}

const cronRows: readonly (readonly [string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>])[] = [
  ['the next run', cronRow(cronJobOf()), { Suspend: 'False', Next: '4m30s', 'Last Result': '<none>' }],
  ['no next run of a suspended one', cronRow(cronJobOf({ suspend: true })), { Suspend: 'True', Next: '<none>' }],
  ['no next run of a schedule that never fires', cronRow(cronJobOf({ schedule: '0 0 31 2 *' })), { Next: '<none>' }],
  [
    'the next run in its zone',
    cronRow(cronJobOf({ schedule: '0 22 * * *', timeZone: 'Asia/Tokyo' })),
    { Timezone: 'Asia/Tokyo', Next: '59m' },
  ],
  [
    'the next run in the zone of the server',
    cronRow(cronJobOf({ schedule: '0 22 * * *' }), 'Asia/Tokyo'),
    { Timezone: '<none> (Asia/Tokyo)', Next: '59m' },
  ],
  ['@every from the creation on', cronRow(cronJobOf({ schedule: '@every 61m' })), { Next: '30s' }],
  [
    'what the controller noted',
    cronRow(cronJobOf({}, { annotations: { [lastResultAnnotation]: 'Complete' } })),
    { 'Last Result': 'Complete' },
  ],
]

for (const [title, row, expected] of cronRows) {
  test(`the table of CronJobs shows ${title}`, () => assert.deepEqual({ ...row, ...expected }, row))
}

test('defaults are idempotent and share what they do not change', () => {
  const once = defaultJob(jobOf())
  assert.equal(defaultJob(once), once)
  const cronOnce = cronJobStrategy.defaults(cronJobOf())
  assert.equal(cronJobStrategy.defaults(cronOnce), cronOnce)
})

test('a Job without labels takes the generated ones when defaults run again', () => {
  const prepared = jobStrategy.prepareForCreate(jobOf({ selector: undefined }, {}, { uid: 'u' }), { now, options })
  assert.equal(prepared.metadata.labels, undefined)
  assert.deepEqual(Object.values(jobStrategy.defaults(prepared).metadata.labels ?? {}).sort(), ['pi', 'pi', 'u', 'u'])
})

test('a write that leaves the spec alone shares it, counts no generation and is not checked again', () => {
  const old = jobStrategy.defaults(
    jobStrategy.prepareForCreate(
      jobOf({ selector: undefined }, {}, { uid: 'u', namespace: 'ns', resourceVersion: '1' }),
      { now, options },
    ),
  )
  const written = { ...old, status: { active: 1 } }
  const status = jobStrategy.subresources['status']
  assert.equal(status?.prepareForUpdate(written, old, { now, options }), written)
  assert.deepEqual(status?.validateUpdate(written, old, { now, options }), [])
  assert.equal(jobStrategy.prepareForUpdate(written, old, { now, options }).status, old.status)
})

test('an edit of a CronJob is dated, kept when a client drops the date, and unknown to an exact server', () => {
  const old = cronJobOf()
  const edited = cronJobStrategy.prepareForUpdate(cronJobOf({ schedule: '0 * * * *' }), old, { now, options })
  const rules = { schedule: '*/5 * * * *', after: '2026-01-01T11:00:00Z', until: '2026-01-01T12:00:00Z' }
  const note = JSON.stringify([rules])
  assert.deepEqual(edited.metadata.annotations, {
    [editedAtAnnotation]: '2026-01-01T12:00:00Z',
    [beforeEditAnnotation]: note,
  })
  const later = instant(now + 60_000)
  const relabelled = { ...edited, metadata: { ...edited.metadata, annotations: { a: 'b' } } }
  const kept = cronJobStrategy.prepareForUpdate(relabelled, edited, { now: later, options })
  assert.deepEqual(kept.metadata.annotations, {
    a: 'b',
    [editedAtAnnotation]: '2026-01-01T12:00:00Z',
    [beforeEditAnnotation]: note,
  })
  const plain = cronJobStrategy.prepareForUpdate(cronJobOf({ schedule: '0 * * * *' }), old, { now, options: exact })
  assert.equal(plain.metadata.annotations, undefined)
})
