/**
 * What holds for the metadata of every kind.
 *
 * @source kubernetes v1.36 apimachinery/pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation (facts: rules,
 * order, texts)
 */
import {
  child,
  type FieldError,
  forbiddenField,
  invalid,
  item,
  type LabelSelector,
  labelErrors,
  labelNameErrors,
  labelSelectorErrors,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  quoted,
  required,
  tooLong,
} from '../../apimachinery/index.ts'
import { equal } from './equality.ts'
import {
  byteLength,
  immutableText,
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelKey,
  isLabelValue,
  isNegativeText,
  isPathSegmentName,
  isPathSegmentPrefix,
} from './formats.ts'

/** What is wrong with a name, or with a prefix that more will be added to. */
export type NameRule = (name: string, isPrefix: boolean) => readonly string[]

const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name

export const nameIsDNSSubdomain: NameRule = (name, isPrefix) =>
  isDNS1123Subdomain(isPrefix ? maskTrailingDash(name) : name)
export const nameIsDNSLabel: NameRule = (name, isPrefix) => isDNS1123Label(isPrefix ? maskTrailingDash(name) : name)
export const nameIsDNS1035Label: NameRule = (name, isPrefix) => isDNS1035Label(isPrefix ? maskTrailingDash(name) : name)
/** The names of RBAC kinds, and the least that holds for all. */
export const nameIsPathSegment: NameRule = (name, isPrefix) =>
  isPrefix ? isPathSegmentPrefix(name) : isPathSegmentName(name)
export const anyName: NameRule = () => []

/** All annotations of one object together, keys and values. */
export const totalAnnotationBytes = 256 * 1024

/** Errors of a format check as errors of one field. */
export const invalidEach = (field: string, value: unknown, texts: readonly string[]): readonly FieldError[] =>
  texts.length === 0 ? none : texts.map((text) => invalid(field, value, text))

const none: readonly FieldError[] = []

/**
 * Metadata of an object to be created; names have been generated before. Parts that it shares with `old`, which is stored
 * and so has been found right, are not looked at again.
 */
export function validateObjectMeta(
  metadata: ObjectMeta,
  namespaced: boolean,
  rule: NameRule,
  path = 'metadata',
  old?: ObjectMeta,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const { generateName, name } = metadata
  // A path is put together only where there is something to say about it.
  const tell = (field: string, value: string, texts: readonly string[]): void => {
    if (texts.length > 0) errors.push(...invalidEach(child(path, field), value, texts))
  }
  if (generateName) tell('generateName', generateName, rule(generateName, true))
  if (!name) errors.push(required(child(path, 'name'), 'name or generateName is required'))
  else tell('name', name, rule(name, false))
  if (!namespaced) {
    if (metadata.namespace) errors.push(forbiddenField(child(path, 'namespace'), 'not allowed on this type'))
  } else if (!metadata.namespace) errors.push(required(child(path, 'namespace')))
  else tell('namespace', metadata.namespace, isDNS1123Label(metadata.namespace))
  if ((metadata.generation ?? 0) < 0) {
    errors.push(...validateNonnegative(metadata.generation ?? 0, child(path, 'generation')))
  }
  if (metadata.labels !== old?.labels) errors.push(...labelErrors(metadata.labels, child(path, 'labels')))
  if (metadata.annotations !== old?.annotations) {
    errors.push(...validateAnnotations(metadata.annotations, child(path, 'annotations')))
  }
  if (metadata.ownerReferences !== old?.ownerReferences) {
    errors.push(...validateOwnerReferences(metadata.ownerReferences, child(path, 'ownerReferences')))
  }
  if (metadata.finalizers !== old?.finalizers) {
    errors.push(...validateFinalizers(metadata.finalizers, child(path, 'finalizers')))
  }
  if (metadata.managedFields !== old?.managedFields) {
    errors.push(...validateManagedFields(metadata, child(path, 'managedFields'), old))
  }
  return errors
}

/**
 * Metadata as kinds of core, batch, policy, rbac and scheduling check it: a finalizer is one of the three known short
 * names or has a domain in front.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateObjectMeta, validateKubeFinalizerName
 */
