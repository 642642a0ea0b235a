/**
 * What holds for Services.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateService and what it calls
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from '../../../apimachinery/index.ts'
import {
  ipFamily,
  isValidPortNum,
  validateCoreObjectMetaUpdate,
  validateEndpointIP,
  validateIP,
  validateLabels,
} from '../../meta/index.ts'
import {
  addInvalid,
  requireOneOf,
  validateLabel,
  validateOneOf,
  validateQualifiedName,
  validateSubdomain,
} from '../podspec/formats.ts'
import { validatePort } from '../podspec/handlers.ts'
import type { Service, ServicePort, ServiceSpec } from '../types.gen.ts'
import { onlyBalanced, validateSourceRanges } from './load-balancer.ts'

export const isHeadless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.length === 1 && clusterIPs[0] === 'None'

export const isExternallyAccessible = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)

export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

/** Everything but metadata. */
export function validateService(service: Service, old: Service | undefined): readonly FieldError[] {
  const { spec } = service
  const errors: FieldError[] = []
  const ports = spec.ports ?? []
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  validateType(spec, errors)
  const names = new Set<string>()
  ports.forEach((port, index) => {
    validateServicePort(port, ports.length > 1, names, `spec.ports[${index}]`, errors)
  })
  errors.push(...validateLabels(spec.selector, 'spec.selector'))
  validateAffinity(spec, errors)
  if (spec.type !== 'ExternalName') validateAddresses(spec, old?.spec.clusterIPs ?? [], errors)
  spec.externalIPs?.forEach((address, index) => {
    const field = `spec.externalIPs[${index}]`
    const faults = validateIP(address, field, old?.spec.externalIPs ?? [])
    errors.push(...(faults.length > 0 ? faults : validateEndpointIP(address, field)))
  })
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
  requireOneOf(spec.type, types, 'spec.type', errors)
  validateDuplicatePorts(spec, errors)
  validateSourceRanges(service, old, errors)
  validateTraffic(spec, errors)
  return errors
}

function validateType(spec: ServiceSpec, errors: FieldError[]): void {
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  }
  if (spec.type !== 'ExternalName') return
  const text = 'may not be set for ExternalName services'
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbiddenField('spec.clusterIPs', text))
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbiddenField('spec.ipFamilies', text))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', text))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.push(required('spec.externalName'))
  else validateSubdomain(name, 'spec.externalName', errors)
}

function validateServicePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  path: string,
  errors: FieldError[],
): void {
  if (port.name) {
    validateLabel(port.name, `${path}.name`, errors)
    if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name))
    names.add(port.name)
  } else if (needsName) errors.push(required(`${path}.name`))
  addInvalid(errors, `${path}.port`, port.port ?? 0, isValidPortNum(port.port ?? 0))
  requireOneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`, errors)
  validatePort(port.targetPort, `${path}.targetPort`, errors)
  if (port.appProtocol !== undefined) validateQualifiedName(port.appProtocol, `${path}.appProtocol`, errors)
}

function validateAffinity(spec: ServiceSpec, errors: FieldError[]): void {
  requireOneOf(spec.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity', errors)
  const path = 'spec.sessionAffinityConfig'
  const config = spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbiddenField(path, 'must not be set when session affinity is None'))
  }
  if (spec.sessionAffinity !== 'ClientIP') return
  const needed = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  if (config === undefined) errors.push(required(path, needed))
  else if (config.clientIP === undefined) errors.push(required(`${path}.clientIP`, needed))
  else if (seconds === undefined) errors.push(required(`${path}.clientIP.timeoutSeconds`, needed))
  else if (seconds <= 0 || seconds > 86400) {
    errors.push(invalid(`${path}.clientIP.timeoutSeconds`, seconds, 'must be greater than 0 and less than 86400'))
  }
}

function validateAddresses(spec: ServiceSpec, stored: readonly string[], errors: FieldError[]): void {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const path = 'spec.clusterIPs'
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) errors.push(required(path))
    else if (clusterIPs[0] !== clusterIP) errors.push(invalid(path, clusterIPs, 'first value must match `clusterIP`'))
  } else if (clusterIPs.length > 0) {
    errors.push(invalid(path, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  }
  ipFamilies.forEach((family, index) => {
    const field = `spec.ipFamilies[${index}]`
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(notSupported(field, family, ['IPv4', 'IPv6']))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(field, family))
  })
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  validateOneOf(spec.ipFamilyPolicy, policies, 'spec.ipFamilyPolicy', errors)
  const before = errors.length
  clusterIPs.forEach((address, index) => {
    if (index > 0 || address !== 'None') errors.push(...validateIP(address, `${path}[${index}]`, stored))
    else if (clusterIPs.length > 1) errors.push(invalid(path, clusterIPs, "'None' must be the first and only value"))
  })
  const faulty = errors.length > before
  if (clusterIPs.length > 2) errors.push(invalid(path, clusterIPs, 'may only hold up to 2 values'))
  if (faulty || isHeadless(spec)) return
  const families = clusterIPs.map(ipFamily)
  if (clusterIPs.length > 1 && new Set(families).size < 2) {
    errors.push(invalid(path, clusterIPs, 'may specify no more than one IP for each IP family'))
  }
  families.forEach((family, index) => {
    const wanted = ipFamilies[index]
    if (wanted === undefined || wanted === family) return
    const text = `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``
    errors.push(invalid(`${path}[${index}]`, clusterIPs[index], text))
  })
}

