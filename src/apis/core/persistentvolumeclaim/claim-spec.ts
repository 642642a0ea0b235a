/**
 * What holds for a claim on storage, alone or as the template of an ephemeral volume.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimSpec
 */
import {
  type FieldError,
  forbiddenField,
  formatQuantity,
  invalid,
  notSupported,
  type ObjectMeta,
  required,
} from '../../../apimachinery/index.ts'
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  validateAnnotations,
  validateLabelSelector,
  validateLabels,
} from '../../meta/index.ts'
import { quantityOf, validateResourceQuantity } from '../resources/quantities.ts'
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../types.gen.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** What an update may keep because the stored claim has it. */
export type ClaimOptions = {
  readonly allowInvalidSelectorValues?: boolean
  readonly allowInvalidDataSourceGroup?: boolean
}

const addAll = (errors: FieldError[], field: string, value: string, texts: readonly string[]): void => {
  for (const text of texts) errors.push(invalid(field, value, text))
}

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: string,
  errors: FieldError[],
  options: ClaimOptions = {},
): void {
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'))
  errors.push(
    ...validateLabelSelector(spec.selector, `${path}.selector`, {
      allowInvalidValues: options.allowInvalidSelectorValues === true,
    }),
  )
  for (const mode of modes) {
    if (!accessModes.includes(mode)) errors.push(notSupported(`${path}.accessModes`, mode, accessModes))
  }
  const known = modes.filter((mode) => accessModes.includes(mode))
  if (known.includes('ReadWriteOncePod') && known.some((mode) => mode !== 'ReadWriteOncePod')) {
    errors.push(forbiddenField(`${path}.accessModes`, 'may not use ReadWriteOncePod with other access modes'))
  }
  validateStorageRequest(spec, `${path}.resources[storage]`, errors)
  const { storageClassName, volumeMode, volumeAttributesClassName } = spec
  if (storageClassName) {
    addAll(errors, `${path}.storageClassName`, storageClassName, isDNS1123Subdomain(storageClassName))
  }
  if (volumeMode !== undefined && volumeMode !== 'Block' && volumeMode !== 'Filesystem') {
    errors.push(notSupported(`${path}.volumeMode`, volumeMode, ['Block', 'Filesystem']))
  }
  validateDataSources(spec, path, options, errors)
  if (volumeAttributesClassName) {
    const field = `${path}.volumeAttributesClassName`
    addAll(errors, field, volumeAttributesClassName, isDNS1123Subdomain(volumeAttributesClassName))
  }
}

function validateStorageRequest(spec: PersistentVolumeClaimSpec, field: string, errors: FieldError[]): void {
  const storage = spec.resources?.requests?.['storage']
  if (storage === undefined) errors.push(required(field))
  else if (quantityOf(storage).value <= 0n) {
    errors.push(invalid(field, formatQuantity(quantityOf(storage)), 'must be greater than zero'))
  } else validateResourceQuantity('storage', storage, field, errors)
}

function validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: string,
  options: ClaimOptions,
  errors: FieldError[],
): void {
  if (dataSource !== undefined) validateDataSource(dataSource, `${path}.dataSource`, options, errors)
  if (dataSourceRef === undefined) return
  validateDataSource(dataSourceRef, `${path}.dataSourceRef`, options, errors)
  const { namespace } = dataSourceRef
  if (namespace) addAll(errors, `${path}.dataSourceRef.namespace`, namespace, isDNS1123Label(namespace))
  if (dataSource === undefined) return
  if (namespace) {
    errors.push(invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified'))
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    errors.push(invalid(path, {}, 'must match dataSourceRef'))
  }
}

function validateDataSource(
  { name, kind, apiGroup = '' }: TypedLocalObjectReference | TypedObjectReference,
  path: string,
  { allowInvalidDataSourceGroup = false }: ClaimOptions,
  errors: FieldError[],
): void {
  if (!name) errors.push(required(`${path}.name`))
  if (!kind) errors.push(required(`${path}.kind`))
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
    errors.push(invalid(path, kind ?? '', text))
  }
  if (apiGroup !== '' && !allowInvalidDataSourceGroup) {
    addAll(errors, `${path}.apiGroup`, apiGroup, isDNS1123Subdomain(apiGroup))
  }
}

const templateMetadata: readonly (keyof ObjectMeta)[] = [
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
  'ownerReferences',
  'finalizers',
  'managedFields',
]

/** A claim to be made for a pod: of its metadata only labels and annotations may be set. */
export function validateClaimTemplate(
  { metadata, spec }: PersistentVolumeClaimTemplate,
  path: string,
  errors: FieldError[],
): void {
  errors.push(...validateAnnotations(metadata?.annotations, `${path}.metadata.annotations`))
  errors.push(...validateLabels(metadata?.labels, `${path}.metadata.labels`))
  for (const name of templateMetadata) {
    if (metadata?.[name] !== undefined) errors.push(forbiddenField(`${path}.metadata.${name}`, 'cannot be set'))
  }
  validateClaimSpec(spec ?? { resources: {} }, `${path}.spec`, errors)
}
