/** The JSON text of an object that `decodeObject` gave or that was built like one. */
import type { KubeObject } from '../meta/object.ts'
import type { ManagedFieldsEntry } from '../meta/types.gen.ts'

/**
 * The text of an object as `JSON.stringify` gives it, managed fields with their members in upstream's order.
 *
 * Managed fields are half of most objects and slow to write, but objects of one shape share theirs: the text of each
 * set of fields is kept.
 */
export function encodeJson(object: KubeObject): string {
  const managed = object.metadata?.managedFields
  if (managed === undefined || managed.length === 0) return JSON.stringify(object)
  const text = JSON.stringify({ ...object, metadata: { ...object.metadata, managedFields: marker } })
  // Nothing but this member can look so: inside texts the quotes are escaped, and no other field of the name holds 0.
  const at = text.indexOf(markerText)
  const after = at + markerText.length
  let list = ''
  for (const entry of managed) list += list === '' ? entryText(entry) : `,${entryText(entry)}`
  return `${text.slice(0, at)}"managedFields":[${list}]${text.slice(after)}`
}

const marker = 0
const markerText = `"managedFields":${marker}`
const fieldTexts = new WeakMap<object, string>()

/** An entry with its members in upstream's order. */
function entryText({
  manager,
  operation,
  apiVersion,
  time,
  fieldsType,
  fieldsV1,
  subresource,
}: ManagedFieldsEntry): string {
  let head = ''
  if (manager !== undefined) head += `,"manager":${textOf(manager)}`
  if (operation !== undefined) head += `,"operation":${textOf(operation)}`
  if (apiVersion !== undefined) head += `,"apiVersion":${textOf(apiVersion)}`
  if (time !== undefined) head += `,"time":${textOf(time)}`
  if (fieldsType !== undefined) head += `,"fieldsType":${textOf(fieldsType)}`
  if (fieldsV1 !== undefined) head += ',"fieldsV1":'
  // Only short texts are cut: cutting one that was put together copies all of it.
  const fields = fieldsV1 === undefined ? '' : fieldsText(fieldsV1)
  const tail = subresource === undefined ? '}' : `,"subresource":${textOf(subresource)}}`
  return head === '' ? `{${tail.slice(tail.length > 1 ? 1 : 0)}` : `{${head.slice(1)}${fields}${tail}`
}

const plain = /^[\w ./:-]*$/
const textOf = (value: string): string => (plain.test(value) ? `"${value}"` : JSON.stringify(value))

function fieldsText(fields: object): string {
  const known = fieldTexts.get(fields)
  if (known !== undefined) return known
  const text = JSON.stringify(fields)
  fieldTexts.set(fields, text)
  return text
}
