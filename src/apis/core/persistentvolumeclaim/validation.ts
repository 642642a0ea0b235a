/**
 * What holds when a claim changes.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimUpdate and
 * ValidatePersistentVolumeClaimStatusUpdate
 */
import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  quantityValue,
  required,
} from '../../../apimachinery/index.ts'
import { changed } from '../../generic/index.ts'
import {
  hasInvalidLabelValue,
  immutableText,
  isDNS1123Subdomain,
  isLabelKey,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
  validateImmutable,
} from '../../meta/index.ts'
import { specDifference } from '../pod/spec-diff.ts'
import { isNativeResource } from '../resources/names.ts'
import { compareAmounts, quantityOf, validateResourceQuantity } from '../resources/quantities.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../types.gen.ts'
import { type ClaimOptions, validateClaimSpec } from './claim-spec.ts'

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

function optionsFor({ spec }: PersistentVolumeClaim): ClaimOptions {
  const groups = [spec.dataSource?.apiGroup, spec.dataSourceRef?.apiGroup]
  return {
    allowInvalidSelectorValues: hasInvalidLabelValue(spec.selector),
    allowInvalidDataSourceGroup: groups.some((group) => group && isDNS1123Subdomain(group).length > 0),
  }
}

export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): readonly FieldError[] {
  const errors: FieldError[] = [
    ...validateCoreObjectMetaUpdate(claim.metadata, old.metadata),
    ...validateCoreObjectMeta(claim.metadata, true, nameIsDNSSubdomain),
  ]
  validateClaimSpec(claim.spec, 'spec', errors, optionsFor(old))
  const munged = mungedSpec(claim, old, errors)
  if (changed(munged, old.spec)) {
    const text =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.push(forbiddenField('spec', `${text}\n${specDifference('PersistentVolumeClaimSpec', old.spec, munged)}`))
  }
  const size = claim.spec.resources?.requests?.['storage']
  const atMost = compareAmounts(size, old.status?.capacity?.['storage']) <= 0
  if (compareAmounts(size, old.spec.resources?.requests?.['storage']) < 0 && atMost) {
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  errors.push(...validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode'))
  validateAttributesClass(claim, old, errors)
  return errors
}

/** The new spec with the stored values of everything that may change. */
function mungedSpec(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldError[],
): PersistentVolumeClaimSpec {
  let { spec } = claim
  if (!old.spec.volumeName) spec = { ...spec, volumeName: old.spec.volumeName }
  const before = old.metadata.annotations?.[classAnnotation]
  const now = claim.metadata.annotations?.[classAnnotation]
  const name = spec.storageClassName
  const wasOpen = old.spec.storageClassName === undefined && name !== undefined
  const movesOut = before !== undefined && wasOpen && name === before && (now === undefined || now === before)
  if (movesOut) spec = { ...spec, storageClassName: undefined }
  else {
    if ((now ?? '') !== (before ?? '')) {
      errors.push(invalid(`metadata.annotations.${classAnnotation}`, now ?? '', immutableText))
    }
    if (wasOpen && (before === undefined || name === before)) spec = { ...spec, storageClassName: undefined }
  }
  if (claim.status?.phase !== 'Bound') return spec
  const stored = old.spec.resources?.requests?.['storage']
  const requests = spec.resources?.requests
  const withSize = requests === undefined || stored === undefined ? requests : { ...requests, storage: stored }
  return {
    ...spec,
    resources: { ...spec.resources, ...(withSize === undefined ? {} : { requests: withSize }) },
    volumeAttributesClassName: old.spec.volumeAttributesClassName,
  }
}

function validateAttributesClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim, errors: FieldError[]): void {
  const name = claim.spec.volumeAttributesClassName
  if (name === old.spec.volumeAttributesClassName || old.status?.currentVolumeAttributesClassName === undefined) return
  const what = name === undefined ? 'nil' : name === '' ? 'empty string' : undefined
  if (what === undefined) return
  const text = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`
  errors.push(forbiddenField('spec.volumeAttributesClassName', text))
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort()

export function validateClaimStatusUpdate(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(claim.metadata, old.metadata)]
  if (!claim.metadata.resourceVersion) errors.push(required('resourceVersion'))
  if ((claim.spec.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'))
  const { capacity = {}, allocatedResourceStatuses = {}, allocatedResources = {} } = claim.status ?? {}
  for (const [name, amount] of Object.entries(capacity)) validateAmount(amount, `status.capacity[${name}]`, errors)
  const statuses = 'status.allocatedResourceStatuses'
  for (const [name, status] of Object.entries(allocatedResourceStatuses)) {
    errors.push(...resourceKeyFaults(name, statuses))
    if (!resizeStatuses.includes(status)) errors.push(notSupported(statuses, name, resizeStatuses))
  }
  for (const [name, amount] of Object.entries(allocatedResources)) {
    const faults = resourceKeyFaults(name, 'status.allocatedResources')
    errors.push(...faults)
    if (faults.length > 0) continue
    const field = `status.allocatedResources[${name}]`
    if (!validateAmount(amount, field, errors)) validateResourceQuantity('storage', amount, field, errors)
  }
  return errors
}

/** True when the amount was refused. */
function validateAmount(amount: string | number, field: string, errors: FieldError[]): boolean {
  const value = quantityValue(quantityOf(amount))
  if (value >= 0n) return false
  errors.push(invalid(field, Number(value), 'must be a valid resource quantity'))
  return true
}

function resourceKeyFaults(name: string, field: string): readonly FieldError[] {
  const texts = isLabelKey(name)
  if (texts.length > 0) return texts.map((text) => invalid(field, name, text))
  return isNativeResource(name) && name !== 'storage' ? [notSupported(field, name, ['storage'])] : []
}
