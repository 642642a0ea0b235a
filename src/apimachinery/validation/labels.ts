/**
 * Checks of whole label maps and label selectors, as field errors.
 *
 * @source kubernetes v1.36 apimachinery/pkg/apis/meta/v1/validation/validation.go
 */
import { child, type FieldError, forbiddenField, invalid, item, required } from '../field/errors.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../meta/types.gen.ts'
import { labelValueProblems, qualifiedNameProblems } from './names.ts'

/** Whether a label key is well formed; all errors carry the path of the map. */
export const labelNameErrors = (name: string, path: string): readonly FieldError[] =>
  qualifiedNameProblems(name).map((problem) => invalid(path, name, problem))

const none: readonly FieldError[] = []

/** Whether nothing is wrong; which is nearly always so, and then no order of errors matters. */
function areFine(labels: Readonly<Record<string, string>>): boolean {
  for (const key in labels) {
    if (!isKnownKey(key)) return false
    if (labelValueProblems(labels[key] as string).length > 0) return false
  }
  return true
}

/** Keys that were found to be right: there are few, and they come again with every object. */
const knownKeys = new Set<string>()
const mostKnownKeys = 1024

function isKnownKey(key: string): boolean {
  if (knownKeys.has(key)) return true
  if (qualifiedNameProblems(key).length > 0) return false
  if (knownKeys.size >= mostKnownKeys) knownKeys.clear()
  knownKeys.add(key)
  return true
}

/** Errors of a map of labels, in the order of its keys; none for a map that is absent. */
export function labelErrors(labels: Readonly<Record<string, string>> | undefined, path: string): readonly FieldError[] {
  if (labels === undefined || areFine(labels)) return none
  const errors: FieldError[] = []
  for (const key of Object.keys(labels).sort()) {
    const value = labels[key] as string
    errors.push(...labelNameErrors(key, path))
    for (const problem of labelValueProblems(value)) errors.push(invalid(path, value, problem))
  }
  return errors
}

/** Errors of a label selector; an absent one has none. `allowInvalidValues` spares values that are stored already. */
export function labelSelectorErrors(
  selector: LabelSelector | undefined,
  path: string,
  allowInvalidValues = false,
): readonly FieldError[] {
  if (selector === undefined) return []
  const errors = [...labelErrors(selector.matchLabels, child(path, 'matchLabels'))]
  selector.matchExpressions?.forEach((requirement, index) => {
    errors.push(...expressionErrors(requirement, item(child(path, 'matchExpressions'), index), allowInvalidValues))
  })
  return errors
}

function expressionErrors(
  { key = '', operator = '', values = [] }: LabelSelectorRequirement,
  path: string,
  allowInvalidValues: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(child(path, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        forbiddenField(child(path, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      )
  } else {
    errors.push(invalid(child(path, 'operator'), operator, 'not a valid selector operator'))
  }
  errors.push(...labelNameErrors(key, child(path, 'key')))
  if (allowInvalidValues) return errors
  values.forEach((value, index) => {
    for (const problem of labelValueProblems(value))
      errors.push(invalid(item(child(path, 'values'), index), value, problem))
  })
  return errors
}
