/** What the Job controller does to pods. */
import { isConflict, isNamespaceTerminating, isNotFound, type Status } from '../apimachinery/index.ts'
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import type { Client, Ref } from '../client/index.ts'
import { controllerReference, isTerminal, isTracked, trackingFinalizer } from '../controllers/job/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import { type Informer, keyOf } from './informer.ts'
import type { JobMetrics } from './job-metrics.ts'
import { fieldManager } from './running.ts'
import type { Visibility } from './visibility.ts'

export type Failure =
  | { readonly kind: 'Refused'; readonly message: string }
  /** Pods could not be created; what else was planned has still to be told. */
  | { readonly kind: 'CreationRefused'; readonly message: string }
  | { readonly kind: 'Conflict' }
  /** The Job or its namespace goes away: nothing is left to do. */
  | { readonly kind: 'Moot' }

export type PodEffectsContext = {
  readonly client: Client
  readonly recorder: EventRecorder
  readonly visibility: Visibility
  readonly metrics: JobMetrics
  readonly pods: Informer<Pod>
}

export const component = 'job-controller'
/** Requests of one kind that one pass has under way at the same time. */
const mostAtOnce = 500

const podRef = ({ metadata: { namespace, name = '' } }: Pod): Ref => ({ resource: 'pods', namespace, name })
const untracked = ({ metadata: { uid } }: Pod) => ({
  metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] },
})

export type PodEffects = {
  readonly createPods: (job: Job, wanted: readonly Pod[]) => Promise<Failure | undefined>
  readonly deletePods: (job: Job, pods: readonly Pod[], uncounted: boolean) => Promise<Failure | undefined>
  /** `job` is the one whose next snapshot must show it; undefined when none will. */
  readonly untrackPods: (job: Job | undefined, pods: readonly Pod[]) => Promise<Failure | undefined>
  readonly adoptPods: (job: Job, pods: readonly Pod[]) => Promise<Failure | undefined>
  readonly releasePods: (job: Job, pods: readonly Pod[]) => Promise<Failure | undefined>
}

export function createPodEffects(context: PodEffectsContext): PodEffects {
  const { client } = context
  return {
    createPods: (job, wanted) => createInBatches(wanted, (pod) => createPod(context, job, pod)),
    deletePods: (job, pods, uncounted) => each(pods, (pod) => deletePod(context, job, pod, uncounted)),
    untrackPods: (job, pods) => each(pods, (pod) => untrack(context, job, pod)),
    async adoptPods(job, orphans) {
      const { namespace, name = '', uid } = job.metadata
      const fresh = await client.get<Job>({ resource: 'jobs.batch', namespace, name })
      if (!fresh.ok) return failureOf(fresh.error)
      const { metadata } = fresh.value
      if (metadata.uid !== uid || metadata.deletionTimestamp !== undefined) return { kind: 'Moot' }
      return each(orphans, (pod) => patchPod(context, job, pod, adoption(job, pod), isNotFound))
    },
    releasePods: (job, pods) =>
      each(pods, (pod) =>
        patchPod(context, job, pod, dismissal(job, pod), (status) => isNotFound(status) || status.code === 422),
      ),
  }
}

/**
 * Batches of 1, 2, 4 … in every pass: what refuses pods is asked for at most as many as it has just granted, and one more.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, manageJob
 */
async function createInBatches(
  wanted: readonly Pod[],
  create: (pod: Pod) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  for (let from = 0, size = 1; from < wanted.length; from += size, size *= 2) {
    const failures = await Promise.all(wanted.slice(from, from + size).map(create))
    const failure = failures.find((one) => one !== undefined)
    if (failure !== undefined) return failure
  }
  return undefined
}

async function createPod(context: PodEffectsContext, job: Job, pod: Pod): Promise<Failure | undefined> {
  const { client, recorder, visibility, metrics, pods } = context
  const created = await client.create<Pod>('pods', pod, { fieldManager })
  metrics.created(job, created.ok)
  if (created.ok) {
    visibility.wrote(keyOf(job), pods, created.value)
    recorder.record(component, job, 'Normal', 'SuccessfulCreate', `Created pod: ${created.value.metadata.name}`)
    return undefined
  }
  if (isNamespaceTerminating(created.error)) return { kind: 'Moot' }
  const message = messageOf(created.error)
  recorder.record(component, job, 'Warning', 'FailedCreate', `Error creating: ${message}`)
  return { kind: 'CreationRefused', message }
}

