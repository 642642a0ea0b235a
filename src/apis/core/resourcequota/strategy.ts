/**
 * ResourceQuotas.
 *
 * @source kubernetes v1.36 pkg/registry/core/resourcequota/strategy.go
 */
import { buildStrategy, keepFields } from '../../generic/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { compareAmounts, shownQuantity } from '../resources/quantities.ts'
import { roundedList } from '../resources/rounding.ts'
import type { ResourceQuota } from '../types.gen.ts'
import { validateQuota, validateQuotaStatusUpdate, validateQuotaUpdate } from './validation.ts'

function defaultQuota(quota: ResourceQuota): ResourceQuota {
  const hard = roundedList(quota.spec?.hard)
  const seen = roundedList(quota.status?.hard)
  const used = roundedList(quota.status?.used)
  if (hard === quota.spec?.hard && seen === quota.status?.hard && used === quota.status?.used) return quota
  return {
    ...quota,
    spec: { ...quota.spec, ...(hard === undefined ? {} : { hard }) },
    status: {
      ...quota.status,
      ...(seen === undefined ? {} : { hard: seen }),
      ...(used === undefined ? {} : { used }),
    },
  }
}

/** Requests that could never reach their limits. */
function warnings({ spec }: ResourceQuota): readonly string[] {
  const hard = spec?.hard ?? {}
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((name) => {
    const bare = name === 'cpu' || name === 'memory'
    const request = hard[`requests.${name}`] === undefined && bare ? name : `requests.${name}`
    const limit = `limits.${name}`
    if (hard[request] === undefined || hard[limit] === undefined) return []
    if (compareAmounts(hard[request], hard[limit]) <= 0) return []
    const [low, high] = [shownQuantity(hard[request]), shownQuantity(hard[limit])]
    return [`ResourceQuota ${request} (${low}) should be less than ${limit} (${high})`]
  })
}

/** `name: used/hard` for every resource, limits apart from the rest. */
function usage({ status }: ResourceQuota, limits: boolean): string {
  return Object.keys(status?.hard ?? {})
    .filter((name) => name.startsWith('limits.') === limits)
    .sort()
    .map((name) => `${name}: ${shownQuantity(status?.used?.[name])}/${shownQuantity(status?.hard?.[name])}`)
    .join(', ')
}

export const resourceQuotaStrategy: Strategy<ResourceQuota> = buildStrategy<ResourceQuota>({
  type: 'core.v1.ResourceQuota',
  namespaced: true,
  defaults: defaultQuota,
  prepareForCreate: (quota) => ({ ...quota, status: {} }),
  validateCreate: validateQuota,
  warningsOnCreate: warnings,
  prepareForUpdate: (quota, old) => keepFields(quota, old, 'status'),
  validateUpdate: validateQuotaUpdate,
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (quota, old) => keepFields(quota, old, 'spec'),
      validateUpdate: validateQuotaStatusUpdate,
      resetFields: [['spec']],
    },
  },
  table: tableOf(
    [
      nameColumn,
      column('Request', 'string', 'What is used and allowed of objects and requests.'),
      column('Limit', 'string', 'What is used and allowed of limits.'),
      ageColumn,
    ],
    (quota, now) => [
      quota.metadata.name ?? '',
      usage(quota, false),
      usage(quota, true),
      humanDuration(quota.metadata.creationTimestamp, now),
    ],
  ),
  deletion: { returnsObject: true },
})
