/**
 * What upstream fills in a pod spec that leaves it open. All functions are idempotent and share unchanged parts.
 *
 * @source kubernetes v1.36 pkg/apis/core/v1/defaults.go, zz_generated.defaults.go (facts: values)
 */
import { roundedList, roundedRequirements } from '../resources/rounding.ts'
import type {
  Container,
  ContainerPort,
  DownwardAPIVolumeFile,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  PodSpec,
  Probe,
  Volume,
  VolumeProjection,
} from '../types.gen.ts'
import { isLatestImage } from './image-name.ts'
import { mapShared } from './share.ts'

/** Permission bits of files in volumes: 0644. */
const fileMode = 0o644
/** The life of a projected token in seconds. */
const tokenSeconds = 3600

/** Fills the spec of a pod, a template or anything that has one. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const containers = mapShared(spec.containers, defaultContainer)
  const initContainers = mapShared(spec.initContainers, defaultContainer)
  const ephemeralContainers = mapShared(spec.ephemeralContainers, defaultContainer)
  const volumes = mapShared(spec.volumes, defaultVolume)
  const resources = spec.resources === undefined ? undefined : roundedRequirements(spec.resources)
  const overhead = roundedList(spec.overhead)
  const unchanged =
    containers === spec.containers &&
    initContainers === spec.initContainers &&
    ephemeralContainers === spec.ephemeralContainers &&
    volumes === spec.volumes &&
    resources === spec.resources &&
    overhead === spec.overhead
  if (
    unchanged &&
    spec.restartPolicy &&
    spec.dnsPolicy &&
    spec.schedulerName &&
    spec.securityContext !== undefined &&
    spec.terminationGracePeriodSeconds !== undefined &&
    (spec.serviceAccount ?? '') === (spec.serviceAccountName ?? '')
  ) {
    return spec
  }
  const account = spec.serviceAccountName || spec.serviceAccount
  return {
    ...spec,
    containers: containers ?? [],
    ...(initContainers === undefined ? {} : { initContainers }),
    ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }),
    ...(volumes === undefined ? {} : { volumes }),
    ...(resources === undefined ? {} : { resources }),
    ...(overhead === undefined ? {} : { overhead }),
    restartPolicy: spec.restartPolicy || 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
    ...(account ? { serviceAccountName: account, serviceAccount: account } : {}),
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName || 'default-scheduler',
  }
}

function defaultContainer<C extends Container | EphemeralContainer>(container: C): C {
  const ports = mapShared(container.ports, defaultPort)
  const env = mapShared(container.env, defaultEnv)
  const resources = roundedRequirements(container.resources ?? {})
  const livenessProbe = defaultProbe(container.livenessProbe)
  const readinessProbe = defaultProbe(container.readinessProbe)
  const startupProbe = defaultProbe(container.startupProbe)
  const lifecycle = defaultLifecycle(container.lifecycle)
  if (
    container.imagePullPolicy &&
    container.terminationMessagePath &&
    container.terminationMessagePolicy &&
    ports === container.ports &&
    env === container.env &&
    resources === container.resources &&
    livenessProbe === container.livenessProbe &&
    readinessProbe === container.readinessProbe &&
    startupProbe === container.startupProbe &&
    lifecycle === container.lifecycle
  ) {
    return container
  }
  const latest = container.imagePullPolicy ? false : isLatestImage(container.image ?? '')
  return {
    ...container,
    ...(ports === undefined ? {} : { ports }),
    ...(env === undefined ? {} : { env }),
    resources,
    ...(livenessProbe === undefined ? {} : { livenessProbe }),
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(lifecycle === undefined ? {} : { lifecycle }),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    imagePullPolicy: container.imagePullPolicy || (latest ? 'Always' : 'IfNotPresent'),
  }
}

const defaultPort = (port: ContainerPort): ContainerPort => (port.protocol ? port : { ...port, protocol: 'TCP' })

function defaultEnv(variable: EnvVar): EnvVar {
  const fieldRef = variable.valueFrom?.fieldRef
  if (fieldRef === undefined || fieldRef.apiVersion) return variable
  return { ...variable, valueFrom: { ...variable.valueFrom, fieldRef: { ...fieldRef, apiVersion: 'v1' } } }
}

function defaultProbe(probe: Probe | undefined): Probe | undefined {
  if (probe === undefined) return undefined
  const httpGet = defaultHTTPGet(probe.httpGet)
  const grpc =
    probe.grpc === undefined || probe.grpc.service !== undefined ? probe.grpc : { ...probe.grpc, service: '' }
  if (
    probe.timeoutSeconds &&
    probe.periodSeconds &&
    probe.successThreshold &&
    probe.failureThreshold &&
    httpGet === probe.httpGet &&
    grpc === probe.grpc
  ) {
    return probe
  }
  return {
    ...probe,
    ...(httpGet === undefined ? {} : { httpGet }),
    ...(grpc === undefined ? {} : { grpc }),
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  }
}

function defaultHTTPGet(get: HTTPGetAction | undefined): HTTPGetAction | undefined {
  if (get === undefined || (get.path && get.scheme)) return get
  return { ...get, path: get.path || '/', scheme: get.scheme || 'HTTP' }
}

function defaultLifecycle(lifecycle: Lifecycle | undefined): Lifecycle | undefined {
  if (lifecycle === undefined) return undefined
  const postStart = defaultHook(lifecycle.postStart)
  const preStop = defaultHook(lifecycle.preStop)
  if (postStart === lifecycle.postStart && preStop === lifecycle.preStop) return lifecycle
  return {
    ...lifecycle,
    ...(postStart === undefined ? {} : { postStart }),
    ...(preStop === undefined ? {} : { preStop }),
  }
}

function defaultHook(hook: LifecycleHandler | undefined): LifecycleHandler | undefined {
  const httpGet = defaultHTTPGet(hook?.httpGet)
  return hook === undefined || httpGet === hook.httpGet ? hook : { ...hook, httpGet }
}

type Fill<K extends keyof Volume> = (source: NonNullable<Volume[K]>) => Volume[K]

/** What is filled in the sources of volumes; a faulty volume may have several. */
const sourceDefaults: { readonly [K in keyof Volume]?: Fill<K> } = {
  hostPath: (source) => (source.type === undefined ? { ...source, type: '' } : source),
  secret: (source) => (source.defaultMode === undefined ? { ...source, defaultMode: fileMode } : source),
  configMap: (source) => (source.defaultMode === undefined ? { ...source, defaultMode: fileMode } : source),
  downwardAPI: (source) => {
    const items = mapShared(source.items, defaultDownwardFile)
    if (items === source.items && source.defaultMode !== undefined) return source
    return { ...(items === undefined ? {} : { items }), defaultMode: source.defaultMode ?? fileMode }
  },
  projected: (source) => {
    const sources = mapShared(source.sources, defaultProjection)
    if (sources === source.sources && source.defaultMode !== undefined) return source
    return { ...source, sources, defaultMode: source.defaultMode ?? fileMode }
  },
  ephemeral: (source) => {
    const template = source.volumeClaimTemplate
    const resources = template?.spec?.resources && roundedRequirements(template.spec.resources)
    if (template === undefined) return source
    if (template.spec?.volumeMode !== undefined && resources === template.spec.resources) return source
    const spec = { ...template.spec, volumeMode: template.spec?.volumeMode ?? 'Filesystem', resources: resources ?? {} }
    return { ...source, volumeClaimTemplate: { ...template, spec } }
  },
  image: (source) =>
    source.pullPolicy
      ? source
      : { ...source, pullPolicy: isLatestImage(source.reference ?? '') ? 'Always' : 'IfNotPresent' },
  iscsi: (source) => (source.iscsiInterface ? source : { ...source, iscsiInterface: 'default' }),
  rbd: (source) => {
    const { pool, user, keyring } = source
    if (pool && user && keyring) return source
    return { ...source, pool: pool || 'rbd', user: user || 'admin', keyring: keyring || '/etc/ceph/keyring' }
  },
  azureDisk: (source) => {
    const { cachingMode, kind, fsType, readOnly } = source
    if ([cachingMode, kind, fsType, readOnly].every((value) => value !== undefined)) return source
    return {
      ...source,
      cachingMode: cachingMode ?? 'ReadWrite',
      fsType: fsType ?? 'ext4',
      kind: kind ?? 'Shared',
      readOnly: readOnly ?? false,
    }
  },
  scaleIO: (source) =>
    source.storageMode && source.fsType
      ? source
      : { ...source, storageMode: source.storageMode || 'ThinProvisioned', fsType: source.fsType || 'xfs' },
}

