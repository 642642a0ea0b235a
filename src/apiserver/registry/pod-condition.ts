import type { Pod, PodCondition } from '../../apis/core/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'

/** The Pod with a condition set; the transition time changes only with the status. */
export function withPodCondition(
  pod: Pod,
  condition: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>,
  now: Instant,
): Pod {
  const { conditions = [] } = pod.status ?? {}
  const old = conditions.find(({ type }) => type === condition.type)
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : formatTime(now)
  const { type, status, ...why } = condition
  const made = { type, status, lastProbeTime: null, lastTransitionTime, ...why } as unknown as PodCondition
  const next = old === undefined ? [...conditions, made] : conditions.map((other) => (other === old ? made : other))
  return { ...pod, status: { ...pod.status, conditions: next } }
}
