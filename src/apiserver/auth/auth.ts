/**
 * Authentication and authorization put together: who asks, may they, and the API kinds that are about it.
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Clock } from '../../base/index.ts'
import { type AdmissionPlugin, nodeOf } from '../admission/index.ts'
import type { CreateHandler, User } from '../registry/index.ts'
import { type Authenticate, newAuthenticate } from './authenticate.ts'
import type { Authorize } from './authorize.ts'
import { escalationPlugin } from './escalation.ts'
import { newNodeAuthorizer } from './node-authorizer.ts'
import { newRbac, type Rbac, type RbacResource } from './rbac.ts'
import { newReviewHandlers } from './reviews.ts'
import { type AuthReads, apiAudience, newServiceAccountTokens, newTokenSigner } from './service-account-tokens.ts'
import { type TokenTable, tokenDigest } from './token-file.ts'
import { newTokenRequestHandler } from './token-request.ts'
import { authenticated } from './users.ts'

/** The objects that decisions depend on, as they are now. */
export type AuthObjects = AuthReads & {
  /** Of all namespaces when `namespace` is empty. */
  readonly list: (resource: string, namespace: string) => readonly KubeObject[]
  /** Calls back on every change of the resource. */
  readonly onChange: (resource: string, callback: () => void) => void
}

export type AuthOptions = {
  readonly tokens: TokenTable
  /** PEM of the key that signs tokens of ServiceAccounts. */
  readonly serviceAccountKey: string
  readonly clock: Clock
  readonly newUid: () => string
}

export type Auth = {
  readonly authenticate: Authenticate
  readonly authorize: Authorize
  /** Handlers for the registry, by resource: token requests and reviews. */
  readonly handlers: Readonly<Record<string, CreateHandler>>
  /** Refuses roles and bindings that would give more than their author has. */
  readonly plugin: AdmissionPlugin
  /** What others need to check tokens of ServiceAccounts; `address` is the server's `host:port`. */
  readonly issuer: {
    readonly configuration: (address: string) => object
    readonly keys: object
  }
  /** Gives the objects to decide by. Until then only `system:masters` may do anything. */
  readonly connect: (objects: AuthObjects) => void
}

const rbacNames: Readonly<Record<RbacResource, string>> = {
  clusterroles: 'clusterroles.rbac.authorization.k8s.io',
  clusterrolebindings: 'clusterrolebindings.rbac.authorization.k8s.io',
  roles: 'roles.rbac.authorization.k8s.io',
  rolebindings: 'rolebindings.rbac.authorization.k8s.io',
}

export function createAuth({ tokens, serviceAccountKey, clock, newUid }: AuthOptions): Auth {
  let objects: AuthObjects | undefined
  let version = 0
  const reads: AuthReads = { get: (resource, namespace, name) => objects?.get(resource, namespace, name) }
  const rbac = newRbac({
    version: () => version,
    list: (resource) => objects?.list(rbacNames[resource], '') ?? [],
  })
  const forNodes = newNodeAuthorizer({
    podsIn: (namespace) => objects?.list('pods', namespace) ?? [],
    pod: (namespace, name) => objects?.get('pods', namespace, name),
  })
  const authorize: Authorize = (user, wanted) => {
    const first = forNodes(user, wanted)
    if (first === undefined) return rbac.authorize(user, wanted)
    if (first.allowed) return first
    const second = rbac.authorize(user, wanted)
    const reason = [first.reason, second.reason].filter((text) => text !== '').join('\n')
    return second.allowed ? second : { ...second, reason }
  }
  const rulesFor: Rbac['rulesFor'] = (user, namespace) => {
    const { rules, errors } = rbac.rulesFor(user, namespace)
    return nodeOf(user) === undefined
      ? { rules, errors }
      : { rules, errors: ['node authorizer does not support user rule resolution', ...errors] }
  }
  const signer = newTokenSigner(serviceAccountKey)
  const accounts = newServiceAccountTokens(signer, reads, clock.now, authenticated)
  const audiences = [apiAudience]
  const reviewToken = (token: string, wanted: readonly string[]) => {
    const fixed: User | undefined = tokens.get(tokenDigest(token))
    if (fixed !== undefined) return { user: authenticated(fixed), audiences: wanted }
    const found = accounts.user(token, wanted)
    return found && { user: found.user, audiences: found.claims.aud.filter((audience) => wanted.includes(audience)) }
  }
  return {
    authenticate: newAuthenticate({ tokens, tokenUser: (token) => accounts.user(token, audiences)?.user }),
    authorize,
    handlers: {
      ...newReviewHandlers({ authorize, rulesFor, reviewToken, now: clock.now }),
      'serviceaccounts/token': newTokenRequestHandler({ signer, reads, now: clock.now, newUid }),
    },
    plugin: escalationPlugin(rbac),
    issuer: {
      configuration: (address) => ({
        issuer: apiAudience,
        jwks_uri: `https://${address}/openid/v1/jwks`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      }),
      keys: { keys: [signer.publicJwk] },
    },
    connect(given) {
      objects = given
      version++
      for (const resource of Object.values(rbacNames)) given.onChange(resource, () => version++)
    },
  }
}
