/**
 * Requests about tokens and about oneself: answered at once, never stored.
 *
 * @source kubernetes v1.36 pkg/apis/authentication/{v1/defaults.go,validation}
 */
import { type FieldError, invalid } from '../../../apimachinery/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import { anyName } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import type { SelfSubjectReview, TokenRequest, TokenReview } from '../types.gen.ts'

/** The life of a token in seconds when the request does not say. */
const tokenSeconds = 3600

export function defaultTokenRequest(request: TokenRequest): TokenRequest {
  if (request.spec?.expirationSeconds !== undefined) return request
  return { ...request, spec: { ...request.spec, expirationSeconds: tokenSeconds } }
}

export function validateTokenRequest({ spec }: TokenRequest): readonly FieldError[] {
  const seconds = spec?.expirationSeconds ?? 0
  const field = 'spec.expirationSeconds'
  if (seconds < 600) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')]
  return seconds > 2 ** 32 ? [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : []
}

const posted = { namespaced: false, nameRule: anyName, metadata: 'Own' } as const

export const tokenReviewStrategy: Strategy<TokenReview> = buildStrategy<TokenReview>({
  ...posted,
  type: 'authentication.v1.TokenReview',
})
export const selfSubjectReviewStrategy: Strategy<SelfSubjectReview> = buildStrategy<SelfSubjectReview>({
  ...posted,
  type: 'authentication.v1.SelfSubjectReview',
})
