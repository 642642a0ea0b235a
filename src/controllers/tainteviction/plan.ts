/**
 * Which pods a NoExecute taint of their node ends, and when. Each taint counts from when it was added, or from when the
 * pod came, so that the times hold over a restart.
 *
 * @source kubernetes v1.36 pkg/controller/tainteviction/taint_eviction.go, processPodOnNode, addConditionAndDeletePod
 */
import { type Node, type Pod, type PodCondition, type Taint, toleratesTaint } from '../../apis/core/index.ts'
import { formatTime, type Instant, instant, parseTime } from '../../base/index.ts'
import type { Plan } from '../plan.ts'

/** A taint, and since when the node has it. */
export type SeenTaint = { readonly taint: Taint; readonly since: Instant }

export type TaintEvictionSnapshot = {
  readonly pod: Pod
  /** The NoExecute taints of the pod's node. */
  readonly taints: readonly SeenTaint[]
  /** An earlier pass has set a time for this pod to go. */
  readonly isMarked: boolean
  /** Pods that have ended go too. */
  readonly endedToo: boolean
}

export type TaintEvictionAction =
  /** `condition` is told first; absent when the pod has it. `due`: since when the pod is to go. */
  | { readonly kind: 'Evict'; readonly condition?: PodCondition | undefined; readonly due: Instant }
  | { readonly kind: 'TellCancelled' }

/** The NoExecute taints of a node; `before` is what this gave for its last state. Without a time they count from now. */
export function noExecuteTaints(node: Node, before: readonly SeenTaint[], now: Instant): readonly SeenTaint[] {
  return (node.spec?.taints ?? []).flatMap((taint) => {
    if (taint.effect !== 'NoExecute') return []
    const known = before.find((seen) => isSame(seen.taint, taint))
    const added = parseTime(taint.timeAdded)
    return [{ taint, since: known?.since ?? (added === undefined ? now : earlier(now, endOf(added))) }]
  })
}

/** By what tells taints of one node apart, and the time, if it has one. */
const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.timeAdded === b.timeAdded

/** Times of the API are whole seconds: something happened before this one is over. */
const endOf = (second: Instant): Instant => instant(second + 999)
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b)

/** Evicts a pod whose time is over, and looks again at the very moment for the others. */
export function planTaintEviction(snapshot: TaintEvictionSnapshot, now: Instant): Plan<TaintEvictionAction> {
  const { pod, isMarked, endedToo } = snapshot
  if (pod.metadata.deletionTimestamp !== undefined || (hasEnded(pod) && !endedToo)) return { actions: [] }
  const due = evictionTime(snapshot, now)
  if (due === undefined) return { actions: isMarked ? [{ kind: 'TellCancelled' }] : [] }
  if (due > now) return { actions: [], wakeAt: due }
  return { actions: [{ kind: 'Evict', condition: isTold(pod) ? undefined : disrupted(now), due }] }
}

const hasEnded = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** When the first taint is tolerated no longer; undefined when all are for ever. The first toleration that fits counts. */
function evictionTime({ pod, taints }: TaintEvictionSnapshot, now: Instant): Instant | undefined {
  const { tolerations = [] } = pod.spec
  let first: Instant | undefined
  for (const { taint, since } of taints) {
    const used = tolerations.find((toleration) => toleratesTaint(toleration, taint))
    if (used === undefined) return now
    const { tolerationSeconds: span } = used
    if (span === undefined) continue
    if (span <= 0) return now
    const until = instant(Math.max(since, boundAt(pod)) + 1000 * span)
    if (first === undefined || until < first) first = until
  }
  return first
}

/** When the pod came to its node, as far as it tells. */
function boundAt({ metadata, status }: Pod): Instant {
  const bound = status.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'True')
  const at = parseTime(bound?.lastTransitionTime ?? metadata.creationTimestamp)
  return at === undefined ? instant(0) : endOf(at)
}

const disruption = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
} as const

const disrupted = (now: Instant): PodCondition => ({ ...disruption, lastTransitionTime: formatTime(now) })

const isTold = ({ status }: Pod): boolean =>
  status.conditions?.some(
    ({ type, status: is, reason }) =>
      type === disruption.type && is === disruption.status && reason === disruption.reason,
  ) === true
