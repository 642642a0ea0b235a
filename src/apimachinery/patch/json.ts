/**
 * JSON patch (RFC 6902), with the leniency of the library that upstream uses: `replace` sets an absent member, `copy`
 * of an absent member gives null, negative indexes count from the end.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/patch.go, applyJSPatch; evanphx/json-patch v4, Patch.Apply
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { depthOf } from '../decode/json.ts'
import { deepest } from '../decode/json-syntax.ts'
import { badRequest, rejectedRequest, tooLarge } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import {
  equalJson,
  isList,
  isObject,
  type JsonObject,
  jsonKind,
  member,
  withMember,
  withoutMember,
} from './json-value.ts'

/** Operations as the request had them; what is wrong with one is found when it is applied. */
export type JsonPatch = readonly JsonObject[]

const maxOperations = 10_000
/** The most that `copy` operations of one patch may add, in characters of JSON. */
const maxCopied = 3 * 1024 * 1024

const memberTypes = ['op', 'path', 'from'] as const

/**
 * The operations in a decoded body. `lenient` is the request's `fieldValidation: Ignore`, which checks no member types.
 * `duplicates` are paths of repeated members; they and unknown members come back as texts for warnings or refusal.
 */
export function readJsonPatch(
  body: unknown,
  lenient: boolean,
  duplicates: readonly string[] = [],
): Result<{ readonly patch: JsonPatch; readonly strict: readonly string[] }, Status> {
  const problem = shapeProblem(body, lenient)
  if (problem !== undefined) return fail(badRequest(lenient ? problem : `error decoding patch: ${problem}`))
  const patch = ((body ?? []) as readonly unknown[]).map((operation) => (isObject(operation) ? operation : {}))
  if (patch.length > maxOperations)
    return fail(tooLarge(`The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`))
  if (lenient) return ok({ patch, strict: [] })
  const known = new Set<string>([...memberTypes, 'value'])
  const unknown = patch.flatMap((operation, index) =>
    Object.keys(operation)
      .filter((name) => !known.has(name))
      .map((name) => `json patch unknown field "[${index}].${name}"`),
  )
  return ok({ patch, strict: [...duplicates.map((path) => `json patch duplicate field "${path}"`), ...unknown] })
}

function shapeProblem(body: unknown, lenient: boolean): string | undefined {
  if (body === null || body === undefined) return undefined
  const cannot = (value: unknown, type: string): string => `json: cannot unmarshal ${jsonKind(value)} into Go ${type}`
  if (!isList(body)) return cannot(body, `value of type ${lenient ? 'jsonpatch.Patch' : '[]handlers.jsonPatchOp'}`)
  for (const operation of body) {
    if (operation === null) continue
    if (!isObject(operation))
      return cannot(operation, `value of type ${lenient ? 'jsonpatch.Operation' : 'handlers.jsonPatchOp'}`)
    if (lenient) continue
    for (const name of memberTypes) {
      const value = member(operation, name)
      if (value !== undefined && value !== null && typeof value !== 'string')
        return cannot(value, `struct field jsonPatchOp.${name} of type string`)
    }
  }
  return undefined
}

/** The patched value; parts that no operation touches stay the same objects. Any operation that fails fails all (422). */
export function applyJsonPatch(current: unknown, patch: JsonPatch): Result<unknown, Status> {
  let document = current
  let copied = 0
  let depth = depthOf(document)
  for (const operation of patch) {
    const next = applyOperation(document, operation)
    if (next === undefined) return fail(rejectedRequest())
    document = next.document
    depth = depthAfter(operation, depth)
    if (depth > deepest) {
      depth = depthOf(document)
      if (depth > deepest) return fail(rejectedRequest())
    }
    if (next.copied === undefined) continue
    copied += JSON.stringify(next.copied)?.length ?? 0
    if (copied > maxCopied) return fail(rejectedRequest())
  }
  return ok(document)
}

/** A bound of the depth after an operation: what it puts somewhere is at most as deep as what there was. */
function depthAfter(operation: JsonObject, before: number): number {
  const path = member(operation, 'path')
  const keys = typeof path === 'string' ? path.split('/').length : 0
  const moves = member(operation, 'from') !== undefined
  return Math.max(before, keys + (moves ? before : depthOf(member(operation, 'value'))))
}

type Applied = { readonly document: unknown; readonly copied?: unknown }
type Edit = (container: unknown, key: string) => unknown

