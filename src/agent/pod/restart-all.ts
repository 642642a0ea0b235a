/**
 * The restart of all containers of a pod where they are, which a rule of one of them asks for. All that has to be known
 * of it stands in the pod's status: the condition `AllContainersRestarting` while containers are being ended, and then,
 * as the last state of each, that it was restarted with the others; its restart count is the attempt that comes.
 */
import type { Pod } from '../../apis/core/index.ts'
import { isToldToRestart } from './conditions.ts'
import { actionAfter, type ContainerView, mayRestartAll } from './containers.ts'
import { isDecided } from './phase.ts'

/**
 * Whether all containers of the pod have to start anew, for a rule that the end of one of them has matched: `Asked` until
 * the pod's status tells of it, and `Told` from then on until all have ended and count as never started. A pod that only
 * has to come to its end does not start anew.
 *
 * @source kubernetes v1.36 pkg/kubelet/container/helpers.go, ShouldAllContainersRestart
 */
export function restartOf(pod: Pod, containers: readonly ContainerView[]): 'None' | 'Asked' | 'Told' {
  if (!mayRestartAll(pod)) return 'None'
  if (isToldToRestart(pod)) return 'Told'
  return containers.some(asksToRestartAll) && !isDecided(pod, containers) ? 'Asked' : 'None'
}

/** Whether a container has ended in a way for which all containers of its pod are to be restarted. */
const asksToRestartAll = ({ spec, standing }: ContainerView): boolean =>
  standing.kind === 'Ended' && actionAfter(spec, standing.exit) === 'RestartAllContainers'

/** The containers of a pod once all have ended for it: what has run is to run anew. */
export const resetContainers = (containers: readonly ContainerView[]): readonly ContainerView[] =>
  containers.map((view) => {
    const { standing } = view
    if (standing.kind !== 'Ended') return view
    const previous = { run: standing.run, exit: standing.exit, isReset: true }
    return { ...view, standing: { kind: 'Absent', attempt: standing.attempt + 1 }, previous }
  })

/** The names of those that are to run anew. */
export const namesOfReset = (containers: readonly ContainerView[]): readonly string[] =>
  containers.flatMap(({ spec, previous }) => (previous?.isReset === true ? [spec.name] : []))
