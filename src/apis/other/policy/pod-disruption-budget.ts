/**
 * PodDisruptionBudgets.
 *
 * @source kubernetes v1.36 pkg/registry/policy/poddisruptionbudget/strategy.go; pkg/apis/policy/validation
 */
import { type FieldError, invalid, notSupported } from '../../../apimachinery/index.ts'
import { buildStrategy, changed, countGeneration, firstGeneration, keepFields } from '../../generic/index.ts'
import {
  hasInvalidLabelValue,
  invalidEach,
  isValidPercent,
  validateConditions,
  validateLabelSelector,
  validateNonnegative,
} from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from '../types.gen.ts'

function validateAmount(amount: string | number | undefined, field: string): readonly FieldError[] {
  if (amount === undefined) return []
  if (typeof amount === 'number') return validateNonnegative(amount, field)
  const faults = isValidPercent(amount)
  if (faults.length > 0) return invalidEach(field, amount, faults)
  return Number(amount.slice(0, -1)) > 100 ? [invalid(field, amount, 'must not be greater than 100%')] : []
}

function validateSpec(spec: PodDisruptionBudgetSpec, lenient: boolean): readonly FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec ?? {}
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const dump = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: policy ?? null,
    }
    errors.push(invalid('spec', dump, 'minAvailable and maxUnavailable cannot be both set'))
  }
  errors.push(...validateAmount(minAvailable, 'spec.minAvailable'))
  errors.push(...validateAmount(maxUnavailable, 'spec.maxUnavailable'))
  errors.push(...validateLabelSelector(selector, 'spec.selector', { allowInvalidValues: lenient }))
  const policies = ['AlwaysAllow', 'IfHealthyBudget']
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, policies))
  }
  return errors
}

/** The counts of a budget that nothing has looked at yet. */
const emptyStatus: PodDisruptionBudgetStatus = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const

export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = buildStrategy<PodDisruptionBudget>({
  type: 'policy.v1.PodDisruptionBudget',
  namespaced: true,
  metadata: 'Last',
  prepareForCreate: (budget) => firstGeneration({ ...budget, status: emptyStatus }),
  validateCreate: ({ spec }) => validateSpec(spec, false),
  prepareForUpdate: (budget, old) =>
    countGeneration(keepFields(budget, old, 'status'), old, changed(budget.spec, old.spec)),
  validateUpdate: ({ spec }, old) => validateSpec(spec, hasInvalidLabelValue(old.spec?.selector)),
  allowUnconditionalUpdate: false,
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (budget, old) => keepFields(budget, old, 'spec'),
      validateUpdate: ({ status }) => [
        ...validateConditions(status?.conditions, 'status.conditions'),
        ...counts.flatMap((name) => validateNonnegative(status?.[name] ?? 0, `status.${name}`)),
      ],
      resetFields: [['spec']],
    },
  },
  table: tableOf(
    [
      nameColumn,
      column('Min Available', 'string', 'How many pods must stay.'),
      column('Max Unavailable', 'string', 'How many pods may be away.'),
      column('Allowed Disruptions', 'integer', 'How many more pods may go now.'),
      ageColumn,
    ],
    ({ metadata, spec, status }, now) => [
      metadata.name ?? '',
      String(spec?.minAvailable ?? 'N/A'),
      String(spec?.maxUnavailable ?? 'N/A'),
      status?.disruptionsAllowed ?? 0,
      humanDuration(metadata.creationTimestamp, now),
    ],
  ),
})
