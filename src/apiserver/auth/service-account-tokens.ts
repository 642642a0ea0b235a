/**
 * Tokens of ServiceAccounts: signed with the installation's key, bound to the life of the account and, where asked, of a
 * Pod, Secret or Node.
 *
 * @source kubernetes v1.36 pkg/serviceaccount/{claims,jwt}.go (facts: claims, what is checked, names of extra keys)
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Instant, Seconds } from '../../base/index.ts'
import type { User } from '../registry/index.ts'
import { tokenDigest } from './token-file.ts'
import { serviceAccountPrefix, serviceAccountsGroup } from './users.ts'

/** Issuer and audience of the API server itself. */
export const apiAudience = 'https://kubernetes.default.svc'

export type Reference = { readonly name: string; readonly uid: string }

/** What upstream keeps under `kubernetes.io`. */
export type Binding = {
  readonly namespace: string
  readonly serviceaccount: Reference
  readonly pod?: Reference | undefined
  readonly secret?: Reference | undefined
  readonly node?: { readonly name: string; readonly uid?: string | undefined } | undefined
  readonly warnafter?: number | undefined
}

export type Claims = {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly iss: string
  readonly jti: string
  readonly nbf: number
  readonly sub: string
  readonly 'kubernetes.io': Binding
}

/** Reads of the newest known objects. */
export type AuthReads = {
  readonly get: (resource: string, namespace: string, name: string) => KubeObject | undefined
}

export type TokenSigner = {
  readonly sign: (claims: Claims) => string
  /** The public key as a JSON Web Key, by which others check tokens. */
  readonly publicJwk: object
  /** The claims of a token whose signature, issuer and times are right; undefined for every other text. */
  readonly verify: (token: string, now: Instant) => Claims | undefined
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')

/** ES256 with a private key in PEM. */
export function newTokenSigner(pem: string): TokenSigner {
  const privateKey = createPrivateKey(pem)
  const publicKey: KeyObject = createPublicKey(privateKey)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const kid = createHash('sha256').update(der).digest('base64url')
  const header = encoded({ alg: 'ES256', kid })
  const dsaEncoding = 'ieee-p1363'
  return {
    publicJwk: { use: 'sig', kid, alg: 'ES256', ...publicKey.export({ format: 'jwk' }) },
    sign(claims) {
      const content = `${header}.${encoded(claims)}`
      return `${content}.${sign('sha256', Buffer.from(content), { key: privateKey, dsaEncoding }).toString('base64url')}`
    },
    verify(token, now) {
      const [head, body, signature, more] = token.split('.')
      if (head !== header || body === undefined || signature === undefined || more !== undefined) return undefined
      const content = Buffer.from(`${head}.${body}`)
      if (!verify('sha256', content, { key: publicKey, dsaEncoding }, Buffer.from(signature, 'base64url'))) {
        return undefined
      }
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Claims
      const at = now / 1000
      return claims.iss === apiAudience && claims.nbf <= at + 1 && at < claims.exp ? claims : undefined
    },
  }
}

const uidOf = (object: KubeObject | undefined): string | undefined => object?.metadata.uid

/** Whether everything that a token is bound to is still there. A Pod counts until its grace period is over. */
function isAlive(reads: AuthReads, binding: Binding, now: Instant): boolean {
  const { namespace, serviceaccount, pod, secret, node } = binding
  const account = reads.get('serviceaccounts', namespace, serviceaccount.name)
  if (uidOf(account) !== serviceaccount.uid || isOver(account, now)) return false
  if (pod !== undefined) {
    const there = reads.get('pods', namespace, pod.name)
    if (uidOf(there) !== pod.uid || isOver(there, now)) return false
  }
  if (secret !== undefined && uidOf(reads.get('secrets', namespace, secret.name)) !== secret.uid) return false
  // A Pod's token names its node too, but lives and dies with the Pod.
  if (node?.uid !== undefined && pod === undefined) return uidOf(reads.get('nodes', '', node.name)) === node.uid
  return true
}

const leeway = 60_000

function isOver(object: KubeObject | undefined, now: Instant): boolean {
  const deletion = object?.metadata.deletionTimestamp
  return deletion !== undefined && deletion !== null && new Date(deletion).getTime() + leeway < now
}

const extraKey = (name: string): string => `authentication.kubernetes.io/${name}`

/** The user that the claims stand for. */
export function userOfClaims({ jti, 'kubernetes.io': binding }: Claims): User {
  const { namespace, serviceaccount, pod, node } = binding
  const extra: Record<string, readonly string[]> = { [extraKey('credential-id')]: [`JTI=${jti}`] }
  if (node !== undefined) {
    extra[extraKey('node-name')] = [node.name]
    if (node.uid !== undefined) extra[extraKey('node-uid')] = [node.uid]
  }
  if (pod !== undefined) {
    extra[extraKey('pod-name')] = [pod.name]
    extra[extraKey('pod-uid')] = [pod.uid]
  }
  return {
    name: `${serviceAccountPrefix}${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`],
    extra,
  }
}

export type ServiceAccountTokens = {
  /** The user of a token that is good for one of `audiences` now. */
  readonly user: (
    token: string,
    audiences: readonly string[],
  ) => { readonly user: User; readonly claims: Claims } | undefined
}

const cacheLimit = 1024

/** Checks tokens. Signatures are checked once; times and bound objects every time. */
export function newServiceAccountTokens(
  signer: TokenSigner,
  reads: AuthReads,
  now: () => Instant,
  finish: (user: User) => User,
): ServiceAccountTokens {
  const known = new Map<string, { readonly claims: Claims; readonly user: User }>()
  return {
    user(token, audiences) {
      const at = now()
      const digest = tokenDigest(token)
      let found = known.get(digest)
      if (found === undefined) {
        const claims = signer.verify(token, at)
        if (claims === undefined) return undefined
        found = { claims, user: finish(userOfClaims(claims)) }
        if (known.size >= cacheLimit) known.clear()
        known.set(digest, found)
      }
      const { claims } = found
      if (at / 1000 >= claims.exp) {
        known.delete(digest)
        return undefined
      }
      if (!claims.aud.some((audience) => audiences.includes(audience))) return undefined
      return isAlive(reads, claims['kubernetes.io'], at) ? found : undefined
    },
  }
}

export const defaultExpiration = 3600 as Seconds
/** What kubelets ask for on behalf of Pods; such tokens live longer, and only warn after this time. */
export const warnOnlyExpiration = 3607 as Seconds
export const extendedExpiration = (365 * 24 * 3600) as Seconds
