/**
 * Services. Nothing hands out addresses here: only headless Services, which name pods, have a use.
 *
 * @source kubernetes v1.36 pkg/registry/core/service/strategy.go; pkg/apis/core/v1/defaults.go, SetDefaults_Service
 */
import { buildStrategy, keepFields } from '../../generic/index.ts'
import { equal, ipWarnings, nameIsDNSLabel } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, labelsText, nameColumn, tableOf } from '../../table/index.ts'
import { mapShared, without } from '../podspec/share.ts'
import type { Service, ServicePort, ServiceSpec } from '../types.gen.ts'
import { validateServiceStatusUpdate } from './load-balancer.ts'
import {
  isExternallyAccessible,
  isHeadless,
  needsHealthCheck,
  validateService,
  validateServiceUpdate,
} from './validation.ts'
import { serviceWarnings } from './warnings.ts'

const affinitySeconds = 10800

function defaultPort(port: ServicePort): ServicePort {
  const open = port.targetPort === undefined || port.targetPort === 0 || port.targetPort === ''
  if (port.protocol && !open) return port
  return { ...port, protocol: port.protocol || 'TCP', targetPort: open ? port.port : port.targetPort }
}

function defaultSpec(spec: ServiceSpec): ServiceSpec {
  const type = spec.type || 'ClusterIP'
  const sessionAffinity = spec.sessionAffinity || 'None'
  const ports = mapShared(spec.ports, defaultPort)
  const typed: ServiceSpec = { ...spec, ...(ports === undefined ? {} : { ports }), type, sessionAffinity }
  const withAffinity =
    sessionAffinity === 'None'
      ? without(typed, 'sessionAffinityConfig')
      : sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
        ? { ...typed, sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }
        : typed
  const external = isExternallyAccessible(withAffinity) && !spec.externalTrafficPolicy
  return {
    ...withAffinity,
    ...(external ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(type !== 'ExternalName' && spec.internalTrafficPolicy === undefined
      ? { internalTrafficPolicy: 'Cluster' }
      : {}),
    ...(type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === undefined
      ? { allocateLoadBalancerNodePorts: true }
      : {}),
  }
}

const isComplete = (spec: ServiceSpec | undefined): boolean =>
  spec !== undefined &&
  Boolean(spec.type && spec.sessionAffinity) &&
  !(spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) &&
  (spec.sessionAffinity !== 'ClientIP' || spec.sessionAffinityConfig?.clientIP?.timeoutSeconds !== undefined) &&
  (spec.type === 'ExternalName' || spec.internalTrafficPolicy !== undefined) &&
  (spec.type !== 'LoadBalancer' || spec.allocateLoadBalancerNodePorts !== undefined) &&
  (!isExternallyAccessible(spec) || Boolean(spec.externalTrafficPolicy)) &&
  (spec.ports ?? []).every((port) => defaultPort(port) === port)

/** The singular field and the first of the plural ones say the same. */
function pairAddresses(spec: ServiceSpec, old: ServiceSpec | undefined): ServiceSpec {
  if (spec.type === 'ExternalName') return spec
  const { clusterIP = '', clusterIPs = [] } = spec
  if (clusterIP !== '' && clusterIPs.length === 0) return { ...spec, clusterIPs: [clusterIP] }
  if (clusterIP === '' && clusterIPs.length > 0 && old === undefined) return { ...spec, clusterIP: clusterIPs[0] }
  if (old !== undefined && clusterIP !== (old.clusterIP ?? '') && clusterIPs[0] === old.clusterIP) {
    return clusterIP === '' ? without(spec, 'clusterIPs') : { ...spec, clusterIPs: [clusterIP] }
  }
  return spec
}

/** What the old type had and the new one has no use for goes, unless it was changed as well. */
function dropOfOldType(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let kept = spec
  const drop = (name: keyof ServiceSpec, was: boolean, is: boolean): void => {
    if (was && !is && kept[name] !== undefined && equal(kept[name], old[name])) kept = without(kept, name)
  }
  const inCluster = ({ type }: ServiceSpec): boolean => type !== 'ExternalName'
  if (inCluster(old) && !inCluster(spec)) {
    if (equal([spec.clusterIP, spec.clusterIPs], [old.clusterIP, old.clusterIPs])) {
      kept = without(without(kept, 'clusterIP'), 'clusterIPs')
    }
    drop('ipFamilies', true, false)
    drop('ipFamilyPolicy', true, false)
  }
  const onNodes = ({ type, allocateLoadBalancerNodePorts: allocate }: ServiceSpec): boolean =>
    type === 'NodePort' || (type === 'LoadBalancer' && allocate !== false)
  const portsOf = ({ ports = [] }: ServiceSpec) => ports.map(({ nodePort = 0 }) => nodePort)
  const samePorts = portsOf(spec).every((port) => port === 0 || portsOf(old).includes(port))
  if (onNodes(old) && !onNodes(spec) && samePorts && kept.ports !== undefined) {
    kept = { ...kept, ports: kept.ports.map((port) => without(port, 'nodePort')) }
  }
  const balanced = ({ type }: ServiceSpec): boolean => type === 'LoadBalancer'
  drop('healthCheckNodePort', needsHealthCheck(old), needsHealthCheck(spec))
  drop('allocateLoadBalancerNodePorts', balanced(old), balanced(spec))
  drop('loadBalancerClass', balanced(old), balanced(spec))
  drop('externalTrafficPolicy', isExternallyAccessible(old), isExternallyAccessible(spec))
  return kept
}

/** Headless Services are of one address family. */
function withFamilies(spec: ServiceSpec): ServiceSpec {
  if (!isHeadless(spec) || (spec.ipFamilies !== undefined && spec.ipFamilyPolicy !== undefined)) return spec
  return {
    ...spec,
    ipFamilies: spec.ipFamilies ?? ['IPv4'],
    ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
  }
}

function addressText({ spec, status }: Service): string {
  const given = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  if (spec.type === 'ClusterIP' || spec.type === 'NodePort') return given.length === 0 ? '<none>' : given.join(',')
  if (spec.type !== 'LoadBalancer') return '<unknown>'
  const entries = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  const balanced = [...new Set(entries.filter((text) => text !== ''))].sort()
  const all = [...balanced, ...given]
  return all.length === 0 ? '<pending>' : all.join(',')
}

function portsText({ spec }: Service): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort = 0, protocol = '' }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return texts.length === 0 ? '<none>' : texts.join(',')
}