/** The document after one operation, or undefined when it does not apply. */
function applyOperation(document: unknown, operation: JsonObject): Applied | undefined {
  const path = member(operation, 'path')
  const from = member(operation, 'from')
  const value = member(operation, 'value') ?? null
  if (typeof path !== 'string') return undefined
  switch (member(operation, 'op')) {
    case 'add':
      return edited(document, path, (container, key) => added(container, key, value))
    case 'remove':
      return edited(document, path, removed)
    case 'replace':
      if (path === '') return typeof value === 'object' && value !== null ? { document: value } : undefined
      return edited(document, path, (container, key) => replaced(container, key, value))
    case 'move': {
      const source = typeof from === 'string' ? read(document, from) : undefined
      if (source === undefined) return undefined
      const rest = edited(document, from as string, removed)
      return rest && edited(rest.document, path, (container, key) => added(container, key, source.value))
    }
    case 'copy': {
      const source = typeof from === 'string' ? read(document, from) : undefined
      if (source === undefined) return undefined
      const after = edited(document, path, (container, key) => added(container, key, source.value))
      return after && { document: after.document, copied: source.value }
    }
    case 'test': {
      const found = path === '' ? { value: document } : read(document, path)
      return found !== undefined && equalJson(found.value, value) ? { document } : undefined
    }
    default:
      return undefined
  }
}

/** The keys of a pointer, or undefined for one without a slash. What stands before the first slash has no meaning. */
function keysOf(path: string): readonly string[] | undefined {
  const parts = path.split('/')
  return parts.length < 2 ? undefined : parts.slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** An index into a list as Go reads numbers; negative ones count from `length`. */
function indexOf(key: string, length: number): number | undefined {
  if (!/^[+-]?[0-9]+$/.test(key)) return undefined
  const index = Number(key)
  return index < 0 ? (index + length >= 0 ? index + length : undefined) : index
}

/** What stands at a pointer; an absent member of an object reads as null, an absent element of a list fails. */
function read(document: unknown, path: string): { readonly value: unknown } | undefined {
  const keys = keysOf(path)
  if (keys === undefined) return undefined
  let value = document
  for (const key of keys) {
    if (isList(value)) {
      const index = indexOf(key, value.length)
      if (index === undefined || index >= value.length) return undefined
      value = value[index]
    } else if (isObject(value)) {
      value = member(value, key) ?? null
    } else {
      return undefined
    }
  }
  return { value }
}

/** The document with the container that a pointer names edited; `edit` gives undefined where it does not apply. */
function edited(document: unknown, path: string, edit: Edit): Applied | undefined {
  const keys = keysOf(path)
  if (keys === undefined) return undefined
  const next = editedAt(document, keys, 0, edit)
  return next === undefined ? undefined : { document: next }
}

function editedAt(container: unknown, keys: readonly string[], depth: number, edit: Edit): unknown {
  const key = keys[depth] as string
  if (depth === keys.length - 1) return edit(container, key)
  if (isList(container)) {
    const index = indexOf(key, container.length)
    if (index === undefined || index >= container.length) return undefined
    const inner = editedAt(container[index], keys, depth + 1, edit)
    return inner === undefined ? undefined : inner === container[index] ? container : container.with(index, inner)
  }
  if (!isObject(container)) return undefined
  const inner = editedAt(member(container, key), keys, depth + 1, edit)
  return inner === undefined ? undefined : withMember(container, key, inner)
}

function added(container: unknown, key: string, value: unknown): unknown {
  if (isObject(container)) return withMember(container, key, value)
  if (!isList(container)) return undefined
  if (key === '-') return [...container, value]
  const index = indexOf(key, container.length + 1)
  return index === undefined || index > container.length ? undefined : container.toSpliced(index, 0, value)
}

function removed(container: unknown, key: string): unknown {
  if (isObject(container)) return Object.hasOwn(container, key) ? withoutMember(container, key) : undefined
  if (!isList(container)) return undefined
  const index = indexOf(key, container.length)
  return index === undefined || index >= container.length ? undefined : container.toSpliced(index, 1)
}

function replaced(container: unknown, key: string, value: unknown): unknown {
  if (isObject(container)) return withMember(container, key, value)
  if (!isList(container)) return undefined
  const index = indexOf(key, container.length)
  if (index === undefined || index >= container.length) return undefined
  return container[index] === value ? container : container.with(index, value)
}
