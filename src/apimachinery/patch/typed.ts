/**
 * Objects and parts of objects by their schema: validated, merged, taken apart, as server-side apply needs them.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/typed/{validate,merge,remove,tofieldset}.go
 */
import { asMember, begin, childAt, type Fields, type FieldTree, finish, leaf, step, union } from './field-set.ts'
import { goSyntax, goYamlText, goYamlType } from './go-value.ts'
import { equalJson, isList, isObject, type JsonList, type JsonObject } from './json-value.ts'
import { checkedElementOf, elementOf, itemsByElement } from './list-elements.ts'
import { elementText } from './path-element.ts'
import type { ListNode, MapNode, ScalarNode, StructNode, TypeNode } from './type-node.ts'

/** What is wrong with a value that somebody applies, each as `.path: problem`. Repeated list items are wrong too. */
export function problemsOf(node: TypeNode, value: unknown, path = ''): readonly string[] {
  if (value === null || value === undefined) return []
  const problem = (text: string): readonly string[] => [path === '' ? text : `${path}: ${text}`]
  switch (node.kind) {
    case 'scalar': {
      const text = scalarProblem(node, value)
      return text === undefined ? [] : problem(text)
    }
    case 'struct':
    case 'map':
      if (!isObject(value)) return problem(`expected map, got &{${goYamlText(value)}}`)
      return mapProblems(node, value, path)
    case 'list':
      if (!isList(value)) return problem(`expected list, got &{${goYamlText(value)}}`)
      return listProblems(node, value, path)
  }
}

function scalarProblem({ scalar }: ScalarNode, value: unknown): string | undefined {
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goYamlType(value)}`
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goYamlText(value)}}`
    case 'untyped':
      return undefined
  }
}

function mapProblems(node: StructNode | MapNode, value: JsonObject, path: string): readonly string[] {
  const problems: string[] = []
  for (const key of Object.keys(value)) {
    const inner = `${path}.${key}`
    const type = memberNode(node, key)
    if (type === undefined) return [...problems, `${inner}: field not declared in schema`]
    problems.push(...problemsOf(type, value[key], inner))
  }
  return problems
}

function listProblems(node: ListNode, list: JsonList, path: string): readonly string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    let place = `[${index}]`
    if (node.relation !== 'atomic') {
      const element = checkedElementOf(node, item)
      // Without an element no path can be told: the rest of the list is not looked at.
      if (!element.ok) return [...problems, `${path}: element ${index}: ${element.error}`]
      place = elementText(element.value)
      if (seen.has(element.value)) problems.push(`${path}: duplicate entries for key ${place}`)
      seen.add(element.value)
    }
    problems.push(...problemsOf(node.element, item, path + place))
  }
  return problems
}

/** All problems as one text, as upstream prints them. */
export const problemsText = (problems: readonly string[]): string =>
  problems.length === 1 ? (problems[0] as string) : ['errors:', ...problems.map((text) => `  ${text}`)].join('\n')

const memberNode = (node: StructNode | MapNode, key: string): TypeNode | undefined =>
  node.kind === 'map' ? node.element : node.byName.get(key)?.type

/** The fields that a value sets. Fields of structs that `node` does not have are passed over. */
export function fieldsOf(node: TypeNode, value: unknown): Fields {
  switch (node.kind) {
    case 'scalar':
      return leaf
    case 'struct':
    case 'map':
      if (node.atomic) return leaf
      return isObject(value) ? fieldsOfMap(node, value) : undefined
    case 'list':
      if (node.relation === 'atomic') return leaf
      return isList(value) ? fieldsOfList(node, value) : undefined
  }
}

function fieldsOfMap(node: StructNode | MapNode, value: JsonObject): Fields {
  let chain = begin()
  for (const key of Object.keys(value)) {
    const inner = value[key]
    const type = memberNode(node, key)
    if (type === undefined || inner === undefined) continue
    const fields = fieldsOf(type, inner)
    const neverOwned = type.kind === 'struct' && type.neverOwned === true
    const owned = !neverOwned && (node.kind === 'map' || inner === null || (isObject(inner) && isEmpty(inner)))
    const child = owned ? asMember(fields) : fields
    if (child !== undefined) chain = step(chain, `f:${key}`, child)
  }
  return finish(chain, false)
}

const isEmpty = (value: JsonObject): boolean => Object.keys(value).length === 0

function fieldsOfList(node: ListNode, list: JsonList): Fields {
  let chain = begin()
  for (const [element, items] of itemsByElement(node, list)) {
    const fields = items.reduce<Fields>((all, item) => union(all, fieldsOf(node.element, item)), undefined)
    chain = step(chain, element, asMember(fields))
  }
  return finish(chain, false)
}

