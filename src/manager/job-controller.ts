/**
 * Runs the Job controller: which Job to look at and when, from which snapshot, and what became of it.
 *
 * Bursts fold: passes over one Job never overlap, a Job with many pods is looked at less often the more pods it has, and
 * changes that only move `ready` wait a little for what comes next.
 */
import type { Job } from '../apis/batch/index.ts'
import type { Pod, ResourceQuota } from '../apis/core/index.ts'
import { type Instant, type Monotonic, millis } from '../base/index.ts'
import {
  type BackoffRecord,
  isForgotten,
  isJobFinished,
  type JobOptions,
  type JobPlan,
  planJob,
} from '../controllers/job/index.ts'
import { again, type Controller, createController, done, retry, type SyncOutcome } from './controller.ts'
import { createExitCodes } from './exit-codes.ts'
import { type Informer, keyOf } from './informer.ts'
import { createJobEffects, type JobEffects } from './job-effects.ts'
import { createJobMetrics } from './job-metrics.ts'
import { createJobSnapshots, type JobSnapshots } from './job-snapshots.ts'
import { watchJobs, watchPods } from './job-triggers.ts'
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
/** How long upstream lets changes of pods wait for more of them. */
const upstreamDelay = millis(1000)

export type JobControllerOptions = JobOptions & {
  /** Let changes of pods gather for a second, as upstream does. */
  readonly gatherPodChanges: boolean
  /** Note on a Job that failed which exit code was to blame. */
  readonly noteExitCodes: boolean
}

export function createJobController(shared: SharedContext, options: JobControllerOptions): RunningController {
  const { clock, informers } = shared
  const jobs = informers.of<Job>('jobs.batch')
  const pods = informers.of<Pod>('pods')
  const context: JobControllerContext = { ...shared, jobs, pods, options }
  const backoff = new Map<string, BackoffRecord>()
  const lastPass = new Map<string, Monotonic>()
  const refusals = createRefusals(informers.of<ResourceQuota>('resourcequotas'), (key) => controller.enqueue(key))
  const underWay = new Set<string>()
  const visibility = createVisibility()
  const metrics = createJobMetrics()
  const snapshots = createJobSnapshots(jobs, pods)
  const remember = (uid: string, record: BackoffRecord): void => keepBackoff(backoff, uid, record)
  const noteEnd = options.noteExitCodes ? createExitCodes(pods) : (job: Job) => job
  const effects = createJobEffects({ ...context, visibility, metrics, remember, noteEnd })

  async function sync(key: string): Promise<SyncOutcome> {
    await visibility.waitFor(key)
    const job = jobs.get(key)
    if (job === undefined || isJobFinished(job)) {
      if (job !== undefined) cleanUp(job)
      return done
    }
    const began = clock.monotonic()
    const plan = planNow(job, false)
    const failure = plan.actions.length === 0 ? undefined : await perform(key, job, plan)
    const after = jobs.get(key)
    if (after !== undefined && isJobFinished(after)) forget(after)
    metrics.synced(job, plan, failure !== undefined, (clock.monotonic() - began) / 1000)
    if (failure?.kind === 'CreationRefused') return tellRefused(key, failure.message)
    return outcomeOf(plan, failure, clock.now())
  }

  async function perform(key: string, job: Job, { actions }: JobPlan): Promise<Failure | undefined> {
    underWay.add(key)
    try {
      return await effects.perform(job, actions)
    } finally {
      underWay.delete(key)
    }
  }

  function planNow(job: Job, creationRefused: boolean): JobPlan {
    const record = backoff.get(job.metadata.uid ?? '')
    const snapshot = { job, pods: snapshots.podsFor(job), backoff: record, creationRefused }
    if (snapshot.pods.length > 1) lastPass.set(keyOf(job), clock.monotonic())
    return planJob(snapshot, clock.now(), options)
  }

  /** Pods were refused: the status still says what there is, and the next try waits. */
  async function tellRefused(key: string, message: string): Promise<SyncOutcome> {
    await visibility.waitFor(key)
    const job = jobs.get(key)
    refusals.add(key)
    if (job !== undefined) await effects.perform(job, planNow(job, true).actions)
    return retry(message)
  }

  function forget(job: Job): void {
    const key = keyOf(job)
    backoff.delete(job.metadata.uid ?? '')
    lastPass.delete(key)
    refusals.remove(key)
    visibility.forget(key)
  }

  /** Nobody accounts for the pods of this Job any more: none may be held for it. */
  function cleanUp(job: Job): void {
    forget(job)
    for (const pod of snapshots.trackedBy(job)) orphans.enqueue(keyOf(pod))
  }

  const controller = createController(context, { name: 'job-controller', concurrency: jobsAtOnce, sync })
  const orphans = createOrphanController(context, snapshots, effects)
  const triggers = {
    ...context,
    controller,
    orphans,
    snapshots,
    backoff,
    lastPass,
    podChangeDelay: options.gatherPodChanges ? upstreamDelay : millis(0),
    onForeign: metrics.foreign,
    onFinished(job: Job): void {
      // The pass that finishes a Job lets go of its pods itself; when it cannot, it is tried again.
      if (!underWay.has(keyOf(job))) cleanUp(job)
    },
    onGone: cleanUp,
    onTrackedEnd: () => metrics.tracked('add'),
  }
  watchJobs(triggers)
  watchPods(triggers)
  return {
    start: () => [controller, orphans].forEach((one) => void one.start()),
    stop: async () => void (await Promise.all([controller.stop(), orphans.stop()])),
    metrics: metrics.families,
  }
}

/** A record that says nothing is not kept. */
function keepBackoff(records: Map<string, BackoffRecord>, uid: string, record: BackoffRecord): void {
  if (record.failures === 0 && record.endedBy === undefined) records.delete(uid)
  else records.set(uid, record)
}

/** Takes the Job's finalizer off pods for which no Job accounts any more. */
function createOrphanController(
  context: JobControllerContext,
  snapshots: JobSnapshots,
  effects: JobEffects,
): Controller {
  const { pods, clock } = context
  async function sync(key: string): Promise<SyncOutcome> {
    const pod = pods.get(key)
    if (pod === undefined || !isForgotten(pod, snapshots.ownerOf(pod))) return done
    const failure = await effects.untrackPods(undefined, [pod])
    return failure === undefined ? done : outcomeOf(undefined, failure, clock.now())
  }
  return createController(context, { name: 'job-orphans', concurrency: orphansAtOnce, sync })
}

/** Jobs whose pods were refused: when a quota of their namespace changes, they need not wait for their next try. */
function createRefusals(quotas: Informer<ResourceQuota>, enqueue: (key: string) => void) {
  const keys = new Map<string, Set<string>>()
  const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'))
  quotas.onChange(({ object: { metadata } }) => {
    const namespace = metadata.namespace ?? ''
    const freed = keys.get(namespace) ?? []
    keys.delete(namespace)
    for (const key of freed) enqueue(key)
  })
  return {
    add(key: string): void {
      const there = keys.get(namespaceOf(key))
      if (there === undefined) keys.set(namespaceOf(key), new Set([key]))
      else there.add(key)
    },
    remove: (key: string): void => {
      keys.get(namespaceOf(key))?.delete(key)
    },
  }
}

function outcomeOf(plan: JobPlan | undefined, failure: Failure | undefined, now: Instant): SyncOutcome {
  if (failure === undefined) return { kind: 'Done', wakeAt: plan?.more === true ? now : plan?.wakeAt }
  if (failure.kind === 'Moot') return done
  return failure.kind === 'Conflict' ? again : retry(failure.message)
}
