/** How a Job ended, in one line and as an exit code. */
import type { Job } from '../../apis/batch/index.ts'
import type { ContainerFailure } from '../../apis/core/index.ts'

export type Finish = { readonly complete: boolean; readonly reason: string; readonly message: string }

/** Whether and how the Job is over: Complete or Failed, not the interim conditions. */
export function finishOf(job: Job): Finish | undefined {
  const condition = job.status.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  if (condition === undefined) return undefined
  return { complete: condition.type === 'Complete', reason: condition.reason ?? '', message: condition.message ?? '' }
}

/** 0 for a complete Job; otherwise the failed container's own code, or 1 when there was none (a deadline, say). */
export const exitCodeOf = (finish: Finish, failure: ContainerFailure | undefined): number =>
  finish.complete ? 0 : (failure?.terminated.exitCode ?? 1)

export const goneText = ({ metadata }: Job): string => `job.batch/${metadata.name} was deleted before it finished`

/** `job.batch/pi complete in 1.2s`, or why it failed. */
export function summaryOf(
  name: string,
  finish: Finish,
  failure: ContainerFailure | undefined,
  seconds: number,
): string {
  const time = `${seconds.toFixed(1)}s`
  if (finish.complete) return `job.batch/${name} complete in ${time}`
  // The server's own message may name the container already.
  const isNamed =
    failure !== undefined &&
    finish.message.includes(`container ${failure.container} of pod ${failure.pod.metadata.name}:`)
  const why = failure === undefined || isNamed ? '' : `; ${failureText(failure)}`
  return `job.batch/${name} failed after ${time}: ${finish.reason}: ${finish.message}${why}`
}

function failureText({ pod, container, terminated: { exitCode, reason, message } }: ContainerFailure): string {
  const detail = message === undefined || message === '' ? '' : `: ${message.trimEnd().split('\n').at(-1)}`
  const signal = exitCode > 128 && exitCode < 160 ? ` (signal ${exitCode - 128})` : ''
  const named = reason === undefined || reason === 'Error' ? '' : `, ${reason}`
  return `container ${container} of pod ${pod.metadata.name} ended with exit code ${exitCode}${signal}${named}${detail}`
}
