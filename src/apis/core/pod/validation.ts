/**
 * What holds for a pod when it is made and when its spec is changed.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodCreate, ValidatePodUpdate
 */
import { type FieldError, forbiddenField, invalid, required } from '../../../apimachinery/index.ts'
import { changed } from '../../generic/index.ts'
import {
  inclusiveRange,
  isDNS1123Subdomain,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
} from '../../meta/index.ts'
import {
  appArmorPrefix,
  mirrorAnnotation,
  validatePodAnnotations,
  validateProfilesMatch,
} from '../podspec/annotations.ts'
import { validateContainerOfPod } from '../podspec/containers.ts'
import { type PodValidationOptions, podValidationOptions } from '../podspec/options.ts'
import { validatePodSpec } from '../podspec/podspec.ts'
import { validateTolerations } from '../podspec/scheduling.ts'
import type { Container, NodeAffinity, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../types.gen.ts'
import { specDifference } from './spec-diff.ts'

/** The rules for a pod that replaces `old`, or for a new one. */
export const optionsFor = (old: Pod | undefined): PodValidationOptions =>
  podValidationOptions(old?.spec, old?.metadata, true)

/** What holds for every pod, new or changed. */
export function validatePodAndSpec(pod: Pod, options: PodValidationOptions): FieldError[] {
  const { metadata, spec } = pod
  const errors: FieldError[] = [...validateCoreObjectMeta(metadata, true, nameIsDNSSubdomain)]
  validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations', options, errors)
  errors.push(...validatePodSpec(spec, 'spec', options, metadata))
  if (!spec.serviceAccountName) forbidTokens(spec, errors)
  spec.containers?.forEach((container, index) => {
    validateContainerOfPod(container, `spec.containers[${index}]`, errors)
  })
  spec.initContainers?.forEach((container, index) => {
    validateContainerOfPod(container, `spec.initContainers[${index}]`, errors)
  })
  return errors
}

function forbidTokens(spec: PodSpec, errors: FieldError[]): void {
  spec.volumes?.forEach(({ projected }, volume) => {
    projected?.sources?.forEach(({ serviceAccountToken }, index) => {
      if (serviceAccountToken === undefined) return
      const field = `spec.volumes[${volume}].projected.sources[${index}].serviceAccountToken`
      errors.push(forbiddenField(field, 'must not be specified when serviceAccountName is not set'))
    })
  })
}

export function validatePodCreate(pod: Pod): readonly FieldError[] {
  const { spec, metadata } = pod
  const errors = validatePodAndSpec(pod, optionsFor(undefined))
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'))
  }
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  }
  validateProfilesMatch(metadata.annotations, spec, 'spec', errors)
  return errors
}

/** Annotations that may not come, go or change, and then the rules for new ones. */
export function validateAnnotationUpdate(
  pod: Pod,
  old: Pod,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const { annotations = {} } = pod.metadata
  const { annotations: before = {} } = old.metadata
  if (annotations !== before) {
    for (const key of Object.keys(before)) {
      if (annotations[key] !== before[key]) forbidAnnotation(key, 'remove or update', errors)
    }
    for (const key of Object.keys(annotations)) {
      if (before[key] === undefined) forbidAnnotation(key, 'add', errors)
    }
  }
  validatePodAnnotations(pod.metadata.annotations, pod.spec, 'metadata.annotations', options, errors)
}

function forbidAnnotation(key: string, what: string, errors: FieldError[]): void {
  const field = `metadata.annotations[${key}]`
  if (key.startsWith(appArmorPrefix)) errors.push(forbiddenField(field, `may not ${what} AppArmor annotations`))
  if (key === mirrorAnnotation) errors.push(forbiddenField(field, `may not ${what} mirror pod annotation`))
}

/**
 * Whether an update leaves alone what the rules of pods look at. The stored spec has been found right with its metadata;
 * only the node may have come without a look at its name.
 */
const keepsSpec = ({ spec, metadata }: Pod, old: Pod): boolean =>
  spec === old.spec &&
  metadata.annotations === old.metadata.annotations &&
  metadata.name === old.metadata.name &&
  (!spec.nodeName || isDNS1123Subdomain(spec.nodeName).length === 0)

export function validatePodUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  if (keepsSpec(pod, old)) {
    const changes = validateCoreObjectMetaUpdate(pod.metadata, old.metadata)
    const all = validateCoreObjectMeta(pod.metadata, true, nameIsDNSSubdomain, 'metadata', old.metadata)
    return changes.length === 0 ? all : [...changes, ...all]
  }
  const options = optionsFor(old)
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(pod.metadata, old.metadata)]
  errors.push(...validatePodAndSpec(pod, options))
  validateAnnotationUpdate(pod, old, options, errors)
  if (!validateImages(pod.spec.containers, old.spec.containers, 'spec.containers', errors)) return errors
  if (!validateImages(pod.spec.initContainers, old.spec.initContainers, 'spec.initContainers', errors)) return errors
  if (!validateDeadlineUpdate(pod.spec, old.spec, errors)) return errors
  validateAddedTolerations(pod.spec.tolerations ?? [], old.spec.tolerations ?? [], options, errors)
  validateRemovedGates(pod.spec, old.spec, errors)
  if (pod.spec !== old.spec && changed(pod.spec, old.spec)) validateUnchanged(pod.spec, old.spec, errors)
  return errors
}

