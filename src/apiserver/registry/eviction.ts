/**
 * Evicting a Pod: a delete that asks its disruption budget first.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/storage/eviction.go
 */
import {
  badRequest,
  conflict,
  type DeleteOptions,
  forbidden,
  type KubeObject,
  plainError,
  type Status,
  selectorMatches,
  tooManyRequests,
} from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import type { Eviction, PodDisruptionBudget } from '../../apis/other/index.ts'
import { fail, formatTime, type Instant, ok, type Result } from '../../base/index.ts'
import type { CreateHandler, RequestContext } from './api.ts'
import { created } from './binding.ts'
import { deleteObject } from './delete.ts'
import { modifyObject } from './modify.ts'
import { isDryRun, writeSettings } from './options.ts'
import { withPodCondition } from './pod-condition.ts'
import { cacheOf, type Registry, type Resource } from './registry.ts'
import { currentObject, missing } from './write.ts'

/** More unconfirmed evictions than these and a budget refuses all others. */
const mostDisrupted = 2000

/** POST to `pods/NAME/eviction`. */
export const evictionHandler =
  (registry: Registry): CreateHandler =>
  async ({ namespace = '', name = '' }, body, context) => {
    const settings = writeSettings('CreateOptions', context)
    if (!settings.ok) return settings
    const eviction = body as Eviction
    if (eviction.metadata.name !== name) {
      return fail(badRequest('name in URL does not match name in Eviction object'))
    }
    const pods = resourceOf(registry, 'pods')
    const pod = currentObject(registry, pods, namespace, name) as Pod | undefined
    if (pod === undefined) return fail(missing(pods, name))
    const dryRun = settings.value.dryRun || isDryRun(eviction.deleteOptions?.dryRun)
    const options: DeleteOptions = { ...eviction.deleteOptions, ...(dryRun ? { dryRun: ['All'] } : {}) }
    if (!needsNoBudget(pod)) {
      const allowed = await askBudget(registry, pod, dryRun)
      if (!allowed.ok) return allowed
    }
    return evict(registry, pods, pod, options, context)
  }

function resourceOf(registry: Registry, name: string): Resource {
  const resource = registry.resources.get(name)
  if (resource === undefined) throw new Error(`${name} are not served`)
  return resource
}

/** Pods that disrupt nothing when they go. */
const needsNoBudget = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase ?? '')

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true

async function askBudget(registry: Registry, pod: Pod, dryRun: boolean): Promise<Result<undefined, Status>> {
  const { namespace = '', name = '' } = pod.metadata
  const resource = resourceOf(registry, 'poddisruptionbudgets.policy')
  const all = cacheOf(registry, resource).objects.list(`${namespace}/`) as unknown as readonly PodDisruptionBudget[]
  const budgets = all.filter(
    ({ spec }) => spec.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels),
  )
  const [budget, second] = budgets
  if (budget === undefined) return ok(undefined)
  if (second !== undefined) {
    return fail(
      plainError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'),
    )
  }
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  const hasSpare = currentHealthy >= desiredHealthy && desiredHealthy > 0
  if (!isReady(pod) && (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || hasSpare)) return ok(undefined)
  const now = registry.clock.now()
  const taken = await modifyObject(
    registry,
    resource,
    namespace,
    budget.metadata.name ?? '',
    (current) => takeFromBudget(current as unknown as PodDisruptionBudget, name, now),
    dryRun,
  )
  return taken.ok ? ok(undefined) : taken
}

const cannot = "Cannot evict pod as it would violate the pod's disruption budget."

/** The budget with one eviction less to give, or why it gives none. */
function takeFromBudget(budget: PodDisruptionBudget, pod: string, now: Instant): Result<KubeObject, Status> {
  const { name = '', generation = 0 } = budget.metadata
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = budget.status ?? {}
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  const refuse = (message: string, retryAfterSeconds: number) =>
    fail(refusal([{ reason: 'DisruptionBudget', message }], retryAfterSeconds))
  if (observedGeneration < generation) {
    return refuse(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  const subject = { resource: 'poddisruptionbudget', group: 'policy', name }
  if (disruptionsAllowed < 0) return fail(forbidden(subject, 'pdb disruptions allowed is negative'))
  if (Object.keys(disruptedPods).length > mostDisrupted) {
    return fail(forbidden(subject, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'))
  }
  if (disruptionsAllowed === 0) {
    const needs = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
    return refuse(needs, 0)
  }
  return ok({
    ...budget,
    status: {
      ...budget.status,
      disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...disruptedPods, [pod]: formatTime(now) },
    },
  } as unknown as KubeObject)
}

function refusal(causes: readonly { readonly reason: string; readonly message: string }[], seconds: number): Status {
  const status = tooManyRequests(cannot, seconds, causes)
  return seconds === 0 ? { ...status, details: { causes } } : status
}

/** Marks the Pod as disrupted and deletes it. */
async function evict(
  registry: Registry,
  pods: Resource,
  { metadata: { namespace = '', name = '' } }: Pod,
  options: DeleteOptions,
  context: RequestContext,
): Promise<Result<Status, Status>> {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const now = registry.clock.now()
  const mark = (current: KubeObject): Result<KubeObject, Status> => {
    const unmet = unmetPrecondition(current, uid, resourceVersion)
    if (unmet !== undefined) return fail(unmet)
    const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }
    return ok(withPodCondition(current as Pod, { type: 'DisruptionTarget', status: 'True', ...why }, now))
  }
  const marked = await modifyObject(registry, pods, namespace, name, mark, isDryRun(options.dryRun))
  if (!marked.ok) return marked
  const newest = marked.value.metadata.resourceVersion
  const preconditions =
    options.preconditions === undefined
      ? undefined
      : { ...options.preconditions, ...(resourceVersion === undefined ? {} : { resourceVersion: newest }) }
  const deleted = await deleteObject(
    registry,
    pods,
    { resource: 'pods', namespace, name },
    { ...options, preconditions },
    context,
  )
  return deleted.ok ? ok(created) : deleted
}

function unmetPrecondition(
  { metadata }: KubeObject,
  uid: string | undefined,
  resourceVersion: string | undefined,
): Status | undefined {
  const subject = { resource: 'Pod', group: '', name: metadata.name }
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    return conflict(subject, text)
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
    return conflict(subject, text)
  }
  return undefined
}
