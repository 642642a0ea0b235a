/**
 * What holds for what a node tells about a pod's devices and users.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validatePodResourceClaimStatuses,
 * validatePodExtendedResourceClaimStatus, validateContainerStatusUsers, validateContainerStatusAllocatedResourcesStatus
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../apimachinery/index.ts'
import { byteLength, isDNS1123Label, isDNS1123Subdomain, isValidUserID } from '../../meta/index.ts'
import { addInvalid } from '../podspec/formats.ts'
import type {
  Container,
  ContainerStatus,
  LinuxContainerUser,
  PodSpec,
  PodStatus,
  ResourceHealth,
  ResourceStatus,
} from '../types.gen.ts'

/** Claims of devices: the claims that were made for the pod's own. */
export function validateClaimStatuses(status: PodStatus, spec: PodSpec, errors: FieldError[]): void {
  const seen = new Set<string>()
  status.resourceClaimStatuses?.forEach(({ name, resourceClaimName }, index) => {
    const at = `status.resourceClaimStatuses[${index}]`
    if (spec.resourceClaims?.some((claim) => claim.name === name) !== true) {
      errors.push(invalid(`${at}.name`, name ?? '', 'must match the name of an entry in `spec.resourceClaims`'))
    }
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name ?? ''))
    seen.add(name)
    if (resourceClaimName === undefined) return
    addInvalid(errors, `${at}.resourceClaimName`, resourceClaimName, isDNS1123Subdomain(resourceClaimName))
  })
  validateExtendedClaim(status, spec, errors)
}

/** The one claim that was made for extended resources, and which container gets which of them. */
function validateExtendedClaim(
  { extendedResourceClaimStatus: claim }: PodStatus,
  spec: PodSpec,
  errors: FieldError[],
): void {
  if (claim === undefined) return
  const path = 'status.extendedResourceClaimStatus'
  const mappings = claim.requestMappings ?? []
  if (mappings.length === 0) {
    errors.push(required(`${path}.requestMappings`, 'at least one request mapping is required'))
  }
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  const list = 'spec.initContainers.name or spec.containers.name'
  const resources = 'spec.initContainers.resources.requests or spec.containers.resources.requests'
  const seen = new Set<string>()
  mappings.forEach(({ containerName = '', resourceName = '', requestName = '' }, index) => {
    const at = `${path}.requestMappings[${index}]`
    const container = containers.findLast(({ name }) => (name ?? '') === containerName)
    if (container === undefined) {
      errors.push(invalid(`${at}.containerName`, containerName, `must match the name of an entry in ${list}`))
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      const text = `must match the extended resource name of an entry in ${resources}`
      errors.push(invalid(`${at}.resourceName`, resourceName, text))
    }
    addInvalid(errors, `${path}.requestName`, requestName, isDNS1123Label(requestName))
    const key = JSON.stringify([containerName, resourceName, requestName])
    if (seen.has(key)) {
      errors.push(duplicate(`${at}.containerName`, containerName), duplicate(`${at}.resourceName`, resourceName))
      errors.push(duplicate(`${at}.requestName`, requestName))
    }
    seen.add(key)
  })
  const name = claim.resourceClaimName ?? ''
  if (name === '') errors.push(required(`${path}.resourceClaimName`))
  else addInvalid(errors, `${path}.resourceClaimName`, name, isDNS1123Subdomain(name))
}

/** As whom the first process of each container runs. */
export function validateUsers(status: PodStatus, spec: PodSpec, errors: FieldError[]): void {
  const system = spec.os === undefined ? 'linux' : spec.os.name
  for (const list of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    status[list]?.forEach(({ user }, index) => {
      if (user?.linux === undefined) return
      const at = `status.${list}[${index}].user.linux`
      if (system === 'windows') errors.push(forbiddenField(at, 'cannot be set for a windows pod'))
      else if (system === 'linux') validateLinuxUser(user.linux, at, errors)
    })
  }
}

function validateLinuxUser(user: LinuxContainerUser, path: string, errors: FieldError[]): void {
  const { uid = 0, gid = 0, supplementalGroups = [] } = user
  addInvalid(errors, `${path}.uid`, uid, isValidUserID(uid))
  addInvalid(errors, `${path}.gid`, gid, isValidUserID(gid))
  supplementalGroups.forEach((group, index) => {
    addInvalid(errors, `${path}.supplementalGroups[${index}]`, group, isValidUserID(group))
  })
}

/** How the devices of each container do. */
export function validateDeviceHealth(status: PodStatus, spec: PodSpec, errors: FieldError[]): void {
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } = status
  validateAllocated(containerStatuses, spec.containers, 'status.containerStatuses', errors)
  validateAllocated(initContainerStatuses, spec.initContainers, 'status.initContainerStatuses', errors)
  ephemeralContainerStatuses?.forEach(({ allocatedResourcesStatus = [] }, index) => {
    if (allocatedResourcesStatus.length === 0) return
    const field = `status.ephemeralContainerStatuses[${index}].allocatedResourcesStatus`
    errors.push(forbiddenField(field, 'must not be specified in container status'))
  })
}

function validateAllocated(
  statuses: readonly ContainerStatus[] | undefined,
  containers: readonly Container[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  statuses?.forEach(({ name, allocatedResourcesStatus = [] }, index) => {
    const container = containers?.find((candidate) => candidate.name === name)
    allocatedResourcesStatus.forEach((resource, place) => {
      const at = `${path}[${index}].allocatedResourcesStatus[${place}]`
      if (container !== undefined) validateResourceName(resource, container, at, errors)
      validateHealth(resource.resources ?? [], at, errors)
    })
  })
}

function validateResourceName(
  { name = '' }: ResourceStatus,
  { resources }: Container,
  path: string,
  errors: FieldError[],
): void {
  if (!name.startsWith('claim:')) {
    if (resources?.requests?.[name] !== undefined) return
    errors.push(invalid(`${path}.name`, name, "must match one of the container's resource requests"))
    return
  }
  const nameOf = (claim: string, request = ''): string =>
    request === '' ? `claim:${claim}` : `claim:${claim}/${request}`
  if (resources?.claims?.some(({ name: claim, request }) => nameOf(claim, request) === name) === true) return
  const text =
    "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
  errors.push(invalid(`${path}.name`, name, text))
}

const healths = ['Healthy', 'Unhealthy', 'Unknown']
const longestMessage = 1024

function validateHealth(devices: readonly ResourceHealth[], path: string, errors: FieldError[]): void {
  const seen = new Set<string>()
  devices.forEach(({ resourceID = '', health = '', message }, index) => {
    const at = `${path}.resources[${index}]`
    if (!healths.includes(health)) errors.push(notSupported(`${at}.health`, health, healths))
    if (message === '') errors.push(required(`${at}.message`, 'must be non-empty if specified'))
    if (message !== undefined && byteLength(message) > longestMessage) {
      errors.push(tooLong(`${at}.message`, longestMessage))
    }
    if (seen.has(resourceID)) errors.push(duplicate(`${at}.resourceID`, resourceID))
    seen.add(resourceID)
  })
}
