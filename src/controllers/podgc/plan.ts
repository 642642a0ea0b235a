/**
 * Pods that nobody will ever bring to an end: too many finished ones, those of nodes that are gone, those that were
 * deleted before any node had them, and those whose deletion was cut short by a crash.
 *
 * @source kubernetes v1.36 pkg/controller/podgc/gc_controller.go
 */
import type { Node, Pod, PodCondition } from '../../apis/core/index.ts'
import { formatTime, type Instant, type Millis, millis } from '../../base/index.ts'

/** Between two passes, while there is anything to pass over. */
export const podGcPeriod: Millis = millis(20_000)
/** How long a node must be missing before its pods are given up. */
export const nodeQuarantine: Millis = millis(40_000)
export const defaultTerminatedPodThreshold = 12_500

export type PodGcAction = {
  readonly pod: Pod
  /** Told as Failed first, where the pod has not ended. */
  readonly fail: boolean
  readonly condition?: PodCondition | undefined
}

export type PodGcSnapshot = {
  /** Pods in phase Succeeded or Failed. */
  readonly terminated: readonly Pod[]
  /** Pods that were asked to go and are still there. */
  readonly terminating: readonly Pod[]
  /** Pods whose node has been missing for the quarantine and is confirmed to be. */
  readonly abandoned: readonly Pod[]
  readonly node: (name: string) => Node | undefined
}

/** What one pass deletes, each pod once, with grace 0. A threshold of 0 or less keeps all finished pods. */
export function planPodGc(snapshot: PodGcSnapshot, threshold: number, now: Instant): readonly PodGcAction[] {
  const chosen = new Map<string, PodGcAction>()
  const choose = (action: PodGcAction): void => {
    const uid = action.pod.metadata.uid ?? ''
    if (!chosen.has(uid)) chosen.set(uid, action)
  }
  for (const pod of excess(snapshot.terminated, threshold)) choose({ pod, fail: false })
  for (const pod of snapshot.terminating) {
    const { nodeName } = pod.spec
    if (isHalfDeleted(pod)) choose({ pod, fail: false })
    else if (nodeName ? isOutOfService(snapshot.node(nodeName)) : true) choose({ pod, fail: !hasEnded(pod) })
  }
  for (const pod of snapshot.abandoned) {
    choose(hasEnded(pod) ? { pod, fail: false } : { pod, fail: true, condition: lostNode(now) })
  }
  return [...chosen.values()]
}

const hasEnded = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'
const isEvicted = ({ status }: Pod): boolean => status.reason === 'Evicted'

/** Evicted pods first, then the oldest, then by name. */
function excess(terminated: readonly Pod[], threshold: number): readonly Pod[] {
  if (threshold <= 0 || terminated.length <= threshold) return []
  const order = (a: Pod, b: Pod): number =>
    Number(isEvicted(b)) - Number(isEvicted(a)) ||
    compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.name ?? '', b.metadata.name ?? '')
  return [...terminated].sort(order).slice(0, terminated.length - threshold)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Marked to go at once, and the server could not take the second step, the removal. */
const isHalfDeleted = ({ metadata: { deletionGracePeriodSeconds, finalizers = [] } }: Pod): boolean =>
  deletionGracePeriodSeconds === 0 && finalizers.length === 0

/** Not ready and tainted as out of service: its pods can be taken as ended. */
function isOutOfService(node: Node | undefined): boolean {
  if (node === undefined) return false
  const ready = node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  return !ready && node.spec.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') === true
}

const lostNode = (now: Instant): PodCondition => ({
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
  lastTransitionTime: formatTime(now),
})
