/**
 * The items of lists whose items are told apart, by path element.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go, listItemToPathElement
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { keyElement } from './field-set.ts'
import { isList, isObject, type JsonList } from './json-value.ts'
import type { ListNode } from './type-node.ts'

/** The path element of an item, or undefined when it has none. */
export function elementOf({ relation, keys }: ListNode, item: unknown): string | undefined {
  if (relation === 'set')
    return typeof item === 'object' || item === undefined ? undefined : `v:${JSON.stringify(item)}`
  if (!isObject(item)) return undefined
  const [first] = keys
  if (keys.length === 1 && first !== undefined) {
    const value = item[first.name] ?? first.default
    return value === undefined ? undefined : `k:{${JSON.stringify(first.name)}:${JSON.stringify(value)}}`
  }
  for (const { name, default: standIn } of keys) if ((item[name] ?? standIn) === undefined) return undefined
  return keyElement(
    keys.map(({ name }) => name),
    (name) => item[name] ?? keys.find((key) => key.name === name)?.default,
  )
}

/** The path element of an item, or why it has none, in upstream's words. */
export function checkedElementOf(node: ListNode, item: unknown): Result<string, string> {
  const element = elementOf(node, item)
  if (element !== undefined) return ok(element)
  if (node.relation === 'set') {
    if (isObject(item)) return fail("associative list without keys has an element that's a map type")
    if (isList(item)) return fail('not supported: associative list with lists as elements')
    return fail("associative list without keys has an element that's an explicit null")
  }
  if (item === null || item === undefined) return fail('associative list with keys may not have a null element')
  if (!isObject(item)) return fail('associative list with keys may not have non-map elements')
  const missing = node.keys.find(({ name, default: standIn }) => (item[name] ?? standIn) === undefined)
  return fail(
    `associative list with keys has an element that omits key field ${JSON.stringify(missing?.name ?? '')} (and doesn't have default value)`,
  )
}

/** The items of a list by their elements, in the order of the list; several where an element repeats. */
export function itemsByElement(node: ListNode, list: JsonList): ReadonlyMap<string, readonly unknown[]> {
  const items = new Map<string, unknown[]>()
  for (const item of list) {
    const element = elementOf(node, item)
    if (element === undefined) continue
    const present = items.get(element)
    if (present === undefined) items.set(element, [item])
    else present.push(item)
  }
  return items
}
