/** Plain JSON values, never changed in place, and how Go prints them in error texts. */

export type JsonObject = Readonly<Record<string, unknown>>
export type JsonList = readonly unknown[]

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isList = (value: unknown): value is JsonList => Array.isArray(value)
/** A member of an object by its own name; never one that every JavaScript object inherits. */
export const member = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** A copy of an object with one member set; the same object when nothing changes. */
export function withMember(object: JsonObject, key: string, value: unknown): JsonObject {
  if (Object.hasOwn(object, key) && object[key] === value) return object
  // A computed key in a literal defines even `__proto__` as a plain member.
  return { ...object, [key]: value }
}

/** A copy of an object without one member; the same object when there is none of the name. */
export function withoutMember(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) return object
  const { [key]: _, ...rest } = object
  return rest
}

/** Whether two JSON values are the same in content; the order of members does not matter, that of lists does. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (isList(left)) {
    if (!isList(right) || left.length !== right.length) return false
    for (let at = 0; at < left.length; at++) if (!equalJson(left[at], right[at])) return false
    return true
  }
  if (!isObject(left) || !isObject(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  for (const key of keys) if (!Object.hasOwn(right, key) || !equalJson(left[key], right[key])) return false
  return true
}

/** The word that Go's JSON errors have for a value: `object`, `array`, `string`, `number`, `bool`. */
export function jsonKind(value: unknown): string {
  if (isList(value)) return 'array'
  if (isObject(value)) return 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`, members sorted, no quotes. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (isList(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value).sort()
  return `map[${members.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`
}

/** The Go type of a decoded JSON value, as `%T` prints it. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (isList(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}
