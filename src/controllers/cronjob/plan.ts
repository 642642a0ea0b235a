/**
 * One pass over one CronJob: from what is there to what is to be done.
 *
 * @source kubernetes v1.36 pkg/controller/cronjob/cronjob_controllerv2.go, sync (facts: order of the steps)
 */
import type { CronJob } from '../../apis/batch/index.ts'
import { equal } from '../../apis/meta/index.ts'
import type { Instant } from '../../base/index.ts'
import type { Pass, PassEnd, Step } from './pass.ts'
import { cleanUpHistory, healFromJobs, reconcileStatus, tellBeforeEdits } from './reconcile.ts'
import {
  type ActionResult,
  type CronJobAction,
  type CronJobOptions,
  type CronJobPlan,
  type CronJobSnapshot,
  hasResult,
  type SlotFate,
} from './snapshot.ts'
import { startDueJob } from './start.ts'

/**
 * Plans a pass up to the first action whose result decides how it goes on; see `CronJobPlan`. The same snapshot, and the
 * same results, give the same plans.
 */
export function planCronJob(snapshot: CronJobSnapshot, now: Instant, options: CronJobOptions): CronJobPlan {
  const pass = newPass(snapshot, now, options)
  return planOn(pass, wholePass(pass))
}

function planOn(pass: Pass, steps: Step<PassEnd>, result?: ActionResult): CronJobPlan {
  const actions: CronJobAction[] = []
  let step = steps.next(result)
  while (step.done !== true) {
    actions.push(step.value)
    if (hasResult(step.value)) {
      return { actions, fates: takeFates(pass), next: (answer) => planOn(pass, steps, answer) }
    }
    step = steps.next()
  }
  return { actions, fates: takeFates(pass), ...step.value }
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
  fates: [],
})

function* wholePass(pass: Pass): Step<PassEnd> {
  tellBeforeEdits(pass)
  healFromJobs(pass)
  // What was started must be told before the proof of it, the Job, is deleted.
  if (hasNews(pass)) yield { kind: 'UpdateCronJobStatus', cronJob: changed(pass) }
  const { status, annotations } = pass
  yield* cleanUpHistory(pass)
  const unread = yield* reconcileStatus(pass)
  const end: PassEnd = unread === undefined ? yield* startDueJob(pass) : { retry: unread }
  if (!equal(pass.status, status) || !equal(pass.annotations, annotations))
    yield { kind: 'UpdateCronJobStatus', cronJob: changed(pass) }
  return end
}

const hasNews = ({ cronJob: { metadata, status: before }, status, annotations }: Pass): boolean =>
  status !== before || annotations !== metadata.annotations

function changed({ cronJob, status, annotations }: Pass): CronJob {
  const metadata =
    annotations === cronJob.metadata.annotations ? cronJob.metadata : { ...cronJob.metadata, annotations }
  return { ...cronJob, metadata, status }
}
