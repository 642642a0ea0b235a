/**
 * How many pods of a budget may be evicted now.
 *
 * @source kubernetes v1.36 pkg/controller/disruption/disruption.go, trySync, updatePdbStatus
 */
import { type Condition, type LabelRequirements, matchesLabels, requirementsOf } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../apis/other/index.ts'
import { formatTime, type Instant, instant, parseTime } from '../../base/index.ts'
import type { Plan } from '../plan.ts'

/** How long an eviction that was allowed may take to show in the pod. */
const evictionTakes = 120_000

export type BudgetAction = { readonly kind: 'UpdateStatus'; readonly status: PodDisruptionBudgetStatus }

/** Whether a pod belongs to a budget: an absent selector selects nothing, an empty one every pod of the namespace. */
export function budgetCovers({ spec, metadata }: PodDisruptionBudget, pod: Pod): boolean {
  const requirements = requirementsOf(spec.selector)
  if (!requirements.ok || requirements.value === undefined) return false
  return pod.metadata.namespace === metadata.namespace && covers(requirements.value, pod)
}

const covers = (requirements: LabelRequirements, pod: Pod): boolean => matchesLabels(requirements, pod.metadata.labels)

/** `pods` are those the budget covers. Nothing to do when the status says it already. */
export function planBudget(budget: PodDisruptionBudget, pods: readonly Pod[], now: Instant): Plan<BudgetAction> {
  const alive = pods.filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
  const { kept, wakeAt } = stillDisrupted(budget, alive, now)
  const healthy = alive.filter((pod) => isHealthy(pod) && kept[pod.metadata.name ?? ''] === undefined).length
  const expectation = expectedOf(budget, alive)
  if (typeof expectation === 'string') return failedSync(budget, expectation, now)
  const { expected, desired } = expectation
  const disruptionsAllowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const status: PodDisruptionBudgetStatus = {
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    ...(Object.keys(kept).length > 0 && { disruptedPods: kept }),
    disruptionsAllowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: conditionsOf(budget, disruptionsAllowed > 0 ? allowed : insufficient, now),
  }
  return { actions: sameStatus(budget.status, status) ? [] : [{ kind: 'UpdateStatus', status }], wakeAt }
}

const isHealthy = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true

/** Evictions that were allowed lately and whose pods do not show it yet. */
function stillDisrupted({ status }: PodDisruptionBudget, alive: readonly Pod[], now: Instant) {
  const disrupted = status?.disruptedPods
  if (disrupted === undefined) return { kept: {}, wakeAt: undefined }
  const kept: Record<string, string> = {}
  let wakeAt: Instant | undefined
  for (const { metadata } of alive) {
    const at = metadata.name === undefined ? undefined : disrupted[metadata.name]
    const since = at === undefined ? undefined : parseTime(at)
    if (at === undefined || since === undefined || metadata.deletionTimestamp !== undefined) continue
    const until = instant(since + evictionTakes)
    if (until <= now || metadata.name === undefined) continue
    kept[metadata.name] = at
    if (wakeAt === undefined || until < wakeAt) wakeAt = until
  }
  return { kept, wakeAt }
}

/** The numbers a budget asks for, or why they cannot be told: Jobs and bare pods have no scale to take a share of. */
function expectedOf({ spec }: PodDisruptionBudget, alive: readonly Pod[]) {
  const { minAvailable, maxUnavailable } = spec
  const isCount = typeof minAvailable === 'number' || (minAvailable !== undefined && /^\d+$/.test(minAvailable))
  if (isCount && maxUnavailable === undefined) return { expected: alive.length, desired: Number(minAvailable) }
  const scaled = alive.find(({ metadata }) => metadata.ownerReferences?.some(({ controller }) => controller === true))
  const controller = scaled?.metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (controller !== undefined) {
    const resource = controller.kind === 'Job' ? 'jobs.batch' : `${controller.kind} ${controller.name}`
    return `${resource} does not implement the scale subresource`
  }
  return { expected: 0, desired: 0 }
}

type Telling = Pick<Condition, 'status' | 'reason' | 'message'>
const allowed: Telling = { status: 'True', reason: 'SufficientPods', message: '' }
const insufficient: Telling = { status: 'False', reason: 'InsufficientPods', message: '' }

function conditionsOf({ metadata, status }: PodDisruptionBudget, telling: Telling, now: Instant): readonly Condition[] {
  const type = 'DisruptionAllowed'
  const old = status?.conditions ?? []
  const there = old.find((condition) => condition.type === type)
  const { generation } = metadata
  const fresh: Condition = {
    type,
    ...telling,
    ...(generation !== undefined && { observedGeneration: generation }),
    lastTransitionTime: there?.status === telling.status ? there.lastTransitionTime : formatTime(now),
  }
  return [...old.filter((condition) => condition.type !== type), fresh]
}

function failedSync(budget: PodDisruptionBudget, message: string, now: Instant): Plan<BudgetAction> {
  const telling: Telling = { status: 'False', reason: 'SyncFailed', message }
  const status: PodDisruptionBudgetStatus = {
    ...budget.status,
    ...(budget.metadata.generation !== undefined && { observedGeneration: budget.metadata.generation }),
    disruptionsAllowed: 0,
    currentHealthy: budget.status?.currentHealthy ?? 0,
    desiredHealthy: budget.status?.desiredHealthy ?? 0,
    expectedPods: budget.status?.expectedPods ?? 0,
    conditions: conditionsOf(budget, telling, now),
  }
  return { actions: sameStatus(budget.status, status) ? [] : [{ kind: 'UpdateStatus', status }] }
}

function sameStatus(one: PodDisruptionBudgetStatus | undefined, other: PodDisruptionBudgetStatus): boolean {
  if (one === undefined) return false
  const sameNumbers = (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).every(
    (field) => (one[field] ?? 0) === (other[field] ?? 0),
  )
  const told = other.conditions?.[0]
  const there = one.conditions?.find(({ type }) => type === told?.type)
  return (
    sameNumbers &&
    one.observedGeneration === other.observedGeneration &&
    there?.status === told?.status &&
    there?.reason === told?.reason &&
    there?.message === told?.message &&
    Object.keys(one.disruptedPods ?? {}).length === Object.keys(other.disruptedPods ?? {}).length
  )
}
