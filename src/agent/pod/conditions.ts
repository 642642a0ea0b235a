/** The conditions that a node agent writes on a pod. */
import type { Pod, PodCondition } from '../../apis/core/index.ts'
import { formatTime, type Instant, joined } from '../../base/index.ts'
import type { Phase } from './phase.ts'

export type ConditionFacts = {
  readonly phase: Phase
  /** The pod has had its place prepared: volumes are there, the first container may start. */
  readonly isReadyToStart: boolean
  readonly incompleteInit: readonly string[]
  readonly unready: readonly string[]
  /** All containers are being restarted; undefined for a pod in which that cannot be. */
  readonly isRestarting?: boolean | undefined
}

const RESTARTING = 'AllContainersRestarting'
const OWN = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  RESTARTING,
])

/** Whether the pod's status tells that all its containers are being restarted. */
export const isToldToRestart = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === RESTARTING && value === 'True') === true

/** A time that is always written stands as null while it is unset. */
const UNSET = null as unknown as undefined

type Verdict = { readonly status: boolean; readonly reason?: string; readonly message?: string }

/**
 * The conditions in a kubelet's order, then those that others wrote. A transition time moves only with the status.
 *
 * @source kubernetes v1.36 pkg/kubelet/status/generate.go
 */
export function conditionsOf(pod: Pod, facts: ConditionFacts, now: Instant): readonly PodCondition[] {
  const known = pod.status.conditions ?? []
  const containersReady = containersReadyOf(facts)
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: facts.isReadyToStart }],
    ['Initialized', initializedOf(facts)],
    ['Ready', readyOf(pod, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: true }],
    ...(facts.isRestarting === undefined ? [] : [[RESTARTING, restartingOf(facts)] as const]),
  ]
  const { generation } = pod.metadata
  const own = verdicts.map(([type, { status, reason, message }]): PodCondition => {
    const text = status ? 'True' : 'False'
    const before = known.find((condition) => condition.type === type)
    const condition: PodCondition = {
      type,
      ...(generation === undefined || type === RESTARTING ? {} : { observedGeneration: generation }),
      status: text,
      lastProbeTime: UNSET,
      lastTransitionTime: before?.status === text ? before.lastTransitionTime : formatTime(now),
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    }
    return condition
  })
  return [...own, ...known.filter(({ type }) => !OWN.has(type))]
}

function initializedOf({ phase, incompleteInit }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: true, reason: 'PodCompleted' }
  if (incompleteInit.length === 0) return { status: true }
  return {
    status: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incompleteInit.join(' ')}]`,
  }
}

function containersReadyOf({ phase, unready }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: false, reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: false, reason: 'PodFailed' }
  if (unready.length === 0) return { status: true }
  return {
    status: false,
    reason: 'ContainersNotReady',
    message: joined('containers with unready status: [', unready.join(' '), ']'),
  }
}

/** @source kubernetes v1.36 pkg/kubelet/status/generate.go, GenerateAllContainersRestartingCondition */
function restartingOf({ phase, isRestarting }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: false, reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: false, reason: 'PodFailed' }
  if (isRestarting !== true) return { status: false }
  return { status: true, reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' }
}

function readyOf(pod: Pod, containersReady: Verdict): Verdict {
  if (!containersReady.status) return containersReady
  const missing = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = pod.status.conditions?.find(({ type }) => type === conditionType)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (found.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  if (missing.length === 0) return { status: true }
  return { status: false, reason: 'ReadinessGatesNotReady', message: missing.join(', ') }
}
