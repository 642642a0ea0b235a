import { formatTime } from '../../base/index.ts'
import { buildStrategy, changed, countGeneration, firstGeneration, keepFields } from '../generic/index.ts'
import type { Strategy, WriteContext } from '../strategy.ts'
import { beforeEditOf, noteBeforeEdit } from './before-edit.ts'
import { defaultCronJob } from './cronjob-defaults.ts'
import { cronJobTable } from './cronjob-table.ts'
import { validateCronJobCreate, validateCronJobUpdate } from './cronjob-validation.ts'
import {
  droppedWarnings,
  gangScheduling,
  jobSpecWarnings,
  nameWarnings,
  withoutDisabledFields,
} from './job-strategy.ts'
import { beforeEditAnnotation, editedAtAnnotation } from './names.ts'
import type { CronJob, CronJobSpec, CronJobStatus } from './types.gen.ts'

const noStatus: CronJobStatus = {}
const jobSpecPath = 'spec.jobTemplate.spec'
// The doubled `spec` is upstream's.
const zoneInSchedule =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'

/**
 * The rules of CronJobs.
 *
 * @source kubernetes v1.36 pkg/registry/batch/cronjob/strategy.go
 */
export const cronJobStrategy: Strategy<CronJob> = buildStrategy<CronJob>({
  type: 'batch.v1.CronJob',
  namespaced: true,
  defaults: defaultCronJob,
  prepareForCreate: (cronJob) =>
    firstGeneration({ ...cronJob, spec: withoutDisabledTemplateFields(cronJob.spec), status: noStatus }),
  validateCreate: validateCronJobCreate,
  warningsOnCreate: ({ metadata, spec }, { options, requested }) => [
    ...nameWarnings(metadata.name ?? ''),
    ...jobSpecWarnings(spec.jobTemplate.spec, jobSpecPath, options),
    ...droppedWarnings((requested as CronJob | undefined)?.spec?.jobTemplate?.spec, jobSpecPath, options),
    ...(spec.schedule.includes('TZ') ? [zoneInSchedule] : []),
  ],
  prepareForUpdate: (given, old, context) => {
    const cronJob = keepFields(given, old, 'status')
    if (cronJob.spec === old.spec) return withEditTime(cronJob, old, false, context)
    const spec = withoutDisabledTemplateFields(cronJob.spec)
    const edited = changed(spec, old.spec)
    const kept = spec === cronJob.spec ? cronJob : { ...cronJob, spec }
    return withEditTime(countGeneration(kept, old, edited), old, edited, context)
  },
  validateUpdate: validateCronJobUpdate,
  warningsOnUpdate: ({ metadata, spec }, old, { options }) => [
    ...(metadata.generation === old.metadata.generation
      ? []
      : jobSpecWarnings(spec.jobTemplate.spec, jobSpecPath, options, old.spec.jobTemplate.spec)),
    ...(spec.schedule.includes('TZ') ? [zoneInSchedule] : []),
  ],
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (cronJob, old) => keepFields(cronJob, old, 'spec'),
      validateUpdate: () => [],
      resetFields: [['spec']],
    },
  },
  table: cronJobTable,
  unbuilt: { [`${jobSpecPath}.scheduling`]: gangScheduling },
})

/**
 * Notes when the spec was edited, for the controller: the status does not tell, and what lay before is not to be caught up
 * with. So are the rules of before, where their times may not be recorded. Upstream has no such notes.
 */
function withEditTime(cronJob: CronJob, old: CronJob, edited: boolean, { now, options }: WriteContext): CronJob {
  if (options.exact) return cronJob
  const { [editedAtAnnotation]: editedBefore, [beforeEditAnnotation]: noted } = old.metadata.annotations ?? {}
  const at = edited ? formatTime(now) : editedBefore
  const note = edited ? noteBeforeEdit(noted, beforeEditOf(old, now, options.localTimeZone)) : noted
  const { metadata } = cronJob
  const { [editedAtAnnotation]: givenAt, [beforeEditAnnotation]: givenNote, ...others } = metadata.annotations ?? {}
  if (givenAt === at && givenNote === note) return cronJob
  const own = {
    ...(at === undefined ? {} : { [editedAtAnnotation]: at }),
    ...(note === undefined ? {} : { [beforeEditAnnotation]: note }),
  }
  return { ...cronJob, metadata: { ...metadata, annotations: { ...others, ...own } } }
}

function withoutDisabledTemplateFields(spec: CronJobSpec): CronJobSpec {
  const jobSpec = withoutDisabledFields(spec.jobTemplate.spec)
  return jobSpec === spec.jobTemplate.spec ? spec : { ...spec, jobTemplate: { ...spec.jobTemplate, spec: jobSpec } }
}
