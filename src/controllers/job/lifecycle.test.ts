/** The decision tables of a Job's life, one case each. */
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
  succeed,
  uidsOf,
  type World,
  worldOf,
} from '../../../test/support/job-world.ts'
import type { Job, JobSpec, JobStatus } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { completionIndexKey, failureCountKey, ignoredFailureCountKey, isTracked } from './pod.ts'
import { defaultJobOptions } from './snapshot.ts'

const edit = (world: World, spec: Partial<JobSpec>): void => {
  world.job = { ...world.job, spec: { ...world.job.spec, ...spec } }
}
const change = (world: World, job: Partial<Job>): void => {
  world.job = { ...world.job, ...job }
}
const indexesOf = (pods: readonly Pod[]): string[] =>
  pods.map(({ metadata }) => metadata.annotations?.[completionIndexKey] ?? '').sort()
const podOf = (world: World, index: number): string =>
  uidsOf(active(world).filter(({ metadata }) => metadata.annotations?.[completionIndexKey] === String(index)))[0] ?? ''
const each = (world: World, act: (world: World, uid: string) => void, count = Number.POSITIVE_INFINITY): void => {
  for (const uid of uidsOf(active(world)).slice(0, count)) act(world, uid)
}
const numbers = ({ job }: World) => {
  const { active = 0, succeeded = 0, failed = 0, terminating = 0, ready = 0 }: JobStatus = job.status
  return { active, succeeded, failed, terminating, ready }
}
const reasonOf = (world: World, type: string) => conditionOf(world, type)?.reason
const reasons = (world: World) => world.events.map(({ reason }) => reason)
const indexed: Partial<JobSpec> = { completionMode: 'Indexed', completions: 3, parallelism: 3 }

test('never more pods than completions are left', () => {
  const world = worldOf({ completions: 5, parallelism: 3 })
  settle(world)
  assert.equal(active(world).length, 3)
  each(world, succeed)
  settle(world)
  assert.deepEqual(numbers(world), { active: 2, succeeded: 3, failed: 0, terminating: 0, ready: 0 })
})

test('completions 0 is complete at once', () => {
  const world = worldOf({ completions: 0 })
  settle(world)
  assert.equal(reasonOf(world, 'Complete'), 'CompletionsReached')
  assert.equal(podsOf(world).length, 0)
})

test('parallelism 0 pauses without a condition', () => {
  const world = worldOf({ completions: 2, parallelism: 0 })
  settle(world)
  assert.equal(podsOf(world).length, 0)
  assert.equal(world.job.status.conditions, undefined)
  assert.ok(world.job.status.startTime)
})

test('completions 5, parallelism 2: with three done two run, with four done one', () => {
  const world = worldOf({ completions: 5, parallelism: 2 })
  settle(world)
  const wanted = [1, 2, 3, 4].map(() => {
    each(world, succeed, 1)
    settle(world)
    return active(world).length
  })
  assert.deepEqual(wanted, [2, 2, 2, 1])
})

test('pods that fail in pairs count one by one: waits of 20, 80 and 320 seconds, then the end', () => {
  const world = worldOf({ completions: 8, parallelism: 2, backoffLimit: 6 })
  const waits: number[] = []
  settle(world)
  for (;;) {
    advance(world, 30)
    each(world, failPod)
    const plan = settle(world)
    if (conditionOf(world, 'Failed') !== undefined) break
    waits.push(((plan.wakeAt ?? 0) - world.now) / 1000)
    advance(world, waits.at(-1) ?? 0)
    settle(world)
    assert.equal(active(world).length, 2)
  }
  assert.deepEqual(waits, [20, 80, 320])
  assert.equal(numbers(world).failed, 8)
})

test('a pod that was noted as failed and then succeeded completes nothing', () => {
  const world = worldOf({ completions: 1, parallelism: 1 })
  settle(world)
  const [uid = ''] = uidsOf(active(world))
  world.job = { ...world.job, status: { ...world.job.status, uncountedTerminatedPods: { failed: [uid] } } }
  succeed(world, uid)
  settle(world)
  assert.equal(reasonOf(world, 'Complete'), undefined)
  assert.deepEqual([numbers(world).succeeded, numbers(world).failed], [0, 1])
  advance(world, 30)
  settle(world)
  each(world, succeed)
  settle(world)
  assert.deepEqual([numbers(world).succeeded, reasonOf(world, 'Complete')], [1, 'CompletionsReached'])
})