function validateDuplicatePorts(spec: ServiceSpec, errors: FieldError[]): void {
  const ports = spec.ports ?? []
  if (spec.type === 'ClusterIP') {
    ports.forEach(({ nodePort }, index) => {
      if (!nodePort) return
      errors.push(forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
    })
  }
  const nodePorts = new Set<string>()
  ports.forEach(({ protocol = '', nodePort }, index) => {
    if (!nodePort) return
    const key = `${protocol}/${nodePort}`
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${index}].nodePort`, nodePort))
    nodePorts.add(key)
  })
  const numbers = new Set<string>()
  ports.forEach(({ protocol = '', port }, index) => {
    const key = `${protocol}/${port}`
    const dump = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (numbers.has(key)) errors.push(duplicate(`spec.ports[${index}]`, dump))
    numbers.add(key)
  })
}

function validateTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const balanced = spec.type === 'LoadBalancer'
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', onlyBalanced))
  }
  validateBalancerClass(spec, errors)
  const external = 'spec.externalTrafficPolicy'
  if (isExternallyAccessible(spec)) {
    requireOneOf(spec.externalTrafficPolicy, ['Cluster', 'Local'], external, errors)
  } else if (spec.externalTrafficPolicy) {
    errors.push(invalid(external, spec.externalTrafficPolicy, 'may only be set for externally-accessible services'))
  }
  validateHealthPort(spec, errors)
  validateOneOf(spec.internalTrafficPolicy, ['Cluster', 'Local'], 'spec.internalTrafficPolicy', errors)
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
  validateOneOf(spec.trafficDistribution, distributions, 'spec.trafficDistribution', errors)
}

function validateBalancerClass({ type, loadBalancerClass }: ServiceSpec, errors: FieldError[]): void {
  if (loadBalancerClass === undefined) return
  if (type === 'LoadBalancer') validateQualifiedName(loadBalancerClass, 'spec.loadBalancerClass', errors)
  else errors.push(forbiddenField('spec.loadBalancerClass', onlyBalanced))
}

function validateHealthPort(spec: ServiceSpec, errors: FieldError[]): void {
  const field = 'spec.healthCheckNodePort'
  const port = spec.healthCheckNodePort ?? 0
  if (!needsHealthCheck(spec)) {
    if (port === 0) return
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.push(invalid(field, port, text))
  } else if (port === 0) errors.push(required(field))
  else addInvalid(errors, field, port, isValidPortNum(port))
}

export function validateServiceUpdate(service: Service, old: Service): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(service.metadata, old.metadata)]
  const { spec } = service
  const fixed = spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName'
  const [now, before] = [spec.clusterIPs ?? [], old.spec.clusterIPs ?? []]
  if (fixed && before.length > 0 && !(isHeadless(spec) && isHeadless(old.spec))) {
    if (now.length === 0) errors.push(invalid('spec.clusterIPs[0]', null, 'primary clusterIP can not be unset'))
    else {
      before.forEach((address, index) => {
        if (now[index] === undefined || now[index] === address) return
        errors.push(invalid(`spec.clusterIPs[${index}]`, now, 'may not change once set'))
      })
    }
  }
  if (spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer') {
    if (spec.loadBalancerClass !== old.spec.loadBalancerClass) {
      errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'))
    }
  }
  // Upstream tells a faulty class of an update twice.
  validateBalancerClass(spec, errors)
  if (needsHealthCheck(spec) && needsHealthCheck(old.spec)) {
    if (spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
      errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'))
    }
  }
  errors.push(...validateService(service, old))
  return errors
}
