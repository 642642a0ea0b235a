import { formatTime, type Instant } from '../../../base/index.ts'
import type { Node, Taint } from '../types.gen.ts'

/**
 * Notes since when a node has its NoExecute taints, unless who wrote them did: `tolerationSeconds` count from there, also
 * after a restart. A taint that was there before keeps its time.
 */
export function withTaintTimes(node: Node, old: Node | undefined, now: Instant): Node {
  const taints = node.spec?.taints
  if (taints === undefined || taints.every(isTimed)) return node
  const timed = taints.map((taint) => (isTimed(taint) ? taint : { ...taint, timeAdded: timeOf(taint, old, now) }))
  return { ...node, spec: { ...node.spec, taints: timed } }
}

const isTimed = ({ effect, timeAdded }: Taint): boolean => effect !== 'NoExecute' || Boolean(timeAdded)

function timeOf({ key, effect }: Taint, old: Node | undefined, now: Instant): string {
  const before = old?.spec?.taints?.find((taint) => taint.key === key && taint.effect === effect)
  return before?.timeAdded || formatTime(now)
}
