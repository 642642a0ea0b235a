/** Jobs of many short pods on a real server. */
import { readFileSync } from 'node:fs'
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Pod, PodSpec } from '../../src/apis/core/index.ts'
import {
  type Client,
  createRestClient,
  loadKubeconfig,
  type ResourceName,
  type Selection,
  type WatchEvent,
} from '../../src/client/index.ts'
import { realClock } from '../../src/main/real.ts'
import type { Server } from './executable.ts'

export type Connection = { readonly client: Client; readonly close: () => Promise<void> }

/** A client of the server's administrator. */
export async function connect(server: Pick<Server, 'kubeconfig'>): Promise<Connection> {
  const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
  if (!access.ok) throw new Error(access.error)
  const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'many-pods' })
  return { client: rest.client, close: () => rest.close() }
}

export type ManyPods = {
  readonly name: string
  readonly count: number
  readonly parallelism: number
  readonly spec: Partial<PodSpec>
  readonly command: readonly string[]
  readonly image?: string | undefined
  /** Pods may fail without others having to wait for it: the Job is then failed when all have ended. */
  readonly mayFail?: boolean
}

/** Creates an Indexed Job of `count` pods. */
export async function createPods(
  client: Client,
  { name, count, parallelism, spec, command, image = 'host', mayFail }: ManyPods,
): Promise<Job> {
  const [first = {}] = spec.containers ?? []
  const containers = [{ resources: {}, ...first, name: 'main', image, imagePullPolicy: 'IfNotPresent', command }]
  const created = await client.create<Job>('jobs.batch', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism,
      ...(mayFail === true ? { backoffLimitPerIndex: 0 } : {}),
      template: { metadata: {}, spec: { restartPolicy: 'Never', ...spec, containers } },
    },
    status: {},
  } as Job)
  if (!created.ok) throw new Error(created.error.message)
  return created.value
}

/** Fulfilled with the first object that `isSo`: of those there are and will be, or that change after a version. */
export function whenObject<T extends KubeObject>(
  client: Client,
  resource: ResourceName,
  selection: Selection & { readonly resourceVersion?: string },
  isSo: (object: T, type: WatchEvent<T>['type']) => boolean,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const from = { resourceVersion: '', ...selection }
    const watch = client.watch<T>(resource, from, {
      onEvents: (events) => {
        const found = events.find(({ type, object }) => type !== 'BOOKMARK' && isSo(object, type))
        if (found === undefined) return
        watch.stop()
        resolve(found.object)
      },
      onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
    })
  })
}

/** Resolves with the Job as soon as `isSo`. */
export function whenJob(client: Client, { metadata }: Job, isSo: (job: Job) => boolean): Promise<Job> {
  const { namespace, name, resourceVersion = '' } = metadata
  const selection = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion }
  return whenObject(client, 'jobs.batch', selection, isSo)
}

export const isOver = ({ status }: Job): boolean =>
  (status.conditions ?? []).some(
    ({ type, status: state }) => (type === 'Complete' || type === 'Failed') && state === 'True',
  )

/** Deletes the Job and its pods, and waits until they are gone. */
export async function deletePods(client: Client, { metadata }: Job): Promise<void> {
  const { namespace, name = '' } = metadata
  const selection = { namespace, labelSelector: `batch.kubernetes.io/job-name=${name}` }
  const listed = await client.list<Pod>('pods', selection)
  if (!listed.ok) throw new Error(listed.error.message)
  const left = new Set(listed.value.items.map((pod) => pod.metadata.name))
  const { resourceVersion } = listed.value
  const gone = whenObject<Pod>(client, 'pods', { ...selection, resourceVersion }, ({ metadata: pod }, type) => {
    if (type === 'DELETED') left.delete(pod.name)
    return left.size === 0
  })
  await client.delete({ resource: 'jobs.batch', namespace, name }, { propagationPolicy: 'Background' })
  await gone
}
