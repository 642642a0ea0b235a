/**
 * The failure policy and the success policy of a Job.
 *
 * @source kubernetes v1.36 pkg/apis/batch/validation/validation.go, validatePodFailurePolicy, validateSuccessPolicy
 */
import {
  child,
  duplicate,
  type FieldError,
  invalid,
  invalidOmitted,
  item,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../apimachinery/index.ts'
import { invalidEach, isLabelKey, validateNonnegative } from '../meta/index.ts'
import { parseIndexes } from './indexes.ts'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from './types.gen.ts'

const maxRules = 20
const maxExitCodes = 255
const maxPodConditions = 20
const maxSucceededIndexesBytes = 64 * 1024

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'] as const
const operators = ['In', 'NotIn'] as const
const conditionStatuses = ['False', 'True', 'Unknown'] as const

/** A choice that must be made: nothing given, and something unknown given, are told differently. */
function validateChoice(value: string | undefined, choices: readonly string[], path: string): readonly FieldError[] {
  if (!value) return [required(path, `valid values: [${choices.map((choice) => `"${choice}"`).join(' ')}]`)]
  return choices.includes(value) ? [] : [notSupported(path, value, choices)]
}

/** `path` is that of the Job spec. */
export function validatePodFailurePolicy(spec: JobSpec, path: string): readonly FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const at = child(path, 'podFailurePolicy', 'rules')
  const { initContainers, containers } = spec.template.spec
  const containerNames = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name))
  return [
    ...(rules.length > maxRules ? [tooMany(at, rules.length, maxRules)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(rule, spec, item(at, index), containerNames)),
  ]
}

function validateFailureRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  spec: JobSpec,
  path: string,
  containerNames: ReadonlySet<string>,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(child(path, 'action'), action, 'requires the backoffLimitPerIndex to be set'))
  } else errors.push(...validateChoice(action, actions, child(path, 'action')))
  if (onExitCodes !== undefined) {
    errors.push(...validateExitCodes(onExitCodes, child(path, 'onExitCodes'), containerNames))
  }
  const conditionsPath = child(path, 'onPodConditions')
  if (onPodConditions.length > maxPodConditions) {
    errors.push(tooMany(conditionsPath, onPodConditions.length, maxPodConditions))
  }
  onPodConditions.forEach((pattern, index) => {
    errors.push(...validatePattern(pattern, item(conditionsPath, index)))
  })
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    errors.push(invalidOmitted(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.push(invalidOmitted(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

const validatePattern = (
  { type, status }: PodFailurePolicyOnPodConditionsPattern,
  path: string,
): readonly FieldError[] => [
  ...invalidEach(child(path, 'type'), type ?? '', isLabelKey(type ?? '')),
  ...validateChoice(status, conditionStatuses, child(path, 'status')),
]

function validateExitCodes(
  { operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement,
  path: string,
  containerNames: ReadonlySet<string>,
): readonly FieldError[] {
  const errors: FieldError[] = [...validateChoice(operator, operators, child(path, 'operator'))]
  if (containerName !== undefined && !containerNames.has(containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(child(path, 'containerName'), containerName, text))
  }
  const valuesPath = child(path, 'values')
  const codes = values ?? []
  if (codes.length === 0) errors.push(invalid(valuesPath, values, 'at least one value is required'))
  else if (codes.length > maxExitCodes) errors.push(tooMany(valuesPath, codes.length, maxExitCodes))
  const seen = new Set<number>()
  let ordered = true
  codes.forEach((code, index) => {
    if (code === 0 && operator === 'In') {
      errors.push(invalid(item(valuesPath, index), code, 'must not be 0 for the In operator'))
    }
    if (seen.has(code)) errors.push(duplicate(item(valuesPath, index), code))
    else seen.add(code)
    if (index > 0 && (codes[index - 1] ?? code) > code) ordered = false
  })
  if (!ordered) errors.push(invalid(valuesPath, values, 'must be ordered'))
  return errors
}

/** For Indexed Jobs; `path` is that of the Job spec. */
export function validateSuccessPolicy(spec: JobSpec, path: string): readonly FieldError[] {
  const at = child(path, 'successPolicy', 'rules')
  const rules = spec.successPolicy?.rules ?? []
  if (rules.length === 0) {
    return [required(at, 'at least one rules must be specified when the successPolicy is specified')]
  }
  return [
    ...(rules.length > maxRules ? [tooMany(at, rules.length, maxRules)] : []),
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, item(at, index))),
  ]
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  path: string,
): readonly FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')]
  }
  const errors: FieldError[] = []
  let listed = 0
  if (succeededIndexes !== undefined) {
    const at = child(path, 'succeededIndexes')
    if (succeededIndexes.length > maxSucceededIndexesBytes) errors.push(tooLong(at, maxSucceededIndexesBytes))
    const parsed = parseIndexes(succeededIndexes, completions)
    if (parsed.ok) listed = parsed.value.count
    else errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${parsed.error}`))
  }
  if (succeededCount === undefined) return errors
  const at = child(path, 'succeededCount')
  errors.push(...validateNonnegative(succeededCount, at))
  const atMost = (limit: number, what: string): FieldError =>
    invalid(at, succeededCount, `must be less than or equal to ${limit} (${what})`)
  if (succeededCount > completions) errors.push(atMost(completions, 'the number of specified completions'))
  if (succeededIndexes !== undefined && succeededCount > listed) {
    errors.push(atMost(listed, 'the number of indexes in the specified succeededIndexes field'))
  }
  return errors
}