function defaultVolume(volume: Volume): Volume {
  let filled = volume
  let sources = 0
  for (const name of Object.keys(volume) as (keyof Volume)[]) {
    const source = volume[name]
    if (name === 'name' || source === undefined) continue
    sources++
    const fill = sourceDefaults[name] as ((source: unknown) => unknown) | undefined
    const value = fill?.(source) ?? source
    if (value !== source) filled = { ...filled, [name]: value }
  }
  return sources === 0 ? { ...volume, emptyDir: {} } : filled
}

function defaultDownwardFile(file: DownwardAPIVolumeFile): DownwardAPIVolumeFile {
  if (file.fieldRef === undefined || file.fieldRef.apiVersion) return file
  return { ...file, fieldRef: { ...file.fieldRef, apiVersion: 'v1' } }
}

function defaultProjection(source: VolumeProjection): VolumeProjection {
  const { serviceAccountToken: token, downwardAPI } = source
  if (token !== undefined && token.expirationSeconds === undefined) {
    return { ...source, serviceAccountToken: { ...token, expirationSeconds: tokenSeconds } }
  }
  const items = mapShared(downwardAPI?.items, defaultDownwardFile)
  if (downwardAPI === undefined || items === downwardAPI.items) return source
  return { ...source, downwardAPI: { ...downwardAPI, items } }
}
