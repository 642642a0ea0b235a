/**
 * Strategic merge patch: objects merge, lists merge by the key that the schema names, and `$`-members direct it.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/strategicpatch/patch.go, StrategicMergeMapPatch
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { badRequest, plainError } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import type { TypeName } from '../schema/schema.ts'
import {
  goText,
  isList,
  isObject,
  type JsonList,
  type JsonObject,
  jsonKind,
  member,
  withMember,
  withoutMember,
} from './json-value.ts'
import { withoutNulls } from './merge.ts'
import { checkOrder, elementKind, inOrder, missingKey, sameElements, setListFormat } from './strategic-order.ts'
import { listMeta, type PatchNode, rootNode, structMeta } from './strategic-schema.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deletePrefix = '$deleteFromPrimitiveList'
const orderPrefix = '$setElementOrder'

/**
 * The patched object of a type; unchanged parts stay the same objects. Members that no directive gives a meaning to
 * are taken over, and decoding finds them unknown. A patch that is no object is refused (400).
 */
export function applyStrategicMergePatch(
  type: TypeName,
  current: JsonObject,
  patch: unknown,
): Result<JsonObject, Status> {
  if (patch === null || patch === undefined) return ok(current)
  if (!isObject(patch))
    return fail(badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`))
  return mergeMap(current, patch, rootNode(type))
}

const unknownDirective = (value: unknown, patch: JsonObject): Status =>
  plainError(`unknown patch type: ${goText(value)} in map: ${goText(patch)}`)

function mergeMap(original: JsonObject, patch: JsonObject, node: PatchNode): Result<JsonObject, Status> {
  const directed = member(patch, directive)
  if (directed === 'replace') return ok(withoutMember(patch, directive))
  if (directed === 'delete') return ok({})
  if (directed !== undefined) return fail(unknownDirective(directed, patch))

  const kept = applyRetainKeys(original, patch)
  if (!kept.ok) return kept
  const ordered = mergeOrderedLists(kept.value, patch, node)
  if (!ordered.ok) return ordered
  let merged = ordered.value.merged
  for (const patchKey of Object.keys(patch)) {
    if (patchKey === retainKeys || ordered.value.done.has(patchKey)) continue
    const deletes = patchKey.startsWith(deletePrefix)
    if (deletes && !patchKey.startsWith(`${deletePrefix}/`))
      return fail(badRequest('invalid patch format of primitive list'))
    const key = deletes ? patchKey.slice(deletePrefix.length + 1) || patchKey : patchKey
    const next = mergeField(merged, key, patch[patchKey], node, deletes)
    if (!next.ok) return next
    merged = next.value
  }
  return ok(merged)
}

function mergeField(
  target: JsonObject,
  key: string,
  value: unknown,
  node: PatchNode,
  deletes: boolean,
): Result<JsonObject, Status> {
  if (value === null) return ok(withoutMember(target, key))
  const present = member(target, key)
  if (isObject(present) && isObject(value)) {
    const meta = structMeta(node, key)
    if (!meta.ok) return meta
    if (meta.value.strategy === 'replace') return ok(withMember(target, key, value))
    const merged = mergeMap(present, value, meta.value.node)
    return merged.ok ? ok(withMember(target, key, merged.value)) : merged
  }
  if (isList(present) && isList(value)) {
    const meta = listMeta(node, key)
    if (!meta.ok) return meta
    const merged = mergeList(present, value, meta.value, deletes)
    return merged.ok ? ok(withMember(target, key, merged.value)) : merged
  }
  const sameKind = present !== undefined && present !== null && jsonKind(present) === jsonKind(value)
  // Nothing can be deleted from a list that is not there.
  if (deletes && !sameKind) return ok(target)
  const taken = withoutDirectives(withoutNulls(value))
  return ok(taken === undefined ? withoutMember(target, key) : withMember(target, key, taken))
}

/** A value without the objects in it that carry `$patch`; undefined when it is one itself. */
function withoutDirectives(value: unknown): unknown {
  if (isList(value)) {
    const rest = value.map(withoutDirectives).filter((element) => element !== undefined)
    return sameElements(rest, value) ? value : rest
  }
  if (!isObject(value)) return value
  if (Object.hasOwn(value, directive)) return undefined
  let rest: JsonObject = value
  for (const key of Object.keys(value)) {
    const inner = withoutDirectives(value[key])
    rest = inner === undefined ? withoutMember(rest, key) : withMember(rest, key, inner)
  }
  return rest
}

/** Drops what `$retainKeys` does not name; the patch may name nothing else. */
function applyRetainKeys(original: JsonObject, patch: JsonObject): Result<JsonObject, Status> {
  const listed = member(patch, retainKeys)
  if (listed === undefined) return ok(original)
  const malformed = badRequest('invalid patch format of retainKeys')
  if (!isList(listed)) return fail(malformed)
  const names = new Set(listed)
  for (const key of Object.keys(patch)) {
    const exempt =
      patch[key] === null || key === retainKeys || [deletePrefix, orderPrefix].some((p) => key.startsWith(p))
    if (!exempt && !names.has(key)) return fail(malformed)
  }
  return ok(Object.keys(original).reduce((rest, key) => (names.has(key) ? rest : withoutMember(rest, key)), original))
}

type Ordered = { readonly merged: JsonObject; readonly done: ReadonlySet<string> }

/** Merges each list that has a `$setElementOrder`, and puts it into that order. */
function mergeOrderedLists(original: JsonObject, patch: JsonObject, node: PatchNode): Result<Ordered, Status> {
  let merged = original
  const done = new Set<string>()
  for (const patchKey of Object.keys(patch)) {
    if (!patchKey.startsWith(orderPrefix)) continue
    done.add(patchKey)
    const order = patch[patchKey]
    if (!isList(order)) return fail(notAList(order))
    if (!patchKey.startsWith(`${orderPrefix}/`)) return fail(setListFormat())
    const key = patchKey.slice(orderPrefix.length + 1)
    const live = member(original, key)
    const change = member(patch, key)
    for (const list of [live, change]) if (list !== undefined && !isList(list)) return fail(notAList(list))
    const next = mergeOrderedList(node, key, live as JsonList | undefined, change as JsonList | undefined, order)
    if (!next.ok) return next
    if (next.value === undefined) continue
    merged = withMember(merged, key, next.value)
    done.add(key)
  }
  return ok({ merged, done })
}

const notAList = (value: unknown): Status => {
  const type = value === null ? '%!s(<nil>)' : isObject(value) ? 'map[string]interface {}' : scalarType(value)
  return plainError(`expected a []interface {}, but received a ${type}`)
}
const scalarType = (value: unknown): string =>
  typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : jsonKind(value)

function mergeOrderedList(
  node: PatchNode,
  key: string,
  live: JsonList | undefined,
  change: JsonList | undefined,
  order: JsonList,
): Result<JsonList | undefined, Status> {
  const meta = listMeta(node, key)
  if (!meta.ok) return meta
  const { mergeKey } = meta.value
  const problem = checkOrder(change ?? [], order, mergeKey, orderPrefix)
  if (problem !== undefined) return fail(problem)
  if (live === undefined && change === undefined) return ok(undefined)
  let merged: JsonList
  if (change === undefined) merged = live ?? []
  else if (live === undefined) merged = withoutDirectives(change) as JsonList
  else {
    const both = mergeList(live, change, meta.value, false)
    if (!both.ok) return both
    merged = both.value
  }
  const kind = elementKind(live ?? [], change ?? [])
  if (!kind.ok) return kind
  const result = inOrder(merged, order, live ?? [], mergeKey)
  return result.ok ? ok(sameElements(result.value, live) ? live : result.value) : result
}

type ListMeta = { readonly node: PatchNode; readonly strategy: string; readonly mergeKey: string }

function mergeList(
  original: JsonList,
  patch: JsonList,
  { node, strategy, mergeKey }: ListMeta,
  deletes: boolean,
): Result<JsonList, Status> {
  if (strategy !== 'merge') return ok(patch)
  if (original.length === 0 && patch.length === 0) return ok(original)
  const kind = elementKind(original, patch)
  if (!kind.ok) return kind
  if (kind.value !== 'map') {
    if (deletes) {
      const gone = new Set(patch)
      return ok(
        unchangedOr(
          original,
          original.filter((element) => !gone.has(element)),
        ),
      )
    }
    const both = [...new Set([...original, ...patch])]
    const ordered = inOrder(both, patch, original, '')
    return ordered.ok ? ok(unchangedOr(original, ordered.value)) : ordered
  }
  if (mergeKey === '') return fail(plainError('cannot merge lists without merge key for type struct'))
  const special = applyElementDirectives(original, patch as readonly JsonObject[], mergeKey)
  if (!special.ok) return special
  const merged = mergeElements(special.value.original, special.value.patch, mergeKey, node)
  if (!merged.ok) return merged
  const ordered = inOrder(merged.value, special.value.patch, special.value.original, mergeKey)
  return ordered.ok ? ok(unchangedOr(original, ordered.value)) : ordered
}

const unchangedOr = (original: JsonList, next: JsonList): JsonList => (sameElements(next, original) ? original : next)

type Elements = { readonly original: JsonList; readonly patch: readonly JsonObject[] }

/** Carries out the elements with `$patch`: `delete` by key, `replace` for the whole list. */
function applyElementDirectives(
  original: JsonList,
  patch: readonly JsonObject[],
  mergeKey: string,
): Result<Elements, Status> {
  const plain: JsonObject[] = []
  let left = original
  let replace = false
  for (const element of patch) {
    const directed = member(element, directive)
    if (directed === undefined) plain.push(element)
    else if (directed === 'replace') replace = true
    else if (directed === 'merge') return fail(plainError('merging lists cannot yet be specified in the patch'))
    else if (directed !== 'delete') return fail(unknownDirective(directed, element))
    else if (!Object.hasOwn(element, mergeKey)) return fail(missingKey(element, mergeKey))
    else left = left.filter((present) => !hasKey(present, mergeKey, element[mergeKey]))
  }
  return ok(replace ? { original: plain, patch: [] } : { original: left, patch: plain })
}

const hasKey = (element: unknown, mergeKey: string, value: unknown): boolean =>
  isObject(element) && Object.hasOwn(element, mergeKey) && element[mergeKey] === value

function mergeElements(
  original: JsonList,
  patch: readonly JsonObject[],
  mergeKey: string,
  node: PatchNode,
): Result<JsonList, Status> {
  const merged = [...original]
  for (const element of patch) {
    if (!Object.hasOwn(element, mergeKey)) return fail(missingKey(element, mergeKey))
    const at = merged.findIndex((present) => hasKey(present, mergeKey, element[mergeKey]))
    if (at < 0) {
      merged.push(element)
      continue
    }
    const both = mergeMap(merged[at] as JsonObject, element, node)
    if (!both.ok) return both
    merged[at] = both.value
  }
  return ok(merged)
}