export function validateCoreObjectMeta(
  metadata: ObjectMeta,
  namespaced: boolean,
  rule: NameRule,
  path = 'metadata',
  old?: ObjectMeta,
): readonly FieldError[] {
  const errors = validateObjectMeta(metadata, namespaced, rule, path, old)
  return metadata.finalizers === old?.finalizers ? errors : [...errors, ...qualifiedFinalizers(metadata, path)]
}

/** The update rules of the same kinds. */
export function validateCoreObjectMetaUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  path = 'metadata',
): readonly FieldError[] {
  const errors = validateObjectMetaUpdate(metadata, old, path)
  return metadata.finalizers === undefined || metadata.finalizers === old.finalizers
    ? errors
    : [...errors, ...qualifiedFinalizers(metadata, path)]
}

const shortFinalizers: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function qualifiedFinalizers({ finalizers = [] }: ObjectMeta, path: string): readonly FieldError[] {
  return finalizers.flatMap((name, index) => validateFinalizerDomain(name, item(child(path, 'finalizers'), index)))
}

/** A finalizer without a domain must be one that Kubernetes knows. */
export const validateFinalizerDomain = (name: string, path: string): readonly FieldError[] =>
  name.includes('/') || shortFinalizers.has(name)
    ? none
    : [invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')]

/**
 * Metadata of any object that replaces `old`, before the rules of its kind: what holds for new objects, then what holds
 * for updates. Upstream's kinds then check the update rules once more, so their causes stand twice in the answer.
 *
 * @source kubernetes v1.36 apiserver/pkg/registry/rest/update.go, validateCommonFields
 */
export function validateCommonUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  namespaced: boolean,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const unchecked =
    metadata.name !== old.name ||
    metadata.namespace !== old.namespace ||
    metadata.generateName !== old.generateName ||
    metadata.labels !== old.labels ||
    metadata.annotations !== old.annotations ||
    metadata.ownerReferences !== old.ownerReferences ||
    metadata.finalizers !== old.finalizers ||
    metadata.managedFields !== old.managedFields
  if (unchecked) errors.push(...validateObjectMeta(metadata, namespaced, nameIsPathSegment, 'metadata', old))
  errors.push(...validateObjectMetaUpdate(metadata, old))
  return errors
}

const immutableMeta = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

const texts: ReadonlySet<string> = new Set(['name', 'namespace', 'uid'])

/** Metadata of an object that replaces `old`. */
export function validateObjectMetaUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  path = 'metadata',
): readonly FieldError[] {
  if (metadata === old) return none
  const errors: FieldError[] = []
  if (old.deletionTimestamp !== undefined && metadata.finalizers !== old.finalizers) {
    errors.push(...validateNoNewFinalizers(metadata.finalizers, old.finalizers, child(path, 'finalizers')))
  }
  if (!metadata.resourceVersion) {
    errors.push(invalid(child(path, 'resourceVersion'), '', 'must be specified for an update'))
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid(child(path, 'generation'), metadata.generation ?? 0, 'must not be decremented'))
  }
  for (let i = 0; i < immutableMeta.length; i++) {
    const name = immutableMeta[i] as (typeof immutableMeta)[number]
    if (metadata[name] === old[name]) continue
    const unset = texts.has(name) ? '' : undefined
    errors.push(...validateImmutable(metadata[name] ?? unset, old[name] ?? unset, child(path, name)))
  }
  if (metadata.labels !== old.labels) errors.push(...labelErrors(metadata.labels, child(path, 'labels')))
  if (metadata.annotations !== old.annotations) {
    errors.push(...validateAnnotations(metadata.annotations, child(path, 'annotations')))
  }
  if (metadata.ownerReferences !== old.ownerReferences) {
    errors.push(...validateOwnerReferences(metadata.ownerReferences, child(path, 'ownerReferences')))
  }
  if (metadata.managedFields !== old.managedFields) {
    errors.push(...validateManagedFields(metadata, child(path, 'managedFields'), old))
  }
  return errors
}

