/** Ends pods on nodes with NoExecute taints that they do not tolerate, or not any longer. */
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import type { Node, Pod } from '../apis/core/index.ts'
import {
  noExecuteTaints,
  planTaintEviction,
  type SeenTaint,
  type TaintEvictionAction,
} from '../controllers/tainteviction/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { keyOf } from './informer.ts'
import { createCounter, createHistogram } from './metrics.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'

const podsAtOnce = 64
const component = 'taint-eviction-controller'
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240]
const noTaints: readonly SeenTaint[] = []

/** `endedToo`: pods that have ended are deleted as well. */
export function createTaintEvictionController(context: SharedContext, endedToo: boolean): RunningController {
  const { client, clock, informers, recorder } = context
  const pods = informers.of<Pod>('pods')
  const nodes = informers.of<Node>('nodes')
  const byNode = pods.index(({ spec }) => (spec.nodeName ? [spec.nodeName] : []))
  /** NoExecute taints by node; only of nodes that have any. */
  const tainted = new Map<string, readonly SeenTaint[]>()
  /** Pods that have a time to go. */
  const marked = new Set<string>()
  const deletions = createCounter(
    'taint_eviction_controller_pod_deletions_total',
    'Total number of Pods deleted by TaintEvictionController since its start.',
  )
  const delays = createHistogram(
    'taint_eviction_controller_pod_deletion_duration_seconds',
    'Latency, in seconds, between the time when a taint effect has been activated for the Pod and its deletion via TaintEvictionController.',
    [],
    bounds,
  )

  async function sync(key: string): Promise<SyncOutcome> {
    const pod = pods.get(key)
    if (pod === undefined) return done
    const taints = tainted.get(pod.spec.nodeName ?? '') ?? noTaints
    const { actions, wakeAt } = planTaintEviction({ pod, taints, isMarked: marked.has(key), endedToo }, clock.now())
    if (wakeAt === undefined) marked.delete(key)
    else marked.add(key)
    for (const action of actions) {
      const outcome = await perform(pod, action)
      if (outcome !== undefined) return outcome
    }
    return { kind: 'Done', wakeAt }
  }

  async function perform(pod: Pod, action: TaintEvictionAction): Promise<SyncOutcome | undefined> {
    const { namespace, name = '', uid = '', resourceVersion } = pod.metadata
    const tell = (what: string): void =>
      recorder.record(component, pod, 'Normal', 'TaintManagerEviction', `${what} Pod ${namespace}/${name}`)
    if (action.kind === 'TellCancelled') {
      tell('Cancelling deletion of')
      return undefined
    }
    const ref = { resource: 'pods', namespace, name }
    if (action.condition !== undefined) {
      // Whoever ends the pod in this very moment wins: its end is its own.
      const body = { metadata: { uid, resourceVersion }, status: { conditions: [action.condition] } }
      const told = await client.patch(ref, 'strategic', body, { subresource: 'status', fieldManager })
      if (!told.ok && isConflict(told.error)) return again
      if (!told.ok) return isNotFound(told.error) ? undefined : retry(told.error.message ?? '')
    }
    const deleted = await client.delete(ref, { preconditions: { uid } })
    if (!deleted.ok && isConflict(deleted.error)) return again
    if (!deleted.ok) return isNotFound(deleted.error) ? undefined : retry(deleted.error.message ?? '')
    tell('Marking for deletion')
    deletions.add([])
    delays.observe([], (clock.now() - action.due) / 1000)
    return undefined
  }

  const controller = createController(context, { name: component, concurrency: podsAtOnce, sync })
  nodes.onChange(({ kind, object: node }) => {
    const { name = '' } = node.metadata
    const before = tainted.get(name) ?? noTaints
    const now = kind === 'Gone' ? noTaints : noExecuteTaints(node, before, clock.now())
    if (JSON.stringify(now) === JSON.stringify(before)) return
    if (now.length === 0) tainted.delete(name)
    else tainted.set(name, now)
    for (const key of byNode.get(name).keys()) controller.enqueue(key)
  })
  pods.onChange(({ kind, object: pod, old }) => {
    if (tainted.size === 0) return
    if (kind === 'Gone') marked.delete(keyOf(pod))
    else if (concerns(pod, old) && tainted.has(pod.spec.nodeName ?? '')) controller.enqueue(keyOf(pod))
  })
  return { start: controller.start, stop: controller.stop, metrics: [deletions, delays] }
}

/** Whether a change of a pod may change when it goes. */
const concerns = (pod: Pod, old: Pod | undefined): boolean =>
  old === undefined ||
  old.spec.nodeName !== pod.spec.nodeName ||
  JSON.stringify(old.spec.tolerations) !== JSON.stringify(pod.spec.tolerations)
