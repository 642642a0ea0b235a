/**
 * What upstream fills in a pod beyond its template.
 *
 * @source kubernetes v1.36 pkg/apis/core/v1/defaults.go, SetDefaults_Pod; conversion.go (facts: aliases)
 */
import { formatQuantity } from '../../../apimachinery/index.ts'
import { dropInitAnnotations } from '../podspec/annotations.ts'
import { defaultPodSpec } from '../podspec/defaults.ts'
import {
  aggregateContainerLimits,
  aggregateContainerRequests,
  isSupportedPodLevelResource,
} from '../podspec/pod-resources.ts'
import { mapShared } from '../podspec/share.ts'
import { isHugePageResourceName, isOvercommitAllowed } from '../resources/names.ts'
import type { ResourceList } from '../resources/quantities.ts'
import { roundedList, roundedRequirements } from '../resources/rounding.ts'
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus, ResourceRequirements } from '../types.gen.ts'

export function defaultPod(pod: Pod): Pod {
  const spec = defaultOwnSpec(defaultPodSpec(pod.spec ?? { containers: [] }))
  const status = roundedStatus(pairedAddresses(pod.status))
  const metadata = dropInitAnnotations(pod.metadata)
  if (spec === pod.spec && status === pod.status && metadata === pod.metadata) return pod
  return { ...pod, metadata, spec, status }
}

function defaultOwnSpec(spec: PodSpec): PodSpec {
  const fill = (container: Container): Container => defaultContainer(container, spec.hostNetwork === true)
  const containers = mapShared(spec.containers, fill) ?? []
  const initContainers = mapShared(spec.initContainers, fill)
  const withContainers: PodSpec =
    containers === spec.containers && initContainers === spec.initContainers
      ? spec
      : { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) }
  const resources = defaultPodResources(withContainers)
  const grace = spec.terminationGracePeriodSeconds
  const negative = grace !== undefined && grace < 0
  if (resources === spec.resources && spec.enableServiceLinks !== undefined && !negative) return withContainers
  return {
    ...withContainers,
    ...(resources === undefined ? {} : { resources }),
    ...(negative ? { terminationGracePeriodSeconds: 1 } : {}),
    enableServiceLinks: spec.enableServiceLinks ?? true,
  }
}

/** Requests that are left open equal the limits; with the node's network, ports are the node's. */
function defaultContainer(container: Container, hostNetwork: boolean): Container {
  const resources = requestsFromLimits(container.resources)
  const ports = hostNetwork
    ? mapShared(container.ports, (port) => (port.hostPort ? port : { ...port, hostPort: port.containerPort }))
    : container.ports
  if (resources === container.resources && ports === container.ports) return container
  return { ...container, resources, ...(ports === undefined ? {} : { ports }) }
}

function requestsFromLimits(requirements: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = requirements
  if (limits === undefined) return requirements
  const open = Object.keys(limits).filter((name) => requests?.[name] === undefined)
  if (open.length === 0) return requirements
  const filled: Record<string, string | number> = { ...requests }
  for (const name of open) filled[name] = limits[name] as string | number
  return { ...requirements, requests: filled }
}

/** Limits on huge pages and requests of the pod as a whole, where it gives some limits or requests itself. */
function defaultPodResources(spec: PodSpec): ResourceRequirements | undefined {
  const { resources } = spec
  if (resources === undefined) return undefined
  const limits = podLimits(spec, resources)
  const requests = podRequests(spec, limits, resources.requests)
  if (limits === resources.limits && requests === resources.requests) return resources
  return {
    ...resources,
    ...(limits === undefined ? {} : { limits }),
    ...(requests === undefined ? {} : { requests }),
  }
}

const isEmpty = (list: ResourceList | undefined): boolean => list === undefined || Object.keys(list).length === 0

function podLimits(spec: PodSpec, { limits, requests }: ResourceRequirements): ResourceList | undefined {
  if (isEmpty(limits) && isEmpty(requests)) return limits
  const added: Record<string, string | number> = {}
  for (const [name, amount] of aggregateContainerLimits(spec)) {
    if (!isHugePageResourceName(name) || requests?.[name] !== undefined || limits?.[name] !== undefined) continue
    added[name] = formatQuantity(amount)
  }
  return Object.keys(added).length === 0 ? limits : { ...limits, ...added }
}

function podRequests(
  spec: PodSpec,
  limits: ResourceList | undefined,
  requests: ResourceList | undefined,
): ResourceList | undefined {
  if (limits === undefined || isEmpty(limits)) return requests
  const added: Record<string, string | number> = {}
  for (const [name, amount] of aggregateContainerRequests(spec)) {
    if (requests?.[name] !== undefined) continue
    if (isSupportedPodLevelResource(name) && isOvercommitAllowed(name)) added[name] = formatQuantity(amount)
  }
  for (const name of Object.keys(limits)) {
    if (requests?.[name] === undefined && added[name] === undefined && isSupportedPodLevelResource(name)) {
      added[name] = limits[name] as string | number
    }
  }
  return Object.keys(added).length === 0 ? requests : { ...requests, ...added }
}

/** `podIP` is the first of `podIPs`; where they differ, `podIP` is right. */
export function pairedAddresses(status: PodStatus | undefined): PodStatus {
  if (status === undefined) return {}
  const { podIP, podIPs } = status
  const first = podIPs?.[0]?.ip
  if (!podIP) return first ? { ...status, podIP: first } : status
  return first === podIP ? status : { ...status, podIPs: [{ ip: podIP }] }
}

function roundedStatus(status: PodStatus): PodStatus {
  const containerStatuses = mapShared(status.containerStatuses, roundedContainer)
  const initContainerStatuses = mapShared(status.initContainerStatuses, roundedContainer)
  const ephemeralContainerStatuses = mapShared(status.ephemeralContainerStatuses, roundedContainer)
  const allocatedResources = roundedList(status.allocatedResources)
  const resources = status.resources && roundedRequirements(status.resources)
  if (
    containerStatuses === status.containerStatuses &&
    initContainerStatuses === status.initContainerStatuses &&
    ephemeralContainerStatuses === status.ephemeralContainerStatuses &&
    allocatedResources === status.allocatedResources &&
    resources === status.resources
  ) {
    return status
  }
  return {
    ...status,
    ...(containerStatuses === undefined ? {} : { containerStatuses }),
    ...(initContainerStatuses === undefined ? {} : { initContainerStatuses }),
    ...(ephemeralContainerStatuses === undefined ? {} : { ephemeralContainerStatuses }),
    ...(allocatedResources === undefined ? {} : { allocatedResources }),
    ...(resources === undefined ? {} : { resources }),
  }
}

function roundedContainer(status: ContainerStatus): ContainerStatus {
  const allocatedResources = roundedList(status.allocatedResources)
  const resources = status.resources && roundedRequirements(status.resources)
  if (allocatedResources === status.allocatedResources && resources === status.resources) return status
  return {
    ...status,
    ...(allocatedResources === undefined ? {} : { allocatedResources }),
    ...(resources === undefined ? {} : { resources }),
  }
}
