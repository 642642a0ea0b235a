/**
 * Changing objects by a patch: JSON patch, merge patch, strategic merge patch; apply is in `apply.ts`.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/patch.go (facts: order, texts)
 */
import {
  apiVersionOf,
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
import { patchedKindProblem, typed } from './body.ts'
import { trackFields } from './fields.ts'
import { checkName, fillNamespace } from './metadata.ts'
import type { FieldValidation } from './options.ts'
import type { Registry } from './registry.ts'
import { unbuiltProblem } from './unbuilt.ts'
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
  /** The kind of the object stays whatever the patch says of it. */
  readonly keepsKind: boolean
  readonly isTyped: boolean
}

/** `clear`: the patch took all managed fields away. */
type Patched = { readonly object: KubeObject; readonly clear: boolean }

export async function patchObject(
  registry: Registry,
  request: WriteRequest,
  { type, body }: PatchBody & { readonly type: 'json' | 'merge' | 'strategic' },
): Promise<Result<Written, Status>> {
  const { resource, name, namespace } = request
  const read = readPatch(resource.kind.type as TypeName, type, body, request.validation)
  if (!read.ok) return read
  let warned = false
  return updateObject(
    registry,
    request,
    (current, now): Result<Revised, Status> => {
      if (current === undefined) return fail(missing(resource, name))
      const warn = warned ? () => {} : request.context.warn
      const decoded = applyAndDecode(registry, request, read.value, current, warn)
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
  { options }: Registry,
  { resource, validation }: WriteRequest,
  patch: ReadPatch,
  current: KubeObject,
  warn: (text: string) => void,
): Result<Patched, Status> {
  const { kind } = resource
  const patched = patch.apply(current as unknown as JsonObject)
  if (!patched.ok) return patched
  const refuse = (why: string): Status =>
    invalidFields({ group: '', kind: '' }, '', [invalidValue('patch', patch.shown(patched.value), why)])
  // What code of this process makes has the right types; there is nothing to find by decoding it.
  if (patch.isTyped) return ok({ object: patched.value as KubeObject, clear: false })
  const wrongKind = patch.keepsKind ? undefined : patchedKindProblem(kind, patched.value)
  if (wrongKind !== undefined) return fail(refuse(wrongKind))
  const unbuilt = unbuiltProblem(resource, options, patched.value)
  if (unbuilt !== undefined) return fail(unbuilt)
  const decoded = decodeObject(kind.type as TypeName, patched.value, validation === 'Strict' ? 'Warn' : validation)
  if (!decoded.ok) return fail(refuse(decoded.error.message))
  const object = typed(decoded.value.object, kind.kind, apiVersionOf(kind.group, kind.version))
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
  const isTyped = body.kind === 'Typed'
  const repeated = duplicates.map((path) => `duplicate field "${path}"`)
  switch (type) {
    case 'json': {
      const read = readJsonPatch(value, validation === 'Ignore', duplicates)
      if (!read.ok) return read
      const { patch, strict } = read.value
      return ok({
        apply: (current) => applyJsonPatch(current, patch),
        strict,
        shown: sortedJson,
        keepsKind: false,
        isTyped,
      })
    }
    case 'merge':
      return ok({
        apply: (current) => applyMergePatch(current, value),
        strict: repeated,
        shown: sortedJson,
        keepsKind: false,
        isTyped,
      })
    case 'strategic':
      return ok({
        apply: (current) => applyStrategicMergePatch(typeName, current, value),
        strict: repeated,
        shown: () => goText(withoutOrderedLists(value)),
        keepsKind: true,
        isTyped,
      })
  }
}

/** Upstream shows a strategic patch as its merge leaves it: lists whose order it sets are taken out, with that order. */
function withoutOrderedLists(patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const ordered = new Set(
    Object.keys(patch)
      .filter((key) => key.startsWith(orderPrefix))
      .map((key) => key.slice(orderPrefix.length)),
  )
  const left = Object.entries(patch).filter(([key]) => !key.startsWith(orderPrefix) && !ordered.has(key))
  return Object.fromEntries(left.map(([key, value]) => [key, withoutOrderedLists(value)]))
}

const orderPrefix = '$setElementOrder/'

/** JSON as Go writes a map that it took apart: members sorted, inner values as they were. */
function sortedJson(patched: unknown): string {
  if (typeof patched !== 'object' || patched === null || Array.isArray(patched)) return JSON.stringify(patched)
  return JSON.stringify(Object.fromEntries(Object.entries(patched).sort(([a], [b]) => (a < b ? -1 : 1))))
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
