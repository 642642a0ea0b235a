import { child } from '../../apimachinery/index.ts'
import { disabledFieldWarnings, dropDisabledTemplateFields, podTemplateWarnings } from '../core/index.ts'
import { buildStrategy, changed, countGeneration, firstGeneration, keepFields } from '../generic/index.ts'
import { isDNS1123Label } from '../meta/index.ts'
import type { ApiOptions, Strategy } from '../strategy.ts'
import { inFieldOrder } from './field-order.ts'
import { defaultJob } from './job-defaults.ts'
import { validateJobStatusUpdate } from './job-status-validation.ts'
import { jobTable } from './job-table.ts'
import { manyCompletions, manyCompletionsParallelism, validateJobCreate, validateJobUpdate } from './job-validation.ts'
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './names.ts'
import type { Job, JobSpec, JobStatus } from './types.gen.ts'

const noStatus: JobStatus = {}
/** Why `scheduling` in a Job's spec is refused: versions after v1.36 have it. Also for CronJobs. */
export const gangScheduling =
  'gang scheduling is not built: pods start one by one. Remove the field, or run the Job on a cluster that has the feature WorkloadWithJob'

/**
 * The rules of Jobs.
 *
 * @source kubernetes v1.36 pkg/registry/batch/job/strategy.go
 */
export const jobStrategy: Strategy<Job> = buildStrategy<Job>({
  type: 'batch.v1.Job',
  namespaced: true,
  defaults: defaultJob,
  prepareForCreate: (job) =>
    firstGeneration(withGeneratedSelector({ ...job, spec: withoutDisabledFields(job.spec), status: noStatus })),
  validateCreate: validateJobCreate,
  warningsOnCreate: (job, { options, requested }) => [
    ...nameWarnings(job.metadata.name ?? ''),
    ...jobSpecWarnings(job.spec, 'spec', options),
    ...droppedWarnings((requested as Job | undefined)?.spec, 'spec', options),
  ],
  prepareForUpdate: (given, old) => {
    const job = keepFields(given, old, 'status')
    if (job.spec === old.spec) return job
    const spec = withoutDisabledFields(job.spec)
    return countGeneration(spec === job.spec ? job : { ...job, spec }, old, changed(spec, old.spec))
  },
  validateUpdate: validateJobUpdate,
  warningsOnUpdate: (job, old, { options }) =>
    job.metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(job.spec, 'spec', options, old.spec),
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (job, old) => keepFields(job, old, 'spec'),
      validateUpdate: validateJobStatusUpdate,
      resetFields: [['spec']],
    },
  },
  table: jobTable,
  fields: { 'status.successful': ({ status }) => String(status.succeeded ?? 0) },
  unknownField: (label) => `field label "${label}" not supported for Job`,
  unbuilt: { 'spec.scheduling': gangScheduling },
  deletion: {
    defaultPropagation: 'Orphan',
    warnings: ({ propagationGiven }) => (propagationGiven ? [] : [orphanWarning]),
  },
})

const orphanWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

/** Fields of features that are off are dropped without a word. Also for CronJobs. */
export function withoutDisabledFields(spec: JobSpec): JobSpec {
  const template = dropDisabledTemplateFields(spec.template)
  return template === spec.template ? spec : { ...spec, template }
}

/**
 * Unless the user takes care of it (`manualSelector`), a Job selects its pods by its own uid. Labels that are there
 * already stay; validation refuses them when they are not the generated ones.
 */
function withGeneratedSelector(job: Job): Job {
  if (job.spec.manualSelector === true) return job
  const { name = '', uid = '' } = job.metadata
  const { template, selector } = job.spec
  const labels = {
    [controllerUidLabel]: uid,
    [jobNameLabel]: name,
    [legacyControllerUidLabel]: uid,
    [legacyJobNameLabel]: name,
    ...template.metadata?.labels,
  }
  const matchLabels = { [controllerUidLabel]: uid, ...selector?.matchLabels }
  const spec: JobSpec = {
    ...job.spec,
    selector: { ...selector, matchLabels },
    template: { ...template, metadata: { ...template.metadata, labels } },
  }
  return { ...job, spec: selector === undefined ? inFieldOrder('batch.v1.JobSpec', spec) : spec }
}

/** A name that cannot be part of a host name is accepted with a warning. Also for CronJobs. */
export function nameWarnings(name: string): readonly string[] {
  const texts = isDNS1123Label(name)
  if (texts.length === 0) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${texts.join(' ')}]`,
  ]
}

/** Tells what was dropped of the template of a Job that was asked for. */
export const droppedWarnings = (spec: Partial<JobSpec> | undefined, path: string, { exact }: ApiOptions) =>
  exact ? [] : disabledFieldWarnings(spec?.template?.spec, child(path, 'template.spec'))

/**
 * Warnings of a Job spec at `path`. What the node does not do is told for new and changed templates.
 *
 * @source kubernetes v1.36 pkg/api/job/warnings.go, WarningsForJobSpec
 */
export function jobSpecWarnings(
  spec: JobSpec,
  path: string,
  { nodeWarnings, exact }: ApiOptions,
  old?: JobSpec,
): readonly string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec
  const isNews = !exact && changed(template, old?.template)
  const huge = completionMode === 'Indexed' && completions > manyCompletions && parallelism > manyCompletionsParallelism
  return [
    ...(huge
      ? [
          `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...podTemplateWarnings(template, child(path, 'template')),
    ...((isNews ? nodeWarnings?.(template.spec, child(path, 'template.spec')) : undefined) ?? []),
  ]
}
