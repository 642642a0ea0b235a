/**
 * What the server itself sets in a pod when it is made or changed.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/strategy.go
 */
import type { LabelSelector } from '../../../apimachinery/index.ts'
import { ownValue } from '../../../base/index.ts'
import { changed, countGeneration, keepFields } from '../../generic/index.ts'
import { appArmorPrefix } from '../podspec/annotations.ts'
import { appArmorOfAnnotation, sameProfile } from '../podspec/app-armor.ts'
import { dropDisabledPodFields } from '../podspec/disabled-fields.ts'
import { mapShared, without } from '../podspec/share.ts'
import type {
  Affinity,
  AppArmorProfile,
  Container,
  ContainerStatus,
  Pod,
  PodAffinity,
  PodAffinityTerm,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../types.gen.ts'
import { pairedAddresses } from './defaults.ts'
import { qosClassOf } from './qos.ts'

/** A time that is always written stands as null while it is unset. */
const unset = null as unknown as undefined

const gated: PodCondition = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}

/** A new pod: pending, with its quality of service, and its first generation. */
export function preparePodForCreate(pod: Pod, now: string): Pod {
  const labels = pod.metadata.labels ?? {}
  const kept = dropDisabledPodFields(pod.spec)
  const spec = syncAppArmor(mergeLabelKeys(kept, labels), pod.metadata.annotations ?? {})
  const isGated = (spec.schedulingGates ?? []).length > 0
  const status: PodStatus = {
    phase: 'Pending',
    ...(isGated ? { conditions: [{ ...gated, lastProbeTime: unset, lastTransitionTime: now }] } : {}),
    qosClass: pod.status?.qosClass || qosClassOf(spec),
  }
  return { ...pod, metadata: { ...pod.metadata, generation: 1 }, spec, status }
}

type Labels = Readonly<Record<string, string>>

/** Keys of labels that must equal, or differ from, the pod's own become requirements on their values. */
function mergeLabelKeys(spec: PodSpec, labels: Labels): PodSpec {
  const affinity = spec.affinity === undefined ? undefined : mergeAffinity(spec.affinity, labels)
  const constraints = mapShared(spec.topologySpreadConstraints, (constraint) => {
    const selector = withKeys(constraint.labelSelector, constraint.matchLabelKeys, [], labels)
    return selector === constraint.labelSelector ? constraint : { ...constraint, labelSelector: selector }
  })
  if (affinity === spec.affinity && constraints === spec.topologySpreadConstraints) return spec
  return {
    ...spec,
    ...(affinity === undefined ? {} : { affinity }),
    ...(constraints === undefined ? {} : { topologySpreadConstraints: constraints }),
  }
}

function mergeAffinity(affinity: Affinity, labels: Labels): Affinity {
  const podAffinity = mergePodAffinity(affinity.podAffinity, labels)
  const podAntiAffinity = mergePodAffinity(affinity.podAntiAffinity, labels)
  if (podAffinity === affinity.podAffinity && podAntiAffinity === affinity.podAntiAffinity) return affinity
  return {
    ...affinity,
    ...(podAffinity === undefined ? {} : { podAffinity }),
    ...(podAntiAffinity === undefined ? {} : { podAntiAffinity }),
  }
}

function mergePodAffinity(affinity: PodAffinity | undefined, labels: Labels): PodAffinity | undefined {
  if (affinity === undefined) return undefined
  const merge = (term: PodAffinityTerm): PodAffinityTerm => {
    const selector = withKeys(term.labelSelector, term.matchLabelKeys, term.mismatchLabelKeys, labels)
    return selector === term.labelSelector ? term : { ...term, labelSelector: selector }
  }
  const hard = mapShared(affinity.requiredDuringSchedulingIgnoredDuringExecution, merge)
  const soft = mapShared(affinity.preferredDuringSchedulingIgnoredDuringExecution, (weighted) => {
    const term = merge(weighted.podAffinityTerm)
    return term === weighted.podAffinityTerm ? weighted : { ...weighted, podAffinityTerm: term }
  })
  return {
    ...affinity,
    ...(hard === undefined ? {} : { requiredDuringSchedulingIgnoredDuringExecution: hard }),
    ...(soft === undefined ? {} : { preferredDuringSchedulingIgnoredDuringExecution: soft }),
  }
}

