/**
 * JSON texts as values, with what strict decoding must know and plain values have lost: members that stand twice in
 * an object, and how a number was spelled.
 *
 * Nearly every text has neither. So the native parser does the work, one pass over the characters counts members and
 * looks for unusual numbers, and only where something is unusual a second, exact parse follows.
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { deepest, syntaxError } from './json-syntax.ts'

/** A number whose spelling matters: with a fraction, an exponent, or more digits than a double keeps. */
export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What the exact parse found. */
export type ExactJson = {
  /** The value, with `ExactNumber` in place of unusual numbers; objects that stand twice are merged as Go does. */
  readonly value: unknown
  /** The members of an object as written, repetitions included; only for objects in which one repeats. */
  readonly members: ReadonlyMap<object, readonly string[]>
}

/** `exact` is there only when the text has repeated members or unusual numbers. */
export type ParsedJson = { readonly value: unknown; readonly exact?: ExactJson | undefined }

/** The value of a JSON text, or Go's text of the syntax error. */
export function parseJson(text: string): Result<ParsedJson, string> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const error = syntaxError(text)
    return error === undefined ? exactly(text) : fail(error)
  }
  const found = scan(text)
  if (found < 0) return fail(syntaxError(text) ?? 'exceeded max depth')
  return found !== unusual && found === countMembers(value) ? ok({ value }) : exactly(text)
}

/** The value of a text that stands within an object, e.g. of an annotation; undefined when it is no JSON or nests too deeply. */
export function jsonValue(text: string): unknown {
  // Too short to nest deeply: the native parser alone will do.
  if (text.length > deepest) {
    const parsed = parseJson(text)
    return parsed.ok ? parsed.value.value : undefined
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** How many containers stand within each other at the deepest place of a value; more than bodies may have are not counted. */
export function depthOf(value: unknown, most: number = deepest): number {
  if (typeof value !== 'object' || value === null) return 0
  if (most === 0) return 1
  let below = 0
  for (const inner of Object.values(value)) below = Math.max(below, depthOf(inner, most - 1))
  return below + 1
}

function exactly(text: string): Result<ParsedJson, string> {
  const exact = exactParse(text)
  return exact === undefined ? fail('exceeded max depth') : ok({ value: plain(exact.value), exact })
}

const unusual = 0x7fffffff
const tooDeep = -1
/** Integers with more digits than this may not fit a double. */
const safeDigits = 15

const quote = 34
const backslash = 92

/** The place of the quote that ends the string whose text starts at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start)
  while (text.charCodeAt(end - 1) === backslash) {
    let before = end - 2
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes stand for themselves and escape nothing.
    if ((end - 1 - before) % 2 === 0) break
    end = text.indexOf('"', end + 1)
  }
  return end
}

/**
 * The number of members of all objects together, or `unusual`, or `tooDeep`. The text is known to be JSON. Strings are
 * jumped over, since searching natively is twice as fast as looking at every character.
 */
function scan(text: string): number {
  // A surrogate written as an escape may lack its partner.
  if (text.includes('\\ud') || text.includes('\\uD')) return unusual
  const length = text.length
  let members = 0
  let depth = 0
  let at = 0
  while (at < length) {
    const char = text.charCodeAt(at)
    if (char === quote) {
      at = endOfString(text, at + 1) + 1
    } else if (char <= 57 && char >= 48) {
      const start = at
      let digit = char
      while (digit <= 57 && digit >= 48) digit = text.charCodeAt(++at)
      if (digit === 46 || (digit | 32) === 101 || at - start > safeDigits) return unusual
    } else {
      at++
      if (char === 58) members++
      else if (char === 123 || char === 91) {
        if (++depth > deepest) return tooDeep
      } else if (char === 125 || char === 93) depth--
    }
  }
  return members
}

/**
 * The number of members, or -1 when a name ends with a backslash: V8 14.6 may read `"a\\""` as such a name where an
 * earlier text had it (it compares the text with the name that it expects, escapes and all), or refuse it.
 */
function countMembers(root: unknown): number {
  if (typeof root !== 'object' || root === null) return 0
  let members = 0
  const open: object[] = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const element of next) if (typeof element === 'object' && element !== null) open.push(element)
      continue
    }
    for (const key in next) {
      members++
      if (key.charCodeAt(key.length - 1) === backslash) return -1
      const member = (next as Record<string, unknown>)[key]
      if (typeof member === 'object' && member !== null) open.push(member)
    }
  }
  return members
}

