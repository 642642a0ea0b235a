/**
 * Runs the CronJob controller: passes at the due times and after every change of a CronJob or of one of its Jobs.
 */
import { isAlreadyExists, isConflict, isNamespaceTerminating, isNotFound, type Status } from '../apimachinery/index.ts'
import { type CronJob, isJobFinished, type Job } from '../apis/batch/index.ts'
import { type Instant, millis, unreachable } from '../base/index.ts'
import {
  type ActionResult,
  type AskingAction,
  type CronJobAction,
  type CronJobOptions,
  hasResult,
  planCronJob,
  seenJobOf,
} from '../controllers/cronjob/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { keyOf } from './informer.ts'
import { createHistogram } from './metrics.ts'
import type { RunLedger } from './run-ledger.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'
import { createVisibility } from './visibility.ts'

const cronJobsAtOnce = 512
const component = 'cronjob-controller'
const delays = { first: millis(100), most: millis(60_000) }
const skewBounds = Array.from({ length: 10 }, (_, i) => 2 ** i)

const ownerOf = (job: Job) => {
  const owner = job.metadata.ownerReferences?.find((reference) => reference.controller === true)
  return owner?.kind === 'CronJob' && owner.apiVersion.startsWith('batch/') ? owner : undefined
}
const ownerKey = (job: Job): string | undefined => {
  const owner = ownerOf(job)
  return owner && `${job.metadata.namespace}/${owner.name}`
}

/** `ledger`: where the history is kept; absent where there is none. */
export function createCronJobController(
  context: SharedContext,
  options: CronJobOptions,
  ledger?: RunLedger,
): RunningController {
  const { clock, informers, log } = context
  const cronJobs = informers.of<CronJob>('cronjobs.batch')
  const jobs = informers.of<Job>('jobs.batch')
  const jobsOf = jobs.index((job) => [ownerKey(job) ?? ''].filter((key) => key !== ''))
  const started = new Map<string, Instant>()
  const skew = createHistogram(
    'cronjob_controller_job_creation_skew_duration_seconds',
    'Time between when a cronjob is scheduled to be run, and when the corresponding job is created',
    [],
    skewBounds,
  )
  const effects = createEffects(context, {
    started(cronJob, scheduled) {
      started.set(cronJob.metadata.uid ?? '', scheduled)
      skew.observe([], (clock.now() - scheduled) / 1000)
    },
    replaces: (job) => ledger?.replaced(job, 'a newer run was due, and concurrencyPolicy is Replace'),
    missing: (uid) => ledger?.missing(uid),
  })

  async function sync(key: string): Promise<SyncOutcome> {
    await effects.visible(key)
    const cronJob = cronJobs.get(key)
    if (cronJob === undefined) return done
    const now = clock.now()
    const there = [...jobsOf.get(key).values()]
    const snapshot = {
      cronJob,
      jobs: there.map((job) => seenJobOf(job, cronJob)),
      lastStarted: lastStartOf(cronJob),
    }
    const pass = effects.begin(cronJob)
    let plan = planCronJob(snapshot, now, options)
    for (let made: Job | undefined; ; ) {
      // Recorded first: once the status has moved on, nobody tells of these times again.
      if (plan.fates.length > 0) {
        const known = made === undefined ? there : [...there, made]
        const unrecorded = await ledger?.record(cronJob, plan.fates, known)
        if (unrecorded !== undefined) return retry(unrecorded.message ?? '')
      }
      let result: ActionResult | undefined
      for (const action of plan.actions) {
        if (hasResult(action)) result = await pass.ask(action)
        else {
          const failure = await pass.perform(action)
          if (failure !== undefined) return failure
        }
      }
      if (plan.next === undefined || result === undefined) break
      made = 'job' in result ? result.job : undefined
      plan = plan.next(result)
    }
    if (plan.retry !== undefined) {
      log.debug('a CronJob is tried again', { cronJob: key, reason: plan.retry })
      return retry(plan.retry)
    }
    return { kind: 'Done', wakeAt: plan.wakeAt }
  }

  /** What this process has started comes after all that was started before. */
  const lastStartOf = (cronJob: CronJob): Instant | undefined =>
    started.get(cronJob.metadata.uid ?? '') ?? ledger?.lastStarted(cronJob)

  const controller = createController(context, { name: 'cronjob', concurrency: cronJobsAtOnce, sync, delays })
  cronJobs.onChange(({ kind, object }) => {
    if (kind === 'Gone') {
      started.delete(object.metadata.uid ?? '')
      ledger?.forget(object.metadata.uid ?? '')
    }
    controller.enqueue(keyOf(object))
  })
  jobs.onChange(({ object, old }) => {
    const key = ownerKey(object)
    const before = old && ownerKey(old)
    if (key !== undefined) controller.enqueue(key)
    if (before !== undefined && before !== key) controller.enqueue(before)
  })
  return {
    ...(ledger === undefined ? {} : { prepare: ledger.prepare }),
    start: controller.start,
    async stop() {
      await controller.stop()
      await ledger?.stop()
    },
    metrics: [skew],
  }
}

