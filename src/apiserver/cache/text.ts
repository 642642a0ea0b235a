/**
 * The JSON of objects: made once per revision and shared by the store, answers and watchers.
 *
 * What is stored has no resourceVersion, since it is not known before the write. The served text is the stored one with
 * the revision put in behind `metadata.uid`, where upstream writes it.
 */
import type { KubeObject, ObjectMeta } from '../../apimachinery/index.ts'
import type { Revision } from '../../base/index.ts'

type Metadata = { -readonly [K in keyof ObjectMeta]: ObjectMeta[K] }

/** Lists and maps without an entry are left out, as upstream does. */
const isFullList = (value: readonly unknown[] | undefined): boolean => value !== undefined && value.length > 0
function isFull(value: object | undefined): boolean {
  if (value === undefined) return false
  for (const _ in value) return true
  return false
}

/**
 * Metadata in upstream's order of fields, with another resourceVersion, or none. Fields without a value, or empty, are
 * left out. Field by field: this is done twice for each write, and a loop over their names takes four times as long.
 */
export function metadataAt(metadata: ObjectMeta, resourceVersion: string | undefined): ObjectMeta {
  const at: Metadata = {}
  if (metadata.name !== undefined) at.name = metadata.name
  if (metadata.generateName !== undefined) at.generateName = metadata.generateName
  if (metadata.namespace !== undefined) at.namespace = metadata.namespace
  if (metadata.selfLink !== undefined) at.selfLink = metadata.selfLink
  if (metadata.uid !== undefined) at.uid = metadata.uid
  if (resourceVersion !== undefined) at.resourceVersion = resourceVersion
  if (metadata.generation !== undefined) at.generation = metadata.generation
  if (metadata.creationTimestamp !== undefined) at.creationTimestamp = metadata.creationTimestamp
  if (metadata.deletionTimestamp !== undefined) at.deletionTimestamp = metadata.deletionTimestamp
  const { deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers, managedFields } = metadata
  if (deletionGracePeriodSeconds !== undefined) at.deletionGracePeriodSeconds = deletionGracePeriodSeconds
  if (isFull(labels)) at.labels = labels
  if (isFull(annotations)) at.annotations = annotations
  if (isFullList(ownerReferences)) at.ownerReferences = ownerReferences
  if (isFullList(finalizers)) at.finalizers = finalizers
  if (isFullList(managedFields)) at.managedFields = managedFields
  return at
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
