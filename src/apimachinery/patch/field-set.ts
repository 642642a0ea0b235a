/**
 * Sets of fields, in the very form in which `managedFields` hold them (FieldsV1): a tree of objects whose keys are path
 * elements (`f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`). A node is a member when it is empty or has the key `.`.
 *
 * Sets are never changed in place and share their parts; the empty set is `undefined`. Keys stand in upstream's order.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/fieldpath/{set,element,serialize}.go
 */
import { quoted } from '../field/errors.ts'
import { goText, isList, isObject } from './json-value.ts'

export type FieldSet = { readonly [element: string]: FieldSet }
/** A set, or undefined for the empty one. */
export type Fields = FieldSet | undefined

/** A field that is a member and has nothing below it. */
export const leaf: FieldSet = Object.freeze({})
const self = '.'

const hasNoKeys = (node: FieldSet): boolean => {
  for (const _ in node) return false
  return true
}

/** Whether the field at a node is itself a member; the root never is. */
export const isMember = (node: FieldSet): boolean => node === leaf || self in node || hasNoKeys(node)

/** Makes a node of a member flag and sorted children; undefined when it would hold nothing. */
function nodeOf(member: boolean, children: readonly (readonly [string, FieldSet])[]): Fields {
  if (children.length === 0) return member ? leaf : undefined
  const node: Record<string, FieldSet> = {}
  if (member) node[self] = leaf
  for (const [key, child] of children) node[key] = child
  return node
}

/** Collects the children of one node; keys must come in order. */
export type NodeBuilder = { node: Record<string, FieldSet> | undefined }

/** Adds a child to a node that is being made. */
export function addChild(builder: NodeBuilder, key: string, child: FieldSet): void {
  builder.node ??= {}
  builder.node[key] = child
}

/** The finished node, as a member or not. */
export function finish(builder: NodeBuilder, member: boolean): Fields {
  if (builder.node === undefined) return member ? leaf : undefined
  return member ? { [self]: leaf, ...builder.node } : builder.node
}

const kinds = 'fkvi'

/** The order of path elements: fields by name, then keys, values and indexes. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  if (a === self) return -1
  if (b === self) return 1
  const byKind = kinds.indexOf(a[0] as string) - kinds.indexOf(b[0] as string)
  if (byKind !== 0) return byKind
  if (a[0] === 'f') return a < b ? -1 : 1
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2))) || (a < b ? -1 : 1)
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (isObject(a) && isObject(b)) {
    const left = Object.keys(a)
    const right = Object.keys(b)
    for (let at = 0; at < left.length && at < right.length; at++) {
      const byName = compareValues(left[at], right[at])
      if (byName !== 0) return byName
      const byValue = compareValues(a[left[at] as string], b[right[at] as string])
      if (byValue !== 0) return byValue
    }
    return left.length - right.length
  }
  return rank(a) - rank(b)
}
const rank = (value: unknown): number => ['number', 'string', 'boolean'].indexOf(typeof value)

/** All that is in either set. */
export function union(a: Fields, b: Fields): Fields {
  if (a === undefined) return b
  if (b === undefined) return a
  return unionNodes(a, b)
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  const aIsMember = isMember(a)
  let changed = !aIsMember && isMember(b)
  let added = false
  const children = new Map<string, FieldSet>()
  for (const key in a) if (key !== self) children.set(key, a[key] as FieldSet)
  for (const key in b) {
    if (key === self) continue
    const present = children.get(key)
    const child = b[key] as FieldSet
    const both = present === undefined ? child : unionNodes(present, child)
    if (both === present) continue
    changed = true
    added ||= present === undefined
    children.set(key, both)
  }
  if (!changed) return a
  const entries = [...children]
  if (added) entries.sort(([x], [y]) => compareElements(x, y))
  return nodeOf(aIsMember || isMember(b), entries) as FieldSet
}

/** What is in `a` and not in `b`. A member of `b` takes away that very field, not what is below it. */
export function difference(a: Fields, b: Fields): Fields {
  if (a === undefined || b === undefined) return a
  return differenceOf(a, b, false, false)
}

/** The same, but a member of `b` takes away everything below it too. */
export function recursiveDifference(a: Fields, b: Fields): Fields {
  if (a === undefined || b === undefined) return a
  return differenceOf(a, b, true, false)
}

function differenceOf(a: FieldSet, b: FieldSet, recursive: boolean, below: boolean): Fields {
  const bIsMember = below && isMember(b)
  if (recursive && bIsMember) return undefined
  const aIsMember = below && isMember(a)
  let changed = aIsMember && bIsMember
  const children: [string, FieldSet][] = []
  for (const key in a) {
    if (key === self) continue
    const child = a[key] as FieldSet
    const other = b[key]
    const rest = other === undefined ? child : differenceOf(child, other, recursive, true)
    if (rest !== child) changed = true
    if (rest !== undefined) children.push([key, rest])
  }
  return changed ? nodeOf(aIsMember && !bIsMember, children) : a
}

