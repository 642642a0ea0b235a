/** The history of a CronJob: which Runs its due times get, and that each gets exactly one, whatever happens. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { at, cronJobOf, edit, finish, pass, type World, worldOf } from '../../../test/support/cronjob-world.ts'
import type { Job } from '../../apis/batch/index.ts'
import type { Run, RunStatus } from '../../apis/run/index.ts'
import { formatTime, type Instant, instant, millis, parseTime } from '../../base/index.ts'
import { nextTime, parseSchedule, utc } from '../../cron/index.ts'
import { keptByDefault, mergeRun, runName, runOfJob, runsOf, runTimes } from './runs.ts'
import { defaultCronJobOptions } from './snapshot.ts'

const names: readonly (readonly [string, string, string])[] = [
  ['a whole minute is named as its Job', '2026-01-01T00:01:00Z', 'tick-29453761'],
  ['a time within a minute has its second', '2026-01-01T00:01:07Z', 'tick-29453761-07'],
]
for (const [name, time, expected] of names)
  test(`name: ${name}`, () => assert.equal(runName('tick', at(time)), expected))

describe('times of a range', () => {
  const start = at('2026-01-01T00:00:00Z')
  const query = { localZone: utc, now: at('2026-01-02T00:00:00Z'), kept: keptByDefault }
  const minutes = (n: number): Instant => instant(start + n * 60_000)
  const told = (schedule: string, first: number, last: number, more: object = {}) =>
    runTimes(
      cronJobOf({ spec: { schedule } }),
      { scheduled: minutes(first), last: minutes(last) },
      { ...query, ...more },
    ).map((time) => (time - start) / 60_000)
  test('all of them, both ends included', () => assert.deepEqual(told('* * * * *', 1, 4), [1, 2, 3, 4]))
  test('only those that are kept by count, the newest', () =>
    assert.deepEqual(told('* * * * *', 1, 9, { kept: { ...keptByDefault, count: 2 } }), [8, 9]))
  test('only those that are kept by age', () =>
    assert.deepEqual(told('* * * * *', 1, 9, { kept: { age: millis(86_400_000 - 7 * 60_000), count: 9 } }), [7, 8, 9]))
  test('only those after what is recorded', () =>
    assert.deepEqual(told('* * * * *', 1, 4, { recorded: minutes(2) }), [3, 4]))
  test('@every keeps its phase', () => assert.deepEqual(told('@every 90s', 1, 5.5), [1, 2.5, 4, 5.5]))
  test('@every goes at once to the newest that are kept', () =>
    assert.deepEqual(told('@every 1s', 1, 1 + 1e6, { kept: { age: millis(1e15), count: 2 } }).length, 2))
})

describe('what is kept of two accounts of one time', () => {
  const run = (status: RunStatus): Run => ({
    metadata: { name: 'tick-1' },
    spec: { cronJobName: 'tick', cronJobUID: 'u', scheduledTime: '2026-01-01T00:01:00Z' },
    status,
  })
  const rows: readonly (readonly [string, RunStatus, RunStatus, 'there' | 'told'])[] = [
    ['started after it was passed over', { result: 'Skipped' }, { result: 'Running', jobName: 'j' }, 'told'],
    ['missed after it was passed over', { result: 'Skipped' }, { result: 'Missed' }, 'there'],
    ['missed after it started', { result: 'Running' }, { result: 'Missed' }, 'there'],
    ['the end after the start', { result: 'Running' }, { result: 'Succeeded' }, 'told'],
    ['the start told again after the end', { result: 'Succeeded' }, { result: 'Running' }, 'there'],
    ['deleted after the end', { result: 'Failed' }, { result: 'Deleted' }, 'there'],
    ['replaced after it was told deleted', { result: 'Deleted' }, { result: 'Replaced' }, 'told'],
    [
      'refused again',
      { result: 'FailedToStart', reason: 'F' },
      { result: 'FailedToStart', reason: 'F', message: 'b' },
      'there',
    ],
    ['refused after it was passed over', { result: 'Skipped' }, { result: 'FailedToStart' }, 'told'],
    ['the same again', { result: 'Missed', reason: 'a' }, { result: 'Missed', reason: 'b' }, 'there'],
    ['the uid of its Job', { result: 'Running' }, { result: 'Running', jobUID: 'u' }, 'told'],
  ]
  for (const [name, before, now, winner] of rows) {
    test(name, () => {
      const there = run(before)
      const merged = mergeRun(there, run(now))
      if (winner === 'there') assert.equal(merged, there)
      else assert.deepEqual(merged.status, now)
    })
  }
})

const schedules = ['* * * * *', '*/5 * * * *', '30 6-16/4 * * 1-5', '0 * * * *', '15,45 */2 * * *']

const wait = fc.integer({ min: 0, max: 300 })

const happenings = (backwards: boolean) =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 0, max: 900 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 0, max: 90_000 }) }),
      },
      ...(backwards
        ? [
            {
              weight: 1,
              arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: -7200, max: 0 }) }),
            },
          ]
        : []),
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('crash' as const), actions: fc.integer({ min: 0, max: 4 }) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), failed: fc.boolean() }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('edit' as const),
          seconds: wait,
          schedule: fc.constantFrom(...schedules),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const), seconds: wait }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const) }) },
    ),
    { maxLength: 50 },
  )

