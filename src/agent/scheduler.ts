/** The local scheduler: gives every pod that waits for a node this one. */
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import type { Binding, Pod } from '../apis/core/index.ts'
import { type Clock, type Log, millis } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import { podEvent } from './pod/index.ts'
import { reflect } from './reflector.ts'

export type SchedulerOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly nodeName: string
  readonly recorder: EventRecorder
}

/** Bindings that failed are tried again after this, all of them together. */
const RETRY = millis(1000)

export function startScheduler(options: SchedulerOptions): { readonly stop: () => void } {
  // A pod shows up again on every change until its binding is seen; one request each is enough.
  const binding = new Set<string>()
  const failed = new Map<string, Pod>()
  let cancelRetry: (() => void) | undefined
  const consider = (pod: Pod) => {
    const uid = pod.metadata.uid ?? ''
    if (!isSchedulable(pod) || binding.has(uid)) return
    binding.add(uid)
    failed.delete(uid)
    void bind(options, pod).then((isDone) => {
      binding.delete(uid)
      if (!isDone) retryLater(uid, pod)
    })
  }
  const retryLater = (uid: string, pod: Pod) => {
    failed.set(uid, pod)
    cancelRetry ??= options.clock.wake(RETRY, () => {
      cancelRetry = undefined
      for (const waiting of [...failed.values()]) consider(waiting)
    })
  }
  const reflected = reflect<Pod>({
    ...options,
    resource: 'pods',
    selection: { fieldSelector: 'spec.nodeName=' },
    onList: (pods) => pods.forEach(consider),
    onEvents: (events) => {
      for (const { type, object } of events) {
        if (type === 'DELETED') failed.delete(object.metadata.uid ?? '')
        else consider(object)
      }
    },
  })
  return {
    stop: () => {
      cancelRetry?.()
      reflected.stop()
    },
  }
}

function isSchedulable({ metadata, spec, status }: Pod): boolean {
  if (spec.nodeName !== undefined && spec.nodeName !== '') return false
  if (metadata.deletionTimestamp !== undefined || (spec.schedulingGates ?? []).length > 0) return false
  if ((spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return false
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

/** Binds one pod; false when it should be tried again. */
async function bind({ client, log, nodeName, recorder }: SchedulerOptions, pod: Pod): Promise<boolean> {
  const { name, namespace, uid } = pod.metadata
  const binding: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace, uid },
    target: { kind: 'Node', name: nodeName },
  }
  const bound = await client.create('pods', binding, { subresource: 'binding' })
  if (bound.ok) {
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`
    recorder.recordScheduling(pod, { ...podEvent('Normal', 'Scheduled', message), action: 'Binding' })
    return true
  }
  // Gone, going or bound, perhaps by an earlier try whose answer was lost: nothing is left to do.
  if (isConflict(bound.error) || isNotFound(bound.error)) return true
  log.warn('binding a pod failed; trying again', { pod: `${namespace}/${name}`, because: bound.error.message })
  return false
}
