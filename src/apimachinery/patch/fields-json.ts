/**
 * Sets of fields as objects hold them (FieldsV1), read and written. Both ways are remembered: an object that is written
 * again and again is never read again.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/fieldpath/serialize.go
 */

import { begin, type Fields, type FieldsJson, type FieldTree, finish, leaf, step } from './field-set.ts'
import { isObject } from './json-value.ts'
import { canonicalElement, compareElements } from './path-element.ts'

const self = '.'
const trees = new WeakMap<object, FieldTree | 'empty' | 'malformed'>()

/** The set as JSON; always the same object for the same tree. */
export function fieldsJson(tree: FieldTree): FieldsJson {
  if (tree.json !== undefined) return tree.json
  const json = written(tree)
  trees.set(json, tree)
  return json
}

/** Of the parts of a set nobody asks which tree they are. */
function written(tree: FieldTree): FieldsJson {
  if (tree.json !== undefined) return tree.json
  const json: Record<string, FieldsJson> = {}
  if (tree.member) json[self] = leaf.json as FieldsJson
  for (let i = 0; i < tree.elements.length; i++) {
    json[tree.elements[i] as string] = written(tree.children[i] as FieldTree)
  }
  tree.json = json
  return json
}

/** The set in a FieldsV1 of any spelling; `malformed` when it is none. */
export function fieldsOfJson(json: unknown): Fields | 'malformed' {
  if (json === undefined || json === null) return undefined
  if (!isObject(json)) return 'malformed'
  let known = trees.get(json)
  if (known === undefined) {
    const read = readNode(json, false)
    known = read === 'malformed' ? read : (read ?? 'empty')
    trees.set(json, known)
  }
  return known === 'empty' ? undefined : known
}

function readNode(json: unknown, below: boolean): Fields | 'malformed' {
  if (!isObject(json)) return 'malformed'
  const children: [string, FieldTree][] = []
  let member = false
  for (const key of Object.keys(json)) {
    if (key === self) {
      member = true
      continue
    }
    const element = canonicalElement(key)
    if (element === undefined) return 'malformed'
    if (element === '') continue
    const child = readNode(json[key], true)
    if (child === 'malformed') return child
    if (child !== undefined) children.push([element, child])
  }
  children.sort(([a], [b]) => compareElements(a, b))
  const chain = children.reduce((made, [element, child]) => step(made, element, child), begin())
  return finish(chain, below && (member || children.length === 0))
}