const sceneOf = (backwards: boolean) =>
  fc.record({
    schedule: fc.constantFrom(...schedules),
    policy: fc.constantFrom('Allow', 'Forbid', 'Replace'),
    deadline: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined }),
    tooManyMissed: fc.constantFrom('start-none' as const, 'start-latest' as const),
    happenings: happenings(backwards),
  })
type Scene = ReturnType<typeof sceneOf> extends fc.Arbitrary<infer T> ? T : never

/** Writes the history as the manager does, into a map. */
function ledgerOn(world: World): {
  readonly rows: Map<string, Run>
  readonly close: (job: Job) => void
  readonly forget: () => void
} {
  const rows = new Map<string, Run>()
  let recorded: Instant | undefined
  const write = (run: Run): void => {
    const name = run.metadata.name ?? ''
    const there = rows.get(name)
    rows.set(name, there === undefined ? run : mergeRun(there, run))
  }
  world.record = (fates, jobs) => {
    const jobOf = (name: string) => jobs.find(({ metadata }) => metadata.name === name)
    const query = { localZone: utc, now: world.now, kept: keptByDefault, recorded, jobOf }
    for (const run of runsOf(world.cronJob, fates, query)) write(run)
    for (const fate of fates) {
      const range = fate.kind === 'Missed' || (fate.kind === 'Skipped' && fate.reason === 'Suspended')
      if (range && fate.last > (recorded ?? 0)) recorded = fate.last
    }
  }
  const forget = (): void => {
    recorded = undefined
  }
  const close = (job: Job): void => {
    const run = runOfJob(job)
    if (run !== undefined) write(run)
  }
  return { rows, close, forget }
}

function play({ schedule, policy, deadline, tooManyMissed, happenings: events }: Scene) {
  const start = at('2026-01-05T00:00:00Z')
  const spec = {
    schedule,
    concurrencyPolicy: policy,
    ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }),
  }
  const cronJob = cronJobOf({ metadata: { creationTimestamp: formatTime(start) }, spec })
  const world = worldOf(cronJob, start, { ...defaultCronJobOptions, tooManyMissed })
  const ledger = ledgerOn(world)
  const segments: { schedule: string; from: Instant; to: Instant }[] = [{ schedule, from: start, to: start }]
  for (const event of events) {
    if (event.kind === 'time') world.now = instant(world.now + event.seconds * 1000)
    if (event.kind === 'crash') world.crashAfter = event.actions
    if (event.kind === 'refuse') world.refusals.push({ kind: 'Failed', message: 'no' })
    if (event.kind === 'finish') finishOne(world, event.failed, ledger.close)
    if (event.kind === 'edit' || event.kind === 'suspend') {
      // The change comes before the pass, which the manager is told of.
      world.now = instant(world.now + event.seconds * 1000)
      edit(
        world,
        event.kind === 'edit' ? { schedule: event.schedule } : { suspend: world.cronJob.spec.suspend !== true },
      )
      const last = segments.at(-1)
      if (last !== undefined) last.to = instant(Math.max(last.to, world.now))
      segments.push({ schedule: world.cronJob.spec.schedule, from: world.now, to: world.now })
    }
    if (pass(world) === undefined) ledger.forget()
    const segment = segments.at(-1)
    if (segment !== undefined) segment.to = instant(Math.max(segment.to, world.now))
  }
  world.refusals.length = 0
  while (pass(world) === undefined) ledger.forget()
  return { world, rows: ledger.rows, segments }
}

function finishOne(world: World, failed: boolean, close: (job: Job) => void): void {
  const running = [...world.jobs.values()].find(({ status }) => status.conditions === undefined)
  if (running === undefined) return
  finish(world, running.metadata.name ?? '', failed ? 'Failed' : 'Complete')
  const ended = world.jobs.get(running.metadata.name ?? '')
  if (ended !== undefined) close(ended)
}

function assertSound(world: World, rows: ReadonlyMap<string, Run>): void {
  for (const [name, { spec, status }] of rows) {
    const scheduled = parseTime(spec.scheduledTime)
    assert.ok(scheduled !== undefined && name === runName('tick', scheduled), name)
    assert.ok(status.result !== undefined)
  }
  for (const name of world.created) {
    const row = rows.get(name)
    assert.equal(row?.status.jobName, name, `${name} started and is told as ${row?.status.result}`)
    const job = world.jobs.get(name)
    if (job?.status.conditions === undefined) continue
    assert.match(row?.status.result ?? '', /^(Succeeded|Failed)$/)
  }
}

test('every due time gets exactly one Run over outages, crashes, refusals, edits and suspensions', () => {
  fc.assert(
    fc.property(sceneOf(false), (scene) => {
      const { world, rows, segments } = play(scene)
      assertSound(world, rows)
      const expected = new Set<string>()
      for (const { schedule, from, to } of segments) {
        const parsed = parseSchedule(schedule)
        assert.ok(parsed.ok)
        for (let time = nextTime(parsed.value, utc, from); time !== undefined && time <= to; ) {
          expected.add(formatTime(time))
          time = nextTime(parsed.value, utc, time)
        }
      }
      const told = [...rows.values()].map(({ spec }) => spec.scheduledTime)
      assert.deepEqual(told.toSorted(), [...expected].toSorted())
    }),
    { numRuns: 400 },
  )
})

test('a clock that goes back leaves no start untold and no time told twice', () => {
  fc.assert(
    fc.property(sceneOf(true), (scene) => {
      const { world, rows } = play(scene)
      assertSound(world, rows)
    }),
    { numRuns: 400 },
  )
})