test('a work queue starts nothing after its first success and ends with its last pod', () => {
  const world = worldOf({ parallelism: 3 })
  settle(world)
  each(world, succeed, 1)
  settle(world)
  assert.deepEqual(numbers(world), { active: 2, succeeded: 1, failed: 0, terminating: 0, ready: 0 })
  each(world, failPod, 1)
  settle(world)
  assert.equal(active(world).length, 1)
  each(world, succeed)
  settle(world)
  assert.deepEqual(numbers(world), { active: 0, succeeded: 2, failed: 1, terminating: 0, ready: 0 })
  assert.equal(reasonOf(world, 'Complete'), 'CompletionsReached')
})

test('pods that are too many are deleted uncounted', () => {
  const world = worldOf({ completions: 8, parallelism: 4 })
  settle(world)
  each(world, bind)
  each(world, run)
  settle(world)
  edit(world, { parallelism: 1 })
  settle(world)
  assert.deepEqual(numbers(world), { active: 1, succeeded: 0, failed: 0, terminating: 3, ready: 1 })
  for (const pod of podsOf(world)) if (!active(world).includes(pod)) failPod(world, pod.metadata.uid ?? '')
  settle(world)
  assert.equal(numbers(world).failed, 0)
  assert.deepEqual(reasons(world).filter((reason) => reason === 'SuccessfulDelete').length, 3)
})

test('a pass deletes or creates, never both', () => {
  const world = worldOf(indexed)
  settle(world)
  edit(world, { completions: 5, parallelism: 5 })
  const [pod] = active(world)
  if (pod !== undefined) {
    const twin = { ...pod, metadata: { ...pod.metadata, uid: 'twin', name: 'twin' } }
    world.pods.set('twin', twin)
  }
  assert.deepEqual(
    planOf(world).actions.map(({ kind }) => kind),
    ['DeletePods', 'UpdateJobStatus'],
  )
})

test('a pass creates at most 500 pods', () => {
  const world = worldOf({ completions: 1200, parallelism: 1200 })
  const [create] = planOf(world).actions
  assert.equal(create?.kind === 'CreatePods' ? create.pods.length : 0, 500)
  settle(world)
  assert.equal(active(world).length, 1200)
})

test('a pass accounts for at most 500 pods and does not end the Job with others left', () => {
  const world = worldOf({ completions: 600, parallelism: 600 }, defaultJobOptions)
  settle(world)
  each(world, succeed)
  const release = planOf(world).actions.find(({ kind }) => kind === 'RemoveFinalizers')
  assert.equal(release?.kind === 'RemoveFinalizers' ? release.pods.length : 0, 500)
  settle(world)
  assert.equal(numbers(world).succeeded, 600)
  assert.equal(reasonOf(world, 'Complete'), 'CompletionsReached')
})

test('too many successes are told just before the end', () => {
  const world = worldOf({ completions: 2, parallelism: 2 })
  settle(world)
  edit(world, { completions: 1 })
  each(world, succeed)
  settle(world)
  assert.deepEqual(reasons(world).slice(-2), ['TooManySucceededPods', 'Completed'])
})

const backoffRows: readonly {
  readonly name: string
  readonly limit: number
  readonly restarts: number
  readonly fails: boolean
}[] = [
  { name: 'limit 0 allows no restart', limit: 0, restarts: 1, fails: true },
  { name: 'limit 0 and none yet', limit: 0, restarts: 0, fails: false },
  { name: 'below the limit', limit: 3, restarts: 2, fails: false },
  { name: 'at the limit', limit: 3, restarts: 3, fails: true },
]
for (const { name, limit, restarts, fails } of backoffRows) {
  test(`OnFailure: ${name}`, () => {
    const template = worldOf().job.spec.template
    const world = worldOf({
      backoffLimit: limit,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'OnFailure' } },
    })
    settle(world)
    each(world, (there, uid) => run(there, uid, { restarts }))
    settle(world)
    assert.equal(reasonOf(world, 'Failed'), fails ? 'BackoffLimitExceeded' : undefined)
    assert.equal(numbers(world).failed, fails ? 1 : 0)
  })
}

