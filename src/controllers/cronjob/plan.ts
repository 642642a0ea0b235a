/**
 * One pass over one CronJob: from what is there to what is to be done.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, sync (facts: order of the steps)
 */
import type { CronJob, CronJobStatus } from '../../apis/batch/index.ts'
import { equal } from '../../apis/meta/index.ts'
import { type Instant, parseTime } from '../../base/index.ts'
import { act, activeJobs, type Pass, type PassEnd, type Step } from './pass.ts'
import {
  deletionOf,
  findMissing,
  healFromJobs,
  noteDeletion,
  seeJobs,
  surplusJobs,
  tellBeforeEdits,
} from './reconcile.ts'
import type {
  ActionResult,
  AskingAction,
  CronJobAction,
  CronJobOptions,
  CronJobPlan,
  CronJobSnapshot,
  SlotFate,
} from './snapshot.ts'
import { type DueStart, dueStart, noteCreation, replaceActive } from './start.ts'

/**
 * Plans a pass up to the first action whose result decides how it goes on; see `CronJobPlan`. The same snapshot, and the
 * same results, give the same plans.
 */
export function planCronJob(snapshot: CronJobSnapshot, now: Instant, options: CronJobOptions): CronJobPlan {
  const pass = newPass(snapshot, now, options)
  const steps = wholePass(pass)
  return planOn(pass, steps, steps.next())
}

function planOn(pass: Pass, steps: Step<PassEnd>, { done, value }: IteratorResult<AskingAction, PassEnd>): CronJobPlan {
  if (done === true) return { actions: takeActions(pass), fates: takeFates(pass), ...value }
  act(pass, value)
  const next = (answer: ActionResult): CronJobPlan => planOn(pass, steps, steps.next(answer))
  return { actions: takeActions(pass), fates: takeFates(pass), next }
}

function takeActions(pass: Pass): readonly CronJobAction[] {
  const { actions } = pass
  if (actions.length > 0) pass.actions = []
  return actions
}

function takeFates(pass: Pass): readonly SlotFate[] {
  const { fates } = pass
  if (fates.length > 0) pass.fates = []
  return fates
}

const newPass = ({ cronJob, jobs, lastStarted }: CronJobSnapshot, now: Instant, options: CronJobOptions): Pass => ({
  cronJob,
  jobs,
  now,
  options,
  lastStarted,
  status: cronJob.status,
  annotations: cronJob.metadata.annotations,
  lastScheduled: parseTime(cronJob.status.lastScheduleTime),
  actions: [],
  fates: [],
})

function* wholePass(pass: Pass): Step<PassEnd> {
  tellBeforeEdits(pass)
  healFromJobs(pass)
  // What was started must be told before the proof of it, the Job, is deleted.
  if (hasNews(pass)) act(pass, { kind: 'UpdateCronJobStatus', cronJob: changed(pass) })
  const { status, annotations } = pass
  for (const { job } of surplusJobs(pass)) noteDeletion(pass, job, yield deletionOf(job))
  seeJobs(pass)
  const unread = activeJobs(pass).length === 0 ? undefined : yield* findMissing(pass)
  let end: DueStart | PassEnd = unread === undefined ? dueStart(pass) : { retry: unread }
  if ('due' in end && end.replaced.length > 0) end = yield* replaceActive(pass, end)
  if ('due' in end) end = noteCreation(pass, end, yield { kind: 'CreateJob', job: end.job, scheduled: end.due })
  if (!isSameStatus(pass.status, status) || !equal(pass.annotations, annotations)) {
    act(pass, { kind: 'UpdateCronJobStatus', cronJob: changed(pass) })
  }
  return end
}

const isSameStatus = (a: CronJobStatus, b: CronJobStatus): boolean =>
  a === b ||
  (a.lastScheduleTime === b.lastScheduleTime &&
    a.lastSuccessfulTime === b.lastSuccessfulTime &&
    equal(a.active, b.active))

const hasNews = ({ cronJob: { metadata, status: before }, status, annotations }: Pass): boolean =>
  status !== before || annotations !== metadata.annotations

function changed({ cronJob, status, annotations }: Pass): CronJob {
  const metadata =
    annotations === cronJob.metadata.annotations ? cronJob.metadata : { ...cronJob.metadata, annotations }
  return { ...cronJob, metadata, status }
}
