/**
 * The items of lists whose items are told apart, by path element.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go, listItemToPathElement
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { isList, isObject, type JsonList, type JsonObject } from './json-value.ts'
import { keyElement } from './path-element.ts'
import type { ListNode } from './type-node.ts'

/** The most elements that are remembered per list type; names repeat, uids do not. */
const maxRemembered = 4096

/** The path element of an item, or undefined when it has none. */
export function elementOf(node: ListNode, item: unknown): string | undefined {
  const { relation, keys } = node
  if (relation === 'set') return typeof item === 'object' || item === undefined ? undefined : remembered(node, item)
  if (!isObject(item)) return undefined
  const [first] = keys
  if (keys.length === 1 && first !== undefined) {
    const value = item[first.name] ?? first.default
    return value === undefined ? undefined : remembered(node, value)
  }
  if (missingKey(node, item) !== undefined) return undefined
  return keyElement(
    keys.map(({ name }) => name),
    (name) => item[name] ?? keys.find((key) => key.name === name)?.default,
  )
}

function remembered(node: ListNode, value: unknown): string {
  const known = node.elements.get(value)
  if (known !== undefined) return known
  const [key] = node.keys
  const element = key === undefined ? `v:${JSON.stringify(value)}` : keyElement([key.name], () => value)
  if (typeof value === 'object') return element
  if (node.elements.size >= maxRemembered) node.elements.clear()
  node.elements.set(value, element)
  return element
}

const missingKey = ({ keys }: ListNode, item: JsonObject): string | undefined =>
  keys.find(({ name, default: standIn }) => (item[name] ?? standIn) === undefined)?.name

/** Whether two items of a list have the same path element; both must have one. */
export function sameElement({ relation, keys }: ListNode, a: unknown, b: unknown): boolean {
  if (relation === 'set') return a === b && typeof a !== 'object' && a !== undefined
  if (!isObject(a) || !isObject(b)) return false
  for (const { name, default: standIn } of keys) {
    const left = a[name] ?? standIn
    if (left === undefined || typeof left === 'object' || left !== (b[name] ?? standIn)) return false
  }
  return true
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
  const name = JSON.stringify(missingKey(node, item) ?? '')
  return fail(`associative list with keys has an element that omits key field ${name} (and doesn't have default value)`)
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