function withKeys(
  selector: LabelSelector | undefined,
  match: readonly string[] | undefined,
  mismatch: readonly string[] | undefined,
  labels: Labels,
): LabelSelector | undefined {
  if (selector === undefined) return undefined
  const requirements = (keys: readonly string[] | undefined, operator: string) =>
    (keys ?? []).flatMap((key) => {
      const value = ownValue(labels, key)
      return value === undefined ? [] : [{ key, operator, values: [value] }]
    })
  const added = [...requirements(match, 'In'), ...requirements(mismatch, 'NotIn')]
  if (added.length === 0) return selector
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] }
}

/** Old annotations about AppArmor become fields where they say something new. */
function syncAppArmor(spec: PodSpec, annotations: Labels): PodSpec {
  if (spec.os?.name === 'windows' || !Object.keys(annotations).some((key) => key.startsWith(appArmorPrefix)))
    return spec
  const sync = (container: Container): Container => {
    const profile = profileToSet(container, spec, annotations)
    if (profile === undefined) return container
    return { ...container, securityContext: { ...container.securityContext, appArmorProfile: profile } }
  }
  const initContainers = mapShared(spec.initContainers, sync)
  const containers = mapShared(spec.containers, sync) ?? []
  return { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) }
}

function profileToSet(container: Container, spec: PodSpec, annotations: Labels): AppArmorProfile | undefined {
  const text = annotations[`${appArmorPrefix}${container.name}`]
  if (text === undefined || container.securityContext?.appArmorProfile !== undefined) return undefined
  const profile = appArmorOfAnnotation(text)
  return sameProfile(profile, spec.securityContext?.appArmorProfile) ? undefined : profile
}

/** Containers of a requested pod whose annotation about AppArmor calls for a warning. */
export function appArmorAnnotationsInUse(spec: PodSpec, annotations: Labels): readonly string[] {
  if (spec.os?.name === 'windows') return []
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].flatMap((container) => {
    const key = `${appArmorPrefix}${container.name}`
    const text = annotations[key]
    if (text === undefined || container.securityContext?.appArmorProfile !== undefined) return []
    const known = appArmorOfAnnotation(text) !== undefined
    return known && profileToSet(container, spec, annotations) === undefined ? [] : [key]
  })
}

/** Counts the generation up when the spec changed. */
export const countPodGeneration = (pod: Pod, old: Pod): Pod =>
  countGeneration(pod, old, pod.spec !== old.spec && changed(pod.spec, old.spec))

export function preparePodForUpdate(pod: Pod, old: Pod): Pod {
  const kept = keepFields(pod, old, 'status')
  const spec = dropDisabledPodFields(kept.spec)
  return countPodGeneration(spec === kept.spec ? kept : { ...kept, spec }, old)
}

/** A status keeps the spec, the owners and the class; generations that a client left out stay as they were. */
export function preparePodStatus(pod: Pod, old: Pod): Pod {
  const { ownerReferences } = old.metadata
  const metadata =
    pod.metadata.ownerReferences === ownerReferences ? pod.metadata : { ...pod.metadata, ownerReferences }
  const paired = pairedAddresses(dropDisabledStatusFields(pod.status ?? {}, old.status ?? {}))
  const status = keepObservedGenerations(paired, old.status ?? {})
  const withClass = status.qosClass || !old.status?.qosClass ? status : { ...status, qosClass: old.status.qosClass }
  return { ...pod, metadata, spec: old.spec, status: withClass }
}

const statusLists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

