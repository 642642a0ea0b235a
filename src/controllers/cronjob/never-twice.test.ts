/** Whatever happens to the controller, the clock and the CronJob: no due time gets two Jobs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { at, cronJobOf, edit, finish, pass, worldOf } from '../../../test/support/cronjob-world.ts'
import { editedAtAnnotation } from '../../apis/batch/index.ts'
import { formatTime, instant } from '../../base/index.ts'
import { defaultCronJobOptions, exactCronJobOptions } from './snapshot.ts'

const schedules = ['* * * * *', '*/5 * * * *', '30 6-16/4 * * 1-5', '@every 90s', '0 * * * *', '15,45 */2 * * *']

const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 0, max: 600 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('outage' as const), seconds: fc.integer({ min: 0, max: 40_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), actions: fc.integer({ min: 0, max: 4 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), seconds: fc.integer({ min: -7200, max: 7200 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finish' as const), failed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('edit' as const), schedule: fc.constantFrom(...schedules) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const) }) },
)

const scene = fc.record({
  schedule: fc.constantFrom(...schedules),
  policy: fc.constantFrom('Allow', 'Forbid', 'Replace'),
  deadline: fc.option(fc.integer({ min: 0, max: 4000 }), { nil: undefined }),
  limit: fc.integer({ min: 0, max: 3 }),
  happenings: fc.array(happening, { maxLength: 60 }),
  exact: fc.boolean(),
})

function play(given: typeof scene extends fc.Arbitrary<infer T> ? T : never): void {
  const { schedule, policy, deadline, limit, happenings, exact } = given
  const start = at('2026-01-05T00:00:00Z')
  const cronJob = cronJobOf({
    metadata: { creationTimestamp: formatTime(start) },
    spec: {
      schedule,
      concurrencyPolicy: policy,
      successfulJobsHistoryLimit: limit,
      failedJobsHistoryLimit: limit,
      ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }),
    },
  })
  const options = { ...(exact ? exactCronJobOptions : defaultCronJobOptions), tooManyMissed: 'start-latest' as const }
  const world = worldOf(cronJob, start, options)
  let known = 0
  for (const event of happenings) {
    if (event.kind === 'pass' || event.kind === 'outage' || event.kind === 'clock') {
      world.now = instant(world.now + event.seconds * 1000)
    }
    if (event.kind === 'crash') world.crashAfter = event.actions
    if (event.kind === 'finish') {
      const running = [...world.jobs.values()].find(({ status }) => status.conditions === undefined)
      if (running !== undefined) finish(world, running.metadata.name ?? '', event.failed ? 'Failed' : 'Complete')
    }
    if (event.kind === 'edit' || event.kind === 'suspend') {
      edit(
        world,
        event.kind === 'edit' ? { schedule: event.schedule } : { suspend: world.cronJob.spec.suspend !== true },
      )
    }
    const before = world.cronJob.metadata.annotations?.[editedAtAnnotation]
    pass(world)
    for (const name of world.created.slice(known)) {
      const job = world.jobs.get(name)
      const due = at(
        job?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? formatTime(world.now),
      )
      assert.ok(due <= world.now, `${name} starts after its time`)
      if (before !== undefined && job !== undefined) assert.ok(due > at(before), `${name} lies before the edit`)
    }
    known = world.created.length
  }
  if (!exact) assert.equal(new Set(world.created).size, world.created.length, world.created.join(' '))
}

test('no due time ever gets two Jobs', () => {
  fc.assert(fc.property(scene, play), { numRuns: 1500 })
})

test('under Forbid no two Jobs run at the same time', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (finishes) => {
      const cronJob = cronJobOf({ spec: { concurrencyPolicy: 'Forbid' } })
      const world = worldOf(cronJob, at('2026-01-01T00:00:00Z'), defaultCronJobOptions)
      for (const finishing of finishes) {
        world.now = instant(world.now + 61_000)
        const running = [...world.jobs.values()].filter(({ status }) => status.conditions === undefined)
        if (finishing) for (const job of running) finish(world, job.metadata.name ?? '', 'Complete')
        pass(world)
        const now = [...world.jobs.values()].filter(({ status }) => status.conditions === undefined)
        assert.ok(now.length <= 1)
      }
    }),
    { numRuns: 200 },
  )
})
