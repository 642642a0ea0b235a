/**
 * One step of the path to a field, in the spelling of `managedFields`.
 *
 * @source kubernetes v1.36 sigs.k8s.io/structured-merge-diff/v6/fieldpath/{element,serialize-pe}.go
 */
import { jsonValue } from '../decode/json.ts'
import { quoted } from '../field/errors.ts'
import { goText, isObject } from './json-value.ts'

const kinds = 'fkvi'

/** The order of path elements: fields by name, then keys, values and indexes. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  const kind = a.charCodeAt(0)
  if (kind !== b.charCodeAt(0)) return kinds.indexOf(a[0] as string) - kinds.indexOf(b[0] as string)
  // `f`
  if (kind === 0x66) return a < b ? -1 : 1
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
    default: {
      const key = JSON.parse(rest) as Record<string, unknown>
      return `[${Object.keys(key)
        .map((name) => `${name}=${valueText(key[name])}`)
        .join(',')}]`
    }
  }
}

const valueText = (value: unknown): string => (typeof value === 'string' ? quoted(value) : goText(value))

/** The element of a list item that is found by its keys; `names` must be sorted. */
export function keyElement(names: readonly string[], read: (name: string) => unknown): string {
  const pairs = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(read(name))}`)
  return `k:{${pairs.join(',')}}`
}

/**
 * The canonical spelling of an element that somebody sent: the empty text for one of an unknown kind, which upstream
 * passes over, undefined for a malformed one.
 */
export function canonicalElement(key: string): string | undefined {
  if (key.length < 2 || key[1] !== ':') return undefined
  const rest = key.slice(2)
  switch (key[0]) {
    case 'f':
      return key
    case 'i':
      return /^-?\d+$/.test(rest) ? key : undefined
    case 'v':
    case 'k': {
      const value = jsonValue(rest)
      if (value === undefined) return undefined
      if (key[0] === 'v') return `v:${JSON.stringify(value)}`
      return isObject(value) ? keyElement(Object.keys(value).sort(), (name) => value[name]) : undefined
    }
    default:
      return ''
  }
}
