/**
 * The end of a Job whose pods cannot start: `jobd.dev/fail-fast: "true"` asks not to wait for what will not heal.
 *
 * Without it such pods count as upstream counts them: those that wait keep the Job active, those that failed to start
 * are tried again up to the backoffLimit.
 */
import { failFastAnnotation, type Job } from '../../apis/batch/index.ts'
import { type ContainerStatus, newestFailure, type Pod } from '../../apis/core/index.ts'
import { type Instant, instant, type Millis, parseTime } from '../../base/index.ts'
import { describeFailure, isStartFailure } from './blame.ts'
import { createdAt, isActive } from './pod.ts'

/** Reasons of waiting containers that go away only when somebody mends something. */
const incurable: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
])

export const asksToFailFast = ({ metadata }: Job): boolean => metadata.annotations?.[failFastAnnotation] === 'true'

/** What keeps the pods of a Job from running, and from when on it ends the Job. */
export type Incurable = { readonly endsAt: Instant; readonly message: string }

/**
 * The trouble that ends the Job first; undefined when there is none. What failed to start ends it at once, what waits
 * after `grace`, counted from the start of the pod or the end of its last container.
 */
export function incurableTrouble(pods: readonly Pod[], grace: Millis): Incurable | undefined {
  const failure = newestFailure(pods)
  if (failure !== undefined && isStartFailure(failure.terminated))
    return { endsAt: instant(0), message: `Pods cannot run: ${describeFailure(failure)}` }
  let first: Incurable | undefined
  for (const pod of pods) {
    const trouble = isActive(pod) ? troubleOf(pod, grace) : undefined
    if (trouble !== undefined && (first === undefined || trouble.endsAt < first.endsAt)) first = trouble
  }
  return first
}

function troubleOf(pod: Pod, grace: Millis): Incurable | undefined {
  const { initContainerStatuses = [], containerStatuses = [], startTime } = pod.status
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const { reason = '', message = '' } = status.state?.waiting ?? {}
    if (!incurable.has(reason)) continue
    const since = lastEnd(status) ?? parseTime(startTime) ?? createdAt(pod)
    const what = `container ${status.name} of pod ${pod.metadata.name}: ${reason}`
    return {
      endsAt: instant(since + grace),
      message: `Pods cannot run: ${what}${message === '' ? '' : `: ${message}`}`,
    }
  }
  return undefined
}

const lastEnd = ({ lastState }: ContainerStatus): Instant | undefined => parseTime(lastState?.terminated?.finishedAt)