/** Drops what features report that are off in v1.36, unless the stored status has it. */
function dropDisabledStatusFields(status: PodStatus, old: PodStatus): PodStatus {
  let kept = status
  if (status.nodeAllocatableResourceClaimStatuses !== undefined && !old.nodeAllocatableResourceClaimStatuses?.length) {
    kept = without(kept, 'nodeAllocatableResourceClaimStatuses')
  }
  const tellsVolumes = (list: (typeof statusLists)[number]): boolean =>
    old[list]?.some(({ volumeMounts }) => volumeMounts?.some(({ volumeStatus }) => volumeStatus !== undefined)) === true
  if (statusLists.some(tellsVolumes)) return kept
  for (const list of statusLists) {
    const statuses = mapShared(status[list], dropVolumeStatus)
    if (statuses !== status[list]) kept = { ...kept, [list]: statuses }
  }
  return kept
}

function dropVolumeStatus(status: ContainerStatus): ContainerStatus {
  const mounts = mapShared(status.volumeMounts, (mount) =>
    mount.volumeStatus === undefined ? mount : without(mount, 'volumeStatus'),
  )
  return mounts === status.volumeMounts ? status : { ...status, volumeMounts: mounts }
}

function keepObservedGenerations(status: PodStatus, old: PodStatus): PodStatus {
  const before = new Map<string, number[]>()
  for (const { type, observedGeneration = 0 } of old.conditions ?? []) {
    before.set(type, [...(before.get(type) ?? []), observedGeneration])
  }
  const conditions = mapShared(status.conditions, (condition) => {
    const stored = before.get(condition.type)?.shift() ?? 0
    return condition.observedGeneration || stored === 0 ? condition : { ...condition, observedGeneration: stored }
  })
  const generation = status.observedGeneration || old.observedGeneration
  if (conditions === status.conditions && generation === status.observedGeneration) return status
  return {
    ...status,
    ...(conditions === undefined ? {} : { conditions }),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
}

/** Metadata that only the main endpoint writes. */
function keepMetadata(pod: Pod, old: Pod): Pod {
  const { labels, annotations, finalizers, ownerReferences, deletionTimestamp } = old.metadata
  const kept = { labels, annotations, finalizers, ownerReferences, deletionTimestamp }
  return { ...pod, metadata: { ...pod.metadata, ...kept } }
}

/** Takes nothing but the ephemeral containers. */
export function prepareEphemeralContainers(pod: Pod, old: Pod): Pod {
  const { ephemeralContainers } = dropDisabledPodFields(pod.spec)
  const spec =
    ephemeralContainers === undefined ? without(old.spec, 'ephemeralContainers') : { ...old.spec, ephemeralContainers }
  return countPodGeneration({ ...keepMetadata(pod, old), spec, status: old.status }, old)
}

/** Takes nothing but resources and resize policies; containers that were added, removed or renamed are told later. */
export function prepareResize(pod: Pod, old: Pod): Pod {
  const { containers, initContainers = [], resources } = pod.spec
  const oldInit = old.spec.initContainers ?? []
  if (containers.length !== old.spec.containers.length || initContainers.length !== oldInit.length) {
    const kept = dropDisabledPodFields(pod.spec)
    return countPodGeneration(kept === pod.spec ? pod : { ...pod, spec: kept }, old)
  }
  const spec: PodSpec = {
    ...without(old.spec, 'resources'),
    containers: resized(containers, old.spec.containers),
    ...(oldInit.length === 0 ? {} : { initContainers: resized(initContainers, oldInit) }),
    ...(resources === undefined ? {} : { resources }),
  }
  return countPodGeneration({ ...keepMetadata(pod, old), spec: dropDisabledPodFields(spec), status: old.status }, old)
}

function resized(containers: readonly Container[], old: readonly Container[]): readonly Container[] {
  if (containers.some(({ name }, index) => name !== old[index]?.name)) return containers
  return old.map((container, index) => {
    const { resources = {}, resizePolicy } = containers[index] ?? container
    const kept = { ...without(container, 'resizePolicy'), resources }
    return resizePolicy === undefined ? kept : { ...kept, resizePolicy }
  })
}
