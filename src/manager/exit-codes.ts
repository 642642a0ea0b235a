/** The exit code that ended a Job, noted on the Job because its pods may be gone when somebody asks. */
import { exitCodeAnnotation, finishedCondition, type Job } from '../apis/batch/index.ts'
import { newestFailure, type Pod } from '../apis/core/index.ts'
import type { Informer } from './informer.ts'
import { controllerOf } from './job-snapshots.ts'

/** Reasons for which no container is to blame. */
const blameless: ReadonlySet<string> = new Set(['DeadlineExceeded'])

const nothing: readonly string[] = []

/** Makes the function that adds the code to a Job which has just failed; any other Job stays as it is. */
export function createExitCodes(pods: Informer<Pod>): (job: Job) => Job {
  const failed = pods.index((pod) => {
    const uid = pod.status.phase === 'Failed' ? controllerOf(pod)?.uid : undefined
    return uid === undefined ? nothing : [uid]
  })
  return (job) => {
    const end = finishedCondition(job)
    if (end?.type !== 'Failed' || blameless.has(end.reason ?? '')) return job
    const code = newestFailure(failed.get(job.metadata.uid ?? '').values())?.terminated.exitCode
    if (code === undefined) return job
    const annotations = { ...job.metadata.annotations, [exitCodeAnnotation]: String(code) }
    return { ...job, metadata: { ...job.metadata, annotations } }
  }
}
