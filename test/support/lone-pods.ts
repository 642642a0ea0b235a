/** Pods of one container each on a real server, by name, in the namespace `default`. */
import type { Event, Pod, PodSpec } from '../../src/apis/core/index.ts'
import type { Client, DeleteRequest } from '../../src/client/index.ts'
import type { Server } from './executable.ts'
import { whenObject } from './many-pods.ts'
import { requestsTo } from './requests.ts'

const namespace = 'default'
export const refOf = (name: string) => ({ resource: 'pods', namespace, name }) as const

/** Creates a pod that runs a script, with more of its specification and of its container's. */
export async function createPod(
  client: Client,
  name: string,
  script: string,
  spec: Partial<PodSpec> = {},
  own: object = {},
): Promise<void> {
  const containers = [{ name: 'main', image: 'host', command: ['sh', '-c', script], resources: {}, ...own }]
  const made = await client.create<Pod>('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { restartPolicy: 'Never', ...spec, containers },
    status: {},
  })
  if (!made.ok) throw new Error(made.error.message)
}

/** Fulfilled once the pod `isSo`. */
export const whenPod = (client: Client, name: string, isSo: (pod: Pod) => boolean): Promise<Pod> =>
  whenObject(client, 'pods', { namespace, fieldSelector: `metadata.name=${name}` }, isSo)

/** Deletes the pod and waits until it is gone. Watches from before, since it may be gone before a watch begins. */
export async function deletePod(client: Client, name: string, options: DeleteRequest = {}): Promise<void> {
  const found = await client.get<Pod>(refOf(name))
  if (!found.ok) throw new Error(found.error.message)
  const { resourceVersion = '' } = found.value.metadata
  const selection = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion }
  const gone = whenObject(client, 'pods', selection, (_, type) => type === 'DELETED')
  await client.delete(refOf(name), options)
  await gone
}

export const isOver = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** Fulfilled with what is told of a pod once something of this kind is. */
export const whenTold = async (client: Client, name: string, isSo: (event: Event) => boolean): Promise<string> => {
  const selection = { namespace, fieldSelector: `involvedObject.name=${name}` }
  return (await whenObject<Event>(client, 'events', selection, isSo)).message ?? ''
}

export async function logOf(server: Server, name: string, query = ''): Promise<Buffer> {
  const requests = requestsTo(server)
  const { body } = await requests.send({ path: `/api/v1/namespaces/${namespace}/pods/${name}/log${query}` })
  requests.close()
  return body
}
