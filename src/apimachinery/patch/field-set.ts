/**
 * Sets of fields as trees of path elements, spelled as `managedFields` spell them: `f:name`, `k:{"name":"x"}`, `v:"x"`,
 * `i:0`.
 *
 * Trees are never changed, and equal trees are nearly always the same object: they are looked up element by element in
 * a table that forgets everything when it has grown large. Thousands of objects of one shape so share one tree and its
 * JSON. What holds a uid is met for the dependents of one object, and never again: only the one made last is kept, for
 * the next of them. Nothing relies on any of it: trees from before and after forgetting compare by content.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/fieldpath/set.go (facts: what the operations give)
 */
import type { ManagedFieldsEntry } from '../meta/types.gen.ts'
import { compareElements, elementText } from './path-element.ts'

export type FieldTree = {
  /** Whether the field at this place is itself in the set; the root never is. */
  readonly member: boolean
  /** Sorted; each stands for the child of the same index. */
  readonly elements: readonly string[]
  readonly children: readonly FieldTree[]
  /** The tree as FieldsV1, once somebody asked for it. */
  json: FieldsJson | undefined
  /** The entry of managed fields that was made last for this tree. */
  entry: ManagedFieldsEntry | undefined
  /** Whether an element in it holds a uid. */
  readonly rare: boolean
}
export type FieldsJson = { readonly [element: string]: FieldsJson }
/** A set, or undefined for the empty one. */
export type Fields = FieldTree | undefined

/** A field that is in the set and has nothing below it. */
export const leaf: FieldTree = {
  member: true,
  elements: [],
  children: [],
  json: Object.freeze({}),
  entry: undefined,
  rare: false,
}

/** How far a tree has come while it is made. */
export type Chain = {
  readonly parent: Chain | undefined
  readonly element: string
  readonly child: FieldTree
  leaves: Map<string, Chain> | undefined
  inner: Map<FieldTree, Map<string, Chain>> | undefined
  readonly rare: boolean
  /** The rare step made last from here. */
  last: Chain | undefined
  plain: Fields
  asMember: Fields
}

const newChain = (parent: Chain | undefined, element: string, child: FieldTree, rare: boolean): Chain => ({
  parent,
  element,
  child,
  leaves: undefined,
  inner: undefined,
  rare,
  last: undefined,
  plain: undefined,
  asMember: undefined,
})

const maxChains = 50_000
let chains = 0
let start = newChain(undefined, '', leaf, false)

/** The beginning of every tree. */
export const begin = (): Chain => start

/** One child more; children may come in any order, each element once. */
export function step(chain: Chain, element: string, child: FieldTree): Chain {
  if (chain.rare || child.rare || element.startsWith('k:{"uid":')) {
    const { last } = chain
    if (last !== undefined && last.element === element && last.child === child) return last
    chain.last = newChain(chain, element, child, true)
    return chain.last
  }
  let table: Map<string, Chain> | undefined
  if (child === leaf) {
    chain.leaves ??= new Map()
    table = chain.leaves
  } else {
    chain.inner ??= new Map()
    table = chain.inner.get(child)
    if (table === undefined) {
      table = new Map()
      chain.inner.set(child, table)
    }
  }
  const known = table.get(element)
  if (known !== undefined) return known
  const next = newChain(chain, element, child, false)
  table.set(element, next)
  if (++chains > maxChains) {
    start = newChain(undefined, '', leaf, false)
    chains = 0
  }
  return next
}

/** The tree of all children so far; the empty set is undefined unless it is a member. */
export function finish(chain: Chain, member: boolean): Fields {
  if (chain.parent === undefined) return member ? leaf : undefined
  const known = member ? chain.asMember : chain.plain
  if (known !== undefined) return known
  const tree = build(chain, member)
  if (member) chain.asMember = tree
  else chain.plain = tree
  return tree
}

function build(chain: Chain, member: boolean): Fields {
  const steps: Chain[] = []
  for (let at = chain; at.parent !== undefined; at = at.parent) steps.push(at)
  steps.reverse()
  const isSorted = steps.every(({ element }, index) => {
    const before = steps[index - 1]
    return before === undefined || compareElements(before.element, element) < 0
  })
  if (isSorted) {
    const elements = steps.map(({ element }) => element)
    const children = steps.map(({ child }) => child)
    return { member, elements, children, json: undefined, entry: undefined, rare: chain.rare }
  }
  steps.sort((a, b) => compareElements(a.element, b.element))
  return finish(
    steps.reduce((sorted, { element, child }) => step(sorted, element, child), begin()),
    member,
  )
}

