/** Runs: what became of each due time of a CronJob. Kinds of ours; only the controllers of the server write them. */
import { between, type Instant, parseTime } from '../../base/index.ts'
import { buildStrategy } from '../generic/index.ts'
import type { Cell, Column, Strategy } from '../strategy.ts'
import { column, humanDuration, humanSpan, nameColumn, tableOf } from '../table/index.ts'
import type { Run } from './types.gen.ts'

const none = '<none>'

const columns: readonly Column[] = [
  nameColumn,
  column('CronJob', 'string', 'The CronJob whose schedule was due.'),
  column('Scheduled', 'string', 'How long ago the run was due.'),
  column('Result', 'string', 'What became of it: Running, Succeeded, Failed, Skipped, Missed and so on.'),
  column('Job', 'string', 'The Job that was started for it.'),
  column('Exit', 'string', 'The exit code that ended the Job; empty where it is not known.'),
  column('Duration', 'string', 'How long the Job ran, or has been running.'),
  column('Reason', 'string', 'Why the Job ended as it did, or was not started.'),
  column('Due', 'string', 'The time at which the run was due.', { priority: 1 }),
  column('Message', 'string', 'The reason in words.', { priority: 1 }),
]

/** Runs in `kubectl get`. */
function cellsOf({ metadata, spec, status }: Run, now: Instant): readonly Cell[] {
  return [
    metadata.name ?? '',
    spec.cronJobName,
    humanDuration(spec.scheduledTime ?? undefined, now),
    status.result ?? '',
    status.jobName || none,
    status.exitCode === undefined ? '' : String(status.exitCode),
    durationText(status, now),
    status.reason || '',
    spec.scheduledTime,
    status.message || '',
  ]
}

function durationText({ startTime, finishTime, result }: Run['status'], now: Instant): string {
  const start = parseTime(startTime ?? '')
  const end = parseTime(finishTime ?? '') ?? (result === 'Running' ? now : undefined)
  return start === undefined || end === undefined ? '' : humanSpan(between(start, end))
}

export const runStrategy: Strategy<Run> = buildStrategy<Run>({
  type: 'jobs.v1.Run',
  namespaced: true,
  onDisk: { 'spec.cronJobName': (name) => `${name}-` },
  table: tableOf(columns, cellsOf),
  fields: {
    'spec.cronJobName': ({ spec }) => spec.cronJobName,
    'status.result': ({ status }) => status.result ?? '',
  },
})
