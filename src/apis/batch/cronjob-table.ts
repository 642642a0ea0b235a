import { formatLabelSelector } from '../../apimachinery/index.ts'
import { between, type Instant, instant, parseTime } from '../../base/index.ts'
import { nextTime, parseSchedule, timeZone } from '../../cron/index.ts'
import type { Cell, Column, TableDefinition } from '../strategy.ts'
import { ageColumn, column, humanDuration, humanSpan, nameColumn } from '../table/index.ts'
import { containerImages, containerNames } from './job-table.ts'
import { editedAtAnnotation, lastResultAnnotation } from './names.ts'
import type { CronJob } from './types.gen.ts'

const none = '<none>'

const upstreamColumns: readonly Column[] = [
  nameColumn,
  column('Schedule', 'string', 'When Jobs are started, in cron form.'),
  column('Timezone', 'string', 'The time zone of the schedule; without one, that of the server in brackets.'),
  column('Suspend', 'boolean', 'Whether no more Jobs are started.'),
  column('Active', 'integer', 'How many Jobs are running.'),
  column('Last Schedule', 'string', 'How long ago a Job was due that was started.'),
  ageColumn,
  column('Containers', 'string', 'The names of the containers in the pod template.', { priority: 1 }),
  column('Images', 'string', 'The images of the containers in the pod template.', { priority: 1 }),
  column('Selector', 'string', 'The label selector in the Job template.', { priority: 1 }),
]
const columns: readonly Column[] = [
  ...upstreamColumns,
  column('Next', 'string', 'How long until the next Job is due; <none> while suspended or when it never is.'),
  column('Last Result', 'string', 'How the newest finished run ended; <none> where it is not known.'),
]

/**
 * CronJobs in `kubectl get`. The first columns are upstream's; NEXT and LAST RESULT follow unless the server is to be
 * exact.
 *
 * @source kubernetes v1.36 pkg/printers/internalversion/printers.go, printCronJob
 */
export const cronJobTable: TableDefinition<CronJob> = {
  columns: ({ exact }) => (exact ? upstreamColumns : columns),
  row: (cronJob, now, { exact, localTimeZone }) => {
    if (exact) return { cells: upstreamCells(cronJob, now, none) }
    const cells = upstreamCells(cronJob, now, `${none} (${localTimeZone ?? 'UTC'})`)
    return { cells: [...cells, nextText(cronJob, now, localTimeZone), lastResultOf(cronJob)] }
  },
}

/** `noZone`: the zone of a schedule that names none. */
function upstreamCells({ metadata, spec, status }: CronJob, now: Instant, noZone: string): readonly Cell[] {
  const { template, selector } = spec.jobTemplate.spec
  return [
    metadata.name ?? '',
    spec.schedule,
    spec.timeZone ?? noZone,
    spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False',
    status.active?.length ?? 0,
    status.lastScheduleTime === undefined ? none : humanDuration(status.lastScheduleTime, now),
    humanDuration(metadata.creationTimestamp, now),
    containerNames(template),
    containerImages(template),
    formatLabelSelector(selector),
  ]
}

function nextText(cronJob: CronJob, now: Instant, localTimeZone: string | undefined): string {
  const next = nextDue(cronJob, now, localTimeZone)
  return next === undefined ? none : humanSpan(between(now, next))
}

/**
 * When a CronJob is due next after `now`; undefined while it is suspended, when its schedule or zone cannot be read, and
 * when it never fires again. `@every` counts from the last start, or from the creation or last edit.
 */
export function nextDue({ metadata, spec, status }: CronJob, now: Instant, localTimeZone = 'UTC'): Instant | undefined {
  const parsed = parseSchedule(spec.schedule)
  const zone = timeZone(spec.timeZone ?? localTimeZone)
  if (spec.suspend === true || !parsed.ok || zone === undefined) return undefined
  const schedule = parsed.value
  if (schedule.kind === 'Fields') return nextTime(schedule, zone, now)
  const started = parseTime(status.lastScheduleTime ?? metadata.creationTimestamp ?? '') ?? now
  const edited = parseTime(metadata.annotations?.[editedAtAnnotation] ?? '') ?? started
  const base = Math.max(started, edited)
  const period = schedule.seconds * 1000
  const passed = Math.max(0, Math.floor((now - base) / period))
  return instant(base + (passed + 1) * period)
}

/** What the CronJob controller noted of the newest run that finished; `<none>` where it has not. */
export const lastResultOf = ({ metadata }: CronJob): string => metadata.annotations?.[lastResultAnnotation] || none
