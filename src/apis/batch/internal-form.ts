/**
 * How upstream shows values of its internal types inside errors: Go's field names, every field, `null` for nothing.
 */
import { internalForm, type PodSpec, type PodTemplateSpec } from '../core/index.ts'
import type { PodFailurePolicy, SuccessPolicy } from './types.gen.ts'

/** As it stands in an error of `spec.successPolicy`. */
export const internalSuccessPolicy = (policy: SuccessPolicy | undefined): unknown =>
  policy && {
    Rules: listOrNull(policy.rules, ({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })),
  }

/** As it stands in an error of `spec.podFailurePolicy`. */
export const internalPodFailurePolicy = (policy: PodFailurePolicy | undefined): unknown =>
  policy && {
    Rules: listOrNull(policy.rules, ({ action, onExitCodes, onPodConditions }) => ({
      Action: action ?? '',
      OnExitCodes: onExitCodes
        ? {
            ContainerName: onExitCodes.containerName ?? null,
            Operator: onExitCodes.operator ?? '',
            Values: onExitCodes.values ?? null,
          }
        : null,
      OnPodConditions: listOrNull(onPodConditions, ({ type = '', status = '' }) => ({ Type: type, Status: status })),
    })),
  }

const listOrNull = <T>(list: readonly T[] | undefined, shown: (item: T) => unknown): unknown => list?.map(shown) ?? null

/** As it stands in an error of `spec.template`: metadata as on the wire, the spec as upstream's internal type. */
export const internalPodTemplate = ({ metadata, spec }: PodTemplateSpec): unknown => ({
  ...wireForm(metadata),
  Spec: internalPodSpec(spec),
})

/** As it stands in an error of `spec.template.spec`. */
export const internalPodSpec = (spec: PodSpec): unknown => internalForm('core.v1.PodSpec', spec)

type Fields = Readonly<Record<string, unknown>>

/**
 * Upstream's internal structures have the fields of the wire in another order, some under other names; these are the
 * differences. A pod's host fields are part of its security context.
 */
const order: Readonly<Record<TypeName, string>> = {
  'core.v1.PodSpec':
    'volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName securityContext imagePullSecrets hostname subdomain setHostnameAsFQDN affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates runtimeClassName overhead enableServiceLinks topologySpreadConstraints os schedulingGates resourceClaims resources hostnameOverride schedulingGroup',
  'core.v1.PodSecurityContext':
    'hostNetwork hostPID hostIPC shareProcessNamespace hostUsers seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup fsGroupChangePolicy sysctls seccompProfile appArmorProfile seLinuxChangePolicy',
}
const hostFields = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'] as const

const names: Readonly<Record<string, string>> = {
  dnsPolicy: 'DNSPolicy',
  dnsConfig: 'DNSConfig',
  os: 'OS',
  tty: 'TTY',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  tcpSocket: 'TCPSocket',
  grpc: 'GRPC',
  seLinuxOptions: 'SELinuxOptions',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  ip: 'IP',
  nfs: 'NFS',
  iscsi: 'ISCSI',
  rbd: 'RBD',
  fc: 'FC',
  csi: 'CSI',
  cephfs: 'CephFS',
  storageos: 'StorageOS',
  gcePersistentDisk: 'GCEPersistentDisk',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  pdName: 'PDName',
  apiVersion: 'APIVersion',
}

const goName = (field: string): string => names[field] ?? `${field.charAt(0).toUpperCase()}${field.slice(1)}`

function internalForm(type: TypeName, value: Fields): unknown {
  if (!type.startsWith('core.')) return wireForm(value)
  const known = schema.types[type]?.fields ?? {}
  const fields = order[type]?.split(' ') ?? presence[type]?.order ?? Object.keys(known)
  const given = type === 'core.v1.PodSpec' ? withHostFields(value) : value
  return Object.fromEntries(
    fields.map((field) => [goName(field), formOf(type, field, known[field] ?? hostField(field), given[field])]),
  )
}

const hostField = (field: string): FieldSchema => schema.types['core.v1.PodSpec']?.fields[field] ?? { type: 'string' }

function withHostFields(spec: Fields): Fields {
  const host = Object.fromEntries(hostFields.map((field) => [field, spec[field]]))
  return { ...spec, securityContext: { ...host, ...(spec.securityContext as Fields | undefined) } }
}

function formOf(type: TypeName, field: string, { ref, list, map, type: scalar }: FieldSchema, value: unknown): unknown {
  const given = value ?? undefined
  if (list !== undefined) return (given as readonly unknown[] | undefined)?.map((item) => itemForm(list, item)) ?? null
  if (map !== undefined) return given === undefined ? null : wireForm(given)
  const pointer = presence[type]?.optional?.includes(field) === true || field === 'hostUsers'
  if (given === undefined && pointer) return null
  if (field === 'shareProcessNamespace' && given === undefined) return null
  if (ref !== undefined) return internalForm(ref, (given ?? {}) as Fields)
  if (given !== undefined) return given
  return scalar === 'bool' ? false : scalar === 'int32' || scalar === 'int64' ? 0 : ''
}

const itemForm = ({ ref }: FieldSchema, item: unknown): unknown =>
  ref === undefined ? item : internalForm(ref, item as Fields)

/** Maps as Go prints them, by key; what is empty is left out. */
function wireForm(value: unknown): Fields {
  const entries = Object.entries((value ?? {}) as Fields).filter(([, inner]) => inner !== undefined && inner !== null)
  return Object.fromEntries(
    entries
      .map(([key, inner]) => [key, isMap(inner) ? wireForm(inner) : inner] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
