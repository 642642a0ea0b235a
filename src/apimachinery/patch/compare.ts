/**
 * What changed between two states of an object, as sets of fields. Parts that are the very same object are not looked
 * into, so the cost follows the size of the change.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/typed/compare.go
 */
import { addChild, compareElements, type FieldSet, type Fields, finish, leaf, type NodeBuilder } from './field-set.ts'
import { equalJson, isList, isObject, type JsonList, type JsonObject } from './json-value.ts'
import { itemsByElement } from './list-elements.ts'
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
  switch (node.kind) {
    case 'scalar':
      return compareLeaves(left, right)
    case 'struct':
    case 'map': {
      const leftMap = isObject(left) && !isEmptyMap(left) ? left : undefined
      const rightMap = isObject(right) && !isEmptyMap(right) ? right : undefined
      if (node.atomic || (leftMap === undefined && rightMap === undefined)) return compareLeaves(left, right)
      const inner =
        node.kind === 'struct' ? compareStructs(node, leftMap, rightMap) : compareMaps(node.element, leftMap, rightMap)
      return withSelf(inner, left, right, node.kind === 'struct' && node.neverOwned === true)
    }
    case 'list': {
      const leftList = isList(left) ? left : []
      const rightList = isList(right) ? right : []
      if (node.relation === 'atomic' || (leftList.length === 0 && rightList.length === 0))
        return compareLeaves(left, right)
      return withSelf(compareLists(node, leftList, rightList), left, right, false)
    }
  }
}

function isEmptyMap(value: JsonObject): boolean {
  for (const _ in value) return false
  return true
}

function compareLeaves(left: unknown, right: unknown): Change | undefined {
  if (left === undefined) return addedLeaf
  if (right === undefined) return removedLeaf
  return equalJson(left, right) ? undefined : addedLeaf
}

/** A container that came or went is a member itself, besides what is in it. */
function withSelf(inner: Change | undefined, left: unknown, right: unknown, neverOwned: boolean): Change | undefined {
  if (neverOwned || (left !== undefined && right !== undefined)) return inner
  if (left === undefined) return { changed: asMember(inner?.changed), removed: inner?.removed }
  return { changed: inner?.changed, removed: asMember(inner?.removed) }
}

const asMember = (set: Fields): FieldSet => (set === undefined ? leaf : { '.': leaf, ...set })

type Builders = { readonly changed: NodeBuilder; readonly removed: NodeBuilder }
const newBuilders = (): Builders => ({ changed: { node: undefined }, removed: { node: undefined } })

function note(builders: Builders | undefined, element: string, change: Change): Builders {
  const into = builders ?? newBuilders()
  if (change.changed !== undefined) addChild(into.changed, element, change.changed)
  if (change.removed !== undefined) addChild(into.removed, element, change.removed)
  return into
}

const finished = (builders: Builders | undefined): Change | undefined =>
  builders && { changed: finish(builders.changed, false), removed: finish(builders.removed, false) }

function compareStructs(
  node: StructNode,
  left: JsonObject | undefined,
  right: JsonObject | undefined,
): Change | undefined {
  let builders: Builders | undefined
  for (const { name, element, type } of node.fields) {
    const before = left?.[name]
    const after = right?.[name]
    if (before === after) continue
    const change = compareValues(type, before, after)
    if (change !== undefined) builders = note(builders, element, change)
  }
  return finished(builders)
}

function compareMaps(
  element: TypeNode,
  left: JsonObject | undefined,
  right: JsonObject | undefined,
): Change | undefined {
  let builders: Builders | undefined
  const keys = new Set<string>()
  for (const key in left) keys.add(key)
  for (const key in right) keys.add(key)
  for (const key of [...keys].sort()) {
    const change = compareValues(element, left?.[key], right?.[key])
    if (change !== undefined) builders = note(builders, `f:${key}`, change)
  }
  return finished(builders)
}

function compareLists(node: ListNode, left: JsonList, right: JsonList): Change | undefined {
  const before = itemsByElement(node, left)
  const after = itemsByElement(node, right)
  const elements = new Set([...before.keys(), ...after.keys()])
  let builders: Builders | undefined
  for (const element of elements.size > 1 ? [...elements].sort(compareElements) : elements) {
    const change = compareItems(node, before.get(element) ?? [], after.get(element) ?? [])
    if (change !== undefined) builders = note(builders, element, change)
  }
  return finished(builders)
}

/** Items of one element: compared one by one, or as a whole where there are several. */
function compareItems(
  { element }: ListNode,
  before: readonly unknown[],
  after: readonly unknown[],
): Change | undefined {
  if (before.length <= 1 && after.length <= 1) return compareValues(element, before[0], after[0])
  if (before.length > 1 && after.length > 1) return equalJson(before, after) ? undefined : addedLeaf
  if (before.length > 1) {
    const added = after.length === 0 ? undefined : compareValues(element, undefined, after[0])
    return { changed: added?.changed, removed: leaf }
  }
  const gone = before.length === 0 ? undefined : compareValues(element, before[0], undefined)
  return { changed: leaf, removed: gone?.removed }
}
