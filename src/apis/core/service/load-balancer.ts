/**
 * What holds for how a Service is reached from outside.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateService, ValidateLoadBalancerStatus
 */
import { type FieldError, forbiddenField, invalid, notSupported, required } from '../../../apimachinery/index.ts'
import {
  ipFamily,
  isDNS1123Subdomain,
  validateCIDR,
  validateCoreObjectMetaUpdate,
  validateIP,
} from '../../meta/index.ts'
import { addInvalid } from '../podspec/formats.ts'
import type { Service } from '../types.gen.ts'

const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
export const onlyBalanced = "may only be used when `type` is 'LoadBalancer'"

/** From where a load balancer may be reached; an annotation said so before the field did. Blanks around are fine. */
export function validateSourceRanges(
  { spec, metadata }: Service,
  old: Service | undefined,
  errors: FieldError[],
): void {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const balanced = spec.type === 'LoadBalancer'
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges'
    if (!balanced) errors.push(forbiddenField(path, onlyBalanced))
    const stored = (old?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim())
    ranges.forEach((range, index) => {
      errors.push(...validateCIDR(range.trim(), `${path}[${index}]`, stored))
    })
    return
  }
  const text = metadata.annotations?.[rangesAnnotation]
  if (text === undefined) return
  const path = `metadata.annotations[${rangesAnnotation}]`
  if (!balanced) errors.push(forbiddenField(path, onlyBalanced))
  if (old?.metadata.annotations?.[rangesAnnotation] === text || text.trim() === '') return
  for (const range of text.trim().split(',')) errors.push(...validateCIDR(range.trim(), path))
}

/** Where a load balancer listens. */
export function validateServiceStatusUpdate(service: Service, old: Service): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(service.metadata, old.metadata)]
  const path = 'status.loadBalancer.ingress'
  const ingress = service.status?.loadBalancer?.ingress ?? []
  if (service.spec.type !== 'LoadBalancer' && ingress.length > 0) {
    return [...errors, forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const stored = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip || [])
  ingress.forEach(({ ip = '', ipMode, hostname = '' }, index) => {
    const at = `${path}[${index}]`
    if (ip !== '') errors.push(...validateIP(ip, `${at}.ip`, stored))
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'))
    } else if (ip === '') errors.push(forbiddenField(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
    else if (ipMode !== 'Proxy' && ipMode !== 'VIP') {
      errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']))
    }
    if (hostname === '') return
    addInvalid(errors, `${at}.hostname`, hostname, isDNS1123Subdomain(hostname))
    if (ipFamily(hostname) !== undefined) {
      errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
    }
  })
  return errors
}
