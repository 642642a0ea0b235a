/** The local scheduler: gives pods that wait for a node this one, as long as it has room. */
import { isConflict, isNotFound } from '../../apimachinery/index.ts'
import type { Binding, Node, Pod } from '../../apis/core/index.ts'
import { type Clock, formatTime, type Log, type Monotonic, millis } from '../../base/index.ts'
import type { Client } from '../../client/index.ts'
import type { EventRecorder } from '../event-recorder.ts'
import { podEvent } from '../pod/index.ts'
import { reflect } from '../reflector.ts'
import { type Amounts, fitMessage, fitOf, sum, takesOf } from './fit.ts'

export type SchedulerOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly nodeName: string
  readonly recorder: EventRecorder
}

export type Scheduler = {
  /** This node as it stands; undefined while it is not registered. */
  readonly onNode: (node: Node | undefined) => void
  /** A pod of this node, as it stands: it takes room until it is over. */
  readonly onNodePod: (pod: Pod) => void
  readonly onNodePodGone: (podUid: string) => void
  readonly stop: () => void
}

type State = {
  readonly options: SchedulerOptions
  node?: Node | undefined
  /** What the pods on this node ask for, by uid. */
  readonly taken: Map<string, Amounts>
  total: Amounts
  /** Pods without a node, in the order in which they came. */
  readonly waiting: Map<string, Pod>
  /** Bindings under way. */
  readonly binding: Set<string>
  /** Pods whose binding failed, until they are all tried again. */
  readonly failed: Set<string>
  /** Pods that took room when they were bound and have not been seen on the node yet, and since when. */
  readonly unseen: Map<string, Monotonic>
  /** Why a waiting pod does not fit, as last told. */
  readonly told: Map<string, string>
  isDue: boolean
  cancelReview?: (() => void) | undefined
}

/** Behind so many that do not fit, the rest is not tried: most waiting pods are alike. */
const TRIED_IN_VAIN = 50
/** While bindings have failed or pods are unseen, they are looked at this often. */
const REVIEW = millis(1000)
/** A pod that was bound and is not seen on its node for so long was deleted before it came there. */
const LOST_AFTER = millis(30_000)

export function startScheduler(options: SchedulerOptions): Scheduler {
  const state: State = {
    options,
    taken: new Map(),
    total: {},
    waiting: new Map(),
    binding: new Set(),
    failed: new Set(),
    unseen: new Map(),
    told: new Map(),
    isDue: false,
  }
  const pods = reflect<Pod>({
    ...options,
    resource: 'pods',
    selection: { fieldSelector: 'spec.nodeName=' },
    onList: (items) => {
      state.waiting.clear()
      for (const pod of items) enqueue(state, pod)
    },
    onEvents: (events) => {
      for (const { type, object } of events) {
        if (type === 'DELETED') forget(state, object.metadata.uid ?? '')
        else enqueue(state, object)
      }
    },
  })
  return {
    onNode: (node) => setNode(state, node),
    onNodePod: (pod) => onNodePod(state, pod),
    onNodePodGone: (podUid) => giveBack(state, podUid),
    stop: () => {
      state.cancelReview?.()
      pods.stop()
    },
  }
}

function setNode(state: State, node: Node | undefined): void {
  state.node = node
  due(state)
}

function enqueue(state: State, pod: Pod): void {
  const uid = pod.metadata.uid ?? ''
  if (isSchedulable(pod)) state.waiting.set(uid, pod)
  else state.waiting.delete(uid)
  due(state)
}

function forget(state: State, uid: string): void {
  state.waiting.delete(uid)
  state.failed.delete(uid)
  state.told.delete(uid)
}

/** Looks again at what went wrong, all of it together. */
function review(state: State): void {
  const { clock } = state.options
  state.cancelReview ??= clock.wake(REVIEW, () => {
    state.cancelReview = undefined
    state.failed.clear()
    for (const [uid, since] of state.unseen) if (clock.monotonic() - since >= LOST_AFTER) giveBack(state, uid)
    if (state.unseen.size > 0) review(state)
    due(state)
  })
}

