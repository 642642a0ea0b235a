/** What is told of a pod of this node: on the pod, and what keeps it from its work on the Job too. */
import { containerOf, eventFactsOf } from './container-hooks.ts'
import { podEvent } from './pod/index.ts'
import type { PreparedVolumes } from './pod-volumes.ts'
import type { ContainerKey, StartFailure } from './runtime/index.ts'
import type { PodWorker, WorkerContext } from './worker.ts'

export type Told = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

export function tell(
  context: Pick<WorkerContext, 'recorder'>,
  { pod }: Pick<PodWorker, 'pod'>,
  key: ContainerKey,
  { type, reason, message }: Told,
): void {
  const container = containerOf(pod, key.container)
  const facts = container === undefined ? undefined : eventFactsOf({ pod, container })
  context.recorder.record(pod, podEvent(type, reason, message, facts))
  // What keeps a program from being started is for whoever wrote the Job, who looks there.
  if (type === 'Warning') context.recorder.recordForOwner(pod, podEvent(type, reason, message))
}

/** Why a container was not started. */
export function failureEvent({ reason, message }: StartFailure): Told {
  if (reason === 'FailedCreatePodSandBox') {
    return { type: 'Warning', reason: 'FailedCreatePodSandBox', message: `Failed to create pod sandbox: ${message}` }
  }
  // Why an image is not there was told when it was looked for.
  const isImage = reason.includes('Image')
  return { type: 'Warning', reason: 'Failed', message: `Error: ${isImage ? reason : message}` }
}

/** Never pretend: a limit that nothing enforces is told of. */
export function tellLimits(
  { runtime, recorder }: WorkerContext,
  { pod }: PodWorker,
  { container }: ContainerKey,
): void {
  const limits = containerOf(pod, container)?.resources?.limits ?? {}
  const asked = (['cpu', 'memory'] as const).filter((name) => limits[name] !== undefined)
  if (asked.length === 0) return
  const limiting = runtime.limiting()
  const idle = asked.filter((name) => limiting[name] === 'nobody')
  if (idle.length === 0) return
  const message = `limits of container ${container} are not enforced: ${idle.join(', ')}: this node may not make control groups; run jobd as root, or in a service with Delegate=yes`
  recorder.record(pod, podEvent('Warning', 'LimitsNotEnforced', message))
}

/** Never pretend: memory that is none is told of. */
export function tellUnlimited({ recorder }: WorkerContext, { pod }: PodWorker, { unlimited }: PreparedVolumes): void {
  if (unlimited.length === 0) return
  const message = `emptyDir volumes with medium Memory are plain directories, whose size is looked at every ten seconds: ${unlimited.join(', ')}: this node may not mount; run jobd as root`
  recorder.record(pod, podEvent('Warning', 'LimitsNotEnforced', message))
}
