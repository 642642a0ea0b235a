/**
 * Annotations of pods that mean something.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodSpecificAnnotations,
 * validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate
 */
import { type FieldError, forbiddenField, invalid, type ObjectMeta, quoted } from '../../../apimachinery/index.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile } from '../types.gen.ts'
import { deletionCostAnnotation, isDeletionCost, type PodValidationOptions } from './options.ts'
import { validateDescendingPath } from './paths.ts'
import { visitContainers } from './visit.ts'

type Annotations = Readonly<Record<string, string>>

export const mirrorAnnotation = 'kubernetes.io/config.mirror'
export const seccompPodAnnotation = 'seccomp.security.alpha.kubernetes.io/pod'
export const seccompContainerPrefix = 'container.seccomp.security.alpha.kubernetes.io/'
export const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

export function validatePodAnnotations(
  annotations: Annotations | undefined,
  spec: PodSpec,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  if (annotations === undefined) return
  const mirror = annotations[mirrorAnnotation]
  if (mirror !== undefined && !spec.nodeName) {
    const text = 'must set spec.nodeName if mirror pod annotation is set'
    errors.push(invalid(`${path}[${mirrorAnnotation}]`, mirror, text))
  }
  const cost = annotations[deletionCostAnnotation]
  if (cost !== undefined && options.allowInvalidDeletionCost !== true && !isDeletionCost(cost)) {
    errors.push(invalid(`${path}[${deletionCostAnnotation}]`, cost, 'must be a 32bit integer'))
  }
  for (const key of Object.keys(annotations)) {
    if (key === seccompPodAnnotation || key.startsWith(seccompContainerPrefix)) {
      validateSeccompText(annotations[key] as string, `${path}.${key}`, errors)
    }
  }
  for (const key of Object.keys(annotations)) {
    if (key.startsWith(appArmorPrefix)) validateAppArmorText(key, annotations[key] as string, spec, path, errors)
  }
}

function validateSeccompText(text: string, field: string, errors: FieldError[]): void {
  if (text === 'runtime/default' || text === 'docker/default' || text === 'unconfined') return
  if (text.startsWith('localhost/')) validateDescendingPath(text.slice('localhost/'.length), field, errors)
  else errors.push(invalid(field, text, 'must be a valid seccomp profile'))
}

function validateAppArmorText(key: string, text: string, spec: PodSpec, path: string, errors: FieldError[]): void {
  const field = `${path}[${key}]`
  const name = key.slice(appArmorPrefix.length)
  let found = false
  visitContainers(spec, '', (container) => {
    found ||= container.name === name
  })
  if (!found) errors.push(invalid(field, name, 'container not found'))
  if (text === '' || text === 'runtime/default' || text === 'unconfined' || text.startsWith('localhost/')) return
  errors.push(invalid(field, text, `invalid AppArmor profile name: ${quoted(text)}`))
}

type Profile = SeccompProfile | AppArmorProfile

/** Where an annotation and a field say the same, they must agree. */
function validateMatch(
  what: string,
  annotation: string,
  { type, localhostProfile }: Profile,
  path: string,
  defaults: readonly string[],
  errors: FieldError[],
): void {
  const typeFits =
    type === 'Unconfined'
      ? annotation === 'unconfined'
      : type === 'RuntimeDefault'
        ? defaults.includes(annotation)
        : type !== 'Localhost' || annotation.startsWith('localhost/')
  if (!typeFits) errors.push(forbiddenField(`${path}.type`, `${what} type in annotation and field must match`))
  else if (type === 'Localhost' && annotation.slice('localhost/'.length) !== localhostProfile) {
    errors.push(forbiddenField(`${path}.localhostProfile`, `${what} profile in annotation and field must match`))
  }
}

export function validateProfilesMatch(
  annotations: Annotations | undefined,
  spec: PodSpec,
  path: string,
  errors: FieldError[],
): void {
  if (annotations === undefined) return
  const seccompDefaults = ['runtime/default', 'docker/default']
  const ofPod = spec.securityContext?.seccompProfile
  const podText = annotations[seccompPodAnnotation]
  if (ofPod !== undefined && podText !== undefined) {
    validateMatch('seccomp', podText, ofPod, `${path}.securityContext.seccompProfile`, seccompDefaults, errors)
  }
  visitContainers(spec, path, ({ name, securityContext }, at) => {
    const profile = securityContext?.seccompProfile
    const text = annotations[`${seccompContainerPrefix}${name}`]
    if (profile === undefined || text === undefined) return
    validateMatch('seccomp', text, profile, `${at}.securityContext.seccompProfile`, seccompDefaults, errors)
  })
  if (spec.os?.name === 'windows') return
  visitContainers(spec, path, ({ name, securityContext }, at) => {
    const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile
    const text = annotations[`${appArmorPrefix}${name}`]
    if (profile === undefined || text === undefined) return
    validateMatch('apparmor', text, profile, `${at}.securityContext.appArmorProfile`, ['runtime/default'], errors)
  })
}

const initAnnotations: readonly string[] = ['alpha', 'beta'].flatMap((stage) =>
  ['init-containers', 'init-container-statuses'].map((name) => `pod.${stage}.kubernetes.io/${name}`),
)

/**
 * Old annotations that once stood for init containers are dropped from pods and templates.
 *
 * @source kubernetes v1.36 pkg/apis/core/v1/conversion.go, dropInitContainerAnnotations
 */
export function dropInitAnnotations(metadata: ObjectMeta): ObjectMeta {
  const annotations = metadata?.annotations
  if (annotations === undefined || !initAnnotations.some((key) => annotations[key] !== undefined)) return metadata
  const kept = Object.entries(annotations).filter(([key]) => !initAnnotations.includes(key))
  return { ...metadata, annotations: Object.fromEntries(kept) }
}
