/**
 * PersistentVolumeClaims.
 *
 * @source kubernetes v1.36 pkg/registry/core/persistentvolumeclaim/strategy.go; pkg/api/persistentvolumeclaim/util.go
 */
import type { FieldError } from '../../../apimachinery/index.ts'
import { dictionary } from '../../../base/index.ts'
import { buildStrategy, keepFields } from '../../generic/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { without } from '../podspec/share.ts'
import { claimWarnings } from '../podspec/volume-warnings.ts'
import { shownQuantity } from '../resources/quantities.ts'
import { roundedList, roundedRequirements } from '../resources/rounding.ts'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimStatus,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../types.gen.ts'
import { validateClaimSpec } from './claim-spec.ts'
import { validateClaimStatusUpdate, validateClaimUpdate } from './validation.ts'

function defaultSpec(spec: PersistentVolumeClaimSpec | undefined): PersistentVolumeClaimSpec {
  const resources = roundedRequirements(spec?.resources ?? {})
  if (spec?.volumeMode !== undefined && resources === spec.resources) return spec
  return { ...spec, resources, volumeMode: spec?.volumeMode ?? 'Filesystem' }
}

function defaultStatus(status: PersistentVolumeClaimStatus | undefined): PersistentVolumeClaimStatus {
  const capacity = roundedList(status?.capacity)
  const allocatedResources = roundedList(status?.allocatedResources)
  const rounded = capacity === status?.capacity && allocatedResources === status?.allocatedResources
  if (status?.phase && rounded) return status
  return {
    ...status,
    ...(capacity === undefined ? {} : { capacity }),
    ...(allocatedResources === undefined ? {} : { allocatedResources }),
    phase: status?.phase || 'Pending',
  }
}

function defaultClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const spec = defaultSpec(claim.spec)
  const status = defaultStatus(claim.status)
  return spec === claim.spec && status === claim.status ? claim : { ...claim, spec, status }
}

const isClaimOrSnapshot = ({ kind, apiGroup = '' }: TypedLocalObjectReference): boolean =>
  (kind === 'PersistentVolumeClaim' && apiGroup === '') ||
  (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')

const reference = ({ apiGroup, kind, name }: TypedLocalObjectReference | TypedObjectReference) => ({
  ...(apiGroup === undefined ? {} : { apiGroup }),
  kind,
  name,
})

/** The two fields for where data comes from say the same; what the older one cannot name is dropped. */
function pairSources(
  spec: PersistentVolumeClaimSpec,
  old: PersistentVolumeClaimSpec | undefined,
): PersistentVolumeClaimSpec {
  let paired = spec
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) paired = without(paired, 'dataSourceRef')
  const inUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  const { dataSource, dataSourceRef } = paired
  if (!inUse && dataSourceRef === undefined && dataSource !== undefined && !isClaimOrSnapshot(dataSource)) {
    return without(paired, 'dataSource')
  }
  if (dataSource !== undefined && dataSourceRef === undefined) {
    return { ...paired, dataSourceRef: reference(dataSource) }
  }
  if (dataSource === undefined && dataSourceRef !== undefined && !dataSourceRef.namespace) {
    return { ...paired, dataSource: reference(dataSourceRef) }
  }
  return paired
}

const shortModes = dictionary<string>({
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
})

function modesText(modes: readonly string[] | undefined): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes?.includes(mode) === true)
    .map(([, short]) => short)
    .join(',')
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = buildStrategy<PersistentVolumeClaim>({
  type: 'core.v1.PersistentVolumeClaim',
  namespaced: true,
  defaults: defaultClaim,
  prepareForCreate: (claim) => ({
    ...claim,
    spec: pairSources(claim.spec, undefined),
    status: { phase: 'Pending' },
  }),
  validateCreate: ({ spec }) => {
    const errors: FieldError[] = []
    validateClaimSpec(spec, 'spec', errors)
    return errors
  },
  warningsOnCreate: ({ spec }) => claimWarnings(spec, 'spec'),
  prepareForUpdate: (claim, old) => {
    const kept = keepFields(claim, old, 'status')
    const spec = pairSources(kept.spec, old.spec)
    return spec === kept.spec ? kept : { ...kept, spec }
  },
  validateUpdate: validateClaimUpdate,
  warningsOnUpdate: ({ spec }) => claimWarnings(spec, 'spec'),
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (claim, old) => keepFields(claim, old, 'spec'),
      validateUpdate: validateClaimStatusUpdate,
      resetFields: [['spec']],
    },
  },
  table: tableOf(
    [
      nameColumn,
      column('Status', 'string', 'Whether the claim has a volume.'),
      column('Volume', 'string', 'The volume behind the claim.'),
      column('Capacity', 'string', 'How much the volume holds.'),
      column('Access Modes', 'string', 'Who may use the volume how.'),
      column('StorageClass', 'string', 'The class of storage that was asked for.'),
      column('VolumeAttributesClass', 'string', 'The class of further properties that was asked for.'),
      ageColumn,
      column('VolumeMode', 'string', 'Whether the volume is a file system or a block device.', { priority: 1 }),
    ],
    ({ metadata, spec, status }, now) => {
      const bound = Boolean(spec.volumeName)
      return [
        metadata.name ?? '',
        metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
        spec.volumeName ?? '',
        bound ? shownQuantity(status?.capacity?.['storage']) : '',
        bound ? modesText(status?.accessModes) : '',
        metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? '',
        spec.volumeAttributesClassName ?? '<unset>',
        humanDuration(metadata.creationTimestamp, now),
        spec.volumeMode ?? '<unset>',
      ]
    },
  ),
  deletion: { returnsObject: true },
})
