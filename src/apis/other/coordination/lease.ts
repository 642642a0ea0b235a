/**
 * Leases.
 *
 * @source kubernetes v1.36 pkg/registry/coordination/lease/strategy.go; pkg/apis/coordination/validation
 */
import { type FieldError, invalid } from '../../../apimachinery/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import { isNegativeText, nameIsDNSSubdomain, validateObjectMeta, validateObjectMetaUpdate } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { Lease } from '../types.gen.ts'

/** Fields of coordinated leader election, which is off unless asked for, are dropped. */
function dropCoordinated(lease: Lease): Lease {
  if (lease.spec?.strategy === undefined && lease.spec?.preferredHolder === undefined) return lease
  const { strategy: _strategy, preferredHolder: _holder, ...spec } = lease.spec
  return { ...lease, spec }
}

function validateSpec({ spec }: Lease): readonly FieldError[] {
  const errors: FieldError[] = []
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec ?? {}
  if (seconds !== undefined && seconds <= 0) {
    errors.push(invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'))
  }
  if (transitions !== undefined && transitions < 0) {
    errors.push(invalid('spec.leaseTransitions', transitions, isNegativeText))
  }
  return errors
}

export const leaseStrategy: Strategy<Lease> = buildStrategy<Lease>({
  type: 'coordination.v1.Lease',
  namespaced: true,
  metadata: 'Own',
  prepareForCreate: dropCoordinated,
  validateCreate: (lease) => [...validateObjectMeta(lease.metadata, true, nameIsDNSSubdomain), ...validateSpec(lease)],
  prepareForUpdate: dropCoordinated,
  validateUpdate: (lease, old) => [...validateObjectMetaUpdate(lease.metadata, old.metadata), ...validateSpec(lease)],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  table: tableOf(
    [nameColumn, column('Holder', 'string', 'Who holds the lease.'), ageColumn],
    ({ metadata, spec }, now) => [
      metadata.name ?? '',
      spec?.holderIdentity ?? '',
      humanDuration(metadata.creationTimestamp, now),
    ],
  ),
})