async function deletePod(
  context: PodEffectsContext,
  job: Job,
  pod: Pod,
  uncounted: boolean,
): Promise<Failure | undefined> {
  const { client, recorder, visibility, pods } = context
  const kept = uncounted && isTracked(pod) ? await untrack(context, job, pod) : undefined
  if (kept !== undefined) return kept
  const { uid } = pod.metadata
  const deleted = await client.delete(podRef(pod), uid === undefined ? {} : { preconditions: { uid } })
  if (!deleted.ok && isNotFound(deleted.error)) {
    sawGone(context, job, pod)
    return undefined
  }
  if (!deleted.ok) {
    const message = messageOf(deleted.error)
    recorder.record(component, job, 'Warning', 'FailedDelete', `Error deleting: ${message}`)
    return { kind: 'Refused', message }
  }
  visibility.deleted(keyOf(job), pods, pod)
  recorder.record(component, job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
  return undefined
}

/**
 * Takes the tracking finalizer. Replacing the pod as it is known costs the server least; where somebody else has changed
 * it meanwhile, a patch takes the finalizer from whatever is there.
 */
async function untrack(context: PodEffectsContext, job: Job | undefined, pod: Pod): Promise<Failure | undefined> {
  const replaced = await context.client.update<Pod>('pods', withoutFinalizer(pod), { fieldManager })
  if (replaced.ok) sawWrite(context, job, pod, replaced.value)
  else if (isNotFound(replaced.error)) sawGone(context, job, pod)
  else {
    const failure = await patchPod(context, job, pod, untracked(pod), isNotFound)
    if (failure !== undefined) return failure
  }
  if (isTerminal(pod)) context.metrics.tracked('delete')
  return undefined
}

function withoutFinalizer(pod: Pod): Pod {
  const { finalizers = [], ...metadata } = pod.metadata
  const rest = finalizers.filter((name) => name !== trackingFinalizer)
  return { ...pod, metadata: rest.length === 0 ? metadata : { ...metadata, finalizers: rest } }
}

const adoption = (job: Job, { metadata: { uid } }: Pod) => ({
  metadata: { uid, ownerReferences: [controllerReference(job)], finalizers: [trackingFinalizer] },
})
const dismissal = (job: Job, pod: Pod) => ({
  metadata: { ownerReferences: [{ $patch: 'delete', uid: job.metadata.uid }], ...untracked(pod).metadata },
})

async function patchPod(
  context: PodEffectsContext,
  job: Job | undefined,
  pod: Pod,
  patch: unknown,
  ignored: (status: Status) => boolean,
): Promise<Failure | undefined> {
  const patched = await context.client.patch<Pod>(podRef(pod), 'strategic', patch, { fieldManager })
  if (patched.ok) sawWrite(context, job, pod, patched.value)
  else if (!ignored(patched.error)) return failureOf(patched.error)
  else if (isNotFound(patched.error)) sawGone(context, job, pod)
  return undefined
}

/** The server says that a pod is gone: a copy that still shows it is behind, and would have it counted once more. */
function sawGone({ visibility, pods }: PodEffectsContext, job: Job | undefined, pod: Pod): void {
  if (job !== undefined) visibility.changed(keyOf(job), pods, pod, () => false)
}

function sawWrite({ visibility, pods }: PodEffectsContext, job: Job | undefined, pod: Pod, written: Pod): void {
  if (job === undefined) return
  const { deletionTimestamp, finalizers = [] } = written.metadata
  // The last finalizer of a pod that was asked to go may take the pod with it: nothing newer will be seen of it then.
  const mayBeGone = deletionTimestamp !== undefined && finalizers.length === 0
  if (mayBeGone) visibility.changed(keyOf(job), pods, pod, (seen) => !isTracked(seen))
  else visibility.wrote(keyOf(job), pods, written)
}

const messageOf = (status: Status): string => status.message ?? status.reason ?? 'unknown failure'

export function failureOf(status: Status): Failure {
  if (isConflict(status)) return { kind: 'Conflict' }
  if (isNotFound(status)) return { kind: 'Moot' }
  return { kind: 'Refused', message: messageOf(status) }
}

/** Some at a time; all are tried, the first failure is told. */
async function each(
  pods: readonly Pod[],
  act: (pod: Pod) => Promise<Failure | undefined>,
): Promise<Failure | undefined> {
  let failure: Failure | undefined
  for (let from = 0; from < pods.length; from += mostAtOnce) {
    const failures = await Promise.all(pods.slice(from, from + mostAtOnce).map(act))
    failure ??= failures.find((one) => one !== undefined)
  }
  return failure
}
