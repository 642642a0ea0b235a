/**
 * What holds for roles and bindings.
 *
 * @source kubernetes v1.36 pkg/apis/rbac/validation/validation.go
 */
import { type FieldError, invalid, type LabelSelector, notSupported, required } from '../../../apimachinery/index.ts'
import {
  invalidEach,
  isPathSegmentName,
  type NameRule,
  nameIsDNSSubdomain,
  validateLabelSelector,
} from '../../meta/index.ts'
import type { PolicyRule, RoleRef, Subject } from '../types.gen.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

/** Names may hold anything that a URL can carry; prefixes are judged like names. */
export const rbacName: NameRule = (name) => isPathSegmentName(name)

export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): readonly FieldError[] {
  return (rules ?? []).flatMap((rule, index) => validateRule(rule, namespaced, `rules[${index}]`))
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: string): readonly FieldError[] {
  const { nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule
  const errors: FieldError[] = []
  // A list that is always written stands as null where it is unset.
  if ((rule.verbs ?? []).length === 0) errors.push(required(`${path}.verbs`, 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const field = `${path}.nonResourceURLs`
    if (namespaced) {
      errors.push(invalid(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs'
      errors.push(invalid(field, nonResourceURLs, text))
    }
    return errors
  }
  if (apiGroups.length === 0) {
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
  }
  if (resources.length === 0) {
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
  }
  return errors
}

/** Selectors of the roles that a role is put together from; `lenient` when the stored role has odd values. */
export function validateAggregation(
  selectors: readonly LabelSelector[] | undefined,
  lenient: boolean,
): readonly FieldError[] {
  const path = 'aggregationRule.clusterRoleSelectors'
  if (selectors === undefined || selectors.length === 0) {
    return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  }
  return selectors.flatMap((selector, index) => {
    const at = `${path}[${index}]`
    const errors = validateLabelSelector(selector, at, { allowInvalidValues: lenient })
    // Upstream shows what came of the selector, which is nothing, instead of the selector.
    const unusable = lenient ? validateLabelSelector(selector, at) : errors
    return unusable.length === 0 ? errors : [...errors, invalid(at, null, 'invalid label selector.')]
  })
}

export function validateBindingParts(
  roleRef: RoleRef | undefined,
  subjects: readonly Subject[] | undefined,
  namespaced: boolean,
): readonly FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const errors: FieldError[] = []
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  if (name === '') errors.push(required('roleRef.name'))
  else errors.push(...invalidEach('roleRef.name', name, isPathSegmentName(name)))
  subjects?.forEach((subject, index) => {
    errors.push(...validateSubject(subject, namespaced, `subjects[${index}]`))
  })
  return errors
}

function validateSubject(subject: Subject, namespaced: boolean, path: string): readonly FieldError[] {
  const { kind = '', name = '', apiGroup = '', namespace = '' } = subject
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${path}.name`))
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') errors.push(...invalidEach(`${path}.name`, name, nameIsDNSSubdomain(name, false)))
      if (apiGroup !== '') errors.push(notSupported(`${path}.apiGroup`, apiGroup, ['']))
      if (!namespaced && namespace === '') errors.push(required(`${path}.namespace`))
      break
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]))
      break
    default:
      errors.push(notSupported(`${path}.kind`, kind, ['ServiceAccount', 'User', 'Group']))
  }
  return errors
}

/** A binding keeps its role for ever. */
export function validateRoleRefUpdate(roleRef: RoleRef, old: RoleRef): readonly FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {}
  if (apiGroup === (old.apiGroup ?? '') && kind === old.kind && name === old.name) return []
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
}
