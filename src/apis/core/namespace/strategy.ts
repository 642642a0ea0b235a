/**
 * Namespaces.
 *
 * @source kubernetes v1.36 pkg/registry/core/namespace/strategy.go; pkg/apis/core/validation, ValidateNamespace…
 */
import { type FieldError, invalid } from '../../../apimachinery/index.ts'
import { buildStrategy, keepFields } from '../../generic/index.ts'
import {
  nameIsDNSLabel,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
  validateFinalizerDomain,
  validateLabelName,
} from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { Namespace } from '../types.gen.ts'

const nameLabel = 'kubernetes.io/metadata.name'
const ownFinalizer = 'kubernetes'

/** Every namespace has its name as a label; a phase is there from the start. */
function defaultNamespace(namespace: Namespace): Namespace {
  const { metadata, status } = namespace
  const labelled = !metadata.name || metadata.labels?.[nameLabel] === metadata.name
  if (labelled && status?.phase) return namespace
  const labels = { ...metadata.labels, [nameLabel]: metadata.name ?? '' }
  return {
    ...namespace,
    metadata: labelled ? metadata : { ...metadata, labels },
    status: status?.phase ? status : { ...status, phase: 'Active' },
  }
}

/** A new namespace is active and goes only after its contents are gone. */
function prepareForCreate(namespace: Namespace): Namespace {
  const finalizers = namespace.spec?.finalizers ?? []
  const held = finalizers.includes(ownFinalizer) ? finalizers : [...finalizers, ownFinalizer]
  return defaultNamespace({ ...namespace, spec: { finalizers: held }, status: { phase: 'Active' } })
}

function finalizerErrors({ spec }: Namespace, at: (index: number) => string): readonly FieldError[] {
  return (spec?.finalizers ?? []).flatMap((name, index) => [
    ...validateLabelName(name, at(index)),
    ...validateFinalizerDomain(name, at(index)),
  ])
}

function validateStatusUpdate(namespace: Namespace, old: Namespace): readonly FieldError[] {
  const errors = [...validateCoreObjectMetaUpdate(namespace.metadata, old.metadata)]
  const { phase = '' } = namespace.status ?? {}
  const deleting = namespace.metadata.deletionTimestamp !== undefined
  if (!deleting && phase !== 'Active') {
    errors.push(invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty"))
  }
  if (deleting && phase !== 'Terminating') {
    errors.push(invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"))
  }
  return errors
}

export const namespaceStrategy: Strategy<Namespace> = buildStrategy<Namespace>({
  type: 'core.v1.Namespace',
  namespaced: false,
  nameRule: nameIsDNSLabel,
  defaults: defaultNamespace,
  prepareForCreate,
  validateCreate: (namespace) => finalizerErrors(namespace, () => 'spec.finalizers'),
  prepareForUpdate: (namespace, old) => keepFields(namespace, old, 'spec', 'status'),
  validateUpdate: (namespace, old) => [
    ...validateCoreObjectMeta(namespace.metadata, false, nameIsDNSLabel),
    ...finalizerErrors(namespace, () => 'spec.finalizers'),
    ...validateCoreObjectMetaUpdate(namespace.metadata, old.metadata),
  ],
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (namespace, old) => keepFields(namespace, old, 'spec'),
      validateUpdate: validateStatusUpdate,
      resetFields: [['spec']],
    },
    finalize: {
      prepareForUpdate: (namespace, old) => keepFields(namespace, old, 'status'),
      validateUpdate: (namespace, old) => [
        ...validateCoreObjectMetaUpdate(namespace.metadata, old.metadata),
        ...finalizerErrors(namespace, (index) => `spec.finalizers[${index}]`),
      ],
      resetFields: [['status']],
    },
  },
  table: tableOf(
    [nameColumn, column('Status', 'string', 'Whether the namespace is in use or being emptied.'), ageColumn],
    ({ metadata, status }, now) => [
      metadata.name ?? '',
      status?.phase ?? '',
      humanDuration(metadata.creationTimestamp, now),
    ],
  ),
  fields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  unknownField: (label) => `field label not supported: ${label}`,
  deletion: { returnsObject: true },
})