test('failed pods above the limit end the Job; its other pods count as failed once told to go', () => {
  const world = worldOf({ completions: 4, parallelism: 4, backoffLimit: 2 })
  settle(world)
  each(world, bind)
  each(world, failPod, 3)
  settle(world)
  assert.equal(reasonOf(world, 'FailureTarget'), 'BackoffLimitExceeded')
  assert.equal(conditionOf(world, 'Failed'), undefined)
  assert.deepEqual(numbers(world), { active: 0, succeeded: 0, failed: 4, terminating: 1, ready: 0 })
  for (const pod of podsOf(world)) if (pod.metadata.deletionTimestamp) failPod(world, pod.metadata.uid ?? '')
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'BackoffLimitExceeded')
  assert.equal(numbers(world).failed, 4)
})

test('failure wins over success in the same pass', () => {
  const world = worldOf({ completions: 1, parallelism: 1, backoffLimit: 0 })
  settle(world)
  const [pod] = active(world)
  if (pod !== undefined) {
    world.pods.set('other', { ...pod, metadata: { ...pod.metadata, uid: 'other', name: 'other' } })
    succeed(world, 'other')
    failPod(world, pod.metadata.uid ?? '')
  }
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'BackoffLimitExceeded')
})

test('the deadline ends a Job during a back-off, and no earlier', () => {
  const world = worldOf({ activeDeadlineSeconds: 5 })
  settle(world)
  each(world, failPod)
  const plan = settle(world)
  assert.equal(plan.wakeAt, world.now + 5000)
  advance(world, 4.999)
  assert.equal(planOf(world).actions.length, 0)
  advance(world, 0.001)
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'DeadlineExceeded')
  assert.equal(numbers(world).failed, 1)
})

test('back-off limit and deadline in one pass: the limit is told', () => {
  const world = worldOf({ activeDeadlineSeconds: 5, backoffLimit: 0 })
  settle(world)
  each(world, failPod)
  advance(world, 60)
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'BackoffLimitExceeded')
})

test('a Job created suspended has no start; resuming starts it', () => {
  const world = worldOf({ suspend: true, activeDeadlineSeconds: 10 })
  settle(world)
  assert.equal(world.job.status.startTime, undefined)
  assert.equal(reasonOf(world, 'Suspended'), 'JobSuspended')
  advance(world, 60)
  edit(world, { suspend: false })
  settle(world)
  assert.equal(world.job.status.startTime, '2026-01-01T00:01:00Z')
  assert.deepEqual(
    world.job.status.conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [['Suspended', 'False', 'JobResumed']],
  )
  assert.deepEqual(reasons(world), ['Suspended', 'SuccessfulCreate', 'Resumed'])
  assert.equal(active(world).length, 1)
})

test('suspending deletes active pods uncounted, clears the start and keeps the counters', () => {
  const world = worldOf({ completions: 3, parallelism: 3 })
  settle(world)
  each(world, succeed, 1)
  settle(world)
  edit(world, { suspend: true })
  settle(world)
  assert.deepEqual(numbers(world), { active: 0, succeeded: 1, failed: 0, terminating: 0, ready: 0 })
  assert.equal(world.job.status.startTime, undefined)
  advance(world, 30)
  edit(world, { suspend: false })
  settle(world)
  assert.equal(active(world).length, 2)
  assert.equal(world.job.status.startTime, '2026-01-01T00:00:30Z')
})

test('podReplacementPolicy Failed waits until the terminating pod has failed, and counts it then', () => {
  const world = worldOf({ podReplacementPolicy: 'Failed' })
  settle(world)
  each(world, bind)
  const [uid = ''] = uidsOf(active(world))
  deletePod(world, uid)
  settle(world)
  assert.deepEqual(numbers(world), { active: 0, succeeded: 0, failed: 0, terminating: 1, ready: 0 })
  failPod(world, uid)
  settle(world)
  assert.equal(numbers(world).failed, 1)
  advance(world, 10)
  settle(world)
  assert.equal(numbers(world).active, 1)
})

test('a pod that somebody deletes counts at once and is replaced while it still terminates', () => {
  const world = worldOf()
  settle(world)
  each(world, bind)
  const [uid = ''] = uidsOf(active(world))
  deletePod(world, uid)
  settle(world)
  assert.deepEqual(numbers(world), { active: 0, succeeded: 0, failed: 1, terminating: 1, ready: 0 })
  advance(world, 10)
  settle(world)
  assert.deepEqual(numbers(world), { active: 1, succeeded: 0, failed: 1, terminating: 1, ready: 0 })
  succeed(world, uid)
  settle(world)
  assert.equal(numbers(world).succeeded, 0)
})

