/**
 * What is wrong with one field of an object, as data.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/validation/field (facts: kinds, phrases)
 */

import { invalidStatus } from '../meta/status.ts'
import type { Status, StatusCause } from '../meta/types.gen.ts'

export type FieldErrorKind =
  | 'Required'
  | 'Invalid'
  | 'TypeInvalid'
  | 'NotSupported'
  | 'Duplicate'
  | 'Forbidden'
  | 'NotFound'
  | 'TooLong'
  | 'TooMany'
  | 'InternalError'

/** `body` is the text after the path, e.g. `Invalid value: -1: must be greater than or equal to 0`. */
export type FieldError = { readonly kind: FieldErrorKind; readonly field: string; readonly body: string }

const reasons: Record<FieldErrorKind, string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  TypeInvalid: 'FieldValueTypeInvalid',
  NotSupported: 'FieldValueNotSupported',
  Duplicate: 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  NotFound: 'FieldValueNotFound',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  InternalError: 'InternalError',
}

/** How a value stands in an error: texts quoted as Go does, numbers and booleans bare, everything else as JSON. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return goEscaped(JSON.stringify(value))
}

/** JSON as Go writes it: without the characters that mean something to HTML or to old JavaScript. */
export const goEscaped = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const escapes: Record<string, string> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\v': '\\v',
  '\f': '\\f',
  '\b': '\\b',
  '\x07': '\\a',
  '"': '\\"',
  '\\': '\\\\',
}

/** A text in double quotes with Go's escapes. */
export function quoted(text: string): string {
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const short = escapes[char]
    if (short !== undefined) out += short
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`
    else out += char
  }
  return `${out}"`
}

const withDetail = (phrase: string, detail: string): string => (detail === '' ? phrase : `${phrase}: ${detail}`)

export const required = (field: string, detail = ''): FieldError => ({
  kind: 'Required',
  field,
  body: withDetail('Required value', detail),
})
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  kind: 'Invalid',
  field,
  body: withDetail(`Invalid value: ${shown(value)}`, detail),
})
/** An invalid value that is not repeated in the text. */
export const invalidOmitted = (field: string, detail: string): FieldError => ({
  kind: 'Invalid',
  field,
  body: `Invalid value: ${detail}`,
})
export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  kind: 'TypeInvalid',
  field,
  body: withDetail(`Invalid value: ${shown(value)}`, detail),
})
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  kind: 'NotSupported',
  field,
  body: withDetail(
    `Unsupported value: ${shown(value)}`,
    supported.length === 0 ? '' : `supported values: ${supported.map(quoted).join(', ')}`,
  ),
})
export const duplicate = (field: string, value: unknown): FieldError => ({
  kind: 'Duplicate',
  field,
  body: `Duplicate value: ${shown(value)}`,
})
export const forbiddenField = (field: string, detail: string): FieldError => ({
  kind: 'Forbidden',
  field,
  body: withDetail('Forbidden', detail),
})
export const notFoundField = (field: string, value: unknown): FieldError => ({
  kind: 'NotFound',
  field,
  body: `Not found: ${shown(value)}`,
})
export const tooLong = (field: string, max: number): FieldError => ({
  kind: 'TooLong',
  field,
  body: max === 1 ? 'Too long: may not be more than 1 byte' : `Too long: may not be more than ${max} bytes`,
})
export const tooMany = (field: string, actual: number, max: number): FieldError => ({
  kind: 'TooMany',
  field,
  body: `Too many: ${actual}: must have at most ${max} item${max === 1 ? '' : 's'}`,
})

export const fieldErrorText = ({ field, body }: FieldError): string => `${field}: ${body}`
export const causeOf = ({ kind, field, body }: FieldError): StatusCause => ({
  reason: reasons[kind],
  message: body,
  field,
})

/** The Status for a list of field errors; the list is never empty. Equal errors are told once in the message. */
export function invalidFields(
  gk: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): Status {
  const texts = [...new Set(errors.map(fieldErrorText))]
  const message = texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
  return invalidStatus(gk, name, message, errors.map(causeOf))
}

/** Paths in upstream's notation: `child('spec', 'template')` is `spec.template`, `item(path, 0)` is `path[0]`. */
export function child(path: string, name: string, ...more: readonly string[]): string {
  const first = path === '' ? name : `${path}.${name}`
  return more.length === 0 ? first : more.reduce((base, next) => `${base}.${next}`, first)
}
export const item = (path: string, index: number): string => `${path}[${index}]`
export const keyed = (path: string, key: string): string => `${path}[${key}]`