const token = /[\s,:]*(?:("(?:[^"\\]|\\.)*")|(-?\d[-+.eE\d]*)|([a-z]+)|([{}[\]]))/gy

/** An open container of the exact parse. */
type Frame = {
  readonly object: Record<string, unknown> | undefined
  readonly list: unknown[] | undefined
  readonly members: string[]
  key: string | undefined
}

/** Parses a text that is known to be JSON; undefined when it nests too deeply. */
function exactParse(text: string): ExactJson | undefined {
  const members = new Map<object, readonly string[]>()
  const open: Frame[] = []
  let result: unknown
  const put = (value: unknown): void => {
    const frame = open.at(-1)
    if (frame === undefined) result = value
    else if (frame.list !== undefined) frame.list.push(value)
    else if (frame.object !== undefined && frame.key !== undefined) {
      define(frame.object, frame.key, value)
      frame.key = undefined
    }
  }
  for (const [, string, number, word, bracket] of text.matchAll(token)) {
    const frame = open.at(-1)
    if (open.length > deepest) return undefined
    if (string !== undefined) {
      const content = (JSON.parse(string) as string).toWellFormed()
      if (frame?.object !== undefined && frame.key === undefined) {
        frame.key = content
        frame.members.push(content)
      } else put(content)
    } else if (number !== undefined) put(exactNumber(number))
    else if (word !== undefined) put(word === 'null' ? null : word === 'true')
    else if (bracket === '[') {
      const list: unknown[] = []
      put(list)
      open.push({ object: undefined, list, members: [], key: undefined })
    } else if (bracket === '{') {
      const object = openedObject(frame)
      put(object)
      open.push({ object, list: undefined, members: [], key: undefined })
    } else {
      const closed = open.pop()
      if (closed?.object !== undefined && new Set(closed.members).size < closed.members.length) {
        members.set(closed.object, [...(members.get(closed.object) ?? []), ...closed.members])
      }
    }
  }
  return { value: result, members }
}

/** The object that a `{` opens: a new one, or the one that stands under the same key already. */
function openedObject(frame: Frame | undefined): Record<string, unknown> {
  if (frame?.object === undefined || frame.key === undefined || !Object.hasOwn(frame.object, frame.key)) return {}
  const earlier = frame.object[frame.key]
  const merges = typeof earlier === 'object' && earlier !== null && !Array.isArray(earlier)
  return merges && !(earlier instanceof ExactNumber) ? (earlier as Record<string, unknown>) : {}
}

/** Sets an own member whatever its name; plain assignment of `__proto__` would change the prototype. */
export function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}

function exactNumber(text: string): number | ExactNumber {
  const digits = text.startsWith('-') ? text.length - 1 : text.length
  return /[.eE]/.test(text) || digits > safeDigits ? new ExactNumber(text) : Number(text)
}

/** The value with plain numbers, as `JSON.parse` gives it. */
export function plain(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value.text)
  if (typeof value !== 'object' || value === null) return value
  const root: unknown[] = [value]
  const open: object[] = [root]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const source = next as Record<string, unknown>
    for (const key of Object.keys(source)) {
      const member = source[key]
      if (member instanceof ExactNumber) define(source, key, Number(member.text))
      else if (typeof member === 'object' && member !== null) {
        const copy = Array.isArray(member) ? [...member] : Object.fromEntries(Object.entries(member))
        define(source, key, copy)
        open.push(copy)
      }
    }
  }
  return root[0]
}

/** The paths of all members that repeat, in the order of the text, e.g. `spec.suspend`. Each is named once. */
export function duplicateMembers({ exact }: ParsedJson): readonly string[] {
  if (exact === undefined || exact.members.size === 0) return []
  const paths = new Set<string>()
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return
    if (Array.isArray(value)) {
      value.forEach((element, index) => {
        visit(element, `${path}[${index}]`)
      })
      return
    }
    const seen = new Set<string>()
    for (const key of exact.members.get(value) ?? Object.keys(value)) {
      const inner = path === '' ? key : `${path}.${key}`
      if (seen.has(key)) paths.add(inner)
      else visit((value as Record<string, unknown>)[key], inner)
      seen.add(key)
    }
  }
  visit(exact.value, '')
  return [...paths]
}
