/**
 * How upstream prints its internal structures inside error texts: capital names, every field, null for unset.
 *
 * The server holds objects in their wire form only; this form is built when an error needs it.
 */
import type { SecurityContext } from '../types.gen.ts'
import { internalFields } from './internal-fields.ts'

type Json = Record<string, unknown>
type Field = { readonly name: string; readonly wire: string; readonly form: string }

let parsed: ReadonlyMap<string, readonly Field[]> | undefined

/** `struct` is upstream's name of the structure, e.g. `PodTemplateSpec`. */
export function internalForm(struct: string, value: object): Json {
  const source = (struct === 'PodSpec' ? withHostFields(value as Json) : value) as Json
  parsed ??= parse(internalFields)
  const out: Json = {}
  for (const { name, wire, form } of parsed.get(struct) ?? []) {
    if (form === '+metav1.ObjectMeta') Object.assign(out, metadataForm(source['metadata'] as Json | undefined))
    else if (form.startsWith('+')) Object.assign(out, internalForm(form.slice(1), source))
    else out[name] = formOf(form, source[wire])
  }
  return out
}

/** A container's security settings as one line of JSON. */
export const securityContextDump = (context: SecurityContext): string =>
  JSON.stringify(internalForm('SecurityContext', context))

function formOf(form: string, given: unknown): unknown {
  const value = given ?? undefined
  const unset = zeros[form]
  if (unset !== undefined) return value ?? unset
  if (form === 'n') return value ?? null
  if (form === 'm') return sortedOrNull(value as Json | undefined)
  if (form === 'l') return selectorForm(value as Json | undefined)
  if (form.startsWith('[]')) return listForm(form.slice(2), value as readonly object[] | undefined)
  if (form.startsWith('*')) return value === undefined ? null : internalForm(form.slice(1), value as object)
  return internalForm(form, (value ?? {}) as object)
}

/** An empty list was left out of the request, or stands for one that is always written. */
const listForm = (struct: string, list: readonly object[] | undefined): readonly Json[] | null =>
  list === undefined || list.length === 0 ? null : list.map((item) => internalForm(struct, item))

const zeros: Record<string, unknown> = { s: '', b: false, i: 0, q: '0', o: 0 }

const sorted = (map: Json): Json =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : Number(a > b))))
const sortedOrNull = (map: Json | undefined): Json | null => (map === undefined ? null : sorted(map))

const withSortedMaps = (value: Json, names: readonly string[]): Json =>
  Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, names.includes(name) ? sorted(member as Json) : member]),
  )

const selectorForm = (selector: Json | undefined): Json | null =>
  selector === undefined ? null : withSortedMaps(selector, ['matchLabels'])

const metadataForm = (metadata: Json | undefined): Json => withSortedMaps(metadata ?? {}, ['labels', 'annotations'])

/** Upstream keeps what a pod shares with its host among its security settings, and those always. */
function withHostFields(spec: Json): Json {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const shared = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  return { ...spec, securityContext: { ...(spec['securityContext'] as Json | undefined), ...shared } }
}

function parse(text: string): ReadonlyMap<string, readonly Field[]> {
  const structs = new Map<string, Field[]>()
  let fields: Field[] = []
  for (const word of text.trim().split(/\s+/)) {
    if (word.endsWith(':')) {
      fields = []
      structs.set(word.slice(0, -1), fields)
    } else fields.push(fieldOf(word))
  }
  return structs
}

function fieldOf(word: string): Field {
  if (word.startsWith('+')) return { name: '', wire: '', form: word }
  const [names = '', form = ''] = word.split(':')
  const [name = '', wire = name.charAt(0).toLowerCase() + name.slice(1)] = names.split('=')
  return { name, wire, form }
}
