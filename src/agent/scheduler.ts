/** The local scheduler: gives every pod that waits for a node this one. */
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import type { Binding, Pod } from '../apis/core/index.ts'
import type { Clock, Log } from '../base/index.ts'
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

export function startScheduler(options: SchedulerOptions): { readonly stop: () => void } {
  // A pod shows up again on every change until its binding is seen; one request each is enough.
  const binding = new Set<string>()
  const consider = (pod: Pod) => {
    const uid = pod.metadata.uid ?? ''
    if (!isSchedulable(pod) || binding.has(uid)) return
    binding.add(uid)
    void bind(options, pod).then(() => binding.delete(uid))
  }
  return reflect<Pod>({
    ...options,
    resource: 'pods',
    selection: { fieldSelector: 'spec.nodeName=' },
    onList: (pods) => pods.forEach(consider),
    onEvents: (events) => {
      for (const { type, object } of events) if (type !== 'DELETED') consider(object)
    },
  })
}

function isSchedulable({ metadata, spec, status }: Pod): boolean {
  if (spec.nodeName !== undefined && spec.nodeName !== '') return false
  if (metadata.deletionTimestamp !== undefined || (spec.schedulingGates ?? []).length > 0) return false
  if ((spec.schedulerName ?? 'default-scheduler') !== 'default-scheduler') return false
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

async function bind({ client, log, nodeName, recorder }: SchedulerOptions, pod: Pod): Promise<void> {
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
    return
  }
  // Gone, going or bound by somebody else: nothing is left to do.
  if (isConflict(bound.error) || isNotFound(bound.error)) return
  log.warn('binding a pod failed', { pod: `${namespace}/${name}`, because: bound.error.message })
}
