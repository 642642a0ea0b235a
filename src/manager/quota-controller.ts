/** Keeps the status of quotas and disruption budgets. */
import { isConflict, isNotFound, type KubeObject, qualified, type Status } from '../apimachinery/index.ts'
import type { Pod, ResourceQuota } from '../apis/core/index.ts'
import type { PodDisruptionBudget } from '../apis/other/index.ts'
import { millis } from '../base/index.ts'
import { budgetCovers, planBudget } from '../controllers/disruption/index.ts'
import { planQuotaStatus, quotaResources } from '../controllers/resourcequota/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { type Index, keyOf } from './informer.ts'
import { collectedKinds } from './informers.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'

const atOnce = 8
/** Changes are told after this long, so that many of them are one write. */
const foldDelay = millis(20)
/** Longer than any object takes from being granted to being seen. */
const recheckDelay = millis(5000)

export function createQuotaController(context: SharedContext): RunningController {
  const { client, informers } = context
  const quotas = informers.of<ResourceQuota>('resourcequotas')
  const quotasIn = quotas.index(({ metadata }) => [metadata.namespace ?? ''])
  const objectsIn = new Map<string, Index<KubeObject>>()

  async function sync(key: string): Promise<SyncOutcome> {
    const quota = quotas.get(key)
    if (quota === undefined) return done
    const namespace = quota.metadata.namespace ?? ''
    const objects = (resource: string) => objectsIn.get(resource)?.get(namespace).values() ?? []
    const status = planQuotaStatus({ quota, objects })
    if (status === undefined) return done
    const written = await client.update<ResourceQuota>(
      'resourcequotas',
      { ...quota, status },
      { subresource: 'status', fieldManager },
    )
    return outcomeOf(written)
  }

  const controller = createController(context, { name: 'resourcequota', concurrency: atOnce, sync })
  quotas.onChange(({ kind, object, old }) => {
    if (kind !== 'Set') return
    const isNew = old === undefined || JSON.stringify(old.spec) !== JSON.stringify(object.spec)
    // What admission granted and nobody used in the end is found by looking again.
    controller.enqueue(keyOf(object), isNew ? millis(0) : recheckDelay)
  })
  for (const { resource, namespaced } of collectedKinds.filter(countable)) {
    if (!namespaced) continue
    const copy = informers.of<KubeObject>(resource)
    objectsIn.set(
      resource,
      copy.index(({ metadata }) => [metadata.namespace ?? '']),
    )
    copy.onChange(({ kind, object, old }) => {
      const here = quotasIn.get(object.metadata.namespace ?? '')
      if (here.size === 0) return
      const changes = kind === 'Gone' || old === undefined || (resource === 'pods' && isPodChange(old, object))
      if (!changes) return
      for (const quota of here.values()) {
        if (quotaResources(quota).includes(resource)) controller.enqueue(keyOf(quota), foldDelay)
      }
    })
  }
  return { start: controller.start, stop: controller.stop, metrics: [] }
}

/** Leases and the like are many and change all the time; no quota counts them. */
const countable = ({ group, resource }: { readonly group: string; readonly resource: string }): boolean =>
  resource !== qualified('leases', group)

const isPodChange = (old: KubeObject, object: KubeObject): boolean =>
  (old as Pod).status.phase !== (object as Pod).status.phase

export function createDisruptionController(context: SharedContext): RunningController {
  const { client, clock, informers } = context
  const budgets = informers.of<PodDisruptionBudget>('poddisruptionbudgets.policy')
  const pods = informers.of<Pod>('pods')
  const budgetsIn = budgets.index(({ metadata }) => [metadata.namespace ?? ''])
  const podsIn = pods.index(({ metadata }) => [metadata.namespace ?? ''])

  async function sync(key: string): Promise<SyncOutcome> {
    const budget = budgets.get(key)
    if (budget === undefined) return done
    const covered = [...podsIn.get(budget.metadata.namespace ?? '').values()].filter((pod) => budgetCovers(budget, pod))
    const { actions, wakeAt } = planBudget(budget, covered, clock.now())
    for (const { status } of actions) {
      const written = await client.update<PodDisruptionBudget>(
        'poddisruptionbudgets.policy',
        { ...budget, status },
        { subresource: 'status', fieldManager },
      )
      if (!written.ok) return outcomeOf(written)
    }
    return { kind: 'Done', wakeAt }
  }

  const controller = createController(context, { name: 'disruption', concurrency: atOnce, sync })
  budgets.onChange(({ kind, object }) => {
    if (kind === 'Set') controller.enqueue(keyOf(object))
  })
  pods.onChange(({ object: pod, old }) => {
    const here = budgetsIn.get(pod.metadata.namespace ?? '')
    for (const budget of here.values()) {
      const concerned = budgetCovers(budget, pod) || (old !== undefined && budgetCovers(budget, old))
      if (concerned) controller.enqueue(keyOf(budget), foldDelay)
    }
  })
  return { start: controller.start, stop: controller.stop, metrics: [] }
}

function outcomeOf(answer: { readonly ok: true } | { readonly ok: false; readonly error: Status }): SyncOutcome {
  if (answer.ok || isNotFound(answer.error)) return done
  return isConflict(answer.error) ? again : retry(answer.error.message ?? '')
}