test('indexed pods carry their index everywhere', () => {
  const world = worldOf(indexed)
  settle(world)
  const pod = active(world)[1]
  assert.equal(pod?.metadata.generateName, 'pi-1-')
  assert.equal(pod?.spec.hostname, 'pi-1')
  assert.equal(pod?.metadata.labels?.[completionIndexKey], '1')
  assert.equal(pod?.metadata.annotations?.[completionIndexKey], '1')
  assert.deepEqual(pod?.spec.containers[0]?.env, [
    {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${completionIndexKey}']` } },
    },
  ])
})

test('the lowest free indexes run; a failed index waits for its own pod', () => {
  const world = worldOf({ ...indexed, completions: 5, parallelism: 2 })
  settle(world)
  assert.deepEqual(indexesOf(active(world)), ['0', '1'])
  succeed(world, podOf(world, 1))
  settle(world)
  assert.deepEqual(indexesOf(active(world)), ['0', '2'])
  failPod(world, podOf(world, 0))
  settle(world)
  advance(world, 10)
  settle(world)
  assert.deepEqual(indexesOf(active(world)), ['0', '2'])
  assert.equal(world.job.status.completedIndexes, '1')
})

test('shrinking an Indexed Job forgets the indexes above; growing runs them again', () => {
  const world = worldOf({ ...indexed, completions: 4, parallelism: 4 })
  settle(world)
  succeed(world, podOf(world, 1))
  succeed(world, podOf(world, 3))
  settle(world)
  assert.equal(world.job.status.completedIndexes, '1,3')
  edit(world, { completions: 2, parallelism: 2 })
  settle(world)
  assert.deepEqual([world.job.status.completedIndexes, numbers(world).succeeded], ['1', 1])
  assert.deepEqual(indexesOf(active(world)), ['0'])
  edit(world, { completions: 4, parallelism: 4 })
  settle(world)
  assert.deepEqual(indexesOf(active(world)), ['0', '2', '3'])
})

test('an index above its own limit fails alone; the others run on, then the Job fails', () => {
  const world = worldOf({ ...indexed, backoffLimitPerIndex: 1 })
  settle(world)
  const counts: (string | undefined)[] = []
  for (let attempt = 0; attempt < 2; attempt++) {
    const uid = podOf(world, 1)
    counts.push(world.pods.get(uid)?.metadata.annotations?.[failureCountKey])
    failPod(world, uid)
    settle(world)
    advance(world, 20)
    settle(world)
  }
  assert.deepEqual(counts, ['0', '1'])
  assert.equal(world.job.status.failedIndexes, '1')
  assert.equal(podOf(world, 1), '')
  succeed(world, podOf(world, 0))
  succeed(world, podOf(world, 2))
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'FailedIndexes')
  assert.deepEqual([world.job.status.completedIndexes, world.job.status.failedIndexes], ['0,2', '1'])
  assert.deepEqual(numbers(world), { active: 0, succeeded: 2, failed: 2, terminating: 0, ready: 0 })
})

test('the last failed pod of an index is held until the next one runs', () => {
  const world = worldOf({ ...indexed, backoffLimitPerIndex: 3 })
  settle(world)
  const uid = podOf(world, 1)
  failPod(world, uid)
  settle(world)
  const held = () => {
    const pod = world.pods.get(uid)
    return pod !== undefined && isTracked(pod)
  }
  assert.equal(held(), true)
  assert.equal(numbers(world).failed, 0)
  advance(world, 10)
  settle(world)
  assert.equal(held(), false)
  assert.equal(numbers(world).failed, 1)
})

test('more failed indexes than allowed end the Job', () => {
  const world = worldOf({ ...indexed, completions: 5, parallelism: 5, backoffLimitPerIndex: 0, maxFailedIndexes: 1 })
  settle(world)
  failPod(world, podOf(world, 2))
  settle(world)
  assert.equal(conditionOf(world, 'FailureTarget'), undefined)
  failPod(world, podOf(world, 4))
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'MaxFailedIndexesExceeded')
  assert.equal(world.job.status.failedIndexes, '2,4')
})

