/** A node without processes: binds every pod, says it runs, and that it succeeded. */
import type { Pod } from '../src/apis/core/index.ts'
import type { Client } from '../src/client/index.ts'

const nodeName = 'fake'

/** Follows all pods; each becomes Succeeded with as few writes as an honest node needs for a pod that ends at once. */
export async function startFakeNode(client: Client): Promise<{ readonly stop: () => void }> {
  await client.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } })
  const seen = new Set<string>()
  const listed = await client.list<Pod>('pods')
  if (!listed.ok) throw new Error(listed.error.message)
  return client.watch<Pod>(
    'pods',
    { resourceVersion: listed.value.resourceVersion },
    {
      onEvents(events) {
        for (const { type, object } of events) {
          const uid = object.metadata.uid ?? ''
          if (type !== 'ADDED' || seen.has(uid)) continue
          seen.add(uid)
          void finish(client, object)
        }
      },
      onEnd() {},
    },
  )
}

async function finish(client: Client, pod: Pod): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata
  const bound = await client.create(
    'pods',
    { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target: { kind: 'Node', name: nodeName } },
    { subresource: 'binding' },
  )
  if (!bound.ok) throw new Error(`binding: ${bound.error.message}`)
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const terminated = { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now }
  const containerStatuses = pod.spec.containers.map((container) => ({
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { terminated },
  }))
  const status = { ...pod.status, phase: 'Succeeded', startTime: now, containerStatuses }
  const { resourceVersion: _, ...metadata } = pod.metadata
  const written = await client.update('pods', { ...pod, metadata, status } as unknown as Pod, { subresource: 'status' })
  if (!written.ok) throw new Error(`status: ${written.error.message}`)
}
