/**
 * Requests and limits of containers and pods.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateResourceRequirements and its callers
 */
import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  formatQuantity,
  invalid,
  notSupported,
  quoted,
  required,
} from '../../../apimachinery/index.ts'
import {
  isDivisibleByPage,
  isHugePageResourceName,
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from '../resources/names.ts'
import { quantityOf, type ResourceList, shownQuantity, validateResourceQuantity } from '../resources/quantities.ts'
import type { Container, PodSpec, ResourceClaim, ResourceRequirements } from '../types.gen.ts'
import { validateLabel } from './formats.ts'
import type { PodValidationOptions } from './options.ts'
import { aggregateContainerLimits, aggregateContainerRequests, isSupportedPodLevelResource } from './pod-resources.ts'

type NameCheck = (name: string, path: string, errors: FieldError[]) => void
const isQosResource = (name: string): boolean => name === 'cpu' || name === 'memory'

export function validateContainerResources(
  requirements: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  if (requirements === undefined) return
  const { limits, requests, claims } = requirements
  if (limits === undefined && requests === undefined && claims === undefined) return
  validateRequirements(requirements, validateContainerResourceName, claimNames, path, options, errors)
}

function validateRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  checkName: NameCheck,
  claimNames: ReadonlySet<string>,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  for (const name of Object.keys(limits)) {
    validateAmount(name, limits, checkName, `${path}.limits[${name}]`, options, errors)
  }
  for (const name of Object.keys(requests)) validateRequest(name, requests, limits, checkName, path, options, errors)
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePageResourceName) && !names.some(isQosResource)) {
    errors.push(forbiddenField(path, 'HugePages require cpu or memory'))
  }
  validateClaimNames(claims, claimNames, `${path}.claims`, errors)
}

function validateAmount(
  name: string,
  list: ResourceList,
  checkName: NameCheck,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  checkName(name, path, errors)
  validateResourceQuantity(name, list[name] as string, path, errors)
  if (isHugePageResourceName(name)) validatePages(name, list, path, options, errors)
}

function validatePages(
  name: string,
  list: ResourceList,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const amount = quantityOf(list[name])
  if (options.allowIndivisibleHugePages === true || isDivisibleByPage(name, amount)) return
  const text = formatQuantity(amount)
  errors.push(invalid(path, text, `${text} is not positive integer multiple of ${name}`))
}

function validateRequest(
  name: string,
  requests: ResourceList,
  limits: ResourceList,
  checkName: NameCheck,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const field = `${path}.requests[${name}]`
  checkName(name, field, errors)
  validateResourceQuantity(name, requests[name] as string, field, errors)
  const limit = limits[name]
  if (limit !== undefined) {
    const order = compareQuantities(quantityOf(requests[name]), quantityOf(limit))
    const rule =
      order !== 0 && !isOvercommitAllowed(name) ? 'be equal to' : order > 0 ? 'be less than or equal to' : undefined
    if (rule !== undefined) {
      const text = `must ${rule} ${name} limit of ${shownQuantity(limit)}`
      errors.push(invalid(`${path}.requests`, shownQuantity(requests[name]), text))
    }
  } else if (!isOvercommitAllowed(name)) {
    errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'))
  }
  if (isHugePageResourceName(name)) validatePages(name, requests, field, options, errors)
}

function validateClaimNames(
  claims: readonly ResourceClaim[],
  claimNames: ReadonlySet<string>,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set<string>()
  claims.forEach(({ name, request = '' }, index) => {
    const at = `${path}[${index}]`
    if (!name) {
      errors.push(required(at))
      return
    }
    if (names.has(name)) errors.push(duplicate(at, name))
    else {
      if (request !== '') validateLabel(request, `${at}.request`, errors)
      const key = request === '' ? name : `${name}/${request}`
      if (names.has(key)) errors.push(duplicate(at, key))
      else if (request === '') {
        for (const other of names) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name))
      }
      names.add(key)
    }
    if (!claimNames.has(name)) errors.push(unknownClaim(at, name, claimNames))
  })
}

function unknownClaim(field: string, name: string, claimNames: ReadonlySet<string>): FieldError {
  const known = claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`
  const body = `Not found: ${quoted(name)}: must be one of the names in pod.spec.resourceClaims${known}`
  return { kind: 'NotFound', field, body }
}

function validatePodResourceName(name: string, path: string, errors: FieldError[]): void {
  const before = errors.length
  validateResourceName(name, path, errors)
  if (errors.length === before && !isSupportedPodLevelResource(name)) {
    errors.push(notSupported(path, name, ['cpu', 'hugepages-', 'memory']))
  }
}

/** Resources of the pod as a whole: supported names, and not less than its containers need. */
export function validatePodResources(
  spec: PodSpec,
  claimNames: ReadonlySet<string>,
  specPath: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const { resources } = spec
  if (resources === undefined) return
  const path = `${specPath}.resources`
  if (spec.os?.name === 'windows') {
    errors.push(forbiddenField(path, 'may not be set for a windows pod'))
    return
  }
  if (resources.claims !== undefined) {
    errors.push(forbiddenField(`${path}.claims`, 'claims may not be set for Resources at pod-level'))
  }
  validateRequirements(resources, validatePodResourceName, claimNames, path, options, errors)
  validatePodResourceConsistency(spec, resources, path, errors)
}

function validatePodResourceConsistency(
  spec: PodSpec,
  { requests = {}, limits = {} }: ResourceRequirements,
  path: string,
  errors: FieldError[],
): void {
  for (const [name, wanted] of aggregateContainerRequests(spec)) {
    const given = requests[name]
    if (given === undefined || compareQuantities(wanted, quantityOf(given)) <= 0) continue
    const text = `must be greater than or equal to aggregate container requests of ${formatQuantity(wanted)}`
    errors.push(invalid(`${path}.requests[${name}]`, shownQuantity(given), text))
  }
  for (const [name, wanted] of aggregateContainerLimits(spec)) {
    const given = limits[name]
    if (!isHugePageResourceName(name) || given === undefined) continue
    if (compareQuantities(wanted, quantityOf(given)) <= 0) continue
    const text = `must be greater than or equal to aggregate container limits of ${formatQuantity(wanted)}`
    errors.push(invalid(`${path}.limits[${name}]`, shownQuantity(given), text))
  }
  spec.containers.forEach((container, index) => {
    validateWithinPod(container, limits, `${path}.containers[${index}]`, errors)
  })
}

function validateWithinPod(container: Container, podLimits: ResourceList, path: string, errors: FieldError[]): void {
  for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
    const most = podLimits[name]
    if (most === undefined || compareQuantities(quantityOf(limit), quantityOf(most)) <= 0) continue
    const text = `must be less than or equal to pod limits of ${shownQuantity(most)}`
    errors.push(invalid(`${path}[${name}].limits`, shownQuantity(limit), text))
  }
}
