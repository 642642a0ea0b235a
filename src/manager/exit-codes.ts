/** The exit code that ended a Job, noted on the Job because its pods may be gone when somebody asks. */
import { exitCodeAnnotation, finishedCondition, type Job } from '../apis/batch/index.ts'
import { newestFailure, type Pod } from '../apis/core/index.ts'
import type { Informer } from './informer.ts'
import { controllerOf } from './job-snapshots.ts'

/** Reasons for which no container is to blame. */
const blameless: ReadonlySet<string> = new Set(['DeadlineExceeded'])

const nothing: readonly string[] = []

/**
 * Makes the function that adds the code to a Job which has just failed; any other Job stays as it is. `blamed` is known
 * when the failure is decided, when pods that are ended for it have not gone yet.
 */
export function createExitCodes(pods: Informer<Pod>): (job: Job, blamed?: number) => Job {
  const failed = pods.index((pod) => {
    const uid = pod.status.phase === 'Failed' ? controllerOf(pod)?.uid : undefined
    return uid === undefined ? nothing : [uid]
  })
  const codeOf = (job: Job): number | undefined => {
    const end = finishedCondition(job)
    if (end?.type !== 'Failed' || blameless.has(end.reason ?? '')) return undefined
    return newestFailure(failed.get(job.metadata.uid ?? '').values())?.terminated.exitCode
  }
  return (job, blamed = codeOf(job)) => {
    if (blamed === undefined) return job
    const annotations = { ...job.metadata.annotations, [exitCodeAnnotation]: String(blamed) }
    return { ...job, metadata: { ...job.metadata, annotations } }
  }
}