/** A set with every struct field in it that has fields below it in the set. */
export function withNamedFields(node: TypeNode | undefined, set: Fields): Fields {
  if (set === undefined) return undefined
  let chain = begin()
  set.elements.forEach((element, index) => {
    const field = node?.kind === 'struct' ? node.byName.get(element.slice(2)) : undefined
    const named = withNamedFields(field?.type ?? elementNode(node, element), set.children[index])
    if (named !== undefined) chain = step(chain, element, field === undefined ? named : asMember(named))
  })
  return finish(chain, set.member)
}

function elementNode(node: TypeNode | undefined, element: string): TypeNode | undefined {
  if (node?.kind === 'map') return node.element
  return node?.kind === 'list' && element.startsWith('k:') ? node.element : undefined
}

/** `left` with all that `right` sets; the very `left` where they say the same. Both are of the node's type. */
export function mergeTyped(node: TypeNode, left: unknown, right: unknown): unknown {
  if (right === undefined || left === right) return left
  if (left === undefined) return right
  if (node.kind === 'struct' || node.kind === 'map') {
    const isRightEmpty = !isObject(right) || isEmpty(right)
    if (!node.atomic && isObject(left) && !isEmpty(left)) return isRightEmpty ? left : mergeMaps(node, left, right)
  }
  if (node.kind === 'list' && node.relation !== 'atomic' && isList(left) && left.length > 0)
    return isList(right) && right.length > 0 ? mergeLists(node, left, right) : left
  return equalJson(left, right) ? left : right
}

function mergeMaps(node: StructNode | MapNode, left: JsonObject, right: JsonObject): JsonObject {
  let merged: Record<string, unknown> | undefined
  for (const key of Object.keys(right)) {
    const before = Object.hasOwn(left, key) ? left[key] : undefined
    const type = memberNode(node, key)
    const after = type === undefined ? right[key] : mergeTyped(type, before, right[key])
    if (after === before) continue
    merged ??= { ...left }
    merged[key] = after
  }
  return merged ?? left
}

/** Items in the order of the applied list, and the others among them where the live list has them. */
function mergeLists(node: ListNode, left: JsonList, right: JsonList): JsonList {
  const live = left.map((item) => elementOf(node, item))
  const applied = right.map((item) => elementOf(node, item))
  const liveItems = itemsByElement(node, left)
  const appliedItems = itemsByElement(node, right)
  const shared = applied.filter((element) => element !== undefined && liveItems.has(element))
  const done = new Set<string | undefined>()
  const merged: unknown[] = []
  const takeApplied = (at: number): void => {
    const element = applied[at] as string
    const present = liveItems.get(element) ?? []
    // An item that stands twice in the live list is replaced, not merged.
    merged.push(mergeTyped(node.element, present.length === 1 ? present[0] : undefined, right[at]))
    done.add(element)
  }
  let nextShared = 0
  let at = 0
  let appliedAt = 0
  while (at < live.length || appliedAt < applied.length) {
    const element = live[at]
    const isApplied = element !== undefined && appliedItems.has(element)
    if (at < live.length && appliedAt < applied.length) {
      if (element === applied[appliedAt]) {
        takeApplied(appliedAt)
        at++
        appliedAt++
        nextShared++
        continue
      }
      if (isApplied && nextShared < shared.length && shared[nextShared] !== element) {
        at++
        continue
      }
    }
    if (at < live.length) {
      if (!isApplied) {
        merged.push(left[at++])
        continue
      }
      if (done.has(element)) at++
    }
    if (appliedAt < applied.length) {
      if (nextShared < shared.length && shared[nextShared] === applied[appliedAt]) nextShared++
      takeApplied(appliedAt++)
    }
  }
  return merged.length === left.length && merged.every((item, index) => item === left[index]) ? left : merged
}

/** A value without the fields of a set; null when nothing is left of it. The very value when it has none of them. */
export function withoutFields(node: TypeNode, value: unknown, set: FieldTree): unknown {
  if (node.kind === 'scalar') return value
  if (node.kind === 'list') {
    if (!isList(value) || value.length === 0 || node.relation === 'atomic') return null
    return withoutItems(node, value, set)
  }
  if (!isObject(value) || isEmpty(value) || node.atomic) return null
  let rest: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const gone = childAt(set, `f:${key}`)
    if (gone === undefined) continue
    if (gone.member) {
      rest ??= { ...value }
      delete rest[key]
      continue
    }
    const type = memberNode(node, key)
    const inner = type === undefined ? value[key] : withoutFields(type, value[key], gone)
    if (inner === value[key]) continue
    rest ??= { ...value }
    rest[key] = inner
  }
  if (rest === undefined) return value
  return isEmpty(rest) ? null : rest
}

function withoutItems(node: ListNode, list: JsonList, set: FieldTree): unknown {
  const rest = list.flatMap((item) => {
    const element = elementOf(node, item)
    const gone = element === undefined ? undefined : childAt(set, element)
    if (gone === undefined) return [item]
    return gone.member ? [] : [withoutFields(node.element, item, gone)]
  })
  if (rest.length === 0) return null
  return rest.length === list.length && rest.every((item, index) => item === list[index]) ? list : rest
}
