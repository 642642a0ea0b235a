import { type FieldError, notSupported, required } from '../../../apimachinery/index.ts'
import type { Binding } from '../types.gen.ts'

/**
 * What is wrong with the binding of a pod to a node.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodBinding
 */
export function validateBinding({ target }: Binding): readonly FieldError[] {
  const errors: FieldError[] = []
  if (target?.kind && target.kind !== 'Node') {
    errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']))
  }
  if (!target?.name) errors.push(required('target.name'))
  return errors
}