function isSchedulable({ metadata, spec, status }: Pod): boolean {
  if (spec.nodeName !== undefined && spec.nodeName !== '') return false
  if (metadata.deletionTimestamp !== undefined || (spec.schedulingGates ?? []).length > 0) return false
  if ((spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return false
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

function onNodePod(state: State, pod: Pod): void {
  const uid = pod.metadata.uid ?? ''
  const { phase } = pod.status ?? {}
  state.unseen.delete(uid)
  if (phase === 'Succeeded' || phase === 'Failed') giveBack(state, uid)
  else take(state, pod)
}

function take(state: State, pod: Pod): void {
  const uid = pod.metadata.uid ?? ''
  if (state.taken.has(uid)) return
  const amounts = takesOf(pod)
  state.taken.set(uid, amounts)
  state.total = sum(state.total, amounts)
}

function giveBack(state: State, uid: string): void {
  const amounts = state.taken.get(uid)
  if (amounts === undefined) return
  state.taken.delete(uid)
  state.unseen.delete(uid)
  const negative = Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, -amount]))
  state.total = sum(state.total, negative)
  due(state)
}

/** Tries the waiting pods once for all that changes in this turn. */
function due(state: State): void {
  if (state.isDue || state.waiting.size === 0) return
  state.isDue = true
  queueMicrotask(() => {
    state.isDue = false
    tryWaiting(state)
  })
}

function tryWaiting(state: State): void {
  const { node } = state
  if (node === undefined) return
  let inVain = 0
  for (const pod of inOrder(state.waiting)) {
    const uid = pod.metadata.uid ?? ''
    if (state.binding.has(uid) || state.failed.has(uid)) continue
    const fit = fitOf(pod, node, { amounts: state.total, pods: state.taken.size })
    if (fit.fits) {
      take(state, pod)
      state.unseen.set(uid, state.options.clock.monotonic())
      void bind(state, pod)
      continue
    }
    tellUnfit(state, pod, fitMessage(fit))
    inVain += 1
    if (inVain === TRIED_IN_VAIN) return
  }
}

/** Higher priorities first, else as they came. */
function inOrder(waiting: ReadonlyMap<string, Pod>): readonly Pod[] {
  const pods = [...waiting.values()]
  const isMixed = pods.some(({ spec }) => (spec.priority ?? 0) !== (pods[0]?.spec.priority ?? 0))
  return isMixed ? pods.sort((one, other) => (other.spec.priority ?? 0) - (one.spec.priority ?? 0)) : pods
}

async function bind(state: State, pod: Pod): Promise<void> {
  const { client, log, nodeName, recorder } = state.options
  const { name, namespace, uid = '' } = pod.metadata
  const binding: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { kind: 'Node', name: nodeName },
  }
  state.binding.add(uid)
  const bound = await client.create('pods', binding, { subresource: 'binding' })
  state.binding.delete(uid)
  review(state)
  if (bound.ok) {
    forget(state, uid)
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
    recorder.recordScheduling(pod, { ...podEvent('Normal', 'Scheduled', message), action: 'Binding' })
    return
  }
  state.failed.add(uid)
  // The binding may have been carried out all the same, and the pod be here already.
  if (state.unseen.has(uid)) giveBack(state, uid)
  // Gone, going or bound: the watch tells what is left to do.
  if (isConflict(bound.error) || isNotFound(bound.error)) return
  log.warn('binding a pod failed; trying again', { pod: `${namespace}/${name}`, because: bound.error.message })
}

/** Says on the pod and in an event why it has to wait. */
function tellUnfit({ options, told }: State, pod: Pod, message: string): void {
  const { name = '', namespace, uid = '' } = pod.metadata
  if (told.get(uid) === message) return
  told.set(uid, message)
  options.recorder.recordScheduling(pod, { ...podEvent('Warning', 'FailedScheduling', message), action: 'Scheduling' })
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: formatTime(options.clock.now()),
  }
  const patch = { status: { conditions: [condition] } }
  void options.client
    .patch({ resource: 'pods', namespace, name }, 'strategic', patch, { subresource: 'status' })
    .then((written) => {
      if (!written.ok && !isNotFound(written.error)) {
        options.log.warn('telling why a pod waits failed', {
          pod: `${namespace}/${name}`,
          because: written.error.message,
        })
      }
    })
}
