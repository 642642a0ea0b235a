/** What a Job says of pods that failed, and when it does not wait for pods that cannot run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  active,
  advance,
  conditionOf,
  failPod,
  planOf,
  setStatus,
  settle,
  uidsOf,
  type World,
  worldOf,
} from '../../../test/support/job-world.ts'
import type { JobSpec } from '../../apis/batch/index.ts'
import { newestFailure } from '../../apis/core/index.ts'
import { formatTime } from '../../base/index.ts'
import { describeFailure } from './blame.ts'
import { defaultJobOptions, exactJobOptions, type JobOptions } from './snapshot.ts'

const uidOf = (world: World): string => uidsOf(active(world))[0] ?? ''
const container = (state: object, lastState: object = {}) => ({
  ...{ name: 'main', image: 'work', imageID: '', ready: false, restartCount: 0 },
  ...{ state, lastState },
})
const wait = (world: World, reason: string, message: string, lastState: object = {}): void =>
  setStatus(world, uidOf(world), {
    phase: 'Pending',
    startTime: formatTime(world.now),
    containerStatuses: [container({ waiting: { reason, message } }, lastState)],
  } as Parameters<typeof setStatus>[2])
const failedToStart = (world: World): void =>
  setStatus(world, uidOf(world), {
    phase: 'Failed',
    containerStatuses: [
      container({
        terminated: {
          exitCode: 128,
          reason: 'StartError',
          message: 'no such command',
          finishedAt: formatTime(world.now),
        },
      }),
    ],
  } as Parameters<typeof setStatus>[2])

function failingFast(spec: Partial<JobSpec> = {}, options: JobOptions = defaultJobOptions): World {
  const world = worldOf(spec, options)
  world.job = { ...world.job, metadata: { ...world.job.metadata, annotations: { 'jobd.dev/fail-fast': 'true' } } }
  settle(world)
  return world
}

test('a missing ConfigMap ends the Job after ten seconds, with its name, and the pod goes', () => {
  const world = failingFast()
  const pod = active(world)[0]?.metadata.name
  wait(world, 'CreateContainerConfigError', 'configmap "x" not found')
  const begun = world.now
  assert.equal(settle(world).wakeAt, begun + 10_000)
  advance(world, 9)
  settle(world)
  assert.equal(conditionOf(world, 'FailureTarget'), undefined)
  advance(world, 1)
  settle(world)
  const { reason, message } = conditionOf(world, 'Failed') ?? {}
  const said = `Pods cannot run: container main of pod ${pod}: CreateContainerConfigError: configmap "x" not found`
  assert.deepEqual([reason, message], ['FailFast', said])
  assert.deepEqual(active(world), [])
})

test('what heals in time goes on', () => {
  const world = failingFast()
  wait(world, 'CreateContainerConfigError', 'configmap "x" not found')
  settle(world)
  advance(world, 5)
  setStatus(world, uidOf(world), { phase: 'Running' })
  settle(world)
  advance(world, 60)
  settle(world)
  assert.equal(conditionOf(world, 'FailureTarget'), undefined)
})

test('a container that is merely being made does not end anything', () => {
  const world = failingFast()
  wait(world, 'ContainerCreating', '')
  assert.equal(settle(world).wakeAt, undefined)
})

test('the time counts from the end of the last container where there was one', () => {
  const world = failingFast({ template: worldOf().job.spec.template })
  const finishedAt = formatTime(world.now)
  advance(world, 100)
  wait(world, 'CreateContainerConfigError', 'secret "s" not found', { terminated: { exitCode: 1, finishedAt } })
  settle(world)
  assert.equal(conditionOf(world, 'FailureTarget')?.reason, 'FailFast')
})

test('a command that is not there ends the Job at once, whatever the backoffLimit', () => {
  const world = failingFast({ backoffLimit: 6 })
  failedToStart(world)
  settle(world)
  assert.equal(conditionOf(world, 'Failed')?.reason, 'FailFast')
  assert.match(
    conditionOf(world, 'Failed')?.message ?? '',
    /main of pod \S+: exit code 128 \(StartError\): no such command$/,
  )
})

test('without the annotation both go on as upstream has them', () => {
  const waiting = worldOf({}, defaultJobOptions)
  settle(waiting)
  wait(waiting, 'CreateContainerConfigError', 'configmap "x" not found')
  assert.equal(settle(waiting).wakeAt, undefined)
  const failed = worldOf({}, defaultJobOptions)
  settle(failed)
  failedToStart(failed)
  settle(failed)
  assert.equal(conditionOf(failed, 'Failed'), undefined)
})

test('exact behaviour heeds no annotation of ours', () => {
  const world = failingFast({}, exactJobOptions)
  failedToStart(world)
  settle(world)
  assert.equal(conditionOf(world, 'Failed'), undefined)
})

for (const { options, message } of [
  { options: exactJobOptions, message: /^Job has reached the specified backoff limit$/ },
  {
    options: defaultJobOptions,
    message: /^Job has reached the specified backoff limit; container main of pod pi-\S+: exit code 137 \(SIGKILL\)$/,
  },
]) {
  test(`the limit that was reached is told${options.namesFailure ? ' with the container that failed last' : ' as upstream tells it'}`, () => {
    const world = worldOf({ backoffLimit: 0 }, options)
    settle(world)
    failPod(world, uidOf(world), 137)
    settle(world)
    assert.match(conditionOf(world, 'Failed')?.message ?? '', message)
    assert.match(world.events.at(-1)?.message ?? '', message)
    assert.deepEqual(planOf(world).actions, [])
  })
}

const words: readonly (readonly [string, object, string])[] = [
  ['an exit code', { exitCode: 3, reason: 'Error' }, 'exit code 3'],
  ['a signal', { exitCode: 143, reason: 'Error' }, 'exit code 143 (SIGTERM)'],
  ['a code beyond the signals', { exitCode: 255, reason: 'Error' }, 'exit code 255'],
  ['a reason that says more', { exitCode: 137, reason: 'OOMKilled' }, 'exit code 137 (OOMKilled)'],
]
for (const [name, terminated, said] of words) {
  test(`in words: ${name}`, () => {
    const pod = {
      metadata: { name: 'p' },
      spec: { containers: [] },
      status: { containerStatuses: [container({ terminated })] },
    }
    const failure = newestFailure([pod as unknown as Parameters<typeof describeFailure>[0]['pod']])
    assert.equal(failure && describeFailure(failure), `container main of pod p: ${said}`)
  })
}
