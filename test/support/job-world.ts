/**
 * A Job and its pods as a value: applies what the Job controller's plans say, one action at a time, so that tests may
 * stop between any two of them. No server, no clock.
 */
import type { Job, JobSpec, JobStatus } from '../../src/apis/batch/index.ts'
import type { Pod, PodStatus } from '../../src/apis/core/index.ts'
import { formatTime, type Instant, instant } from '../../src/base/index.ts'
import {
  type BackoffRecord,
  exactJobOptions,
  isForgotten,
  type JobAction,
  type JobEvent,
  type JobOptions,
  type JobPlan,
  planJob,
  trackingFinalizer,
} from '../../src/controllers/job/index.ts'

export const start = instant(Date.UTC(2026, 0, 1))

export type World = {
  job: Job
  pods: Map<string, Pod>
  backoff: BackoffRecord | undefined
  now: Instant
  readonly options: JobOptions
  readonly events: JobEvent[]
  readonly writes: string[]
  readonly statuses: JobStatus[]
  serial: number
}

export function worldOf(spec: Partial<JobSpec> = {}, options: JobOptions = exactJobOptions): World {
  const labels = { 'batch.kubernetes.io/controller-uid': 'job-uid' }
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pi', namespace: 'default', uid: 'job-uid', generation: 1, creationTimestamp: formatTime(start) },
    spec: {
      parallelism: 1,
      backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2147483647,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work', resources: {} }] },
      },
      ...(spec.completions === undefined && spec.parallelism === undefined ? { completions: 1 } : {}),
      ...spec,
    },
    status: {},
  }
  const log = { events: [], writes: [], statuses: [] }
  return { job, pods: new Map(), backoff: undefined, now: start, options, serial: 0, ...log }
}

export const podsOf = (world: World): Pod[] => [...world.pods.values()]

/** Plans one pass; pods in the order of their creation. */
export const planOf = (world: World, more: { creationRefused?: boolean } = {}): JobPlan =>
  planJob({ job: world.job, pods: podsOf(world), backoff: world.backoff, ...more }, world.now, world.options)

/** Passes until nothing is left to do; fails when that does not happen. */
export function settle(world: World): JobPlan {
  for (let pass = 0; pass < 2000; pass++) {
    const plan = planOf(world)
    if (plan.actions.length === 0) {
      clean(world)
      return plan
    }
    for (const action of plan.actions) apply(world, action)
  }
  throw new Error('the Job never comes to rest')
}

/** The pass over pods whose Job accounts for them no longer. */
function clean(world: World): void {
  for (const pod of podsOf(world)) if (isForgotten(pod, world.job)) untrack(world, pod)
}

export function apply(world: World, action: JobAction): void {
  switch (action.kind) {
    case 'CreatePods':
      for (const pod of action.pods) create(world, pod)
      return
    case 'DeletePods':
      for (const pod of action.pods) {
        if (action.uncounted) untrack(world, pod)
        deletePod(world, pod.metadata.uid ?? '', { note: 'deleted' })
        world.events.push({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` })
      }
      return
    case 'UpdateJobStatus':
      world.job = { ...world.job, status: action.status }
      world.statuses.push(action.status)
      world.writes.push('status')
      return
    case 'RemoveFinalizers':
      for (const pod of action.pods) untrack(world, pod)
      return
    case 'RememberBackoff':
      world.backoff = action.record
      return
    case 'RecordEvent':
      world.events.push(action.event)
      return
    case 'AdoptPods':
      for (const pod of action.pods) change(world, pod, adopted(world, pod))
      return
    case 'ReleasePods':
      for (const pod of action.pods) {
        const { ownerReferences: _, ...metadata } = pod.metadata
        change(world, pod, { ...pod, metadata: { ...metadata, finalizers: [] } })
      }
  }
}

function create(world: World, template: Pod): void {
  const uid = `pod-${++world.serial}`
  const name = `${template.metadata.generateName}${uid}`
  const metadata = { ...template.metadata, name, uid, creationTimestamp: formatTime(world.now) }
  world.pods.set(uid, { ...template, metadata, status: { phase: 'Pending' } })
  world.events.push({ type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${name}` })
  world.writes.push('create')
}

function adopted(world: World, pod: Pod): Pod {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'pi', uid: world.job.metadata.uid ?? '', controller: true }
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner], finalizers: [trackingFinalizer] } }
}

