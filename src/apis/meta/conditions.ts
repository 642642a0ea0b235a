/**
 * Conditions in statuses.
 *
 * @source kubernetes v1.36 apimachinery/pkg/apis/meta/v1/validation, ValidateConditions
 */
import {
  type Condition,
  duplicate,
  type FieldError,
  invalid,
  labelNameErrors,
  notSupported,
  required,
  tooLong,
} from '../../apimachinery/index.ts'
import { byteLength, isConditionReason } from './formats.ts'

export function validateConditions(conditions: readonly Condition[] | undefined, path: string): readonly FieldError[] {
  const types = new Set<string>()
  return (conditions ?? []).flatMap((condition, index) => {
    const at = `${path}[${index}]`
    const twice = types.has(condition.type) ? [duplicate(`${at}.type`, condition.type)] : []
    types.add(condition.type)
    return [...twice, ...validateCondition(condition, at)]
  })
}

function validateCondition(condition: Condition, path: string): readonly FieldError[] {
  const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
  const errors: FieldError[] = [...labelNameErrors(type, `${path}.type`)]
  const statuses = ['False', 'True', 'Unknown']
  if (!statuses.includes(status)) errors.push(notSupported(`${path}.status`, status, statuses))
  if (observedGeneration < 0) {
    const text = 'must be greater than or equal to zero'
    errors.push(invalid(`${path}.observedGeneration`, observedGeneration, text))
  }
  if (!lastTransitionTime) errors.push(required(`${path}.lastTransitionTime`))
  if (reason === '') errors.push(required(`${path}.reason`))
  else {
    for (const text of isConditionReason(reason)) errors.push(invalid(`${path}.reason`, reason, text))
    if (byteLength(reason) > 1024) errors.push(tooLong(`${path}.reason`, 1024))
  }
  if (byteLength(message) > 32768) errors.push(tooLong(`${path}.message`, 32768))
  return errors
}
