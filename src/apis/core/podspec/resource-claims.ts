/**
 * Claims on devices that a pod makes.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validatePodResourceClaims
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  type ObjectMeta,
  required,
} from '../../../apimachinery/index.ts'
import { isDNS1123Subdomain } from '../../meta/index.ts'
import type { PodResourceClaim } from '../types.gen.ts'
import { mirrorAnnotation } from './annotations.ts'
import { addInvalid, validateLabel } from './formats.ts'

export function validatePodResourceClaims(
  claims: readonly PodResourceClaim[],
  metadata: ObjectMeta | undefined,
  path: string,
  errors: FieldError[],
): void {
  const names = new Set<string>()
  claims.forEach((claim, index) => {
    if (metadata?.annotations?.[mirrorAnnotation] !== undefined) {
      errors.push(forbiddenField('[]', 'static pods do not support resource claims'))
    } else validateClaim(claim, names, `${path}[${index}]`, errors)
  })
}

function validateClaim(claim: PodResourceClaim, names: Set<string>, path: string, errors: FieldError[]): void {
  const { name, resourceClaimName, resourceClaimTemplateName } = claim
  if (!name) errors.push(required(`${path}.name`))
  else if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
  else {
    validateLabel(name, `${path}.name`, errors)
    names.add(name)
  }
  const dump = {
    Name: name ?? '',
    ResourceClaimName: resourceClaimName ?? null,
    ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
  }
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
    errors.push(invalid(path, dump, text))
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    errors.push(invalid(path, dump, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
  }
  if (resourceClaimName !== undefined) {
    addInvalid(errors, `${path}.resourceClaimName`, resourceClaimName, isDNS1123Subdomain(resourceClaimName))
  }
  if (resourceClaimTemplateName !== undefined) {
    const field = `${path}.resourceClaimTemplateName`
    addInvalid(errors, field, resourceClaimTemplateName, isDNS1123Subdomain(resourceClaimTemplateName))
  }
}
