/** Whether a pod fits on a node, and why not, in the scheduler's words. */
import { parseQuantity, quantityMilliValue } from '../../apimachinery/index.ts'
import {
  type Container,
  type Node,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  type Pod,
  type Taint,
  type Toleration,
  toleratesTaint,
} from '../../apis/core/index.ts'
import { ownValue } from '../../base/index.ts'

/** Amounts by resource in thousandths: `cpu`, `memory`, `nvidia.com/gpu`. */
export type Amounts = Readonly<Record<string, bigint>>

type ResourceList = Readonly<Record<string, string | number>> | undefined

export function amountsOf(list: ResourceList): Amounts {
  const amounts: Record<string, bigint> = {}
  for (const [name, text] of Object.entries(list ?? {})) {
    const quantity = parseQuantity(String(text))
    if (quantity.ok) amounts[name] = quantityMilliValue(quantity.value)
  }
  return amounts
}

const none: Amounts = {}

export function sum(one: Amounts, other: Amounts): Amounts {
  if (other === none) return one
  const total: Record<string, bigint> = { ...one }
  for (const [name, amount] of Object.entries(other)) total[name] = (total[name] ?? 0n) + amount
  return total
}

const most = (one: Amounts, other: Amounts): Amounts => {
  const result: Record<string, bigint> = { ...one }
  for (const [name, amount] of Object.entries(other)) if (amount > (result[name] ?? 0n)) result[name] = amount
  return result
}

const requestsOfContainer = ({ resources }: Container): Amounts => {
  const list = resources?.requests ?? resources?.limits
  return list === undefined ? none : amountsOf(list)
}

/**
 * What a pod asks for: all app containers and sidecars at once, or the hungriest moment of initialising.
 *
 * @source kubernetes v1.36 component-helpers/resource/helpers.go, PodRequests
 */
export function requestsOf({ spec }: Pod): Amounts {
  let together = spec.containers.map(requestsOfContainer).reduce(sum, none)
  let sidecars: Amounts = none
  let initial: Amounts = none
  for (const container of spec.initContainers ?? []) {
    const own = requestsOfContainer(container)
    if (container.restartPolicy === 'Always') {
      together = sum(together, own)
      sidecars = sum(sidecars, own)
      initial = most(initial, sidecars)
    } else initial = most(initial, sum(own, sidecars))
  }
  const ofContainers = most(together, initial)
  const ofPod =
    spec.resources?.requests === undefined ? ofContainers : { ...ofContainers, ...amountsOf(spec.resources.requests) }
  return sum(ofPod, spec.overhead === undefined ? none : amountsOf(spec.overhead))
}

const PORT = 'hostPort/'

/**
 * All that a pod takes of a node: what it asks for, and ports of the host, of which there is one each.
 *
 * @source kubernetes v1.36 pkg/scheduler/util/utils.go, GetHostPorts
 */
export function takesOf(pod: Pod): Amounts {
  const { containers, initContainers = [] } = pod.spec
  const lasting = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')]
  const ports = lasting.flatMap(({ ports: own = [] }) =>
    own.flatMap(({ hostPort = 0, protocol = 'TCP' }) => (hostPort === 0 ? [] : [`${PORT}${protocol}/${hostPort}`])),
  )
  const requests = requestsOf(pod)
  return ports.length === 0 ? requests : { ...requests, ...Object.fromEntries(ports.map((port) => [port, 1n])) }
}

export type Fit =
  | { readonly fits: true }
  /** `helpless`: no pod that left would make it fit. */
  | { readonly fits: false; readonly reasons: readonly string[]; readonly helpless: boolean }

const NO_PORTS = "node(s) didn't have free ports for the requested pod ports"

/** @source kubernetes v1.36 pkg/scheduler/framework/plugins: nodeunschedulable, tainttoleration, nodeaffinity, nodeports, noderesources */
export function fitOf(pod: Pod, node: Node, used: { readonly amounts: Amounts; readonly pods: number }): Fit {
  const standing = standingReason(pod, node)
  if (standing !== undefined) return { fits: false, reasons: [standing], helpless: true }
  const free = amountsOf(node.status.allocatable)
  const reasons: string[] = []
  let isHelpless = false
  if (free['pods'] !== undefined && BigInt(used.pods + 1) * 1000n > free['pods']) reasons.push('Too many pods')
  for (const [name, wanted] of Object.entries(takesOf(pod))) {
    const isPort = name.startsWith(PORT)
    const all = isPort ? 1n : (free[name] ?? 0n)
    if (wanted === 0n || (used.amounts[name] ?? 0n) + wanted <= all) continue
    const reason = isPort ? NO_PORTS : `Insufficient ${name}`
    if (!reasons.includes(reason)) reasons.push(reason)
    if (wanted > all) isHelpless = true
  }
  return reasons.length === 0 ? { fits: true } : { fits: false, reasons, helpless: isHelpless }
}

/** What about the node itself is against the pod. */
function standingReason(pod: Pod, { metadata, spec }: Node): string | undefined {
  const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  const tolerations = pod.spec.tolerations ?? []
  if (spec?.unschedulable === true && !isTolerated(unschedulable, tolerations)) return 'node(s) were unschedulable'
  const taints = (spec?.taints ?? []).filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute')
  if (taints.some((taint) => !isTolerated(taint, tolerations))) return 'node(s) had untolerated taint(s)'
  const labels = metadata.labels ?? {}
  const isSelected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const isWanted = terms === undefined || terms.some((term) => matchesTerm(term, labels, metadata.name ?? ''))
  return isSelected && isWanted ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

const isTolerated = (taint: Taint, tolerations: readonly Toleration[]): boolean =>
  tolerations.some((toleration) => toleratesTaint(toleration, taint))

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: Readonly<Record<string, string>>,
  name: string,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((expression) => matches(expression, ownValue(labels, expression.key))) &&
    matchFields.every((expression) => expression.key === 'metadata.name' && matches(expression, name))
  )
}

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return false
  }
}

/** @source kubernetes v1.36 pkg/scheduler/framework/types.go, FitError */
export function fitMessage({ reasons, helpless }: Extract<Fit, { fits: false }>): string {
  const why = [...reasons]
    .sort()
    .map((reason) => `1 ${reason}`)
    .join(', ')
  const preemption = helpless
    ? '1 Preemption is not helpful for scheduling'
    : '1 No preemption victims found for incoming pod'
  return `0/1 nodes are available: ${why}. preemption: 0/1 nodes are available: ${preemption}.`
}
