/** The status of one container in a kubelet's words. */
import type { ContainerState, ContainerStateTerminated, ContainerStatus } from '../../apis/core/index.ts'
import { formatTime } from '../../base/index.ts'
import type { Exit, Observed } from '../runtime/index.ts'
import { type ContainerView, type Previous, RESET_REASON } from './containers.ts'

/** Why a container is not running although it should be. */
export type Waiting = { readonly reason: string; readonly message?: string | undefined }

export type ContainerFacts = {
  readonly view: ContainerView
  readonly ready: boolean
  readonly started: boolean
  /** Set for a container that waits to start, also when a run of it ended before. */
  readonly waiting?: Waiting | undefined
  /** The pod was torn down before this container's end was seen, or before it ran. */
  readonly isUnaccounted: boolean
}

/** A time that is always written stands as null while it is unset. */
const UNSET = null as unknown as undefined

const UNACCOUNTED: ContainerStateTerminated = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: UNSET,
  finishedAt: UNSET,
}

/**
 * Why a container waits whose pod has all its containers restarted.
 *
 * @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses
 */
export const RESETTING: Waiting = {
  reason: RESET_REASON,
  message: 'The container is removed because RestartAllContainers in place',
}

/** @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses */
export function containerStatusOf({ view, ready, started, waiting, isUnaccounted }: ContainerFacts): ContainerStatus {
  const { spec, standing, previous } = view
  const newest = standing.kind === 'Running' || standing.kind === 'Ended' ? standing.run : previous?.run
  const isWaiting = waiting !== undefined || standing.kind === 'Starting' || standing.kind === 'Absent'
  // While it waits for its next run, the newest ended run is the last state.
  const last: Previous | undefined =
    isWaiting && standing.kind === 'Ended' ? { run: standing.run, exit: standing.exit } : previous
  return {
    name: spec.name,
    state: isUnaccounted ? { terminated: UNACCOUNTED } : stateOf(view, waiting),
    lastState: last === undefined ? {} : { terminated: lastEndOf(last) },
    ready,
    restartCount: standing.attempt,
    image: spec.image ?? '',
    imageID: newest?.imageId ?? '',
    ...(newest === undefined ? {} : { containerID: newest.id }),
    started,
    ...resourcesOf(view),
    ...volumeMountsOf(view),
  }
}

function stateOf({ standing }: ContainerView, waiting: Waiting | undefined): ContainerState {
  if (waiting !== undefined) {
    const { reason, message } = waiting
    return { waiting: message === undefined ? { reason } : { reason, message } }
  }
  switch (standing.kind) {
    case 'Running':
      return standing.run.state.kind === 'Running'
        ? { running: { startedAt: formatTime(standing.run.state.startedAt) } }
        : {}
    case 'Ended':
      return { terminated: terminatedOf(standing.run, standing.exit) }
    default:
      return { waiting: { reason: 'ContainerCreating' } }
  }
}

/** What asked for the restart of all containers does not ask for it again, however its run had ended. */
function lastEndOf({ run, exit, isReset }: Previous): ContainerStateTerminated {
  if (isReset !== true) return terminatedOf(run, exit)
  const containerID = run.id === '' ? {} : { containerID: run.id }
  return { exitCode: 137, ...RESETTING, startedAt: UNSET, finishedAt: UNSET, ...containerID }
}

function terminatedOf(run: Observed, exit: Exit): ContainerStateTerminated {
  return {
    exitCode: exit.exitCode,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.reason,
    ...(exit.message === undefined || exit.message === '' ? {} : { message: exit.message }),
    startedAt: formatTime(exit.startedAt),
    finishedAt: formatTime(exit.finishedAt),
    containerID: run.id,
  }
}

function resourcesOf({ spec }: ContainerView): Partial<ContainerStatus> {
  const { requests, limits } = spec.resources ?? {}
  if (requests === undefined && limits === undefined) return {}
  return {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
  }
}

function volumeMountsOf({ spec }: ContainerView): Partial<ContainerStatus> {
  const mounts = spec.volumeMounts ?? []
  if (mounts.length === 0) return {}
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  }
}