/** False when nothing more can be compared, because containers came or went. */
function validateImages(
  containers: readonly Container[] = [],
  old: readonly Container[] = [],
  path: string,
  errors: FieldError[],
): boolean {
  if (containers.length !== old.length) {
    errors.push(forbiddenField(path, 'pod updates may not add or remove containers'))
    return false
  }
  containers.forEach((container, index) => {
    if (!container.image) errors.push(required(`${path}[${index}].image`))
    validateContainerOfPod(container, `${path}[${index}]`, errors)
  })
  return true
}

/** A deadline may be set, and come nearer. */
function validateDeadlineUpdate(spec: PodSpec, old: PodSpec, errors: FieldError[]): boolean {
  const field = 'spec.activeDeadlineSeconds'
  const deadline = spec.activeDeadlineSeconds
  const before = old.activeDeadlineSeconds
  if (deadline === undefined) {
    if (before !== undefined) {
      errors.push(invalid(field, undefined, 'must not update from a positive integer to nil value'))
    }
    return true
  }
  if (deadline < 0 || deadline > 2147483647) {
    errors.push(invalid(field, deadline, inclusiveRange(0, 2147483647)))
    return false
  }
  if (before !== undefined && before < deadline) {
    errors.push(invalid(field, deadline, 'must be less than or equal to previous value'))
    return false
  }
  return true
}

const sameButSeconds = (a: Toleration, b: Toleration): boolean =>
  (['key', 'operator', 'value', 'effect'] as const).every((name) => (a[name] ?? '') === (b[name] ?? ''))

function validateAddedTolerations(
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const path = 'spec.tolerations'
  if (!old.every((before) => tolerations.some((toleration) => sameButSeconds(before, toleration)))) {
    errors.push(forbiddenField(path, 'existing toleration can not be modified except its tolerationSeconds'))
    return
  }
  validateTolerations(tolerations, path, options, errors)
}

function validateRemovedGates(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name))
  spec.schedulingGates?.forEach(({ name }, index) => {
    if (before.has(name)) return
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`
    errors.push(forbiddenField(`spec.schedulingGates[${index}].name`, text))
  })
}

const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

/** Puts the stored values of all changeable fields into the new spec; what differs then may not. */
function validateUnchanged(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const withOldImages = (containers: readonly Container[], before: readonly Container[]): readonly Container[] =>
    containers.map((container, index) => ({ ...container, image: before[index]?.image }))
  const init = spec.initContainers
  let munged: PodSpec = {
    ...spec,
    containers: withOldImages(spec.containers, old.containers),
    ...(init === undefined ? {} : { initContainers: withOldImages(init, old.initContainers ?? []) }),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
  }
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1) {
    munged = { ...munged, terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }
  }
  if ((old.schedulingGates ?? []).length > 0) munged = mungeGated(munged, old, errors)
  if (!changed(munged, old)) return
  const text = `pod updates may not change fields other than ${changeable}\n${specDifference('PodSpec', old, munged)}`
  errors.push(forbiddenField('spec', text))
}

/** Pods that wait for their gates may narrow down where they run. */
function mungeGated(spec: PodSpec, old: PodSpec, errors: FieldError[]): PodSpec {
  let munged = spec
  if (changed(spec.nodeSelector, old.nodeSelector)) {
    const kept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value)
    if (!kept) {
      const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
      errors.push(invalid('spec.nodeSelector', spec.nodeSelector, text))
    }
    munged = { ...munged, nodeSelector: old.nodeSelector }
  }
  const nodeAffinity = spec.affinity?.nodeAffinity
  const before = old.affinity?.nodeAffinity
  if (!changed(nodeAffinity, before)) return munged
  validateNodeAffinityUpdate(nodeAffinity, before, errors)
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  const onlyNodes = podAffinity === undefined && podAntiAffinity === undefined
  if (old.affinity === undefined && onlyNodes) return { ...munged, affinity: undefined }
  return { ...munged, affinity: { ...spec.affinity, nodeAffinity: before } }
}

function validateNodeAffinityUpdate(
  affinity: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
  errors: FieldError[],
): void {
  const name = 'requiredDuringSchedulingIgnoredDuringExecution'
  const field = `spec.affinity.nodeAffinity.${name}.nodeSelectorTerms`
  const before = old?.[name]?.nodeSelectorTerms ?? []
  const terms = affinity?.[name]?.nodeSelectorTerms ?? []
  if (before.length === 0) return
  if (before.length !== terms.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'
    errors.push(invalid(field, terms, text))
    return
  }
  before.forEach((term, index) => {
    const now = terms[index] ?? {}
    if (addsOnly(now, term)) return
    errors.push(invalid(`${field}[${index}]`, now, 'only additions are allowed (no mutations or deletions)'))
  })
}

function addsOnly(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every((name) => (old[name] ?? []).length === 0)) {
    return lists.every((name) => (term[name] ?? []).length === 0)
  }
  return lists.every((name) => {
    const before = old[name] ?? []
    return !changed((term[name] ?? []).slice(0, before.length), before)
  })
}
