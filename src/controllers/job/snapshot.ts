/** What a pass over one Job sees, and what it may decide. */
import type { Job, JobStatus } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { Millis } from '../../base/index.ts'
import type { Plan } from '../plan.ts'
import type { BackoffRecord } from './backoff.ts'

/**
 * A snapshot contains the results of all earlier actions of this controller; then nothing needs to be expected.
 * Settled pods (`isSettled`) may be left out.
 */
export type JobSnapshot = {
  readonly job: Job
  /** The pods that this Job controls, and those of its namespace that nobody controls and its selector matches. */
  readonly pods: readonly Pod[]
  /** What the last plan asked to remember; undefined after a restart. */
  readonly backoff?: BackoffRecord | undefined
  /** Pods have just been refused: tell the state as it is and create none. */
  readonly creationRefused?: boolean | undefined
}

export type JobOptions = {
  /** The longest delay before a pod is created again: six minutes by default, ten upstream. */
  readonly maxPodBackoff: Millis
  /** A pod that somebody deletes starts the count of failures anew, as the documentation says and upstream does not. */
  readonly deletionResetsBackoff: boolean
  /** Write a Job's last counts and its end in one status update instead of two, where nothing is lost by it. */
  readonly foldFinish: boolean
  /** The message of a limit that was reached goes on with the container that failed last, and how. */
  readonly namesFailure: boolean
  /** How long pods of a Job with `jobd.dev/fail-fast` may wait for what does not heal; undefined: the annotation says nothing. */
  readonly failFastGrace: Millis | undefined
}

export const exactJobOptions: JobOptions = {
  maxPodBackoff: 600_000 as Millis,
  deletionResetsBackoff: false,
  foldFinish: false,
  namesFailure: false,
  failFastGrace: undefined,
}
export const defaultJobOptions: JobOptions = {
  maxPodBackoff: 360_000 as Millis,
  deletionResetsBackoff: true,
  foldFinish: true,
  namesFailure: true,
  failFastGrace: 10_000 as Millis,
}

export type JobEvent = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

export type JobAction =
  /** Take ownership: reference and tracking finalizer; only while the Job, read afresh, is there and not being deleted. */
  | { readonly kind: 'AdoptPods'; readonly pods: readonly Pod[] }
  /** Give up ownership and the tracking finalizer. */
  | { readonly kind: 'ReleasePods'; readonly pods: readonly Pod[] }
  /** In growing batches (1, 2, 4 …), each pod with its event; the rest is left out after a batch with an error. */
  | { readonly kind: 'CreatePods'; readonly pods: readonly Pod[] }
  /** `uncounted`: take the tracking finalizer away first, so that the pod is never counted. */
  | { readonly kind: 'DeletePods'; readonly pods: readonly Pod[]; readonly uncounted: boolean }
  /** `exitCode`: of the container that is to blame for a failure decided in this pass; its pod may be gone by the end. */
  | { readonly kind: 'UpdateJobStatus'; readonly status: JobStatus; readonly exitCode?: number | undefined }
  | { readonly kind: 'RememberBackoff'; readonly record: BackoffRecord }
  | { readonly kind: 'RemoveFinalizers'; readonly pods: readonly Pod[] }
  | { readonly kind: 'RecordEvent'; readonly event: JobEvent }

/** What a pass was about, as the metrics name it. */
export type SyncAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted'

export type JobPlan = Plan<JobAction> & {
  readonly syncAction?: SyncAction | undefined
  /** How many newly counted failures each action of the failure policy has judged. */
  readonly judged?: Readonly<Record<string, number>> | undefined
  /** More pods have ended than one pass accounts for: the next may follow at once. */
  readonly more?: boolean | undefined
}
