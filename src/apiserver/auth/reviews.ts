/**
 * Questions about rights and identities: the SubjectAccessReview family, SelfSubjectReview, TokenReview.
 *
 * @source kubernetes v1.36 pkg/registry/{authorization,authentication}, pkg/apis/authorization/validation
 */
import {
  badRequest,
  type FieldError,
  invalid,
  invalidFields,
  type KubeObject,
  required,
  type Status,
} from '../../apimachinery/index.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from '../../apis/other/index.ts'
import { fail, formatTime, type Instant, ok, type Result } from '../../base/index.ts'
import type { CreateHandler, User } from '../registry/index.ts'
import type { Attributes, Authorize } from './authorize.ts'
import type { Rules } from './rbac.ts'
import { apiAudience } from './service-account-tokens.ts'

type Questions = {
  readonly resourceAttributes?: ResourceAttributes | undefined
  readonly nonResourceAttributes?: NonResourceAttributes | undefined
}

const review = { group: 'authorization.k8s.io', kind: '' }

function selectorErrors(
  path: string,
  name: string,
  selector: LabelSelectorAttributes | FieldSelectorAttributes | undefined,
): readonly FieldError[] {
  if (!selector) return []
  const { rawSelector = '', requirements = [] } = selector
  if (rawSelector !== '' && requirements.length > 0) {
    return [invalid(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')]
  }
  if (rawSelector === '' && requirements.length === 0) {
    return [required(`${path}.requirements`, `when ${name} is specified, requirements or rawSelector is required`)]
  }
  return requirements.flatMap(({ key }, i) => (key ? [] : [required(`${path}.requirements[${i}].key`)]))
}

/** Go's dump of the internal type, as the error shows it. */
const goDump = ({ path = '', verb = '' }: NonResourceAttributes): unknown => ({ Path: path, Verb: verb })

function questionErrors({ resourceAttributes, nonResourceAttributes }: Questions): readonly FieldError[] {
  const errors: FieldError[] = []
  if (resourceAttributes && nonResourceAttributes) {
    const why = 'cannot be specified in combination with resourceAttributes'
    errors.push(invalid('spec.nonResourceAttributes', goDump(nonResourceAttributes), why))
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.push(invalid('spec.resourceAttributes', null, why))
  }
  return errors
}

function attributeErrors({ resourceAttributes }: Questions): readonly FieldError[] {
  if (!resourceAttributes) return []
  const path = 'spec.resourceAttributes'
  return [
    ...selectorErrors(`${path}.fieldSelector`, 'fieldSelector', resourceAttributes.fieldSelector),
    ...selectorErrors(`${path}.labelSelector`, 'labelSelector', resourceAttributes.labelSelector),
  ]
}

/** Reviews are not stored: they have no metadata of their own. */
function metadataErrors({ metadata }: KubeObject, namespaced: boolean): readonly FieldError[] {
  const rest = Object.entries(metadata).filter(
    ([key, value]) =>
      value !== undefined && value !== null && key !== 'managedFields' && !(namespaced && key === 'namespace'),
  )
  if (rest.length === 0) return []
  return [invalid('metadata', metadata, namespaced ? 'must be empty except for namespace' : 'must be empty')]
}

const asksAbout = (user: string, groups: readonly string[]): readonly FieldError[] =>
  user === '' && groups.length === 0
    ? [invalid('spec.user', '', 'at least one of user or group must be specified')]
    : []

/** The terms of a selector that ask for one value, as a query has them. Others limit nothing that is looked at. */
function selectorText({ rawSelector, requirements = [] }: FieldSelectorAttributes): string {
  if (rawSelector) return rawSelector
  const equal = requirements.filter(({ operator, values = [] }) => operator === 'In' && values.length === 1)
  return equal.map(({ key, values = [] }) => `${key}=${values[0]?.replaceAll(/[\\,=]/g, '\\$&')}`).join(',')
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: Questions): Attributes {
  return {
    isResource: resourceAttributes !== undefined,
    verb: resourceAttributes?.verb ?? nonResourceAttributes?.verb ?? '',
    path: nonResourceAttributes?.path ?? '',
    namespace: resourceAttributes?.namespace ?? '',
    group: resourceAttributes?.group ?? '',
    resource: resourceAttributes?.resource ?? '',
    subresource: resourceAttributes?.subresource ?? '',
    name: resourceAttributes?.name ?? '',
    ...(resourceAttributes?.fieldSelector ? { fieldSelector: selectorText(resourceAttributes.fieldSelector) } : {}),
  }
}

function decide(authorize: Authorize, user: User, questions: Questions): unknown {
  const { allowed, reason, evaluationError } = authorize(user, attributesOf(questions))
  return {
    allowed,
    ...(reason === '' ? {} : { reason }),
    ...(evaluationError === undefined ? {} : { evaluationError }),
  }
}

const answered = (body: KubeObject, status: unknown): Result<KubeObject, Status> =>
  ok({ ...body, status } as KubeObject)
const refused = (errors: readonly FieldError[]): Result<never, Status> => fail(invalidFields(review, '', errors))

function selfAccess(authorize: Authorize, body: KubeObject, user: User): Result<KubeObject, Status> {
  const { spec } = body as SelfSubjectAccessReview
  const errors = [...questionErrors(spec), ...attributeErrors(spec), ...metadataErrors(body, false)]
  return errors.length > 0 ? refused(errors) : answered(body, decide(authorize, user, spec))
}

function subjectOf(spec: SubjectAccessReview['spec']): User {
  const { user = '', groups = [], uid, extra } = spec
  return { name: user, groups, uid, extra }
}

function access(authorize: Authorize, body: KubeObject, namespaced: boolean): Result<KubeObject, Status> {
  const { spec, metadata } = body as SubjectAccessReview | LocalSubjectAccessReview
  const errors = [
    ...questionErrors(spec),
    ...asksAbout(spec.user ?? '', spec.groups ?? []),
    ...attributeErrors(spec),
    ...metadataErrors(body, namespaced),
  ]
  if (
    namespaced &&
    spec.resourceAttributes &&
    (spec.resourceAttributes.namespace ?? '') !== (metadata.namespace ?? '')
  ) {
    const { namespace = '' } = spec.resourceAttributes
    errors.push(invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace'))
  }
  if (namespaced && spec.nonResourceAttributes) {
    const dump = goDump(spec.nonResourceAttributes)
    errors.push(invalid('spec.nonResourceAttributes', dump, 'disallowed on this kind of request'))
  }
  return errors.length > 0 ? refused(errors) : answered(body, decide(authorize, subjectOf(spec), spec))
}

function selfRules(rulesFor: RulesFor, body: KubeObject, user: User): Result<KubeObject, Status> {
  const { spec } = body as SelfSubjectRulesReview
  const namespace = spec.namespace ?? ''
  if (namespace === '') return fail(badRequest('no namespace on request'))
  const { rules, errors } = rulesFor(user, namespace)
  const status = {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames?.length ? { resourceNames } : {}),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length > 0 ? { evaluationError: errors.join(', ') } : {}),
  }
  return ok({ ...body, spec: {}, status } as KubeObject)
}

/** UserInfo as reviews show it: fields without a value are left out. */
function userInfo(user: User): unknown {
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(user.extra && Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
  }
}

/** Finds the user of a token, and for which of the audiences it is good. */
export type ReviewToken = (
  token: string,
  audiences: readonly string[],
) => { readonly user: User; readonly audiences: readonly string[] } | undefined

function tokenReview(reviewToken: ReviewToken, body: KubeObject): Result<KubeObject, Status> {
  const { token = '', audiences } = (body as TokenReview).spec
  if (token === '') return fail(badRequest('token is required for TokenReview in authentication'))
  const wanted = audiences?.length ? audiences : [apiAudience]
  const found = reviewToken(token, wanted)
  if (found === undefined) return answered(body, { user: {}, error: 'invalid bearer token' })
  return answered(body, { authenticated: true, user: userInfo(found.user), audiences: found.audiences })
}

export type RulesFor = (user: User, namespace: string) => Rules

export type ReviewParts = {
  readonly authorize: Authorize
  readonly rulesFor: RulesFor
  readonly reviewToken: ReviewToken
  readonly now: () => Instant
}

type Answer = (body: KubeObject, user: User) => Result<KubeObject, Status>

/** The handlers of the kinds that only ask, by resource. */
export function newReviewHandlers({
  authorize,
  rulesFor,
  reviewToken,
  now,
}: ReviewParts): Readonly<Record<string, CreateHandler>> {
  const answers: Readonly<Record<string, Answer>> = {
    'selfsubjectaccessreviews.authorization.k8s.io': (body, user) => selfAccess(authorize, body, user),
    'subjectaccessreviews.authorization.k8s.io': (body) => access(authorize, body, false),
    'localsubjectaccessreviews.authorization.k8s.io': (body) => access(authorize, body, true),
    'selfsubjectrulesreviews.authorization.k8s.io': (body, user) => selfRules(rulesFor, body, user),
    'tokenreviews.authentication.k8s.io': (body) => tokenReview(reviewToken, body),
    'selfsubjectreviews.authentication.k8s.io': (body, user) =>
      ok({
        ...body,
        metadata: { creationTimestamp: formatTime(now()) },
        status: { userInfo: userInfo(user) },
      } as KubeObject),
  }
  return Object.fromEntries(
    Object.entries(answers).map(([resource, answer]): [string, CreateHandler] => [
      resource,
      (_target, body, { user }) => Promise.resolve(answer(body, user)),
    ]),
  )
}
