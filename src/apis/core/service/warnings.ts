/**
 * What of a Service is accepted but should be otherwise.
 *
 * @source kubernetes v1.36 pkg/api/service/warnings.go, GetWarningsForService
 */
import { cidrWarnings, ipWarnings } from '../../meta/index.ts'
import type { ApiOptions } from '../../strategy.ts'
import type { Service } from '../types.gen.ts'
import { isHeadless } from './validation.ts'

const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints'
const modeAnnotation = 'service.kubernetes.io/topology-mode'

export function serviceWarnings({ metadata, spec }: Service, { exact }: ApiOptions): readonly string[] {
  const warnings: string[] = []
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  const { clusterIPs = [], externalIPs = [], loadBalancerIP = '', loadBalancerSourceRanges = [] } = spec
  if (metadata.annotations?.[hintsAnnotation] !== undefined) {
    warnings.push(`annotation ${hintsAnnotation} is deprecated, please use ${modeAnnotation} instead`)
  }
  if (spec.clusterIP && !headless) {
    warnings.push(...clusterIPs.flatMap((address, index) => ipWarnings(address, `spec.clusterIPs[${index}]`)))
  }
  if (headless) {
    const ignored = (field: string): string => `spec.${field} is ignored for headless services`
    if (loadBalancerIP !== '') warnings.push(ignored('loadBalancerIP'))
    if (externalIPs.length > 0) warnings.push(ignored('externalIPs'))
    if (spec.sessionAffinity !== 'None') warnings.push(ignored('SessionAffinity'))
  }
  warnings.push(...externalIPs.flatMap((address, index) => ipWarnings(address, `spec.externalIPs[${index}]`)))
  if (externalIPs.length > 0 && !headless && spec.type !== 'ExternalName') {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  }
  if (loadBalancerIP !== '') warnings.push(...ipWarnings(loadBalancerIP, 'spec.loadBalancerIP'))
  loadBalancerSourceRanges.forEach((range, index) => {
    warnings.push(...cidrWarnings(range, `spec.loadBalancerSourceRanges[${index}]`))
  })
  if (spec.type === 'ExternalName' && externalIPs.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  if (!exact && !isHeadless(spec) && spec.type !== 'ExternalName') {
    warnings.push(
      'spec.clusterIP: no addresses are handed out and nothing is forwarded here; use a headless Service (None)',
    )
  }
  return warnings
}