function validateNoNewFinalizers(
  now: readonly string[] | undefined,
  before: readonly string[] | undefined,
  path: string,
): readonly FieldError[] {
  const had = new Set(before)
  const extra = [...new Set(now)].filter((name) => !had.has(name)).sort()
  if (extra.length === 0) return none
  const shownList = `[]string{${extra.map(quoted).join(', ')}}`
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${shownList}`
  return [forbiddenField(path, text)]
}

/** A field that keeps its value for ever; the new value stands in the error. */
export function validateImmutable(value: unknown, old: unknown, path: string): readonly FieldError[] {
  return equal(value, old) ? none : [invalid(path, value, immutableText)]
}

export const validateNonnegative = (value: number, path: string): readonly FieldError[] =>
  value < 0 ? [invalid(path, value, isNegativeText)] : none

/** Keys in any case, and not more than 256 KiB in total. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): readonly FieldError[] {
  if (annotations === undefined) return none
  const errors: FieldError[] = []
  let bytes = 0
  for (const key of Object.keys(annotations)) {
    errors.push(...invalidEach(path, key, isLabelKey(key.toLowerCase())))
    bytes += byteLength(key) + byteLength(annotations[key] as string)
  }
  if (bytes > totalAnnotationBytes) errors.push(tooLong(path, totalAnnotationBytes))
  return errors
}

export function validateOwnerReferences(
  references: readonly OwnerReference[] | undefined,
  path: string,
): readonly FieldError[] {
  if (references === undefined || references.length === 0) return none
  const errors: FieldError[] = []
  let controller = ''
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path))
    if (reference.controller !== true) continue
    const name = `${reference.kind}/${reference.name}`
    if (controller === '') controller = name
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(path, references, text))
    }
  }
  return errors
}

function validateOwnerReference(reference: OwnerReference, path: string): readonly FieldError[] {
  const { apiVersion = '', kind = '', name = '', uid = '' } = reference
  const errors: FieldError[] = []
  const slashes = apiVersion.split('/').length - 1
  const version = slashes === 0 ? apiVersion : slashes === 1 ? apiVersion.slice(apiVersion.indexOf('/') + 1) : ''
  if (version === '') errors.push(invalid(child(path, 'apiVersion'), apiVersion, 'version must not be empty'))
  if (kind === '') errors.push(invalid(child(path, 'kind'), kind, 'must not be empty'))
  if (name === '') errors.push(invalid(child(path, 'name'), name, 'must not be empty'))
  if (uid === '') errors.push(invalid(child(path, 'uid'), uid, 'must not be empty'))
  if (apiVersion === 'v1' && kind === 'Event') {
    errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
  return errors
}

export function validateFinalizers(finalizers: readonly string[] | undefined, path: string): readonly FieldError[] {
  if (finalizers === undefined || finalizers.length === 0) return none
  const errors: FieldError[] = []
  for (const finalizer of finalizers) errors.push(...labelNameErrors(finalizer, path))
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

function validateManagedFields(
  { managedFields }: ObjectMeta,
  path: string,
  old: ObjectMeta | undefined,
): readonly FieldError[] {
  if (managedFields === undefined || managedFields.length === 0) return none
  const errors: FieldError[] = []
  for (let i = 0; i < managedFields.length; i++) {
    const entry = managedFields[i] as ManagedFieldsEntry
    if (old?.managedFields?.includes(entry) !== true) errors.push(...validateEntry(entry, item(path, i)))
  }
  return errors
}

function validateEntry(
  { operation = '', fieldsType = '', manager = '', subresource = '' }: ManagedFieldsEntry,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (operation !== 'Apply' && operation !== 'Update') {
    errors.push(invalid(child(path, 'operation'), operation, 'must be `Apply` or `Update`'))
  }
  if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
    errors.push(invalid(child(path, 'fieldsType'), fieldsType, 'must be `FieldsV1`'))
  }
  if (byteLength(manager) > 128) errors.push(tooLong(child(path, 'manager'), 128))
  if (byteLength(subresource) > 256) errors.push(tooLong(child(path, 'subresource'), 256))
  return errors
}

/** Set where values that are no label values pass, because a stored object has such already. */
export type LabelSelectorOptions = { readonly allowInvalidValues?: boolean }

export const validateLabelSelector = (
  selector: LabelSelector | undefined,
  path: string,
  { allowInvalidValues = false }: LabelSelectorOptions = {},
): readonly FieldError[] => labelSelectorErrors(selector, path, allowInvalidValues)

/** Whether a selector has a value that is no label value; such a stored selector may stay. */
export const hasInvalidLabelValue = (selector: LabelSelector | undefined): boolean =>
  selector?.matchExpressions?.some(({ values }) => values?.some((value) => isLabelValue(value).length > 0)) === true
