import { addQuantities, compareQuantities, type Quantity } from '../../../apimachinery/index.ts'
import { quantityOf, type ResourceList } from '../resources/quantities.ts'
import type { PodSpec } from '../types.gen.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const computed = ['cpu', 'memory'] as const
type Sum = Map<string, Quantity>

function add(sum: Sum, list: ResourceList | undefined): void {
  for (const name of computed) {
    const text = list?.[name]
    if (text === undefined) continue
    const amount = quantityOf(text)
    if (amount.value <= 0n) continue
    const before = sum.get(name)
    sum.set(name, before === undefined ? amount : addQuantities(before, amount))
  }
}

const hasBoth = (list: ResourceList | undefined): boolean =>
  computed.every((name) => list?.[name] !== undefined && quantityOf(list[name]).value > 0n)

/**
 * How well a pod is treated when a node runs short: by the processor time and memory that it asks for.
 *
 * @source kubernetes v1.36 pkg/apis/core/helper/qos/qos.go, ComputePodQOS
 */
export function qosClassOf(spec: PodSpec): QosClass {
  const parts =
    spec.resources === undefined
      ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources)
      : [spec.resources]
  const requests: Sum = new Map()
  const limits: Sum = new Map()
  let guaranteed = true
  for (const part of parts) {
    add(requests, part?.requests)
    add(limits, part?.limits)
    const counts = spec.resources === undefined || Object.keys(part?.limits ?? {}).length > 0
    if (counts && !hasBoth(part?.limits)) guaranteed = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const equalLimits = [...requests].every(([name, amount]) => {
    const limit = limits.get(name)
    return limit !== undefined && compareQuantities(limit, amount) === 0
  })
  return guaranteed && equalLimits && requests.size === limits.size ? 'Guaranteed' : 'Burstable'
}
