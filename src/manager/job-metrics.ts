/**
 * The metrics of the Job controller under upstream's names.
 *
 * @source kubernetes v1.36 pkg/controller/job/metrics/metrics.go (facts: names, labels, buckets)
 */
import type { Job, JobStatus } from '../apis/batch/index.ts'
import { type JobPlan, trueCondition } from '../controllers/job/index.ts'
import { createCounter, createHistogram, type MetricFamily } from './metrics.ts'

export type JobMetrics = {
  readonly families: readonly MetricFamily[]
  readonly synced: (job: Job, plan: JobPlan, failed: boolean, seconds: number) => void
  /** Compares the status before and after a write. */
  readonly told: (job: Job, before: JobStatus, after: JobStatus) => void
  readonly created: (job: Job, succeeded: boolean) => void
  readonly foreign: (controller: string) => void
  readonly tracked: (event: 'add' | 'delete') => void
}

const prefix = 'job_controller_'
const modeOf = ({ spec }: Job): string => (spec.completionMode === 'Indexed' ? 'Indexed' : 'NonIndexed')
const bounds = Array.from({ length: 15 }, (_, i) => 0.004 * 2 ** i)

export function createJobMetrics(): JobMetrics {
  const counter = (name: string, help: string, labels: readonly string[]) => createCounter(prefix + name, help, labels)
  const syncLabels = ['completion_mode', 'result', 'action']
  const duration = createHistogram(
    `${prefix}job_sync_duration_seconds`,
    'The time it took to sync a job',
    syncLabels,
    bounds,
  )
  const syncs = counter('job_syncs_total', 'The number of job syncs', syncLabels)
  const finished = counter('jobs_finished_total', 'The number of finished jobs', [
    'completion_mode',
    'result',
    'reason',
  ])
  const pods = counter('job_pods_finished_total', 'The number of finished Pods that are fully tracked', [
    'completion_mode',
    'result',
  ])
  const foreign = counter('jobs_by_external_controller_total', 'The number of Jobs managed by an external controller', [
    'controller_name',
  ])
  const judged = counter(
    'pod_failures_handled_by_failure_policy_total',
    'The number of failed Pods handled by failure policy with respect to the failure policy action applied based on the matched rule.',
    ['action'],
  )
  const tracking = counter(
    'terminated_pods_tracking_finalizer_total',
    'The number of terminated pods (phase=Failed|Succeeded) that have the finalizer batch.kubernetes.io/job-tracking',
    ['event'],
  )
  const indexes = counter('job_finished_indexes_total', 'The number of finished indexes.', ['status', 'backoffLimit'])
  const creations = counter('job_pods_creation_total', 'The number of Pods created by the Job controller', [
    'reason',
    'status',
  ])

  function toldFinished(job: Job, before: JobStatus, after: JobStatus): void {
    const complete = trueCondition(after.conditions, 'Complete')
    const end = complete ?? trueCondition(after.conditions, 'Failed')
    const known = trueCondition(before.conditions, 'Complete') ?? trueCondition(before.conditions, 'Failed')
    if (end === undefined || known !== undefined) return
    finished.add([modeOf(job), complete === undefined ? 'failed' : 'succeeded', end.reason ?? ''])
  }

  return {
    families: [duration, syncs, finished, pods, foreign, judged, tracking, indexes, creations],
    synced(job, plan, failed, seconds) {
      if (plan.syncAction === undefined) return
      const labels = [modeOf(job), failed ? 'error' : 'success', plan.syncAction]
      syncs.add(labels)
      duration.observe(labels, seconds)
      for (const [action, count] of Object.entries(plan.judged ?? {})) judged.add([action], count)
    },
    told(job, before, after) {
      const succeeded = (after.succeeded ?? 0) - (before.succeeded ?? 0)
      const failed = (after.failed ?? 0) - (before.failed ?? 0)
      if (succeeded > 0) {
        pods.add([modeOf(job), 'succeeded'], succeeded)
        const scope = job.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex'
        if (job.spec.completionMode === 'Indexed') indexes.add(['succeeded', scope], succeeded)
      }
      if (failed > 0) pods.add([modeOf(job), 'failed'], failed)
      toldFinished(job, before, after)
    },
    created(job, succeeded) {
      creations.add([creationReason(job), succeeded ? 'succeeded' : 'failed'])
    },
    foreign: (controller) => foreign.add([controller]),
    tracked: (event) => tracking.add([event]),
  }
}

function creationReason({ status, spec }: Job): string {
  if ((status.failed ?? 0) === 0 && (status.terminating ?? 0) === 0) return 'new'
  return spec.podReplacementPolicy === 'Failed' ? 'recreate_failed' : 'recreate_terminating_or_failed'
}
