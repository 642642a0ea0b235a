import { type FieldError, type ObjectMeta, required } from '../../../apimachinery/index.ts'
import type { PodSpec } from '../types.gen.ts'
import type { PodValidationOptions } from './options.ts'

/** What is wrong with a pod spec at `path`. */
export function validatePodSpec(
  spec: PodSpec,
  path: string,
  _options: PodValidationOptions = {},
  _metadata?: ObjectMeta,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if ((spec?.containers ?? []).length === 0) errors.push(required(`${path}.containers`))
  return errors
}
