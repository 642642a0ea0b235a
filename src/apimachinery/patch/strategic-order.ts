/**
 * The order of merged lists: what the patch says, then what the live list has, interleaved as well as possible.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/strategicpatch/patch.go, normalizeElementOrder and mergeSortedSlice
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { badRequest, plainError, rejectedRequest } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import { goText, goType, isList, isObject, type JsonList, type JsonObject } from './json-value.ts'

export const missingKey = (element: JsonObject, mergeKey: string): Status =>
  plainError(`map: ${goText(element)} does not contain declared merge key: ${mergeKey}`)

export const setListFormat = (): Status => badRequest('invalid patch format of setElementOrder list')

/** Whether two lists have the very same elements. */
export function sameElements(left: JsonList, right: JsonList | undefined): boolean {
  if (right === undefined || left.length !== right.length) return false
  return left.every((element, index) => element === right[index])
}

/** `map` or `scalar`: what the elements of the lists are; they must all be of one type, and no lists. */
export function elementKind(...lists: readonly JsonList[]): Result<'map' | 'scalar', Status> {
  let first: string | undefined
  let kind: 'map' | 'scalar' = 'scalar'
  for (const element of lists.flat(1)) {
    // A list of lists is refused by its first element only, as upstream does.
    if (first === undefined && isList(element)) return fail(rejectedRequest())
    const type = goType(element)
    if (first !== undefined && type !== first)
      return fail(plainError(`list element types are not identical: ${goText(lists)}`))
    first = type
    kind = isObject(element) ? 'map' : 'scalar'
  }
  return first === undefined ? fail(plainError('no elements in any of the given slices')) : ok(kind)
}

type KeyOf = (element: unknown) => unknown

const keyReader =
  (mergeKey: string): KeyOf =>
  (element) =>
    mergeKey !== '' && isObject(element) ? element[mergeKey] : element

/** The text of what is wrong when a patch's elements are not a part of the order list, in the same order. */
export function checkOrder(patch: JsonList, order: JsonList, mergeKey: string, prefix: string): Status | undefined {
  if (order.length === 0 || patch.length === 0) return undefined
  const elements: unknown[] = []
  for (const element of patch) {
    if (mergeKey !== '' && !isObject(element)) return notAMap(element)
    if (!isObject(element) || element['$patch'] !== 'delete') elements.push(element)
  }
  let at = 0
  let orderAt = 0
  while (at < elements.length && orderAt < order.length) {
    const element = elements[at]
    if (isObject(element) && Object.hasOwn(element, '$patch')) {
      at++
      continue
    }
    const equal = sameKey(element, order[orderAt], mergeKey)
    if (!equal.ok) return equal.error
    if (equal.value) at++
    orderAt++
  }
  if (at >= elements.length || orderAt < order.length) return undefined
  return plainError(`The order in patch list:\n${goText(patch)}\n doesn't match ${prefix} list:\n${goText(order)}\n`)
}

const notAMap = (value: unknown): Status =>
  plainError(`expected a map[string]interface {}, but received a ${value === null ? '%!s(<nil>)' : goType(value)}`)

function sameKey(left: unknown, right: unknown, mergeKey: string): Result<boolean, Status> {
  if (mergeKey === '') return ok(left === right)
  for (const element of [left, right]) {
    if (!isObject(element)) return fail(notAMap(element))
    if (!Object.hasOwn(element, mergeKey)) return fail(missingKey(element, mergeKey))
  }
  return ok((left as JsonObject)[mergeKey] === (right as JsonObject)[mergeKey])
}

/** `merged` with the elements of `order` in that order, and the others placed among them as `live` has them. */
export function inOrder(merged: JsonList, order: JsonList, live: JsonList, mergeKey: string): Result<JsonList, Status> {
  const keyOf = keyReader(mergeKey)
  if (mergeKey !== '')
    for (const element of [...merged, ...order, ...live]) {
      if (!isObject(element)) return fail(notAMap(element))
      if (!Object.hasOwn(element, mergeKey)) return fail(missingKey(element, mergeKey))
    }
  const wanted = ranks(order, keyOf)
  const known = ranks(live, keyOf)
  const first = sorted(
    merged.filter((element) => wanted.has(keyOf(element))),
    wanted,
    keyOf,
  )
  const others = sorted(
    merged.filter((element) => !wanted.has(keyOf(element))),
    known,
    keyOf,
  )
  return ok(interleaved(others, first, known, keyOf))
}

function ranks(list: JsonList, keyOf: KeyOf): ReadonlyMap<unknown, number> {
  const ranks = new Map<unknown, number>()
  list.forEach((element, index) => {
    if (!ranks.has(keyOf(element))) ranks.set(keyOf(element), index)
  })
  return ranks
}

const sorted = (list: JsonList, rank: ReadonlyMap<unknown, number>, keyOf: KeyOf): JsonList =>
  list.toSorted((a, b) => (rank.get(keyOf(a)) ?? 0) - (rank.get(keyOf(b)) ?? 0))

/** Puts each of `others` before the first of `elements` that stands after it in the live list, else last. */
function interleaved(
  others: JsonList,
  elements: JsonList,
  known: ReadonlyMap<unknown, number>,
  keyOf: KeyOf,
): JsonList {
  const result: unknown[] = []
  let other = 0
  for (const element of elements) {
    const place = known.get(keyOf(element))
    while (other < others.length && place !== undefined) {
      const otherPlace = known.get(keyOf(others[other]))
      if (otherPlace === undefined || otherPlace >= place) break
      result.push(others[other++])
    }
    result.push(element)
  }
  return [...result, ...others.slice(other)]
}
