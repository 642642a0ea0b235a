/** The whole status of a pod in a kubelet's words. */
import type { ContainerStatus, PodStatus } from '../../apis/core/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'
import { conditionsOf } from './conditions.ts'
import { containerStatusOf, type Waiting } from './container-status.ts'
import { type ContainerView, hasSucceeded, mayRestartAll } from './containers.ts'
import { hasEverRun, type Phase } from './phase.ts'
import type { PodInput, Teardown } from './pod-input.ts'

export type StatusFacts = {
  readonly input: PodInput
  readonly containers: readonly ContainerView[]
  readonly phase: Phase
  readonly waiting: ReadonlyMap<string, Waiting>
  readonly teardown?: Teardown | undefined
  readonly startedAt: Instant
  /** The containers are being ended so that all can start anew. */
  readonly isRestarting: boolean
}

export function podStatusOf(facts: StatusFacts): PodStatus {
  const { input, containers, phase, teardown } = facts
  const { pod, node, now } = input
  const old = pod.status
  const isFinal = phase === 'Succeeded' || phase === 'Failed'
  const isDone = (view: ContainerView) => (view.kind === 'Init' ? hasSucceeded(view) : startedOf(input, view))
  const isInitialized = containers.some((view) => view.kind === 'App' && hasEverRun(view))
  const incompleteInit = isInitialized
    ? []
    : containers.filter((view) => view.kind !== 'App' && !isDone(view)).map(({ spec }) => spec.name)
  const unready = containers
    .filter((view) => view.kind !== 'Init' && !readyOf(input, view))
    .map(({ spec }) => spec.name)
  const hasSandbox = input.isPrepared || containers.some(hasEverRun)
  const conditions = conditionsOf(
    pod,
    {
      phase,
      isReadyToStart: !isFinal && hasSandbox,
      incompleteInit,
      unready: unreadyInOrder(containers, unready),
      isRestarting: mayRestartAll(pod) ? facts.isRestarting : undefined,
    },
    now,
  )
  const statuses = (kinds: readonly ContainerView['kind'][]) =>
    containers.filter(({ kind }) => kinds.includes(kind)).map((view) => statusOf(facts, view, isFinal))
  const isTaken = teardown?.isRejected !== true
  const init = isTaken ? statuses(['Init', 'Sidecar']) : []
  const { reason: _reason, message: _message, ...kept } = old
  return {
    ...kept,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions,
    ...(teardown?.reason === undefined || !isFinal ? {} : { reason: teardown.reason, message: teardown.message }),
    hostIP: node.hostIP,
    hostIPs: [{ ip: node.hostIP }],
    ...(hasSandbox && node.podIP !== '' ? { podIP: node.podIP, podIPs: [{ ip: node.podIP }] } : {}),
    startTime: formatTime(facts.startedAt),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    ...(isTaken ? { containerStatuses: statuses(['App']) } : {}),
    ...(old.qosClass === undefined ? {} : { qosClass: old.qosClass }),
  }
}

/** App containers come first in the messages of conditions, then sidecars. */
const unreadyInOrder = (containers: readonly ContainerView[], unready: readonly string[]): readonly string[] => {
  const rank = (name: string) => (containers.find(({ spec }) => spec.name === name)?.kind === 'App' ? 0 : 1)
  return [...unready].sort((one, other) => rank(one) - rank(other))
}

function statusOf(facts: StatusFacts, view: ContainerView, isFinal: boolean): ContainerStatus {
  const { input, waiting } = facts
  const { standing } = view
  const isHooking = standing.kind === 'Running' && standing.isHooking
  const isInitial = standing.kind === 'Absent' || standing.kind === 'Starting' || isHooking
  const fallback = isInitial ? { reason: defaultReason(facts) } : undefined
  const wasInitialized = facts.containers.every((other) => other.kind !== 'Init' || hasSucceeded(other))
  const isUnaccounted = isFinal && isInitial && view.kind === 'App' && wasInitialized
  return containerStatusOf({
    view,
    ready: readyOf(input, view),
    started: startedOf(input, view),
    waiting: isFinal ? fallback : (waiting.get(view.spec.name) ?? fallback),
    isUnaccounted,
  })
}

/** Before its first start a container waits for the pod's init containers, or just for itself. */
const defaultReason = ({ containers }: StatusFacts): string =>
  containers.some(({ kind }) => kind !== 'App') ? 'PodInitializing' : 'ContainerCreating'

const startedOf = ({ probes }: PodInput, { spec, standing }: ContainerView): boolean =>
  standing.kind === 'Running' && !standing.isHooking && (probes.get(spec.name)?.started ?? true)

function readyOf({ probes }: PodInput, view: ContainerView): boolean {
  if (view.kind === 'Init') return hasSucceeded(view)
  const { standing, spec } = view
  return standing.kind === 'Running' && !standing.isHooking && (probes.get(spec.name)?.ready ?? true)
}
