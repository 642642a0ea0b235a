/**
 * Pods as a Job creates them. Unchanged parts of the template are shared, not copied; pods of a Job without indexes are
 * one and the same object.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, manageJob; indexed_job_utils.go (facts: names, labels)
 */
import type { Job } from '../../apis/batch/index.ts'
import type { Container, EnvVar, Pod, PodSpec } from '../../apis/core/index.ts'
import { judgeFailure } from './failure-policy.ts'
import {
  annotatedCount,
  completionIndexKey,
  failureCountKey,
  ignoredFailureCountKey,
  trackingFinalizer,
} from './pod.ts'

/** How long a generateName may be so that its five random characters fit into a label. */
const maxPrefix = 58

const indexEnv: EnvVar = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${completionIndexKey}']` } },
}

/** The reference by which a Job controls its pods. */
export const controllerReference = (job: Job) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: job.metadata.name ?? '',
  uid: job.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
})

/** `count` pods of a Job without indexes. */
export function newPods(job: Job, count: number): readonly Pod[] {
  const pod = basePod(job, `${job.metadata.name}-`)
  return Array.from({ length: count }, () => pod)
}

/** One pod for each index; `replaced` names the failed pod whose counts a replacement carries on. */
export function newIndexedPods(
  job: Job,
  indexes: readonly number[],
  replaced: ReadonlyMap<number, Pod>,
): readonly Pod[] {
  const spec = withIndexEnv(job.spec.template.spec)
  const base = { ...basePod(job, ''), spec }
  return indexes.map((index) => indexedPod(job, base, index, replaced.get(index)))
}

function basePod(job: Job, generateName: string): Pod {
  const { template } = job.spec
  const { labels, annotations, finalizers = [] } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName,
      namespace: job.metadata.namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      finalizers: finalizers.includes(trackingFinalizer) ? finalizers : [...finalizers, trackingFinalizer],
      ownerReferences: [controllerReference(job)],
    },
    spec: template.spec,
    status: {},
  }
}

function indexedPod(job: Job, base: Pod, index: number, replaced: Pod | undefined): Pod {
  const { metadata, spec } = base
  const text = String(index)
  const counts = job.spec.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)
  return {
    ...base,
    metadata: {
      ...metadata,
      generateName: indexedPrefix(job.metadata.name ?? '', text),
      labels: { ...metadata.labels, [completionIndexKey]: text },
      annotations: { ...metadata.annotations, [completionIndexKey]: text, ...counts },
    },
    spec: { ...spec, hostname: `${job.metadata.name}-${text}` },
  }
}

/** `<job>-<index>-`, the name of the Job cut so that the index survives. */
function indexedPrefix(name: string, index: string): string {
  const suffix = `-${index}-`
  return `${name.slice(0, maxPrefix - suffix.length)}${suffix}`
}

/**
 * The annotations that carry the failures of an index from pod to pod.
 *
 * @source kubernetes v1.36 pkg/controller/job/indexed_job_utils.go, getNewIndexFailureCounts
 */
function failureCounts(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (replaced === undefined) return { [failureCountKey]: '0' }
  const { counts } = judgeFailure(job.spec.podFailurePolicy, replaced)
  const failures = annotatedCount(replaced, failureCountKey) + (counts ? 1 : 0)
  const ignored = annotatedCount(replaced, ignoredFailureCountKey) + (counts ? 0 : 1)
  return {
    [failureCountKey]: String(failures),
    ...(ignored > 0 ? { [ignoredFailureCountKey]: String(ignored) } : {}),
  }
}

function withIndexEnv(spec: PodSpec): PodSpec {
  return {
    ...spec,
    containers: spec.containers.map(containerWithIndex),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(containerWithIndex) }),
  }
}

function containerWithIndex(container: Container): Container {
  const env = container.env ?? []
  return env.some(({ name }) => name === indexEnv.name) ? container : { ...container, env: [...env, indexEnv] }
}
