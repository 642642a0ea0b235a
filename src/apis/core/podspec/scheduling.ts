/**
 * Where a pod may run: affinities, tolerations, spreading, gates.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateAffinity, ValidateTolerations,
 * validateTopologySpreadConstraints, validateSchedulingGates
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  type LabelSelector,
  notSupported,
  required,
} from '../../../apimachinery/index.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelKey,
  isLabelValue,
  validateLabelSelector,
} from '../../meta/index.ts'
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from '../types.gen.ts'
import { addInvalid, validateOneOf } from './formats.ts'
import type { PodValidationOptions } from './options.ts'

const takesValues = "must be specified when `operator` is 'In' or 'NotIn'"
const takesNoValues = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
const hard = 'requiredDuringSchedulingIgnoredDuringExecution'
const soft = 'preferredDuringSchedulingIgnoredDuringExecution'

function validateNodeRequirement(
  { key = '', operator, values = [] }: NodeSelectorRequirement,
  path: string,
  anyValue: boolean,
  errors: FieldError[],
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(`${path}.values`, takesValues))
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.push(forbiddenField(`${path}.values`, takesNoValues))
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
      }
      break
    default:
      errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'))
  }
  addInvalid(errors, `${path}.key`, key, isLabelKey(key))
  if (anyValue) return
  values.forEach((value, index) => {
    addInvalid(errors, `${path}.values[${index}]`, value, isLabelValue(value))
  })
}

function validateFieldRequirement(
  { key = '', operator, values = [] }: NodeSelectorRequirement,
  path: string,
  errors: FieldError[],
): void {
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'))
  } else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required(`${path}.values`, text))
  }
  if (key !== 'metadata.name') {
    errors.push(invalid(`${path}.key`, key, 'not a valid field selector key'))
    return
  }
  values.forEach((value, index) => {
    addInvalid(errors, `${path}.values[${index}]`, value, isDNS1123Subdomain(value))
  })
}

function validateNodeTerm(term: NodeSelectorTerm, path: string, anyValue: boolean, errors: FieldError[]): void {
  term.matchExpressions?.forEach((requirement, index) => {
    validateNodeRequirement(requirement, `${path}.matchExpressions[${index}]`, anyValue, errors)
  })
  term.matchFields?.forEach((requirement, index) => {
    validateFieldRequirement(requirement, `${path}.matchFields[${index}]`, errors)
  })
}

const validateWeight = (weight: number | undefined, path: string, errors: FieldError[]): void => {
  const value = weight ?? 0
  if (value <= 0 || value > 100) errors.push(invalid(`${path}.weight`, value, 'must be in the range 1-100'))
}

export function validateAffinity(
  affinity: Affinity | undefined,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  if (affinity === undefined) return
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity
  if (nodeAffinity !== undefined) {
    const selector = nodeAffinity[hard]
    if (selector !== undefined) {
      const at = `${path}.nodeAffinity.${hard}.nodeSelectorTerms`
      const terms = selector.nodeSelectorTerms ?? []
      if (terms.length === 0) errors.push(required(at, 'must have at least one node selector term'))
      terms.forEach((term, index) => {
        validateNodeTerm(term, `${at}[${index}]`, options.allowInvalidNodeAffinityValues === true, errors)
      })
    }
    nodeAffinity[soft]?.forEach(({ weight, preference = {} }, index) => {
      const at = `${path}.nodeAffinity.${soft}[${index}]`
      validateWeight(weight, at, errors)
      validateNodeTerm(preference, `${at}.preference`, true, errors)
    })
  }
  if (podAffinity !== undefined) validatePodAffinity(podAffinity, `${path}.podAffinity`, options, errors)
  if (podAntiAffinity !== undefined) validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`, options, errors)
}

function validatePodAffinity(
  affinity: PodAffinity,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  affinity[hard]?.forEach((term, index) => {
    validatePodTerm(term, `${path}.${hard}[${index}]`, options, errors)
  })
  affinity[soft]?.forEach(({ weight, podAffinityTerm }, index) => {
    const at = `${path}.${soft}[${index}]`
    validateWeight(weight, at, errors)
    validatePodTerm(podAffinityTerm ?? { topologyKey: '' }, `${at}.podAffinityTerm`, options, errors)
  })
}

function validatePodTerm(
  term: PodAffinityTerm,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const selectorOptions = { allowInvalidValues: options.allowInvalidSelectorValues === true }
  const { labelSelector, namespaceSelector, topologyKey = '' } = term
  errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`, selectorOptions))
  errors.push(...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`, selectorOptions))
  for (const name of term.namespaces ?? []) addInvalid(errors, `${path}.namespace`, name, isDNS1123Label(name))
  validateLabelKeys(path, term.matchLabelKeys, term.mismatchLabelKeys, labelSelector, errors)
  if (topologyKey === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'))
  addInvalid(errors, `${path}.topologyKey`, topologyKey, isLabelKey(topologyKey))
}

/** Keys whose values come from the pod's own labels; the selector may not name the same key. */
function validateLabelKeys(
  path: string,
  match: readonly string[] = [],
  mismatch: readonly string[] = [],
  selector: LabelSelector | undefined,
  errors: FieldError[],
): void {
  validateKeyList(`${path}.matchLabelKeys`, match, selector, errors)
  validateKeyList(`${path}.mismatchLabelKeys`, mismatch, selector, errors)
  if (selector !== undefined) {
    const used = new Set(Object.keys(selector.matchLabels ?? {}))
    for (const { key } of selector.matchExpressions ?? []) {
      const index = match.lastIndexOf(key)
      if (index >= 0 && used.has(key)) {
        errors.push(invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector'))
      }
      used.add(key)
    }
  }
  match.forEach((key, index) => {
    if (!mismatch.includes(key)) return
    errors.push(invalid(`${path}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'))
  })
}

function validateKeyList(
  path: string,
  keys: readonly string[],
  selector: LabelSelector | undefined,
  errors: FieldError[],
): void {
  if (keys.length === 0) return
  if (selector === undefined) {
    errors.push(forbiddenField(path, 'must not be specified when labelSelector is not set'))
    return
  }
  keys.forEach((key, index) => {
    addInvalid(errors, `${path}[${index}]`, key, isLabelKey(key))
  })
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/** The effect of a taint; a toleration may leave it empty. */
export function validateTaintEffect(effect: string, path: string, errors: FieldError[]): void {
  validateOneOf(effect, effects, path, errors)
}

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  tolerations?.forEach((toleration, index) => {
    validateToleration(toleration, `${path}[${index}]`, options, errors)
  })
}

function validateToleration(
  { key = '', operator = '', value = '', effect = '', tolerationSeconds }: Toleration,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  if (key !== '') addInvalid(errors, `${path}.key`, key, isLabelKey(key))
  if (key === '' && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.push(invalid(`${path}.operator`, operator, text))
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
  }
  validateTolerationValue(operator, value, path, options, errors)
  if (effect !== '') validateTaintEffect(effect, `${path}.effect`, errors)
}

function validateTolerationValue(
  operator: string,
  value: string,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  switch (operator) {
    case '':
    case 'Equal': {
      const texts = isLabelValue(value)
      if (texts.length > 0) errors.push(invalid(`${path}.operator`, value, texts.join(';')))
      return
    }
    case 'Exists':
      if (value !== '') {
        errors.push(invalid(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
      }
      return
    case 'Lt':
    case 'Gt':
      if (options.allowTolerationComparison !== true) {
        errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists', 'Lt', 'Gt']))
      } else if (!/^(0|-?[1-9]\d*)$/.test(value)) {
        const text = value === '' ? 'must be non-empty' : 'must be a valid decimal integer in canonical form'
        errors.push(invalid(`${path}.value`, value, text))
      }
      return
    default:
      errors.push(notSupported(`${path}.operator`, operator, ['Equal', 'Exists']))
  }
}

export function validateSchedulingGates(
  gates: readonly PodSchedulingGate[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set<string>()
  gates?.forEach(({ name }, index) => {
    addInvalid(errors, `${path}[${index}]`, name, isLabelKey(name))
    if (names.has(name)) errors.push(duplicate(`${path}[${index}]`, name))
    names.add(name)
  })
}

const whenUnsatisfiable = ['DoNotSchedule', 'ScheduleAnyway']
const nodePolicies = ['Honor', 'Ignore']

export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  constraints?.forEach((constraint, index) => {
    const at = `${path}[${index}]`
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable: action = '', minDomains } = constraint
    if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'))
    if (topologyKey === '') errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    validateOneOf(action, whenUnsatisfiable, `${at}.whenUnsatisfiable`, errors)
    const twice = constraints
      .slice(index + 1)
      .some((other) => (other.topologyKey ?? '') === topologyKey && (other.whenUnsatisfiable ?? '') === action)
    if (twice) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`))
    if (minDomains !== undefined) validateMinDomains(minDomains, action, `${at}.minDomains`, errors)
    validateOneOf(constraint.nodeAffinityPolicy, nodePolicies, `${at}.nodeAffinityPolicy`, errors)
    validateOneOf(constraint.nodeTaintsPolicy, nodePolicies, `${at}.nodeTaintsPolicy`, errors)
    validateLabelKeys(at, constraint.matchLabelKeys, [], constraint.labelSelector, errors)
    if (options.allowInvalidSpreadSelector !== true) {
      errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`))
    }
  })
}

function validateMinDomains(minDomains: number, action: string, path: string, errors: FieldError[]): void {
  if (minDomains <= 0) errors.push(invalid(path, minDomains, 'must be greater than zero'))
  if (action !== 'DoNotSchedule') {
    const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`
    errors.push(invalid(path, minDomains, text))
  }
}
