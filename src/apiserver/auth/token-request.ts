/**
 * POST serviceaccounts/token.
 *
 * @source kubernetes v1.36 pkg/registry/core/serviceaccount/storage/token.go; pkg/apis/authentication/validation
 */
import {
  badRequest,
  conflict,
  type FieldError,
  invalid,
  invalidFields,
  type KubeObject,
  notFound,
  type Status,
} from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { BoundObjectReference, TokenRequest } from '../../apis/other/index.ts'
import { dictionary, fail, formatTime, type Instant, ok, type Result } from '../../base/index.ts'
import type { CreateHandler, Target } from '../registry/index.ts'
import {
  type AuthReads,
  apiAudience,
  type Binding,
  defaultExpiration,
  extendedExpiration,
  type TokenSigner,
  warnOnlyExpiration,
} from './service-account-tokens.ts'

const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const leastSeconds = 600
const mostSeconds = 2 ** 32

function expirationErrors(seconds: number): readonly FieldError[] {
  const field = 'spec.expirationSeconds'
  if (seconds < leastSeconds) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')]
  if (seconds > mostSeconds) return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
  return []
}

function nameErrors({ metadata }: TokenRequest, { name, namespace }: Target): readonly FieldError[] {
  const errors: FieldError[] = []
  if (metadata.name && metadata.name !== name) {
    errors.push(invalid('metadata.name', metadata.name, 'must match the service account name if specified'))
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    errors.push(
      invalid('metadata.namespace', metadata.namespace, 'must match the service account namespace if specified'),
    )
  }
  return errors
}

type Bound = Pick<Binding, 'pod' | 'secret' | 'node'>

const boundKinds = dictionary<'pods' | 'secrets' | 'nodes'>({
  Pod: 'pods',
  Secret: 'secrets',
  Node: 'nodes',
})

function boundPod(reads: AuthReads, account: string, pod: Pod): Result<Bound, Status> {
  const { metadata, spec } = pod
  if ((spec?.serviceAccountName ?? '') !== account) {
    const text = `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`
    return fail(badRequest(text))
  }
  const reference = { name: metadata.name ?? '', uid: metadata.uid ?? '' }
  if (!spec?.nodeName) return ok({ pod: reference })
  const uid = reads.get('nodes', '', spec.nodeName)?.metadata.uid
  return ok({ pod: reference, node: { name: spec.nodeName, ...(uid === undefined ? {} : { uid }) } })
}

/** What the token is bound to besides its account. */
function boundObject(
  reads: AuthReads,
  namespace: string,
  account: string,
  reference: BoundObjectReference | undefined,
): Result<Bound, Status> {
  if (!reference) return ok({})
  const { apiVersion = '', kind: boundKind = '', name = '', uid } = reference
  const resource = apiVersion === 'v1' ? boundKinds[boundKind] : undefined
  if (resource === undefined) {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    return fail(badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${boundKind}`))
  }
  const object = reads.get(resource, resource === 'nodes' ? '' : namespace, name)
  if (object === undefined) return fail(notFound({ resource, group: '', name }))
  const found: Reference = { name, uid: object.metadata.uid ?? '' }
  const bound =
    resource === 'pods'
      ? boundPod(reads, account, object as Pod)
      : ok<Bound>(resource === 'secrets' ? { secret: found } : { node: found })
  if (bound.ok && uid && uid !== found.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    return fail(conflict({ resource: boundKind, group: '', name }, why))
  }
  return bound
}
type Reference = { readonly name: string; readonly uid: string }

export type TokenRequestParts = {
  readonly signer: TokenSigner
  readonly reads: AuthReads
  readonly now: () => Instant
  readonly newUid: () => string
}

/** Makes the handler of `serviceaccounts/token`. */
export function newTokenRequestHandler({ signer, reads, now, newUid }: TokenRequestParts): CreateHandler {
  const make = (target: Target, request: TokenRequest): Result<KubeObject, Status> => {
    const { namespace = '', name = '' } = target
    const names = nameErrors(request, target)
    if (names.length > 0) return fail(invalidFields(kind, name, names))
    const account = reads.get('serviceaccounts', namespace, name)
    if (account === undefined) return fail(notFound({ resource: 'serviceaccounts', group: '', name }))
    const asked = request.spec?.expirationSeconds ?? defaultExpiration
    const errors = expirationErrors(asked)
    if (errors.length > 0) return fail(invalidFields(kind, '', errors))
    const reference = request.spec?.boundObjectRef
    const bound = boundObject(reads, namespace, name, reference)
    if (!bound.ok) return bound
    const audiences = request.spec?.audiences?.length ? request.spec.audiences : [apiAudience]
    const at = now()
    const iat = Math.floor(at / 1000)
    const extends_ = bound.value.pod !== undefined && asked === warnOnlyExpiration && audiences.includes(apiAudience)
    const uid = account.metadata.uid ?? ''
    const token = signer.sign({
      aud: audiences,
      exp: iat + (extends_ ? extendedExpiration : asked),
      iat,
      iss: apiAudience,
      jti: newUid(),
      'kubernetes.io': {
        namespace,
        ...bound.value,
        serviceaccount: { name, uid },
        ...(extends_ ? { warnafter: iat + asked } : {}),
      },
      nbf: iat,
      sub: `system:serviceaccount:${namespace}:${name}`,
    })
    const expirationTimestamp = formatTime(((iat + asked) * 1000) as Instant)
    return ok({
      kind: kind.kind,
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: formatTime(at) },
      spec: { audiences, expirationSeconds: asked, boundObjectRef: reference ?? null },
      status: { token, expirationTimestamp },
    } as KubeObject)
  }
  return (target, body) => Promise.resolve(make(target, body as TokenRequest))
}
