/**
 * Runs the Job controller: which Job to look at and when, from which snapshot, and what became of it.
 *
 * Bursts fold: passes over one Job never overlap, a Job with many pods is looked at less often the more pods it has, and
 * changes that only move `ready` wait a little for what comes next.
 */
import type { Job } from '../apis/batch/index.ts'
import type { Pod, ResourceQuota } from '../apis/core/index.ts'
import { after, type Instant, millis } from '../base/index.ts'
import {
  type BackoffRecord,
  foreignManager,
  isForgotten,
  isJobFinished,
  isSettled,
  isTerminal,
  isTracked,
  type JobOptions,
  type JobPlan,
  jobSelects,
  planJob,
} from '../controllers/job/index.ts'
import { again, type Controller, createController, done, retry, type SyncOutcome } from './controller.ts'
import { type Change, type Informer, keyOf } from './informer.ts'
import { createJobEffects } from './job-effects.ts'
import { createJobMetrics } from './job-metrics.ts'
import type { Failure } from './pod-effects.ts'
import type { RunningController, SharedContext } from './running.ts'
import { createVisibility } from './visibility.ts'

type JobControllerContext = SharedContext & {
  readonly jobs: Informer<Job>
  readonly pods: Informer<Pod>
  readonly options: JobOptions
}

const jobsAtOnce = 256
const orphansAtOnce = 64
/** How long a change that only moves `ready` may wait. */
const readyDelay = millis(100)
/** The pass that finished a Job takes the finalizers of its pods; what it left behind is looked for afterwards. */
const leftoverDelay = millis(1000)
/** Passes over a Job are this far apart per pod: planning takes a twentieth of that. */
const spacingPerPod = 0.02
const mostSpacing = 1000

const controllerOf = (pod: Pod) => pod.metadata.ownerReferences?.find((reference) => reference.controller === true)
const nothing: readonly string[] = []

export function createJobController(shared: SharedContext, options: JobOptions): RunningController {
  const { clock, informers } = shared
  const jobs = informers.of<Job>('jobs.batch')
  const pods = informers.of<Pod>('pods')
  const context: JobControllerContext = { ...shared, jobs, pods, options }
  const backoff = new Map<string, BackoffRecord>()
  const lastPass = new Map<string, Instant>()
  const refusals = createRefusals()
  const visibility = createVisibility()
  const metrics = createJobMetrics()
  const snapshots = createSnapshots(jobs, pods)
  const remember = (uid: string, record: BackoffRecord): void => {
    if (record.failures === 0) backoff.delete(uid)
    else backoff.set(uid, record)
  }
  const effects = createJobEffects({ ...context, visibility, metrics, remember })

  async function sync(key: string): Promise<SyncOutcome> {
    await visibility.waitFor(key)
    const job = jobs.get(key)
    if (job === undefined || isJobFinished(job)) {
      lastPass.delete(key)
      if (job !== undefined) backoff.delete(job.metadata.uid ?? '')
      return done
    }
    const began = clock.monotonic()
    const plan = planNow(job, false)
    const failure = plan.actions.length === 0 ? undefined : await effects.perform(job, plan.actions)
    metrics.synced(job, plan, failure !== undefined, (clock.monotonic() - began) / 1000)
    if (failure?.kind === 'CreationRefused') return tellRefused(key, failure.message)
    return outcomeOf(plan, failure)
  }

  function planNow(job: Job, creationRefused: boolean): JobPlan {
    const uid = job.metadata.uid ?? ''
    const now = clock.now()
    const snapshot = { job, pods: snapshots.podsFor(job), backoff: backoff.get(uid), creationRefused }
    if (snapshot.pods.length > 1) lastPass.set(keyOf(job), now)
    return planJob(snapshot, now, options)
  }

  /** Pods were refused: the status still says what there is, and the next try waits. */
  async function tellRefused(key: string, message: string): Promise<SyncOutcome> {
    await visibility.waitFor(key)
    const job = jobs.get(key)
    refusals.add(key)
    if (job !== undefined) await effects.perform(job, planNow(job, true).actions)
    return retry(message)
  }

  async function syncOrphan(key: string): Promise<SyncOutcome> {
    const pod = pods.get(key)
    if (pod === undefined || !isForgotten(pod, snapshots.ownerOf(pod))) return done
    const failure = await effects.untrackPods(undefined, [pod])
    return failure === undefined ? done : outcomeOf(undefined, failure)
  }

  const controller = createController(context, { name: 'job-controller', concurrency: jobsAtOnce, sync })
  const orphans = createController(context, { name: 'job-orphans', concurrency: orphansAtOnce, sync: syncOrphan })
  informers.of<ResourceQuota>('resourcequotas').onChange(({ object: { metadata } }) => {
    for (const key of refusals.take(metadata.namespace ?? '')) controller.enqueue(key)
  })
  watchJobs({ ...context, controller, orphans, snapshots, backoff, onForeign: metrics.foreign })
  watchPods({ ...context, controller, orphans, snapshots, backoff, lastPass })
  return {
    start() {
      controller.start()
      orphans.start()
    },
    stop: async () => void (await Promise.all([controller.stop(), orphans.stop()])),
    metrics: metrics.families,
  }
}

