/**
 * The JSON of objects: made once per revision and shared by the store, answers and watchers.
 *
 * What is stored has no resourceVersion, since it is not known before the write. The served text is the stored one with
 * the revision put in behind `metadata.uid`, where upstream writes it.
 */
import type { KubeObject, ObjectMeta } from '../../apimachinery/index.ts'
import type { Revision } from '../../base/index.ts'

/** Whether a field of metadata is left out because it is empty, as upstream does. */
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Array.isArray(value) ? value.length === 0 : noKeys(value))

function noKeys(value: object): boolean {
  for (const _ in value) return false
  return true
}

/** The order in which upstream writes the fields of metadata. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[]

/** Metadata in upstream's order of fields, with another resourceVersion, or none. Fields without a value, or empty, are left out. */
export function metadataAt(metadata: ObjectMeta, resourceVersion: string | undefined): ObjectMeta {
  const ordered: Record<string, unknown> = {}
  for (const field of metadataOrder) {
    const value = field === 'resourceVersion' ? resourceVersion : metadata[field]
    if (value !== undefined && !isEmpty(value)) ordered[field] = value
  }
  return ordered
}

/** The object as of a revision; everything but metadata is shared. */
export function objectAt<T extends KubeObject>(object: T, revision: Revision): T {
  return { ...object, metadata: metadataAt(object.metadata, String(revision)) }
}

/** Puts the revision into a stored text. A text without a uid in its metadata gets none. */
export function servedText(stored: string, uid: string, revision: Revision): string {
  const field = `"uid":"${uid}"`
  const at = stored.indexOf(field)
  if (at < 0) return stored
  const end = at + field.length
  return `${stored.slice(0, end)},"resourceVersion":"${revision}"${stored.slice(end)}`
}

/**
 * The JSON of objects to be stored, put together from texts of their parts: an unchanged spec, and entries of
 * managedFields that stayed, are not written out again.
 */
export function newPartTexts(bytes = 2 ** 22): (object: KubeObject) => string {
  const parts = newTextCache(bytes)
  const { textOf } = parts
  return (object) => {
    const { kind, apiVersion, metadata, ...rest } = object
    let text = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":`
    text += metadataText(metadata, textOf)
    for (const field of Object.keys(rest)) {
      const value = (rest as Record<string, unknown>)[field]
      if (value === undefined) continue
      const part =
        field === 'spec' && typeof value === 'object' && value !== null ? textOf(value) : JSON.stringify(value)
      text += `,${JSON.stringify(field)}:${part}`
    }
    return `${text}}`
  }
}

function metadataText({ managedFields, ...rest }: ObjectMeta, textOf: (part: object) => string): string {
  const text = JSON.stringify(rest)
  if (managedFields === undefined || managedFields.length === 0) return text
  let entries = ''
  for (const entry of managedFields) entries += entries === '' ? textOf(entry) : `,${textOf(entry)}`
  return `${text.length === 2 ? '{' : `${text.slice(0, -1)},`}"managedFields":[${entries}]}`
}

/** Keeps the texts that were asked for or made lately: two generations of about `bytes` characters each. */
export type TextCache = {
  readonly textOf: (object: object) => string
  readonly remember: (object: object, text: string) => void
}

export function newTextCache(bytes = 2 ** 22): TextCache {
  let young = new Map<object, string>()
  let old = new Map<object, string>()
  let size = 0
  const remember = (object: object, text: string): void => {
    if (size > bytes) {
      old = young
      young = new Map()
      size = 0
    }
    young.set(object, text)
    size += text.length
  }
  return {
    remember,
    textOf(object) {
      const known = young.get(object)
      if (known !== undefined) return known
      const text = old.get(object) ?? JSON.stringify(object)
      remember(object, text)
      return text
    },
  }
}
