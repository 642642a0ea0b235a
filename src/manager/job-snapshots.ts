/** Which pods concern which Job, found without looking at any other pod. */
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { isSettled, isTracked, jobSelects } from '../controllers/job/index.ts'
import type { Informer } from './informer.ts'

export const controllerOf = (pod: Pod) =>
  pod.metadata.ownerReferences?.find((reference) => reference.controller === true)
const nothing: readonly string[] = []

export type JobSnapshots = ReturnType<typeof createJobSnapshots>

export function createJobSnapshots(jobs: Informer<Job>, pods: Informer<Pod>) {
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
