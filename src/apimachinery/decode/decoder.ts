/**
 * From a JSON value to an object of a known type, in the one form in which objects are kept and sent: fields in
 * upstream's order, unknown ones dropped and told, empty ones left out or filled in as upstream's encoder does.
 *
 * Decoders are closures compiled from the schema, one per type, when the type is first needed. An object that has the
 * canonical form already is returned as it is; otherwise only what differs is copied.
 *
 * @source kubernetes v1.36 sigs.k8s.io/json (facts: what is accepted, texts and their order)
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { quoted } from '../field/errors.ts'
import type { KubeObject } from '../meta/object.ts'
import { schema, type TypeName } from '../schema/schema.ts'
import { type Context, newContext } from './context.ts'
import type { ExactJson } from './json.ts'
import { structDecoder } from './structs.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

/** Why a value is no object of the type; `message` is upstream's text. */
export type DecodeError =
  | { readonly kind: 'Invalid'; readonly message: string }
  /** Only unknown or repeated fields are wrong, and the request asked to refuse them. */
  | { readonly kind: 'Strict'; readonly message: string; readonly errors: readonly string[] }

export type Decoded<T = KubeObject> = { readonly object: T; readonly warnings: readonly string[] }

/**
 * Decodes `json` as an object of `type`. With `exact` (see `parseJson`) repeated fields are told too and numbers are
 * judged by their spelling. Warnings are `unknown field "…"` and `duplicate field "…"`, in the order of the text.
 * `null` gives the empty object, as upstream has it.
 */
export function decodeObject(
  type: TypeName,
  json: unknown,
  mode: FieldValidation,
  exact?: ExactJson,
): Result<Decoded, DecodeError> {
  return decodeValue<KubeObject>(type, json, mode, exact)
}

/** As `decodeObject`, for types that are no whole objects: options, parts of objects. */
export function decodeValue<T>(
  type: TypeName,
  json: unknown,
  mode: FieldValidation,
  exact?: ExactJson,
): Result<Decoded<T>, DecodeError> {
  if (schema.types[type] === undefined) return fail({ kind: 'Invalid', message: `unknown type ${quoted(type)}` })
  const context: Context = newContext(exact, mode !== 'Ignore')
  const object = structDecoder(type).root(exact === undefined ? json : exact.value, context)
  const broken = context.aborted ?? context.failed
  if (broken !== undefined) return fail({ kind: 'Invalid', message: broken })
  if (context.strict.length === 0) return ok({ object: object as T, warnings: context.strict })
  const errors = [...new Set(context.strict)]
  if (mode !== 'Strict') return ok({ object: object as T, warnings: errors })
  return fail({ kind: 'Strict', message: `strict decoding error: ${errors.join(', ')}`, errors })
}
