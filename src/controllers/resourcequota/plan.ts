/**
 * The status of a quota: its limits as they count, and what is used.
 *
 * @source kubernetes v1.36 pkg/controller/resourcequota/resource_quota_controller.go, syncResourceQuota
 */
import { formatQuantity, type KubeObject, parseQuantity } from '../../apimachinery/index.ts'
import type { ResourceQuota, ResourceQuotaStatus } from '../../apis/core/index.ts'
import { inScope, totalUsage, type Usage, usageOf } from '../../apis/quota/index.ts'

/** The objects of the quota's namespace, by resource (`pods`, `jobs.batch`). */
export type QuotaSnapshot = {
  readonly quota: ResourceQuota
  readonly objects: (resource: string) => Iterable<KubeObject>
}

/** Which resources a quota has to know about, by its keys. */
export function quotaResources({ spec }: ResourceQuota): readonly string[] {
  const resources = Object.keys(spec.hard ?? {}).map((key) => {
    if (key.startsWith('count/')) return key.slice('count/'.length)
    return /^(pods|cpu|memory|ephemeral-storage|requests[.].*|limits[.].*)$/.test(key) ? 'pods' : key
  })
  return [...new Set(resources)]
}

/** The status as it should be; undefined when it is so already. */
export function planQuotaStatus({ quota, objects }: QuotaSnapshot): ResourceQuotaStatus | undefined {
  const hard = quota.spec.hard ?? {}
  const usages: Usage[] = []
  for (const resource of quotaResources(quota)) {
    for (const object of objects(resource)) {
      if (inScope(quota.spec, resource, object)) usages.push(usageOf(resource, object))
    }
  }
  const total = totalUsage(Object.keys(hard), usages)
  const used = Object.fromEntries([...total].map(([key, amount]) => [key, formatQuantity(amount)]))
  const status = quota.status
  return sameAmounts(status?.hard, hard) && sameAmounts(status?.used, used) ? undefined : { hard, used }
}

type Amounts = Readonly<Record<string, string | number>>

function sameAmounts(one: Amounts | undefined, other: Amounts): boolean {
  const keys = Object.keys(one ?? {})
  if (one === undefined || keys.length !== Object.keys(other).length) return false
  return keys.every((key) => canonical(one[key]) === canonical(other[key]))
}

function canonical(amount: string | number | undefined): string {
  const parsed = parseQuantity(String(amount ?? ''))
  return parsed.ok ? formatQuantity(parsed.value) : String(amount)
}
