/**
 * What the containers of a pod need together.
 *
 * @source kubernetes v1.36 component-helpers/resource/helpers.go, AggregateContainerRequests, AggregateContainerLimits
 */
import { addQuantities, compareQuantities, type Quantity } from '../../../apimachinery/index.ts'
import { isHugePageResourceName } from '../resources/names.ts'
import { quantityOf, type ResourceList } from '../resources/quantities.ts'
import type { Container, PodSpec } from '../types.gen.ts'

export type Amounts = ReadonlyMap<string, Quantity>
type Sum = Map<string, Quantity>

/** Resources that may be given for the pod as a whole. */
export const isSupportedPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || isHugePageResourceName(name)

/** An init container that runs beside the others. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

function add(sum: Sum, list: Amounts): void {
  for (const [name, amount] of list) {
    const before = sum.get(name)
    sum.set(name, before === undefined ? amount : addQuantities(before, amount))
  }
}

function raise(sum: Sum, list: Amounts): void {
  for (const [name, amount] of list) {
    const before = sum.get(name)
    if (before === undefined || compareQuantities(amount, before) > 0) sum.set(name, amount)
  }
}

const amountsOf = (list: ResourceList | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, quantityOf(text)]))

/**
 * The most that containers use at one time: all containers and sidecars together, or an init container together with
 * the sidecars that were started before it.
 */
function aggregate(spec: PodSpec, listOf: (container: Container) => ResourceList | undefined): Amounts {
  const total: Sum = new Map()
  for (const container of spec.containers ?? []) add(total, amountsOf(listOf(container)))
  const sidecars: Sum = new Map()
  const initial: Sum = new Map()
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(listOf(container))
    if (isSidecar(container)) {
      add(total, own)
      add(sidecars, own)
      raise(initial, sidecars)
    } else {
      const together: Sum = new Map(own)
      add(together, sidecars)
      raise(initial, together)
    }
  }
  raise(total, initial)
  return total
}

export const aggregateContainerRequests = (spec: PodSpec): Amounts =>
  aggregate(spec, (container) => container.resources?.requests)
export const aggregateContainerLimits = (spec: PodSpec): Amounts =>
  aggregate(spec, (container) => container.resources?.limits)
