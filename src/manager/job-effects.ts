/** Performs what plans of the Job controller say, in order, up to the first failure. */
import type { Job } from '../apis/batch/index.ts'
import type { Result } from '../base/index.ts'
import { unreachable } from '../base/index.ts'
import type { BackoffRecord, JobAction } from '../controllers/job/index.ts'
import { type Informer, keyOf } from './informer.ts'
import { component, createPodEffects, type Failure, failureOf, type PodEffectsContext } from './pod-effects.ts'
import { fieldManager } from './running.ts'

export type JobEffectsContext = PodEffectsContext & {
  readonly jobs: Informer<Job>
  readonly remember: (uid: string, record: BackoffRecord) => void
  /** Adds to a Job that fails what is known of its end besides its status. */
  readonly noteEnd: (job: Job, exitCode?: number) => Job
}

type StatusUpdate = Extract<JobAction, { readonly kind: 'UpdateJobStatus' }>
type OtherAction = Exclude<JobAction, StatusUpdate>

export type JobEffects = ReturnType<typeof createJobEffects>

export function createJobEffects(context: JobEffectsContext) {
  const { client, recorder, visibility, metrics, jobs } = context
  const podEffects = createPodEffects(context)

  /** Performs the actions of one plan; undefined when all went well. */
  async function perform(job: Job, actions: readonly JobAction[]): Promise<Failure | undefined> {
    let current = job
    for (const action of actions) {
      if (action.kind === 'UpdateJobStatus') {
        const told = await tell(current, action)
        if (!told.ok) return told.error
        current = told.value
        continue
      }
      const failure = await performOne(current, action)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  async function performOne(job: Job, action: OtherAction): Promise<Failure | undefined> {
    switch (action.kind) {
      case 'CreatePods':
        return podEffects.createPods(job, action.pods)
      case 'DeletePods':
        return podEffects.deletePods(job, action.pods, action.uncounted)
      case 'RemoveFinalizers':
        return podEffects.untrackPods(job, action.pods)
      case 'AdoptPods':
        return podEffects.adoptPods(job, action.pods)
      case 'ReleasePods':
        return podEffects.releasePods(job, action.pods)
      case 'RememberBackoff':
        context.remember(job.metadata.uid ?? '', action.record)
        return undefined
      case 'RecordEvent': {
        const { type, reason, message } = action.event
        recorder.record(component, job, type, reason, message)
        return undefined
      }
      default:
        return unreachable(action)
    }
  }

  async function tell(job: Job, { status, exitCode }: StatusUpdate): Promise<Result<Job, Failure>> {
    const object = context.noteEnd({ ...job, status }, exitCode)
    const told = await client.update<Job>('jobs.batch', object, { subresource: 'status', fieldManager })
    if (!told.ok) return { ok: false, error: failureOf(told.error) }
    visibility.wrote(keyOf(job), jobs, told.value)
    metrics.told(job, job.status, told.value.status)
    return told
  }

  return { perform, untrackPods: podEffects.untrackPods }
}
