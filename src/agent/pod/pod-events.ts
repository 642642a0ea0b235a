/** The events of a pod's life, as data; the agent sends them. */
import type { Pod } from '../../apis/core/index.ts'
import type { ContainerKind } from './containers.ts'

export type PodEvent = {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** The part of the pod it is about: `spec.containers{main}`. */
  readonly fieldPath?: string | undefined
}

export type EventFacts = { readonly pod: Pod; readonly container: string; readonly kind: ContainerKind }

/** @source kubernetes v1.36 pkg/kubelet/container/ref.go, fieldPath */
export const fieldPathOf = ({ container, kind }: EventFacts): string =>
  `spec.${kind === 'App' ? 'containers' : 'initContainers'}{${container}}`

export function podEvent(type: PodEvent['type'], reason: string, message: string, facts?: EventFacts): PodEvent {
  return facts === undefined ? { type, reason, message } : { type, reason, message, fieldPath: fieldPathOf(facts) }
}

/** Why a container is being stopped, in a kubelet's words. */
export const killingEvent = (facts: EventFacts, message = `Stopping container ${facts.container}`): PodEvent =>
  podEvent('Normal', 'Killing', message, facts)