type Told = {
  readonly started: (cronJob: CronJob, scheduled: Instant) => void
  /** A Job that runs is about to be deleted. */
  readonly replaces: (job: Job) => void
  /** An active Job of this uid is not there. */
  readonly missing: (uid: string) => void
}

function createEffects(context: SharedContext, told: Told) {
  const { client, recorder, informers, log } = context
  const cronJobs = informers.of<CronJob>('cronjobs.batch')
  const jobs = informers.of<Job>('jobs.batch')
  const visibility = createVisibility()

  /** What one pass does; a second status update builds on the version that the first one got. */
  function begin(cronJob: CronJob) {
    const key = keyOf(cronJob)
    const { namespace } = cronJob.metadata
    const refOf = (name: string) => ({ resource: 'jobs.batch', namespace, name })
    let version = cronJob.metadata.resourceVersion

    async function ask(action: AskingAction): Promise<ActionResult> {
      switch (action.kind) {
        case 'ReadJob': {
          const found = await client.get<Job>(refOf(action.name))
          const uid = cronJob.status.active?.find(({ name }) => name === action.name)?.uid
          const isGone = found.ok ? found.value.metadata.uid !== uid : isNotFound(found.error)
          if (isGone && uid !== undefined) told.missing(uid)
          return found.ok ? { kind: 'Ok', job: found.value } : resultOf(found.error)
        }
        case 'CreateJob':
          return create(action.job, action.scheduled)
        case 'DeleteJob': {
          const { name, uid } = action
          const there = jobs.get(`${namespace}/${name}`)
          if (there !== undefined && !isJobFinished(there)) told.replaces(there)
          const deleted = await client.delete(refOf(name), { propagationPolicy: 'Background', preconditions: { uid } })
          if (deleted.ok) return { kind: 'Ok' }
          // Another object has the name by now: the one that was meant is gone.
          return isConflict(deleted.error) ? { kind: 'NotFound' } : resultOf(deleted.error)
        }
        default:
          return unreachable(action)
      }
    }

    async function create(job: Job, scheduled: Instant): Promise<ActionResult> {
      const created = await client.create<Job>('jobs.batch', job, { fieldManager })
      if (created.ok) {
        visibility.wrote(key, jobs, created.value)
        told.started(cronJob, scheduled)
        return { kind: 'Ok', job: created.value }
      }
      if (!isAlreadyExists(created.error)) return resultOf(created.error)
      const there = await client.get<Job>(refOf(job.metadata.name ?? ''))
      return { kind: 'AlreadyExists', job: there.ok ? there.value : undefined }
    }

    async function perform(action: Exclude<CronJobAction, AskingAction>): Promise<SyncOutcome | undefined> {
      switch (action.kind) {
        case 'UpdateCronJobStatus': {
          const { metadata } = action.cronJob
          const object = { ...action.cronJob, metadata: { ...metadata, resourceVersion: version } }
          const written = await client.update<CronJob>('cronjobs.batch', object, {
            subresource: 'status',
            fieldManager,
          })
          if (!written.ok) return failureOf(written.error)
          version = written.value.metadata.resourceVersion
          visibility.wrote(key, cronJobs, written.value)
          return undefined
        }
        case 'RecordEvent': {
          const { type, reason, message } = action.event
          recorder.record(component, cronJob, type, reason, message)
          return undefined
        }
        case 'LogError':
          log.error(action.message)
          return undefined
        default:
          return unreachable(action)
      }
    }

    return { ask, perform }
  }

  return { begin, visible: (key: string) => visibility.waitFor(key) }
}

function failureOf(status: Status): SyncOutcome {
  if (isNotFound(status)) return done
  return isConflict(status) ? again : retry(status.message ?? '')
}

function resultOf(status: Status): ActionResult {
  if (isNotFound(status)) return { kind: 'NotFound' }
  const namespaceTerminating = isNamespaceTerminating(status)
  return { kind: 'Failed', message: status.message ?? '', ...(namespaceTerminating && { namespaceTerminating }) }
}
