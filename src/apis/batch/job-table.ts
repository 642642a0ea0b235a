import { formatLabelSelector } from '../../apimachinery/index.ts'
import { between, type Instant, parseTime } from '../../base/index.ts'
import type { PodTemplateSpec } from '../core/index.ts'
import type { Cell, Column, TableDefinition } from '../strategy.ts'
import { ageColumn, column, humanDuration, humanSpan, nameColumn } from '../table/index.ts'
import { finishedCondition, hasTrueCondition } from './conditions.ts'
import { exitCodeAnnotation } from './names.ts'
import type { Job } from './types.gen.ts'

const upstreamColumns: readonly Column[] = [
  nameColumn,
  column('Status', 'string', 'How far the Job is: Running, Suspended, Complete, Failed and so on.'),
  column('Completions', 'string', 'How many pods succeeded, of how many that must.'),
  column('Duration', 'string', 'How long the Job ran, or has been running.'),
  ageColumn,
  column('Containers', 'string', 'The names of the containers in the pod template.', { priority: 1 }),
  column('Images', 'string', 'The images of the containers in the pod template.', { priority: 1 }),
  column('Selector', 'string', 'The label selector of the pods of the Job.', { priority: 1 }),
]
const columns: readonly Column[] = [
  ...upstreamColumns,
  column('Result', 'string', 'Why the Job ended as it did; empty while it goes on.'),
  column('Exit', 'string', 'The exit code that ended the Job; empty where it is not known.'),
]

/**
 * Jobs in `kubectl get`. The first columns are upstream's; RESULT and EXIT follow unless the server is to be exact.
 *
 * @source kubernetes v1.36 pkg/printers/internalversion/printers.go, printJob
 */
export const jobTable: TableDefinition<Job> = {
  columns: ({ exact }) => (exact ? upstreamColumns : columns),
  row: (job, now, { exact }) => {
    const cells = upstreamCells(job, now)
    return { cells: exact ? cells : [...cells, resultOf(job), exitOf(job)] }
  },
}

function upstreamCells(job: Job, now: Instant): readonly Cell[] {
  return [
    job.metadata.name ?? '',
    statusText(job),
    completionsText(job),
    durationText(job, now),
    humanDuration(job.metadata.creationTimestamp, now),
    containerNames(job.spec.template),
    containerImages(job.spec.template),
    formatLabelSelector(job.spec.selector),
  ]
}

/** The names of the containers, joined by commas. */
export const containerNames = ({ spec }: PodTemplateSpec): string =>
  (spec.containers ?? []).map(({ name }) => name).join(',')
/** The images of the containers, joined by commas. */
export const containerImages = ({ spec }: PodTemplateSpec): string =>
  (spec.containers ?? []).map(({ image = '' }) => image).join(',')

function statusText(job: Job): string {
  if (hasTrueCondition(job, 'Complete')) return 'Complete'
  if (hasTrueCondition(job, 'Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => hasTrueCondition(job, type)) ?? 'Running'
}

function completionsText({ spec, status }: Job): string {
  const { completions, parallelism = 0 } = spec
  const succeeded = status.succeeded ?? 0
  if (completions !== undefined) return `${succeeded}/${completions}`
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationText({ status }: Job, now: Instant): string {
  const start = status.startTime === undefined ? undefined : parseTime(status.startTime)
  if (start === undefined) return ''
  const end = status.completionTime === undefined ? undefined : parseTime(status.completionTime)
  return humanSpan(between(start, end ?? now))
}

/** The reason of the condition that ended the Job, e.g. `BackoffLimitExceeded`; empty while it goes on. */
export const resultOf = (job: Job): string => finishedCondition(job)?.reason ?? ''

/** A rule of the failure policy names the exit code that it matched. */
const policyMessage = /failed with exit code (\d+) matching /

/**
 * The exit code that a finished Job stands for, from the Job object alone:
 * - complete with at least one pod that succeeded: `0`;
 * - failed: the annotation `jobd.dev/exit-code` that our Job controller leaves with the condition, else the code in the
 *   message of a failure policy's rule;
 * - anything else (still running, past a deadline, no pod ever ran, failed under another controller): empty.
 */
export function exitOf(job: Job): string {
  const condition = finishedCondition(job)
  if (condition === undefined) return ''
  if (condition.type === 'Complete') return (job.status.succeeded ?? 0) > 0 ? '0' : ''
  const noted = job.metadata.annotations?.[exitCodeAnnotation]
  if (noted !== undefined && /^\d+$/.test(noted)) return noted
  return policyMessage.exec(condition.message ?? '')?.[1] ?? ''
}