/** Replaces a pod, or lets it go when nothing holds it any more. */
function change(world: World, { metadata: { uid = '' } }: Pod, pod: Pod): void {
  if (!world.pods.has(uid)) return
  const gone =
    pod.metadata.deletionTimestamp !== undefined &&
    (pod.metadata.finalizers ?? []).length === 0 &&
    (pod.metadata.deletionGracePeriodSeconds ?? 0) === 0
  if (gone) world.pods.delete(uid)
  else world.pods.set(uid, pod)
}

function untrack(world: World, { metadata: { uid = '' } }: Pod): void {
  const pod = world.pods.get(uid)
  if (pod === undefined) return
  const finalizers = (pod.metadata.finalizers ?? []).filter((name) => name !== trackingFinalizer)
  change(world, pod, { ...pod, metadata: { ...pod.metadata, finalizers } })
  world.writes.push('untrack')
}

/** DELETE of a pod: with a grace period when it is bound and runs, at once otherwise. */
export function deletePod(world: World, uid: string, { force = false, note = '' } = {}): void {
  const pod = world.pods.get(uid)
  if (pod === undefined) return
  const grace = force || !pod.spec.nodeName || hasEnded(pod) ? 0 : 30
  const deletionTimestamp = pod.metadata.deletionTimestamp ?? formatTime(instant(world.now + grace * 1000))
  change(world, pod, {
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace },
  })
  if (note !== '') world.writes.push(note)
}

const hasEnded = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'

export function setStatus(world: World, uid: string, status: PodStatus): void {
  const pod = world.pods.get(uid)
  if (pod !== undefined) world.pods.set(uid, { ...pod, status })
}

const ended = (world: World, exitCode: number, restartCount = 0) => ({
  containerStatuses: [
    {
      name: 'main',
      image: 'work',
      imageID: '',
      ready: false,
      restartCount,
      lastState: {},
      state: {
        terminated: { exitCode, finishedAt: formatTime(world.now), reason: exitCode === 0 ? 'Completed' : 'Error' },
      },
    },
  ],
})

export const succeed = (world: World, uid: string): void =>
  setStatus(world, uid, { phase: 'Succeeded', ...ended(world, 0) })
export const failPod = (world: World, uid: string, exitCode = 1): void =>
  setStatus(world, uid, { phase: 'Failed', ...ended(world, exitCode) })
export function run(world: World, uid: string, { ready = true, restarts = 0 } = {}): void {
  const lastTransitionTime = formatTime(world.now)
  setStatus(world, uid, {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }],
    containerStatuses: [
      {
        name: 'main',
        image: 'work',
        imageID: '',
        ready,
        restartCount: restarts,
        lastState: {},
        state: { running: { startedAt: lastTransitionTime } },
      },
    ],
  })
}

/** Binds a pod to a node, so that deleting it takes its grace period. */
export function bind(world: World, uid: string): void {
  const pod = world.pods.get(uid)
  if (pod !== undefined) world.pods.set(uid, { ...pod, spec: { ...pod.spec, nodeName: 'node' } })
}

export const active = (world: World): Pod[] =>
  podsOf(world).filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined)

export const uidsOf = (pods: readonly Pod[]): string[] => pods.map((pod) => pod.metadata.uid ?? '')

export function advance(world: World, seconds: number): void {
  world.now = instant(world.now + seconds * 1000)
}

export const conditionOf = (world: World, type: string) =>
  world.job.status.conditions?.find((condition) => condition.type === type && condition.status === 'True')
