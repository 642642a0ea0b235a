/** Which container of some pods failed last: the one whose exit code a Job's end is told with. */
import type { ContainerStateTerminated, Pod } from '../types.gen.ts'

/** A container that ended with an exit code other than 0. */
export type ContainerFailure = {
  readonly pod: Pod
  readonly container: string
  readonly terminated: ContainerStateTerminated
}

/**
 * The container that failed last, as the present state or, after a restart, the last one has it, init containers
 * included; undefined when none failed. Pods that were told to go count for nothing.
 */
export function newestFailure(pods: Iterable<Pod>): ContainerFailure | undefined {
  let newest: ContainerFailure | undefined
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue
    for (const failure of failuresOf(pod)) {
      const { finishedAt = '' } = failure.terminated
      if (newest === undefined || finishedAt >= (newest.terminated.finishedAt ?? '')) newest = failure
    }
  }
  return newest
}

function failuresOf(pod: Pod): readonly ContainerFailure[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state, lastState }) => {
    const terminated = state?.terminated ?? lastState?.terminated
    return terminated === undefined || (terminated.exitCode ?? 0) === 0 ? [] : [{ pod, container: name, terminated }]
  })
}