/** Jobs whose pods were refused, by namespace: when a quota there changes, they need not wait for their next try. */
function createRefusals() {
  const keys = new Map<string, Set<string>>()
  const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'))
  return {
    add(key: string): void {
      const there = keys.get(namespaceOf(key))
      if (there === undefined) keys.set(namespaceOf(key), new Set([key]))
      else there.add(key)
    },
    take(namespace: string): ReadonlySet<string> {
      const there = keys.get(namespace) ?? new Set()
      keys.delete(namespace)
      return there
    },
  }
}

function outcomeOf(plan: JobPlan | undefined, failure: Failure | undefined): SyncOutcome {
  if (failure === undefined) return { kind: 'Done', wakeAt: plan?.wakeAt }
  if (failure.kind === 'Moot') return done
  return failure.kind === 'Conflict' ? again : retry(failure.message)
}

type Snapshots = ReturnType<typeof createSnapshots>

/** Which pods concern which Job, without looking at any other pod. */
function createSnapshots(jobs: Informer<Job>, pods: Informer<Pod>) {
  /** Settled pods that carry their Job's own label can change nothing and are left out. */
  const byController = pods.index((pod) => {
    const uid = controllerOf(pod)?.uid
    if (uid === undefined) return nothing
    return isSettled(pod) && pod.metadata.labels?.['batch.kubernetes.io/controller-uid'] === uid ? nothing : [uid]
  })
  const tracked = pods.index((pod) => (isTracked(pod) ? [controllerOf(pod)?.uid ?? ''] : nothing))
  const free = pods.index((pod) => (controllerOf(pod) === undefined ? placesOf(pod) : nothing))
  const bySelector = jobs.index((job) => [placeOfSelector(job)])

  const matching = (job: Job): Pod[] => {
    const candidates = free.get(placeOfSelector(job))
    return candidates.size === 0 ? [] : [...candidates.values()].filter((pod) => jobSelects(job, pod))
  }

  return {
    podsFor(job: Job): readonly Pod[] {
      const owned = [...byController.get(job.metadata.uid ?? '').values()]
      const orphans = matching(job)
      return orphans.length === 0 ? owned : [...owned, ...orphans]
    },
    /** Pods with the tracking finalizer that this Job controls, or that nobody controls and it selects. */
    trackedBy: (job: Job): readonly Pod[] => [
      ...tracked.get(job.metadata.uid ?? '').values(),
      ...matching(job).filter(isTracked),
    ],
    ownerOf(pod: Pod): Job | undefined {
      const controller = controllerOf(pod)
      const job = controller && jobs.get(`${pod.metadata.namespace}/${controller.name}`)
      return job?.metadata.uid === controller?.uid ? job : undefined
    },
    /** Jobs that might adopt a pod. */
    suitors: (pod: Pod): readonly Job[] =>
      placesOf(pod).flatMap((place) => [...bySelector.get(place).values()].filter((job) => jobSelects(job, pod))),
    livePods: (job: Job): number => byController.get(job.metadata.uid ?? '').size,
  }
}

/** Where a pod without a controller may be looked up: its namespace, with each of its labels and with none. */
function placesOf({ metadata: { namespace = '', labels = {} } }: Pod): readonly string[] {
  return [`${namespace}\n`, ...Object.keys(labels).map((key) => `${namespace}\n${key}=${labels[key]}`)]
}

