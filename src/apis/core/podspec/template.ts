import { type FieldError, forbiddenField } from '../../../apimachinery/index.ts'
import { validateAnnotations, validateLabels } from '../../meta/index.ts'
import type { PodTemplateSpec } from '../types.gen.ts'
import { dropInitAnnotations, validatePodAnnotations, validateProfilesMatch } from './annotations.ts'
import { defaultPodSpec } from './defaults.ts'
import { type PodValidationOptions, podTemplateValidationOptions } from './options.ts'
import { validatePodSpec } from './podspec.ts'

/** Fills what upstream fills in the template of a Job, a CronJob or a PodTemplate. Idempotent; shares unchanged parts. */
export function defaultPodTemplateSpec(template: PodTemplateSpec): PodTemplateSpec {
  const spec = defaultPodSpec(template.spec ?? { containers: [] })
  const metadata = dropInitAnnotations(template.metadata ?? {})
  return spec === template.spec && metadata === template.metadata ? template : { ...template, metadata, spec }
}

/**
 * What is wrong with a pod template; `path` is its own path, e.g. `spec.template`. For an update, give
 * `podTemplateValidationOptions(old template)`, so that what was stored before may stay.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodTemplateSpec
 */
export function validatePodTemplateSpec(
  template: PodTemplateSpec,
  path: string,
  options: PodValidationOptions = podTemplateValidationOptions(undefined),
): readonly FieldError[] {
  const { metadata, spec } = template
  const annotations = metadata?.annotations
  const errors: FieldError[] = []
  errors.push(...validateLabels(metadata?.labels, `${path}.labels`))
  errors.push(...validateAnnotations(annotations, `${path}.annotations`))
  validatePodAnnotations(annotations, spec, `${path}.annotations`, options, errors)
  errors.push(...validatePodSpec(spec, `${path}.spec`, options))
  validateProfilesMatch(annotations, spec, `${path}.spec`, errors)
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const text = 'ephemeral containers not allowed in pod template'
    errors.push(forbiddenField(`${path}.spec.ephemeralContainers`, text))
  }
  return errors
}
