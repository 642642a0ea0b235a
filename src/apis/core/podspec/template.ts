import { child, type FieldError, forbiddenField } from '../../../apimachinery/index.ts'
import { validateAnnotations, validateLabels } from '../../meta/index.ts'
import type { PodTemplateSpec } from '../types.gen.ts'
import { defaultPodSpec } from './defaults.ts'
import type { PodValidationOptions } from './options.ts'
import { validatePodSpec } from './podspec.ts'

/** Fills what upstream fills in the template of a Job, a CronJob or a PodTemplate. Idempotent; shares unchanged parts. */
export function defaultPodTemplateSpec(template: PodTemplateSpec): PodTemplateSpec {
  const spec = defaultPodSpec(template.spec)
  return spec === template.spec ? template : { ...template, spec }
}

/**
 * What is wrong with a pod template; `path` is its own path, e.g. `spec.template`.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodTemplateSpec
 */
export function validatePodTemplateSpec(
  template: PodTemplateSpec,
  path: string,
  options: PodValidationOptions = {},
): readonly FieldError[] {
  const { metadata, spec } = template
  const errors: FieldError[] = []
  errors.push(...validateLabels(metadata?.labels, child(path, 'labels')))
  errors.push(...validateAnnotations(metadata?.annotations, child(path, 'annotations')))
  errors.push(...validatePodSpec(spec, child(path, 'spec'), options, metadata))
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const text = 'ephemeral containers not allowed in pod template'
    errors.push(forbiddenField(child(path, 'spec', 'ephemeralContainers'), text))
  }
  return errors
}
