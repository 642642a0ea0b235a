/** One run of a container as it is told once its pod is over: from the runtime, or from the pod's status. */
import type { ContainerStatus, Pod } from '../../apis/core/index.ts'
import { formatTime } from '../../base/index.ts'
import { RESET_REASON } from '../pod/index.ts'
import type { Observed } from '../runtime/index.ts'

export type KeptRun = {
  readonly container: string
  readonly attempt: number
  /** RFC 3339, as is `finishedAt`, which is there once the run has ended. */
  readonly startedAt?: string | undefined
  readonly finishedAt?: string | undefined
  readonly exitCode?: number | undefined
  readonly reason?: string | undefined
}

export function runOfObserved({ key: { container, attempt }, state }: Observed): KeptRun {
  if (state.kind === 'Running') return { container, attempt, startedAt: formatTime(state.startedAt) }
  const { startedAt, finishedAt, exitCode, reason } = state.exit
  return { container, attempt, startedAt: formatTime(startedAt), finishedAt: formatTime(finishedAt), exitCode, reason }
}

/** The ended runs that a pod's status still tells of: of each container the newest, and the one before it. */
export function runsOfStatus({ status }: Pod): readonly KeptRun[] {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return statuses.flatMap((status) => {
    const { name, state, lastState, restartCount } = status
    return [...endOf(name, lastState, lastAttemptOf(status)), ...endOf(name, state, restartCount)]
  })
}

/**
 * Which attempt of a container its last state tells of: while the next run waits, the newest that there is. Where all
 * containers of the pod are restarted, the run that waits is counted already.
 */
export function lastAttemptOf({ state, lastState, restartCount }: ContainerStatus): number {
  const isNewest = state?.running === undefined && state?.terminated === undefined
  return isNewest && lastState?.terminated?.reason !== RESET_REASON ? restartCount : restartCount - 1
}

function endOf(container: string, state: ContainerStatus['state'] | undefined, attempt: number): readonly KeptRun[] {
  const ended = state?.terminated
  if (ended?.containerID === undefined || attempt < 0) return []
  const { startedAt, finishedAt, exitCode, reason } = ended
  return [{ container, attempt, startedAt, finishedAt, exitCode, reason }]
}

/** What is known of the runs of a pod, each once, from the runtime and from its status; the runtime knows better. */
export function knownRuns(observed: Iterable<Observed>, pod: Pod): readonly KeptRun[] {
  const slot = ({ container, attempt }: KeptRun) => `${container}.${attempt}`
  const seen = [...observed].map(runOfObserved)
  const known = new Set(seen.map(slot))
  return [...seen, ...runsOfStatus(pod).filter((run) => !known.has(slot(run)))]
}