/** The one place to look in for what a Job selects: the first of its labels narrows it. */
function placeOfSelector({ metadata: { namespace = '' }, spec: { selector } }: Job): string {
  const labels = selector?.matchLabels ?? {}
  const [key] = Object.keys(labels)
  return key === undefined ? `${namespace}\n` : `${namespace}\n${key}=${labels[key]}`
}

type Watching = JobControllerContext & {
  readonly controller: Controller
  readonly orphans: Controller
  readonly snapshots: Snapshots
  readonly backoff: Map<string, BackoffRecord>
}

function watchJobs(watching: Watching & { readonly onForeign: (controller: string) => void }): void {
  const { clock, jobs, controller, orphans, snapshots, backoff, onForeign } = watching

  function cleanUp(job: Job, at?: Instant): void {
    for (const pod of snapshots.trackedBy(job)) orphans.enqueue(keyOf(pod), at)
  }

  jobs.onChange(({ kind, object: job, old }) => {
    const key = keyOf(job)
    const manager = foreignManager(job)
    if (kind === 'Gone') {
      backoff.delete(job.metadata.uid ?? '')
      if (manager === undefined) cleanUp(job)
      controller.enqueue(key)
      return
    }
    if (manager !== undefined) {
      if (old === undefined) onForeign(manager)
      return
    }
    if (isJobFinished(job)) {
      backoff.delete(job.metadata.uid ?? '')
      cleanUp(job, after(clock.now(), leftoverDelay))
    } else if (old === undefined || isTouched(old, job)) {
      controller.enqueue(key)
    }
  })
}

/** Whether something changed that a plan depends on. The status is this controller's own business. */
const isTouched = (old: Job, job: Job): boolean =>
  old.metadata.generation !== job.metadata.generation ||
  old.metadata.deletionTimestamp !== job.metadata.deletionTimestamp

function watchPods(watching: Watching & { readonly lastPass: ReadonlyMap<string, Instant> }): void {
  const { clock, pods, controller, orphans, snapshots, backoff, lastPass, options } = watching

  function enqueueOwner(pod: Pod, at: Instant): void {
    const job = snapshots.ownerOf(pod)
    if (job !== undefined && foreignManager(job) === undefined && !isJobFinished(job)) {
      const key = keyOf(job)
      const last = lastPass.get(key)
      const spacing = last === undefined ? 0 : Math.min(snapshots.livePods(job) * spacingPerPod, mostSpacing)
      const earliest = last === undefined || spacing < 1 ? at : after(last, millis(spacing))
      controller.enqueue(key, earliest > at ? earliest : at)
    } else if (isTracked(pod)) orphans.enqueue(keyOf(pod))
  }

  /** A pod without a controller: perhaps a Job wants it, and no Job accounts for it. */
  function offer(pod: Pod): void {
    for (const job of snapshots.suitors(pod)) controller.enqueue(keyOf(job))
    if (isTracked(pod)) orphans.enqueue(keyOf(pod))
  }

  pods.onChange((change) => {
    const { kind, object: pod, old } = change
    const owner = controllerOf(pod)?.uid
    const formerOwner = old && controllerOf(old)?.uid
    if (formerOwner !== undefined && formerOwner !== owner) enqueueOwner(old ?? pod, clock.now())
    if (owner === undefined) {
      if (kind === 'Set' && (old === undefined || isOfferedAnew(old, pod))) offer(pod)
      return
    }
    if (kind === 'Gone') {
      const job = options.deletionResetsBackoff && isTerminal(pod) ? snapshots.ownerOf(pod) : undefined
      if (job !== undefined) backoff.delete(job.metadata.uid ?? '')
    }
    enqueueOwner(pod, isUrgent(change) ? clock.now() : after(clock.now(), readyDelay))
  })
}

const isOfferedAnew = (old: Pod, pod: Pod): boolean =>
  controllerOf(old) !== undefined || isTracked(pod) || !sameLabels(old, pod)

/** Whether a change may call for more than new numbers of ready pods. */
function isUrgent({ kind, object: pod, old }: Change<Pod>): boolean {
  if (kind === 'Gone' || old === undefined) return true
  return (
    isTerminal(pod) !== isTerminal(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isTracked(pod) !== isTracked(old) ||
    !sameLabels(pod, old)
  )
}

function sameLabels({ metadata: { labels: one = {} } }: Pod, { metadata: { labels: other = {} } }: Pod): boolean {
  if (one === other) return true
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key])
}
