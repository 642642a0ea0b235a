/** The phase of a pod, from how its containers stand. */
import type { Pod } from '../../apis/core/index.ts'
import { type ContainerView, hasSucceeded, isRestarted, isRunning } from './containers.ts'

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/**
 * The phase while the pod is not being torn down. A final phase is told only once nothing of the pod runs any more, so
 * sidecars hold it back until they have ended.
 *
 * @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, getPhase; pkg/kubelet/status/status_manager.go, mergePodStatus
 */
export function phaseOf(pod: Pod, containers: readonly ContainerView[]): Phase {
  const wanted = wantedPhase(pod, containers)
  const isFinal = wanted === 'Succeeded' || wanted === 'Failed'
  if (!isFinal || !containers.some(isRunning)) return wanted
  return containers.some((view) => view.kind === 'App' && hasEverRun(view)) ? 'Running' : 'Pending'
}

/** The phase that the containers which decide it ask for, whatever sidecars do. */
export function wantedPhase(pod: Pod, containers: readonly ContainerView[]): Phase {
  const apps = containers.filter(({ kind }) => kind === 'App')
  if (containers.some((view) => view.kind === 'Init' && hasFailedForGood(pod, view))) return 'Failed'
  const isInitializing = containers.some((view) => view.kind === 'Init' && !hasSucceeded(view))
  if (isInitializing && !apps.some(isInitialized)) return 'Pending'
  if (apps.some((view) => !hasEverRun(view))) return 'Pending'
  const ended = apps.flatMap((view) => (view.standing.kind === 'Ended' ? [{ view, exit: view.standing.exit }] : []))
  if (ended.length < apps.length) return 'Running'
  if (ended.some(({ view, exit }) => isRestarted(pod, view, exit))) return 'Running'
  return ended.every(({ exit }) => exit.exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** Nothing more will be started except what may hold sidecars: the pod only has to come to its end. */
export function isDecided(pod: Pod, containers: readonly ContainerView[]): boolean {
  const wanted = wantedPhase(pod, containers)
  return wanted === 'Succeeded' || wanted === 'Failed'
}

/**
 * The phase of a pod that was torn down: by the exit codes of its app containers, and `Failed` when one never ran.
 *
 * @source kubernetes v1.36 pkg/kubelet/status/status_manager.go, TerminatePod
 */
export function finalPhaseOf(containers: readonly ContainerView[]): 'Succeeded' | 'Failed' {
  const deciding = containers.filter(({ kind }) => kind === 'App')
  return deciding.every(hasSucceeded) ? 'Succeeded' : 'Failed'
}

/** Whether the container has run at all, now or before. With its postStart hook under way it is still being made. */
export const hasEverRun = ({ standing, previous }: ContainerView): boolean =>
  (standing.kind === 'Running' && !standing.isHooking) || standing.kind === 'Ended' || previous !== undefined

/** Whether the container shows that the init containers are done: not one that waits for them to run once more. */
export const isInitialized = (view: ContainerView): boolean => hasEverRun(view) && view.standing.kind !== 'Absent'

export const hasFailedForGood = (pod: Pod, view: ContainerView): boolean =>
  view.standing.kind === 'Ended' && view.standing.exit.exitCode !== 0 && !isRestarted(pod, view, view.standing.exit)
