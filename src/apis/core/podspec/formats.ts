/** Format checks that add to a list of errors, and one-of checks. */
import { type FieldError, invalid, notSupported, required } from '../../../apimachinery/index.ts'
import { isDNS1123Label, isDNS1123Subdomain, isLabelKey } from '../../meta/index.ts'

export function addInvalid(errors: FieldError[], field: string, value: unknown, texts: readonly string[]): void {
  for (const text of texts) errors.push(invalid(field, value, text))
}
export const validateLabel = (value: string, field: string, errors: FieldError[]): void =>
  addInvalid(errors, field, value, isDNS1123Label(value))
export const validateSubdomain = (value: string, field: string, errors: FieldError[]): void =>
  addInvalid(errors, field, value, isDNS1123Subdomain(value))
export const validateQualifiedName = (value: string, field: string, errors: FieldError[]): void =>
  addInvalid(errors, field, value, isLabelKey(value))

/** A text that must be there. */
export function requireText(value: string | undefined, field: string, errors: FieldError[], detail = ''): void {
  if (!value) errors.push(required(field, detail))
}

/** One of a few words; `supported` in the order in which upstream names them. */
export function validateOneOf(
  value: string | undefined,
  supported: readonly string[],
  field: string,
  errors: FieldError[],
): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(field, value, supported))
}

/** One of a few words, and required. */
export function requireOneOf(
  value: string | undefined,
  supported: readonly string[],
  field: string,
  errors: FieldError[],
): void {
  if (!value) errors.push(required(field))
  else validateOneOf(value, supported, field, errors)
}
