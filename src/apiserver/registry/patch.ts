/**
 * Changing objects by a patch: JSON patch, merge patch, strategic merge patch; apply is in `apply.ts`.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/patch.go (facts: order, texts)
 */
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  clearsManagedFields,
  decodeObject,
  duplicateMembers,
  goText,
  invalidFields,
  invalid as invalidValue,
  type JsonObject,
  type KubeObject,
  parseJson,
  readJsonPatch,
  type Status,
  type TypeName,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { PatchBody, RequestBody, Written } from './api.ts'
import { trackFields } from './fields.ts'
import { checkName, fillNamespace } from './metadata.ts'
import type { FieldValidation } from './options.ts'
import type { Registry } from './registry.ts'
import { type Revised, updateObject } from './update.ts'
import { missing, type WriteRequest } from './write.ts'

/** How often a patch that lost a race is tried again on a newer state. */
const tries = 100

/** A patch that was read: what it makes of an object, and what strict decoding has against it. */
type ReadPatch = {
  readonly apply: (current: JsonObject) => Result<unknown, Status>
  readonly strict: readonly string[]
  /** How the value stands in an error about it. */
  readonly shown: (patched: unknown) => string
}

/** `clear`: the patch took all managed fields away. */
type Patched = { readonly object: KubeObject; readonly clear: boolean }

export async function patchObject(
  registry: Registry,
  request: WriteRequest,
  { type, body }: PatchBody & { readonly type: 'json' | 'merge' | 'strategic' },
): Promise<Result<Written, Status>> {
  const { resource, name, namespace } = request
  const typeName = resource.kind.type as TypeName
  const read = readPatch(typeName, type, body, request.validation)
  if (!read.ok) return read
  let warned = false
  return updateObject(
    registry,
    request,
    (current, now): Result<Revised, Status> => {
      if (current === undefined) return fail(missing(resource, name))
      const warn = warned ? () => {} : request.context.warn
      const decoded = applyAndDecode(typeName, read.value, current, request.validation, warn)
      if (!decoded.ok) return decoded
      warned = true
      const placed = fillNamespace(
        resource.strategy.defaults(decoded.value.object),
        resource.kind.namespaced ? namespace : '',
      )
      if (!placed.ok) return placed
      const misnamed = checkName(placed.value, name, namespace)
      if (misnamed !== undefined) return fail(misnamed)
      const object = trackFields(placed.value, current, request, now, decoded.value.clear)
      return ok({ object, requested: decoded.value.object })
    },
    { tries },
  )
}

function applyAndDecode(
  typeName: TypeName,
  patch: ReadPatch,
  current: KubeObject,
  validation: FieldValidation,
  warn: (text: string) => void,
): Result<Patched, Status> {
  const patched = patch.apply(current as unknown as JsonObject)
  if (!patched.ok) return patched
  const refuse = (why: string): Status =>
    invalidFields({ group: '', kind: '' }, '', [invalidValue('patch', patch.shown(patched.value), why)])
  const decoded = decodeObject(typeName, patched.value, validation === 'Strict' ? 'Warn' : validation)
  if (!decoded.ok) return fail(refuse(decoded.error.message))
  const { object } = decoded.value
  const clear = clearsManagedFields(patched.value)
  if (validation === 'Ignore') return ok({ object, clear })
  const strict = [...patch.strict, ...decoded.value.warnings]
  if (strict.length > 0 && validation === 'Strict') {
    return fail(refuse(`strict decoding error: ${strict.join(', ')}`))
  }
  for (const text of strict) warn(text)
  return ok({ object, clear })
}

function readPatch(
  typeName: TypeName,
  type: 'json' | 'merge' | 'strategic',
  body: RequestBody,
  validation: FieldValidation,
): Result<ReadPatch, Status> {
  const parsed = parsePatch(type, body, validation)
  if (!parsed.ok) return parsed
  const { value, duplicates } = parsed.value
  const repeated = duplicates.map((path) => `duplicate field "${path}"`)
  const asJson = (patched: unknown): string => JSON.stringify(patched)
  switch (type) {
    case 'json': {
      const read = readJsonPatch(value, validation === 'Ignore', duplicates)
      if (!read.ok) return read
      const { patch, strict } = read.value
      return ok({ apply: (current) => applyJsonPatch(current, patch), strict, shown: asJson })
    }
    case 'merge':
      return ok({ apply: (current) => applyMergePatch(current, value), strict: repeated, shown: asJson })
    case 'strategic':
      return ok({
        apply: (current) => applyStrategicMergePatch(typeName, current, value),
        strict: repeated,
        shown: () => goText(value),
      })
  }
}

function parsePatch(
  type: 'json' | 'merge' | 'strategic',
  body: RequestBody,
  validation: FieldValidation,
): Result<{ readonly value: unknown; readonly duplicates: readonly string[] }, Status> {
  switch (body.kind) {
    case 'Typed':
      return ok({ value: body.object, duplicates: [] })
    case 'Value':
      return ok({ value: body.value, duplicates: body.problems ?? [] })
    case 'Text': {
      const parsed = parseJson(body.text)
      if (parsed.ok) return ok({ value: parsed.value.value, duplicates: duplicateMembers(parsed.value) })
      const isPlain = type === 'strategic' || (type === 'json' && validation === 'Ignore')
      return fail(badRequest(isPlain ? parsed.error : `error decoding patch: ${parsed.error}`))
    }
  }
}
