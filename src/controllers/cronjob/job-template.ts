/** @source kubernetes v1.36 pkg/controller/cronjob/utils.go, getJobFromTemplate2 (facts) */
import { type CronJob, cronJobScheduledTimestampAnnotation, type Job } from '../../apis/batch/index.ts'
import { type Instant, parseTime } from '../../base/index.ts'
import { formatInZone, type TimeZone } from '../../cron/index.ts'

/** The name of the Job for a due time: the same for the same minute, so that no time can be started twice. */
export const jobNameFor = ({ metadata }: CronJob, scheduled: Instant): string =>
  `${metadata.name ?? ''}-${Math.floor(scheduled / 60_000)}`

/** The Job that a CronJob starts for a due time. */
export function jobFor(cronJob: CronJob, scheduled: Instant, zone: TimeZone): Job {
  const { metadata, spec } = cronJob
  const template = spec.jobTemplate
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobNameFor(cronJob, scheduled),
      namespace: metadata.namespace,
      ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
      annotations: {
        ...template.metadata?.annotations,
        [cronJobScheduledTimestampAnnotation]: formatInZone(scheduled, zone),
      },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: metadata.name ?? '',
          uid: metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec,
    status: {},
  }
}

export const isControlledBy = (job: Job, { metadata }: CronJob): boolean =>
  job.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === metadata.uid) === true

/** As `job.metadata.name === jobNameFor(cronJob, scheduled)`, which every look asks of every Job: makes no text. */
function isNamedFor({ metadata: { name = '' } }: Job, { metadata }: CronJob, scheduled: Instant): boolean {
  const prefix = metadata.name?.length ?? 0
  let left = Math.floor(scheduled / 60_000)
  let at = name.length
  do {
    at--
    if (at <= prefix || name.charCodeAt(at) !== 48 + (left % 10)) return false
    left = Math.floor(left / 10)
  } while (left > 0)
  return at === prefix + 1 && name.charCodeAt(prefix) === 45 && name.startsWith(metadata.name ?? '')
}

/** The due time that a Job was started for; undefined for Jobs that this CronJob did not start for a due time. */
export function scheduledTimeOf(job: Job, cronJob: CronJob): Instant | undefined {
  if (!isControlledBy(job, cronJob)) return undefined
  const text = job.metadata.annotations?.[cronJobScheduledTimestampAnnotation]
  const scheduled = text === undefined ? undefined : parseTime(text)
  return scheduled !== undefined && isNamedFor(job, cronJob, scheduled) ? scheduled : undefined
}
