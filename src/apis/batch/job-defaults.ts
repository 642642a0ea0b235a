import { defaultPodTemplateSpec } from '../core/index.ts'
import { inFieldOrder } from './field-order.ts'
import type { Job, JobSpec, PodFailurePolicy, PodFailurePolicyRule } from './types.gen.ts'

/** The back-off limit of a Job that limits per index instead: as good as none. */
const unlimitedBackoff = 2147483647

/**
 * Fills what the API fills in a Job. Idempotent; shares unchanged parts.
 *
 * A Job without labels takes those of its pod template. As they are generated later, a new Job gets them when defaults
 * run on the object to be stored, as upstream's do on the way back from etcd.
 *
 * @source kubernetes v1.36 pkg/apis/batch/v1/defaults.go, SetDefaults_Job
 */
export function defaultJob(job: Job): Job {
  const spec = defaultJobSpec(job.spec)
  const labels = job.metadata.labels
  const templateLabels = spec.template.metadata?.labels
  const takesLabels = isEmpty(labels) && !isEmpty(templateLabels)
  if (spec === job.spec && !takesLabels) return job
  return { ...job, spec, ...(takesLabels ? { metadata: { ...job.metadata, labels: templateLabels } } : {}) }
}

const isEmpty = (map: Readonly<Record<string, string>> | undefined): boolean => {
  if (map !== undefined) for (const _ in map) return false
  return true
}

function defaultJobSpec(given: JobSpec): JobSpec {
  const spec = defaultJobTemplateJobSpec(given)
  const { completions, parallelism, backoffLimit, completionMode, suspend, podReplacementPolicy, manualSelector } = spec
  const complete =
    parallelism !== undefined &&
    backoffLimit !== undefined &&
    completionMode !== undefined &&
    suspend !== undefined &&
    podReplacementPolicy !== undefined &&
    manualSelector !== undefined
  if (complete) return spec
  const bothUnset = completions === undefined && parallelism === undefined
  return inFieldOrder('batch.v1.JobSpec', {
    ...spec,
    parallelism: parallelism ?? 1,
    ...(bothUnset ? { completions: 1 } : {}),
    backoffLimit: backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : unlimitedBackoff),
    manualSelector: manualSelector ?? false,
    completionMode: completionMode ?? 'NonIndexed',
    suspend: suspend ?? false,
    podReplacementPolicy:
      podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'),
  })
}

/**
 * The part of the defaults that the Job spec inside a CronJob gets, too: pod template and failure policy.
 *
 * @source kubernetes v1.36 pkg/apis/batch/v1/zz_generated.defaults.go, SetObjectDefaults_CronJob
 */
export function defaultJobTemplateJobSpec(spec: JobSpec): JobSpec {
  const template = defaultPodTemplateSpec(spec.template)
  const policy = spec.podFailurePolicy === undefined ? undefined : defaultPodFailurePolicy(spec.podFailurePolicy)
  if (template === spec.template && policy === spec.podFailurePolicy) return spec
  return { ...spec, template, ...(policy === undefined ? {} : { podFailurePolicy: policy }) }
}

function defaultPodFailurePolicy(policy: PodFailurePolicy): PodFailurePolicy {
  const rules = policy.rules?.map(defaultRule)
  return rules === undefined || rules.every((rule, index) => rule === policy.rules[index]) ? policy : { rules }
}

function defaultRule(rule: PodFailurePolicyRule): PodFailurePolicyRule {
  if (rule.onPodConditions === undefined || rule.onPodConditions.every(({ status }) => status)) return rule
  return {
    ...rule,
    onPodConditions: rule.onPodConditions.map((pattern) => (pattern.status ? pattern : { ...pattern, status: 'True' })),
  }
}
