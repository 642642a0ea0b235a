import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  active,
  advance,
  bind,
  conditionOf,
  deletePod,
  failPod,
  planOf,
  podsOf,
  run,
  settle,
  start,
  succeed,
  uidsOf,
  worldOf,
} from '../../../test/support/job-world.ts'
import { defaultJobOptions } from './snapshot.ts'

const first = (world: ReturnType<typeof worldOf>): string => uidsOf(active(world))[0] ?? ''

test('one pod, run to success, takes two status updates after the start', () => {
  const world = worldOf()
  settle(world)
  assert.equal(active(world).length, 1)
  const started = {
    startTime: '2026-01-01T00:00:00Z',
    active: 1,
    terminating: 0,
    uncountedTerminatedPods: {},
    ready: 0,
  }
  assert.deepEqual({ ...world.job.status }, started)
  run(world, first(world))
  settle(world)
  assert.equal(world.job.status.ready, 1)
  world.writes.length = 0
  succeed(world, first(world))
  advance(world, 5)
  settle(world)
  assert.deepEqual(world.writes, ['status', 'untrack', 'status'])
  const before = world.statuses.at(-2)
  assert.deepEqual(before?.uncountedTerminatedPods, { succeeded: ['pod-1'] })
  assert.deepEqual(
    before?.conditions?.map(({ type }) => type),
    ['SuccessCriteriaMet'],
  )
  const { conditions, ...rest } = world.job.status
  assert.deepEqual(rest, {
    startTime: '2026-01-01T00:00:00Z',
    completionTime: '2026-01-01T00:00:05Z',
    succeeded: 1,
    terminating: 0,
    uncountedTerminatedPods: {},
    ready: 0,
  })
  assert.deepEqual(
    conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['SuccessCriteriaMet', 'True', 'CompletionsReached'],
      ['Complete', 'True', 'CompletionsReached'],
    ],
  )
  assert.deepEqual(
    world.events.map(({ reason }) => reason),
    ['SuccessfulCreate', 'Completed'],
  )
})

test('with the fold the end takes one status update', () => {
  const world = worldOf({}, defaultJobOptions)
  settle(world)
  world.writes.length = 0
  succeed(world, first(world))
  settle(world)
  assert.deepEqual(world.writes, ['status', 'untrack'])
  assert.equal(world.job.status.succeeded, 1)
  assert.equal(conditionOf(world, 'Complete')?.reason, 'CompletionsReached')
})

test('a pod that fails at once is made seven times: 0, 10, 30, 70, 150, 310 and 630 seconds', () => {
  const world = worldOf({ backoffLimit: 6 })
  const created: number[] = []
  for (;;) {
    const plan = settle(world)
    if (conditionOf(world, 'Failed')) break
    const uid = first(world)
    if (uid === '') {
      assert.ok(plan.wakeAt !== undefined && plan.wakeAt > world.now)
      world.now = plan.wakeAt
      continue
    }
    created.push((world.now - start) / 1000)
    failPod(world, uid)
  }
  assert.deepEqual(created, [0, 10, 30, 70, 150, 310, 630])
  assert.equal(world.job.status.failed, 7)
  assert.equal(conditionOf(world, 'Failed')?.reason, 'BackoffLimitExceeded')
})

test('pods that somebody deletes count as failed and reset the back-off only by default', () => {
  for (const [options, count] of [
    [undefined, 0],
    [defaultJobOptions, 1],
  ] as const) {
    const world = options === undefined ? worldOf() : worldOf({}, options)
    settle(world)
    bind(world, first(world))
    run(world, first(world))
    settle(world)
    deletePod(world, first(world))
    settle(world)
    assert.equal(world.job.status.failed, 1)
    assert.equal(world.job.status.terminating, 1)
    assert.equal(active(world).length, count)
  }
})

test('a pass after refused creations tells the true state and creates nothing', () => {
  const world = worldOf({ parallelism: 4, completions: 4 })
  const plan = planOf(world, { creationRefused: true })
  assert.deepEqual(
    plan.actions.map(({ kind }) => kind),
    ['UpdateJobStatus'],
  )
  assert.equal(podsOf(world).length, 0)
})

test('a Job completes no earlier than it started, also when the clock was set back meanwhile', () => {
  const world = worldOf()
  settle(world)
  run(world, first(world))
  succeed(world, first(world))
  advance(world, -3600)
  settle(world)
  assert.equal(conditionOf(world, 'Complete')?.status, 'True')
  assert.equal(world.job.status.completionTime, world.job.status.startTime)
})
