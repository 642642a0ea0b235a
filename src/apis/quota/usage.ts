/**
 * What an object counts against a ResourceQuota; shared by admission, which refuses, and the controller, which tells.
 *
 * @source kubernetes v1.36 pkg/quota/v1/evaluator/core/pods.go; apiserver/pkg/quota/v1/generic/evaluator.go
 */
import {
  addQuantities,
  compareQuantities,
  countQuantity,
  type KubeObject,
  parseQuantity,
  type Quantity,
} from '../../apimachinery/index.ts'
import type { Container, Pod, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../core/index.ts'

/** Amounts by quota key: `pods`, `requests.cpu`, `count/jobs.batch`. */
export type Usage = ReadonlyMap<string, Quantity>

const one = countQuantity(1)
const zero = countQuantity(0)
const computed = ['cpu', 'memory', 'ephemeral-storage'] as const
/** Resources of core that quotas may also name without `count/`. */
const plainNames = new Set([
  'services',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
])

/** What one object of a resource (`pods`, `jobs.batch`) uses. Pods that have ended use nothing but their own count. */
export function usageOf(resource: string, object: KubeObject): Usage {
  const usage = new Map<string, Quantity>([[`count/${resource}`, one]])
  if (plainNames.has(resource)) usage.set(resource, one)
  if (resource !== 'pods') return usage
  const pod = object as Pod
  if (hasEnded(pod)) return usage
  usage.set('pods', one)
  for (const name of computed) {
    const requests = podAmount(pod, (container) => container.resources?.requests?.[name])
    const limits = podAmount(pod, (container) => container.resources?.limits?.[name])
    if (requests !== undefined) for (const key of [name, `requests.${name}`]) usage.set(key, requests)
    if (limits !== undefined) usage.set(`limits.${name}`, limits)
  }
  return usage
}

/** The sum of the usages for the keys of a quota; keys that nothing uses are 0. */
export function totalUsage(keys: readonly string[], usages: Iterable<Usage>): Usage {
  const total = new Map(keys.map((key) => [key, zero]))
  for (const usage of usages) {
    for (const key of keys) {
      const amount = usage.get(key)
      const before = total.get(key)
      if (amount !== undefined && before !== undefined) total.set(key, addQuantities(before, amount))
    }
  }
  return total
}

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

function amountOf(value: string | number | undefined): Quantity | undefined {
  if (value === undefined) return undefined
  const parsed = parseQuantity(String(value))
  return parsed.ok ? parsed.value : undefined
}

/** All containers and sidecars together, or the largest init container with the sidecars before it, whichever is more. */
function podAmount({ spec }: Pod, read: (container: Container) => string | number | undefined): Quantity | undefined {
  let known = false
  const amount = (container: Container): Quantity => {
    const value = amountOf(read(container))
    if (value !== undefined) known = true
    return value ?? zero
  }
  let running = zero
  let initial = zero
  for (const container of spec.initContainers ?? []) {
    const own = amount(container)
    const needed = addQuantities(running, own)
    if (compareQuantities(needed, initial) > 0) initial = needed
    if (container.restartPolicy === 'Always') running = needed
  }
  for (const container of spec.containers) running = addQuantities(running, amount(container))
  if (!known) return undefined
  return compareQuantities(running, initial) > 0 ? running : initial
}

/** Whether a quota with scopes looks at this pod. Quotas without scopes look at every object. */
export function inScope(
  { scopes = [], scopeSelector }: ResourceQuotaSpec,
  resource: string,
  object: KubeObject,
): boolean {
  const requirements: readonly ScopedResourceSelectorRequirement[] = [
    ...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ]
  if (requirements.length === 0) return true
  return resource === 'pods' && requirements.every((requirement) => meets(object as Pod, requirement))
}

function meets(pod: Pod, { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return selectsPriority(pod.spec.priorityClassName ?? '', operator, values)
    default:
      return false
  }
}

const isBestEffort = ({ spec }: Pod): boolean =>
  [...spec.containers, ...(spec.initContainers ?? [])].every(({ resources }) =>
    [resources?.requests, resources?.limits].every(
      (list) => amountOf(list?.['cpu']) === undefined && amountOf(list?.['memory']) === undefined,
    ),
  )

function selectsPriority(name: string, operator: string, values: readonly string[]): boolean {
  switch (operator) {
    case 'In':
      return values.includes(name)
    case 'NotIn':
      return !values.includes(name)
    case 'Exists':
      return name !== ''
    case 'DoesNotExist':
      return name === ''
    default:
      return false
  }
}