/** The same fields, and the place itself too. */
export function asMember(set: Fields): FieldTree {
  if (set === undefined || set.member) return set ?? leaf
  let chain = begin()
  set.elements.forEach((element, index) => {
    chain = step(chain, element, set.children[index] as FieldTree)
  })
  return finish(chain, true) as FieldTree
}

/** The child at an element, or undefined. */
export function childAt(set: FieldTree, element: string): Fields {
  const at = set.elements.indexOf(element)
  return at < 0 ? undefined : set.children[at]
}

/** All that is in either set. */
export function union(a: Fields, b: Fields): Fields {
  if (a === undefined || a === b) return b
  if (b === undefined || covers(a, b)) return a
  let chain = begin()
  let i = 0
  let j = 0
  while (i < a.elements.length || j < b.elements.length) {
    const left = a.elements[i]
    const right = b.elements[j]
    const order = left === undefined ? 1 : right === undefined ? -1 : compareElements(left, right)
    if (order < 0) chain = step(chain, left as string, a.children[i++] as FieldTree)
    else if (order > 0) chain = step(chain, right as string, b.children[j++] as FieldTree)
    else chain = step(chain, left as string, union(a.children[i++], b.children[j++]) as FieldTree)
  }
  return finish(chain, a.member || b.member)
}

/** What is in `a` and not in `b`. A member of `b` takes away that very field, not what is below it. */
export const difference = (a: Fields, b: Fields): Fields => differenceOf(a, b, false)

/** The same, but a member of `b` takes away everything below it too. */
export const recursiveDifference = (a: Fields, b: Fields): Fields => differenceOf(a, b, true)

function differenceOf(a: Fields, b: Fields, recursive: boolean): Fields {
  if (a === undefined || b === undefined) return a
  if (recursive && b.member) return undefined
  const member = a.member && !b.member
  let changed = member !== a.member
  let chain = begin()
  for (let i = 0; i < a.elements.length; i++) {
    const element = a.elements[i] as string
    const child = a.children[i] as FieldTree
    const rest = differenceOf(child, childAt(b, element), recursive)
    if (rest !== child) changed = true
    if (rest !== undefined) chain = step(chain, element, rest)
  }
  return changed ? finish(chain, member) : a
}

/** What is in both sets. */
export function intersection(a: Fields, b: Fields): Fields {
  if (a === undefined || b === undefined || a === b) return a === b ? a : undefined
  let chain = begin()
  for (let i = 0; i < a.elements.length; i++) {
    const element = a.elements[i] as string
    const both = intersection(a.children[i], childAt(b, element))
    if (both !== undefined) chain = step(chain, element, both)
  }
  return finish(chain, a.member && b.member)
}

/** Whether the sets have a field in common. */
export function intersects(a: Fields, b: Fields): boolean {
  if (a === undefined || b === undefined) return false
  if (a === b || (a.member && b.member)) return true
  const [few, many] = a.elements.length < b.elements.length ? [a, b] : [b, a]
  for (let i = 0; i < few.elements.length; i++)
    if (intersects(few.children[i], childAt(many, few.elements[i] as string))) return true
  return false
}

/** Whether every field of `part` is in `whole`. */
export function covers(whole: Fields, part: Fields): boolean {
  if (part === undefined || whole === part) return true
  if (whole === undefined || (part.member && !whole.member)) return false
  let at = 0
  for (let i = 0; i < part.elements.length; i++) {
    const element = part.elements[i] as string
    while (at < whole.elements.length && whole.elements[at] !== element) at++
    if (at === whole.elements.length || !covers(whole.children[at], part.children[i])) return false
  }
  return true
}

/** The printed paths of all fields: those of a level first, then what is below each. */
export function pathsOf(set: Fields, prefix = ''): readonly string[] {
  if (set === undefined) return []
  const places = set.elements.map((element, index) => ({
    child: set.children[index] as FieldTree,
    path: prefix + elementText(element),
  }))
  const members = places.filter(({ child }) => child.member).map(({ path }) => path)
  return [...members, ...places.flatMap(({ child, path }) => pathsOf(child, path))]
}
