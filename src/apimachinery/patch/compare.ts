/**
 * What changed between two states of an object, as sets of fields. Parts that are the very same object are not looked
 * into, so the cost follows the size of the change.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/typed/compare.go
 */
import { asMember, begin, type Chain, type Fields, finish, leaf, step } from './field-set.ts'
import { equalJson, isList, isObject, type JsonList, type JsonObject } from './json-value.ts'
import { elementOf, itemsByElement, sameElement } from './list-elements.ts'
import type { ListNode, StructNode, TypeNode } from './type-node.ts'

/** `changed` holds what was added or modified, `removed` what is gone. */
export type Change = { readonly changed: Fields; readonly removed: Fields }

const addedLeaf: Change = { changed: leaf, removed: undefined }
const removedLeaf: Change = { changed: undefined, removed: leaf }

/** The change from `left` to `right`, or undefined when nothing that `node` knows of differs. */
export function compare(node: StructNode, left: JsonObject, right: JsonObject): Change | undefined {
  return compareStructs(node, left, right)
}

/** One side absent is `undefined`; null is a value. */
function compareValues(node: TypeNode, left: unknown, right: unknown): Change | undefined {
  if (left === right) return undefined
  if (node.kind === 'scalar') return compareLeaves(left, right)
  if (node.kind === 'list') {
    if (node.relation === 'atomic') return compareLeaves(left, right)
    const leftList = isList(left) ? left : none
    const rightList = isList(right) ? right : none
    if (leftList.length === 0 && rightList.length === 0) return compareLeaves(left, right)
    return withSelf(compareLists(node, leftList, rightList), left, right)
  }
  if (node.atomic) return compareLeaves(left, right)
  const leftMap = isObject(left) && !isEmptyMap(left) ? left : undefined
  const rightMap = isObject(right) && !isEmptyMap(right) ? right : undefined
  if (leftMap === undefined && rightMap === undefined) return compareLeaves(left, right)
  if (node.kind === 'map') return withSelf(compareMaps(node.element, leftMap, rightMap), left, right)
  const inner = compareStructs(node, leftMap, rightMap)
  return node.neverOwned === true ? inner : withSelf(inner, left, right)
}

const none: JsonList = []

function isEmptyMap(value: JsonObject): boolean {
  for (const _ in value) return false
  return true
}

function compareLeaves(left: unknown, right: unknown): Change | undefined {
  if (left === undefined) return addedLeaf
  if (right === undefined) return removedLeaf
  return equalJson(left, right) ? undefined : addedLeaf
}

/** A container that came or went is in the set itself, besides what is in it. */
function withSelf(inner: Change | undefined, left: unknown, right: unknown): Change | undefined {
  if (left === undefined) return { changed: asMember(inner?.changed), removed: inner?.removed }
  if (right === undefined) return { changed: inner?.changed, removed: asMember(inner?.removed) }
  return inner
}

/** The changes below one place while they are gathered. */
type Gathering = { changed: Chain; removed: Chain }

function note(gathering: Gathering | undefined, element: string, change: Change): Gathering {
  const into = gathering ?? { changed: begin(), removed: begin() }
  if (change.changed !== undefined) into.changed = step(into.changed, element, change.changed)
  if (change.removed !== undefined) into.removed = step(into.removed, element, change.removed)
  return into
}

const gathered = (gathering: Gathering | undefined): Change | undefined =>
  gathering && { changed: finish(gathering.changed, false), removed: finish(gathering.removed, false) }

function compareStructs(
  { byName }: StructNode,
  left: JsonObject | undefined,
  right: JsonObject | undefined,
): Change | undefined {
  let gathering: Gathering | undefined
  for (const name in right) {
    const before = left?.[name]
    const after = right[name]
    if (before === after) continue
    const field = byName.get(name)
    if (field === undefined) continue
    const change = compareValues(field.type, before, after)
    if (change !== undefined) gathering = note(gathering, field.element, change)
  }
  for (const name in left) {
    if (right?.[name] !== undefined || left[name] === undefined || (right !== undefined && name in right)) continue
    const field = byName.get(name)
    const change = field && compareValues(field.type, left[name], undefined)
    if (field !== undefined && change !== undefined) gathering = note(gathering, field.element, change)
  }
  return gathered(gathering)
}

function compareMaps(
  element: TypeNode,
  left: JsonObject | undefined,
  right: JsonObject | undefined,
): Change | undefined {
  let gathering: Gathering | undefined
  for (const key in right) {
    const before = left !== undefined && Object.hasOwn(left, key) ? left[key] : undefined
    const change = compareValues(element, before, right[key])
    if (change !== undefined) gathering = note(gathering, `f:${key}`, change)
  }
  for (const key in left) {
    if (right !== undefined && Object.hasOwn(right, key)) continue
    const change = compareValues(element, left[key], undefined)
    if (change !== undefined) gathering = note(gathering, `f:${key}`, change)
  }
  return gathered(gathering)
}

function compareLists(node: ListNode, left: JsonList, right: JsonList): Change | undefined {
  if (isPaired(node, left, right)) {
    let gathering: Gathering | undefined
    for (let at = 0; at < right.length; at++) {
      const change = compareValues(node.element, left[at], right[at])
      const element = change && elementOf(node, right[at])
      if (change !== undefined && element !== undefined) gathering = note(gathering, element, change)
    }
    // The same item twice is compared as a whole.
    if (gathering === undefined || !repeats(node, right)) return gathered(gathering)
  }
  if (left.length === 0 && right.length === 1) {
    const element = elementOf(node, right[0])
    const change = element === undefined ? undefined : compareItems(node, none, right)
    return element === undefined || change === undefined ? undefined : gathered(note(undefined, element, change))
  }
  const before = itemsByElement(node, left)
  const after = itemsByElement(node, right)
  let gathering: Gathering | undefined
  for (const [element, items] of after) {
    const change = compareItems(node, before.get(element) ?? none, items)
    if (change !== undefined) gathering = note(gathering, element, change)
  }
  for (const [element, items] of before) {
    if (after.has(element)) continue
    const change = compareItems(node, items, none)
    if (change !== undefined) gathering = note(gathering, element, change)
  }
  return gathered(gathering)
}

/** Whether the items of two lists are the same ones in the same order. */
function isPaired(node: ListNode, left: JsonList, right: JsonList): boolean {
  if (left.length !== right.length) return false
  for (let at = 0; at < left.length; at++)
    if (left[at] !== right[at] && !sameElement(node, left[at], right[at])) return false
  return true
}

function repeats(node: ListNode, list: JsonList): boolean {
  if (list.length < 2) return false
  return itemsByElement(node, list).size < list.length
}

/** Items of one element: compared one by one, or as a whole where there are several. */
function compareItems({ element }: ListNode, before: JsonList, after: JsonList): Change | undefined {
  if (before.length <= 1 && after.length <= 1) return compareValues(element, before[0], after[0])
  if (before.length > 1 && after.length > 1) return equalJson(before, after) ? undefined : addedLeaf
  if (before.length > 1) {
    const added = after.length === 0 ? undefined : compareValues(element, undefined, after[0])
    return { changed: added?.changed, removed: leaf }
  }
  const gone = before.length === 0 ? undefined : compareValues(element, before[0], undefined)
  return { changed: leaf, removed: gone?.removed }
}
