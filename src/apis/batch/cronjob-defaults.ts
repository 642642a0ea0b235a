import { inFieldOrder } from './field-order.ts'
import { defaultJobTemplateJobSpec } from './job-defaults.ts'
import type { CronJob, CronJobSpec } from './types.gen.ts'

/**
 * Fills what the API fills in a CronJob. Idempotent; shares unchanged parts. Of the Job inside only the pod template and
 * the failure policy are filled: the rest comes when the Job is created.
 *
 * @source kubernetes v1.36 pkg/apis/batch/v1/defaults.go, SetDefaults_CronJob
 */
export function defaultCronJob(cronJob: CronJob): CronJob {
  const spec = defaultCronJobSpec(cronJob.spec)
  return spec === cronJob.spec ? cronJob : { ...cronJob, spec }
}

function defaultCronJobSpec(given: CronJobSpec): CronJobSpec {
  const jobSpec = defaultJobTemplateJobSpec(given.jobTemplate.spec)
  const spec =
    jobSpec === given.jobTemplate.spec ? given : { ...given, jobTemplate: { ...given.jobTemplate, spec: jobSpec } }
  const { concurrencyPolicy, suspend, successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec
  const complete =
    concurrencyPolicy &&
    suspend !== undefined &&
    successfulJobsHistoryLimit !== undefined &&
    failedJobsHistoryLimit !== undefined
  if (complete) return spec
  return inFieldOrder('batch.v1.CronJobSpec', {
    ...spec,
    concurrencyPolicy: concurrencyPolicy || 'Allow',
    suspend: suspend ?? false,
    successfulJobsHistoryLimit: successfulJobsHistoryLimit ?? 3,
    failedJobsHistoryLimit: failedJobsHistoryLimit ?? 1,
  })
}