test('an ignored failure is replaced after a delay and counts nowhere but in the annotation', () => {
  const podFailurePolicy = { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [9] } }] }
  const world = worldOf({ ...indexed, backoffLimitPerIndex: 0, podFailurePolicy })
  settle(world)
  failPod(world, podOf(world, 0), 9)
  settle(world)
  assert.equal(podOf(world, 0), '')
  advance(world, 10)
  settle(world)
  const pod = world.pods.get(podOf(world, 0))
  assert.equal(pod?.metadata.annotations?.[failureCountKey], '0')
  assert.equal(pod?.metadata.annotations?.[ignoredFailureCountKey], '1')
  assert.equal(numbers(world).failed, 0)
  assert.equal(world.job.status.failedIndexes, '')
})

test('FailJob ends the Job at once', () => {
  const podFailurePolicy = { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] }
  const world = worldOf({ completions: 3, parallelism: 3, podFailurePolicy })
  settle(world)
  each(world, (there, uid) => failPod(there, uid, 42), 1)
  settle(world)
  assert.equal(reasonOf(world, 'Failed'), 'PodFailurePolicy')
  assert.match(conditionOf(world, 'Failed')?.message ?? '', /^Container main for pod default\/.* with exit code 42 /)
  assert.equal(numbers(world).failed, 3)
})

test('a met success policy ends the Job; the pods it stops do not count', () => {
  const world = worldOf({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } })
  settle(world)
  each(world, bind)
  succeed(world, podOf(world, 0))
  settle(world)
  assert.equal(reasonOf(world, 'SuccessCriteriaMet'), 'SuccessPolicy')
  assert.equal(conditionOf(world, 'Complete'), undefined)
  for (const pod of podsOf(world)) if (pod.metadata.deletionTimestamp) failPod(world, pod.metadata.uid ?? '')
  settle(world)
  assert.equal(reasonOf(world, 'Complete'), 'SuccessPolicy')
  assert.deepEqual(numbers(world), { active: 0, succeeded: 1, failed: 0, terminating: 0, ready: 0 })
})

test('a Job that is being deleted makes and deletes nothing, and lets go of all its pods uncounted', () => {
  const world = worldOf({ completions: 2, parallelism: 2 })
  settle(world)
  each(world, bind)
  change(world, { metadata: { ...world.job.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
  each(world, deletePod, 1)
  settle(world)
  assert.deepEqual(podsOf(world).map(isTracked), [false, false])
  assert.deepEqual(numbers(world), { active: 1, succeeded: 0, failed: 0, terminating: 1, ready: 0 })
})

test('Jobs of other controllers and finished Jobs are never touched', () => {
  const foreign = worldOf({ managedBy: 'example.com/other' })
  assert.deepEqual(planOf(foreign).actions, [])
  const own = worldOf({ managedBy: 'kubernetes.io/job-controller', completions: 0 })
  settle(own)
  edit(own, { completions: 5, parallelism: 5 })
  assert.deepEqual(planOf(own), { actions: [] })
})

test('an unknown completion mode is told and nothing else is done', () => {
  const world = worldOf({ completionMode: 'Sideways' })
  assert.deepEqual(
    planOf(world).actions.map((action) => action.kind === 'RecordEvent' && action.event.reason),
    ['UnknownCompletionMode'],
  )
})

test('a pod without a controller that the selector matches is adopted and counted', () => {
  const world = worldOf({ completions: 2, parallelism: 1 })
  const labels = world.job.spec.template.metadata.labels ?? {}
  const metadata = {
    name: 'free',
    namespace: 'default',
    uid: 'free',
    labels,
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  world.pods.set('free', { metadata, spec: { containers: [] }, status: { phase: 'Succeeded' } })
  assert.deepEqual(
    planOf(world).actions.map(({ kind }) => kind),
    ['AdoptPods'],
  )
  settle(world)
  assert.deepEqual(numbers(world), { active: 1, succeeded: 1, failed: 0, terminating: 0, ready: 0 })
})

test('a pod whose labels match no longer is released, uncounted, and missed', () => {
  const world = worldOf()
  settle(world)
  const [pod] = active(world)
  const uid = pod?.metadata.uid ?? ''
  if (pod !== undefined) world.pods.set(uid, { ...pod, metadata: { ...pod.metadata, labels: {} } })
  settle(world)
  const released = world.pods.get(uid)
  assert.equal(released?.metadata.ownerReferences, undefined)
  assert.deepEqual(released?.metadata.finalizers, [])
  assert.equal(active(world).length, 2)
})
