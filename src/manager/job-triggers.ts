/** Which changes call for a pass over which Job, and how soon. */
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { type Clock, type Millis, type Monotonic, millis } from '../base/index.ts'
import {
  asksToFailFast,
  type BackoffRecord,
  foreignManager,
  isJobFinished,
  isTerminal,
  isTracked,
  type JobOptions,
} from '../controllers/job/index.ts'
import type { Controller } from './controller.ts'
import { type Change, type Informer, keyOf } from './informer.ts'
import { controllerOf, type JobSnapshots } from './job-snapshots.ts'

/** How long a change that only moves `ready` may wait. */
const readyDelay = millis(100)
/** Passes over a Job are this far apart per pod: planning takes a twentieth of that. */
const spacingPerPod = 0.02
const mostSpacing = 1000

export type JobTriggers = {
  readonly clock: Clock
  readonly jobs: Informer<Job>
  readonly pods: Informer<Pod>
  readonly options: JobOptions
  /** How long changes of pods wait for more of them. */
  readonly podChangeDelay: Millis
  readonly controller: Controller
  readonly orphans: Controller
  readonly snapshots: JobSnapshots
  readonly backoff: Map<string, BackoffRecord>
  /** When Jobs with several pods were last looked at. */
  readonly lastPass: ReadonlyMap<string, Monotonic>
  readonly onForeign: (controller: string) => void
  readonly onFinished: (job: Job) => void
  /** A pod ended that is still to be accounted for. */
  readonly onTrackedEnd: () => void
  readonly onGone: (job: Job) => void
}

export function watchJobs({ jobs, controller, onForeign, onFinished, onGone }: JobTriggers): void {
  jobs.onChange(({ kind, object: job, old }) => {
    const key = keyOf(job)
    const manager = foreignManager(job)
    if (kind === 'Gone') {
      if (manager === undefined) onGone(job)
      controller.enqueue(key)
    } else if (manager !== undefined) {
      if (old === undefined) onForeign(manager)
    } else if (isJobFinished(job)) onFinished(job)
    else if (old === undefined || isTouched(old, job)) controller.enqueue(key)
  })
}

/** Whether something changed that a plan depends on. The status is this controller's own business. */
const isTouched = (old: Job, job: Job): boolean =>
  old.metadata.generation !== job.metadata.generation ||
  old.metadata.deletionTimestamp !== job.metadata.deletionTimestamp ||
  asksToFailFast(old) !== asksToFailFast(job)

export function watchPods(triggers: JobTriggers): void {
  const { clock, pods, controller, orphans, snapshots, backoff, lastPass, options, podChangeDelay, onTrackedEnd } =
    triggers

  function enqueueOwner(pod: Pod, delay: Millis): void {
    const job = snapshots.ownerOf(pod)
    if (job !== undefined && foreignManager(job) === undefined && !isJobFinished(job)) {
      const key = keyOf(job)
      const last = lastPass.get(key)
      const spacing = Math.min(snapshots.livePods(job) * spacingPerPod, mostSpacing)
      const isCrowded = last !== undefined && spacing >= 1
      controller.enqueue(key, isCrowded ? millis(Math.max(delay, last + spacing - clock.monotonic())) : delay)
    } else if (isTracked(pod)) orphans.enqueue(keyOf(pod))
  }

  /** A pod without a controller: perhaps a Job wants it, and no Job accounts for it. */
  function offer(pod: Pod): void {
    for (const job of snapshots.suitors(pod)) controller.enqueue(keyOf(job))
    if (isTracked(pod)) orphans.enqueue(keyOf(pod))
  }

  pods.onChange((change) => {
    const { kind, object: pod, old } = change
    if (kind === 'Set' && isTracked(pod) && isTerminal(pod) && (old === undefined || !isTerminal(old))) onTrackedEnd()
    const owner = controllerOf(pod)?.uid
    const formerOwner = old && controllerOf(old)?.uid
    if (formerOwner !== undefined && formerOwner !== owner) enqueueOwner(old ?? pod, podChangeDelay)
    if (owner === undefined) {
      if (kind === 'Set' && (old === undefined || isOfferedAnew(old, pod))) offer(pod)
      return
    }
    if (kind === 'Gone') {
      const job = options.deletionResetsBackoff && isTerminal(pod) ? snapshots.ownerOf(pod) : undefined
      if (job !== undefined) backoff.delete(job.metadata.uid ?? '')
    }
    enqueueOwner(pod, isUrgent(change) || podChangeDelay > readyDelay ? podChangeDelay : readyDelay)
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