/** What is in both sets. */
export function intersection(a: Fields, b: Fields): Fields {
  if (a === undefined || b === undefined) return undefined
  return intersectionOf(a, b, false)
}

function intersectionOf(a: FieldSet, b: FieldSet, below: boolean): Fields {
  const children: [string, FieldSet][] = []
  for (const key in a) {
    const other = key === self ? undefined : b[key]
    if (other === undefined) continue
    const both = intersectionOf(a[key] as FieldSet, other, true)
    if (both !== undefined) children.push([key, both])
  }
  return nodeOf(below && isMember(a) && isMember(b), children)
}

/** Whether the sets have a field in common; cheaper than the intersection. */
export function intersects(a: Fields, b: Fields): boolean {
  if (a === undefined || b === undefined) return false
  for (const key in a) {
    const other = key === self ? undefined : b[key]
    if (other === undefined) continue
    const child = a[key] as FieldSet
    if ((isMember(child) && isMember(other)) || intersects(child, other)) return true
  }
  return false
}

/** Whether every field of `part` is in `whole`. */
export function covers(whole: Fields, part: Fields): boolean {
  if (part === undefined || whole === part) return true
  if (whole === undefined) return false
  for (const key in part) {
    if (key === self) continue
    const child = part[key] as FieldSet
    const other = whole[key]
    if (other === undefined || (isMember(child) && !isMember(other)) || !covers(other, child)) return false
  }
  return true
}

/** The printed paths of all members: those of a level first, then what is below each. */
export function pathsOf(set: Fields, prefix = ''): readonly string[] {
  if (set === undefined) return []
  const keys = Object.keys(set).filter((key) => key !== self)
  const members = keys.filter((key) => isMember(set[key] as FieldSet)).map((key) => prefix + elementText(key))
  return [...members, ...keys.flatMap((key) => pathsOf(set[key], prefix + elementText(key)))]
}

/** A path element as paths print it: `.name`, `[name="x"]`, `[="x"]`, `[0]`. */
export function elementText(element: string): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${rest}`
    case 'i':
      return `[${rest}]`
    case 'v':
      return `[=${valueText(JSON.parse(rest))}]`
    default:
      return keyText(JSON.parse(rest) as Record<string, unknown>)
  }
}

/** The keys of a list element as paths print them. */
export const keyText = (key: Readonly<Record<string, unknown>>): string =>
  `[${Object.keys(key)
    .map((name) => `${name}=${valueText(key[name])}`)
    .join(',')}]`

const valueText = (value: unknown): string => (typeof value === 'string' ? quoted(value) : goText(value))

/**
 * A set as somebody sent it, brought into our form: keys compact and sorted, elements of unknown kinds dropped.
 * `undefined` when it is malformed; upstream then takes no notice of the managed fields it came with.
 */
export function readFields(value: unknown): { readonly fields: Fields } | undefined {
  const read = value === undefined || value === null ? leaf : readNode(value)
  if (read === undefined) return undefined
  return { fields: hasNoKeys(read) ? undefined : withoutSelf(read) }
}

const withoutSelf = (node: FieldSet): Fields => {
  const { [self]: _, ...rest } = node
  return hasNoKeys(rest) ? undefined : rest
}

function readNode(value: unknown): FieldSet | undefined {
  if (!isObject(value)) return undefined
  const children: [string, FieldSet][] = []
  let member = false
  for (const key of Object.keys(value)) {
    if (key === self) {
      member = true
      continue
    }
    const element = readElement(key)
    if (element === undefined) return undefined
    if (element === '') continue
    const child = readNode(value[key])
    if (child === undefined) return undefined
    children.push([element, child])
  }
  children.sort(([a], [b]) => compareElements(a, b))
  return nodeOf(member || children.length === 0, children)
}

/** The canonical text of a path element, the empty text for one of an unknown kind, undefined for a malformed one. */
function readElement(key: string): string | undefined {
  if (key[1] !== ':' || !kinds.includes(key[0] as string)) return key.length < 2 || key[1] !== ':' ? undefined : ''
  const rest = key.slice(2)
  if (key[0] === 'f') return key
  if (key[0] === 'i') return /^-?\d+$/.test(rest) ? key : undefined
  let value: unknown
  try {
    value = JSON.parse(rest)
  } catch {
    return undefined
  }
  if (key[0] === 'v') return `v:${JSON.stringify(value)}`
  if (!isObject(value) || isList(value)) return undefined
  return keyElement(Object.keys(value).sort(), (name) => value[name])
}

/** The element of a list item that is found by its keys; `names` must be sorted. */
export function keyElement(names: readonly string[], read: (name: string) => unknown): string {
  let text = 'k:{'
  for (const name of names) text += `${text.length > 3 ? ',' : ''}${JSON.stringify(name)}:${JSON.stringify(read(name))}`
  return `${text}}`
}
