/** JSON as Go writes it. */

import type { JsonPatch } from './json.ts'
import { isList, isObject, type JsonObject } from './json-value.ts'

const unsafeForHtml = /[<>&\u2028\u2029]/g

/** Characters that HTML could take amiss are escaped, as Go's encoder does. */
const escaped = (json: string): string =>
  json.replace(unsafeForHtml, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Where members stand sorted, as in a Go map: everywhere, or at the root and in what is listed by member or index. */
type Sorted = 'everywhere' | Map<string, Sorted>

function write(value: unknown, sorted: Sorted | undefined): string {
  const inner = (key: string): Sorted | undefined => (sorted === 'everywhere' ? sorted : sorted?.get(key))
  if (isList(value)) return `[${value.map((element, index) => write(element, inner(String(index)))).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const names = Object.keys(value).filter((name) => value[name] !== undefined)
  if (sorted !== undefined) names.sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${write(value[name], inner(name))}`).join(',')}}`
}

/** A value with the members of all objects sorted. */
export const sortedJson = (value: unknown): string => escaped(write(value, 'everywhere'))

/** A patched value as upstream shows it in errors: objects that a JSON patch looked into have their members sorted. */
export function jsonPatchedText(patched: unknown, patch: JsonPatch): string {
  const root = new Map<string, Sorted>()
  for (const operation of patch)
    for (const pointer of [operation['path'], operation['from']]) {
      if (typeof pointer !== 'string') continue
      let at = root
      for (const part of pointer.split('/').slice(1, -1)) {
        const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
        const below = at.get(key) ?? new Map<string, Sorted>()
        at.set(key, below)
        if (below === 'everywhere') break
        at = below
      }
    }
  return escaped(write(patched, root))
}

/** The same for a merge patch, which looks into whatever it has a member for. */
export const mergePatchedText = (patched: unknown, patch: JsonObject): string =>
  escaped(write(patched, lookedInto(patch)))

const lookedInto = (patch: unknown): Sorted =>
  isObject(patch) ? new Map(Object.keys(patch).map((key) => [key, lookedInto(patch[key])])) : 'everywhere'
