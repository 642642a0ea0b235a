/**
 * Questions about what somebody may do: answered at once, never stored.
 *
 * @source kubernetes v1.36 pkg/apis/authorization/validation/validation.go
 */
import {
  type FieldError,
  type FieldSelectorRequirement,
  forbiddenField,
  invalid,
  type LabelSelectorRequirement,
  type ObjectMeta,
  required,
} from '../../../apimachinery/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import { anyName, validateLabelName } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../types.gen.ts'

type Attributes = {
  readonly resourceAttributes?: ResourceAttributes | undefined
  readonly nonResourceAttributes?: NonResourceAttributes | undefined
}

const nonResourceDump = ({ path = '', verb = '' }: NonResourceAttributes) => ({ Path: path, Verb: verb })

function attributeErrors({ resourceAttributes, nonResourceAttributes }: Attributes): FieldError[] {
  const errors: FieldError[] = []
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const text = 'cannot be specified in combination with resourceAttributes'
    errors.push(invalid('spec.nonResourceAttributes', nonResourceDump(nonResourceAttributes), text))
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.push(invalid('spec.resourceAttributes', null, text))
  }
  return errors
}

type Requirement = FieldSelectorRequirement | LabelSelectorRequirement

function selectorErrors(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  path: string,
  keyErrors: (key: string, field: string) => readonly FieldError[],
  keyFirst: boolean,
): readonly FieldError[] {
  if (selector === undefined) return []
  const { rawSelector = '', requirements = [] } = selector
  const errors: FieldError[] = []
  if (rawSelector !== '' && requirements.length > 0) {
    const text = 'may not specified at the same time as requirements'
    errors.push(invalid(`${path}.rawSelector`, rawSelector, text))
  }
  if (rawSelector === '' && requirements.length === 0) {
    const text = `when ${path} is specified, requirements or rawSelector is required`
    errors.push(required(`${path}.requirements`, text))
  }
  requirements.forEach((requirement: Requirement, index: number) => {
    const at = `${path}.requirements[${index}]`
    const own = requirementErrors(requirement, at)
    const key = keyErrors(requirement.key ?? '', `${at}.key`)
    errors.push(...(keyFirst ? [...key, ...own] : [...own, ...key]))
  })
  return errors
}

/** Operators that are not known pass: a newer authorizer may know them. */
function requirementErrors({ operator, values = [] }: Requirement, path: string): readonly FieldError[] {
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    return [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
  }
  return []
}

function resourceErrors(attributes: ResourceAttributes | undefined): readonly FieldError[] {
  const path = 'spec.resourceAttributes'
  const fieldKey = (key: string, field: string) => (key === '' ? [required(field, 'must be specified')] : [])
  return [
    ...selectorErrors(attributes?.fieldSelector, `${path}.fieldSelector`, fieldKey, true),
    ...selectorErrors(attributes?.labelSelector, `${path}.labelSelector`, validateLabelName, false),
  ]
}

function subjectErrors({ spec }: SubjectAccessReview | LocalSubjectAccessReview): readonly FieldError[] {
  const errors = attributeErrors(spec ?? {})
  if (!spec?.user && (spec?.groups ?? []).length === 0) {
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'))
  }
  return [...errors, ...resourceErrors(spec?.resourceAttributes)]
}

/** Metadata means nothing here and must stay empty. */
function metadataErrors(metadata: ObjectMeta | undefined, text: string, ...allowed: readonly string[]) {
  const set = Object.entries(metadata ?? {}).filter(
    ([name, value]) => value !== undefined && value !== '' && name !== 'managedFields' && !allowed.includes(name),
  )
  return set.length === 0 ? [] : [invalid('metadata', metadata, text)]
}

export const validateSubjectAccessReview = (review: SubjectAccessReview): readonly FieldError[] => [
  ...subjectErrors(review),
  ...metadataErrors(review.metadata, 'must be empty'),
]

export const validateSelfSubjectAccessReview = (review: SelfSubjectAccessReview): readonly FieldError[] => [
  ...attributeErrors(review.spec ?? {}),
  ...resourceErrors(review.spec?.resourceAttributes),
  ...metadataErrors(review.metadata, 'must be empty'),
]

export function validateLocalSubjectAccessReview(review: LocalSubjectAccessReview): readonly FieldError[] {
  const errors = [...subjectErrors(review)]
  errors.push(...metadataErrors(review.metadata, 'must be empty except for namespace', 'namespace'))
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {}
  const namespace = resourceAttributes?.namespace ?? ''
  if (resourceAttributes !== undefined && namespace !== (review.metadata?.namespace ?? '')) {
    errors.push(invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace'))
  }
  if (nonResourceAttributes !== undefined) {
    const text = 'disallowed on this kind of request'
    errors.push(invalid('spec.nonResourceAttributes', nonResourceDump(nonResourceAttributes), text))
  }
  return errors
}

const posted = { namespaced: false, nameRule: anyName, metadata: 'Own' } as const

export const subjectAccessReviewStrategy: Strategy<SubjectAccessReview> = buildStrategy<SubjectAccessReview>({
  ...posted,
  type: 'authorization.v1.SubjectAccessReview',
  validateCreate: validateSubjectAccessReview,
})
export const selfSubjectAccessReviewStrategy: Strategy<SelfSubjectAccessReview> =
  buildStrategy<SelfSubjectAccessReview>({
    ...posted,
    type: 'authorization.v1.SelfSubjectAccessReview',
    validateCreate: validateSelfSubjectAccessReview,
  })
export const localSubjectAccessReviewStrategy: Strategy<LocalSubjectAccessReview> =
  buildStrategy<LocalSubjectAccessReview>({
    ...posted,
    namespaced: true,
    type: 'authorization.v1.LocalSubjectAccessReview',
    validateCreate: validateLocalSubjectAccessReview,
  })
export const selfSubjectRulesReviewStrategy: Strategy<SelfSubjectRulesReview> = buildStrategy<SelfSubjectRulesReview>({
  ...posted,
  type: 'authorization.v1.SelfSubjectRulesReview',
})
