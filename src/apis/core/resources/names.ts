/**
 * Names of resources: which are known, which are whole numbers, which may be promised more often than they exist.
 *
 * @source kubernetes v1.36 pkg/apis/core/helper/helpers.go (facts: lists)
 */
import { type FieldError, invalid, parseQuantity, type Quantity, quantityValue } from '../../../apimachinery/index.ts'
import { isLabelKey } from '../../meta/index.ts'

const containerResources = ['cpu', 'memory', 'ephemeral-storage']
const countedKinds = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const computeQuota = ['requests', 'limits'].flatMap((side) => containerResources.map((name) => `${side}.${name}`))
const quotaResources: ReadonlySet<string> = new Set([
  ...containerResources,
  ...computeQuota,
  'requests.storage',
  ...countedKinds,
])
const standardResources: ReadonlySet<string> = new Set([...quotaResources, 'storage'])
const integerResources: ReadonlySet<string> = new Set(countedKinds)

const hugePagesPrefix = 'hugepages-'

export const isHugePageResourceName = (name: string): boolean => name.startsWith(hugePagesPrefix)
const isQuotaHugePageResourceName = (name: string): boolean =>
  isHugePageResourceName(name) || name.startsWith(`requests.${hugePagesPrefix}`)

/** Known without a domain, or with the domain `kubernetes.io/`. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
/** Whether requests may be lower than limits. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePageResourceName(name)
export const isExtendedResourceName = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isLabelKey(`requests.${name}`).length === 0
export const isIntegerResourceName = (name: string): boolean =>
  integerResources.has(name) || isExtendedResourceName(name)
export const isStandardQuotaResourceName = (name: string): boolean =>
  quotaResources.has(name) || isQuotaHugePageResourceName(name)
const isStandardResourceName = (name: string): boolean =>
  standardResources.has(name) || isQuotaHugePageResourceName(name)

export function validateResourceName(name: string, path: string, errors: FieldError[]): void {
  const texts = isLabelKey(name)
  for (const text of texts) errors.push(invalid(path, name, text))
  if (texts.length === 0 && !name.includes('/') && !isStandardResourceName(name)) {
    errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'))
  }
}

export function validateContainerResourceName(name: string, path: string, errors: FieldError[]): void {
  if (containerResources.includes(name)) return
  validateResourceName(name, path, errors)
  if (!name.includes('/')) {
    if (!isHugePageResourceName(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResourceName(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"))
  }
}

/** Whether an amount of huge pages is a multiple of the page that the name says. */
export function isDivisibleByPage(name: string, amount: Quantity): boolean {
  const page = parseQuantity(name.slice(hugePagesPrefix.length))
  if (!page.ok || page.value.value <= 0n) return false
  const size = quantityValue(page.value)
  return size > 0n && quantityValue(amount) % size === 0n
}
