import type { Taint, Toleration } from '../types.gen.ts'

/**
 * Whether a taint does not concern a pod that has this toleration. An empty key or effect stands for all. Operators that
 * compare numbers match nothing: v1.36 has them behind a gate that is closed.
 *
 * @source kubernetes v1.36 staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go, Toleration.ToleratesTaint
 */
export function toleratesTaint({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key && key !== taint.key) return false
  if (operator === 'Exists') return true
  return (operator || 'Equal') === 'Equal' && (value ?? '') === (taint.value ?? '')
}
