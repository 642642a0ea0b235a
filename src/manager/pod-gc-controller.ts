/** Runs the pod garbage collector: a pass every twenty seconds while there is anything to pass over. */
import { isNotFound } from '../apimachinery/index.ts'
import type { Node, Pod } from '../apis/core/index.ts'
import type { Monotonic } from '../base/index.ts'
import {
  defaultTerminatedPodThreshold,
  nodeQuarantine,
  type PodGcAction,
  planPodGc,
  podGcPeriod,
} from '../controllers/podgc/index.ts'
import { createController, retry, type SyncOutcome } from './controller.ts'
import { createCounter } from './metrics.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'

const pass = 'pods'

export function createPodGcController(
  context: SharedContext,
  threshold: number = defaultTerminatedPodThreshold,
): RunningController {
  const { client, clock, informers } = context
  const pods = informers.of<Pod>('pods')
  const nodes = informers.of<Node>('nodes')
  const terminating = pods.index(({ metadata }) => (metadata.deletionTimestamp === undefined ? [] : ['going']))
  const byNode = pods.index(({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
  /** Since when nodes that pods are bound to are missing. */
  const missing = new Map<string, Monotonic>()
  const deletions = createCounter(
    'pod_gc_collector_force_delete_pods_total',
    'Number of pods that are being forcefully deleted since the Pod GC Controller started.',
    ['namespace', 'reason'],
  )

  /** Pods of nodes that have been missing long enough, and are missing when asked for. */
  async function abandonedPods(): Promise<readonly Pod[]> {
    const abandoned: Pod[] = []
    for (const [name, since] of [...missing]) {
      const bound = byNode.get(name)
      if (nodes.get(name) !== undefined || bound.size === 0) missing.delete(name)
      else if (clock.monotonic() - since >= nodeQuarantine) {
        const found = await client.get<Node>({ resource: 'nodes', name })
        if (!found.ok && isNotFound(found.error)) abandoned.push(...bound.values())
      }
    }
    return abandoned
  }

  async function sync(): Promise<SyncOutcome> {
    const now = clock.now()
    const snapshot = {
      terminated: isOverThreshold() ? [...pods.all().values()].filter(({ status }) => hasEnded(status.phase)) : [],
      terminating: [...terminating.get('going').values()],
      abandoned: await abandonedPods(),
      node: nodes.get,
    }
    for (const action of planPodGc(snapshot, threshold, now)) {
      const failure = await perform(action)
      if (failure !== undefined) return retry(failure)
    }
    const isNeeded = missing.size > 0 || terminating.get('going').size > 0 || isOverThreshold()
    return isNeeded ? { kind: 'Done', wakeAfter: podGcPeriod } : { kind: 'Done' }
  }

  async function perform({ pod, fail, condition }: PodGcAction): Promise<string | undefined> {
    const { namespace, name = '', uid } = pod.metadata
    const ref = { resource: 'pods', namespace, name }
    if (fail) {
      const status = { phase: 'Failed', ...(condition && { conditions: [condition] }) }
      const failed = await client.patch(ref, 'strategic', { status }, { subresource: 'status', fieldManager })
      if (!failed.ok) return isNotFound(failed.error) ? undefined : failed.error.message
    }
    const preconditions = uid === undefined ? {} : { uid }
    const deleted = await client.delete(ref, { gracePeriodSeconds: 0, preconditions })
    if (!deleted.ok) return isNotFound(deleted.error) ? undefined : deleted.error.message
    deletions.add([namespace ?? '', reasonOf(pod, fail)])
    return undefined
  }

  let terminated = 0
  const isOverThreshold = (): boolean => threshold > 0 && terminated > threshold
  const controller = createController(context, { name: 'pod-garbage-collector', concurrency: 1, sync })
  const wake = (): void => controller.enqueue(pass, podGcPeriod)

  /** A pod whose node is not known puts the node under quarantine. */
  function watchNode(name: string): void {
    if (nodes.get(name) !== undefined || missing.has(name)) return
    missing.set(name, clock.monotonic())
    wake()
  }

  pods.onChange(({ kind, object: pod, old }) => {
    terminated += Number(kind === 'Set' && hasEnded(pod.status.phase)) - Number(hasEnded(old?.status.phase))
    if (kind === 'Gone') return
    if (pod.metadata.deletionTimestamp !== undefined || isOverThreshold()) wake()
    if (pod.spec.nodeName && controllerStarted) watchNode(pod.spec.nodeName)
  })
  nodes.onChange(({ kind, object: { metadata } }) => {
    if (kind === 'Gone' && byNode.get(metadata.name ?? '').size > 0) watchNode(metadata.name ?? '')
  })
  let controllerStarted = false
  return {
    start() {
      controllerStarted = true
      for (const { spec } of pods.all().values()) if (spec.nodeName) watchNode(spec.nodeName)
      controller.start()
    },
    stop: controller.stop,
    metrics: [deletions],
  }
}

const hasEnded = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed'

function reasonOf(pod: Pod, fail: boolean): string {
  if (pod.metadata.deletionTimestamp !== undefined) return pod.spec.nodeName ? 'out-of-service' : 'unscheduled'
  return fail ? 'orphaned' : 'terminated'
}