export const serviceStrategy: Strategy<Service> = buildStrategy<Service>({
  type: 'core.v1.Service',
  namespaced: true,
  nameRule: nameIsDNSLabel,
  defaults: (service) => (isComplete(service.spec) ? service : { ...service, spec: defaultSpec(service.spec ?? {}) }),
  prepareForCreate: (service) => ({
    ...service,
    spec: withFamilies(pairAddresses(service.spec, undefined)),
    status: { loadBalancer: {} },
  }),
  validateCreate: (service) => validateService(service, undefined),
  warningsOnCreate: (service, { options }) => serviceWarnings(service, options),
  prepareForUpdate: (service, old) => {
    const kept = keepFields(service, old, 'status')
    const spec = withFamilies(dropOfOldType(pairAddresses(kept.spec, old.spec), old.spec))
    return spec === kept.spec ? kept : { ...kept, spec }
  },
  validateUpdate: validateServiceUpdate,
  warningsOnUpdate: (service, _old, { options }) => serviceWarnings(service, options),
  allowCreateOnUpdate: true,
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (service, old) => keepFields(service, old, 'spec'),
      validateUpdate: validateServiceStatusUpdate,
      warningsOnUpdate: ({ status }) =>
        (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, index) =>
          ip ? ipWarnings(ip, `status.loadBalancer.ingress[${index}]`) : [],
        ),
      resetFields: [['spec']],
    },
  },
  table: tableOf(
    [
      nameColumn,
      column('Type', 'string', 'How the Service is reached.'),
      column('Cluster-IP', 'string', 'The address within the cluster.'),
      column('External-IP', 'string', 'The addresses from outside.'),
      column('Port(s)', 'string', 'The ports, and those on nodes.'),
      ageColumn,
      column('Selector', 'string', 'The labels of the pods behind the Service.', { priority: 1 }),
    ],
    (service, now) => [
      service.metadata.name ?? '',
      service.spec.type ?? '',
      service.spec.clusterIPs?.[0] ?? '<none>',
      addressText(service),
      portsText(service),
      humanDuration(service.metadata.creationTimestamp, now),
      labelsText(service.spec.selector),
    ],
  ),
  fields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  unknownField: (label) => `field label not supported: ${label}`,
  deletion: { returnsObject: true },
})
