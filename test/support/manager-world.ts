/** The manager on a real registry in memory, with a clock that stands still and a node that does as it is told. */
import assert from 'node:assert/strict'
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Event, Pod, PodStatus } from '../../src/apis/core/index.ts'
import { inProcessClient } from '../../src/apiserver/in-process/index.ts'
import { type Clock, formatTime, type Log, silentLog } from '../../src/base/index.ts'
import type { Client } from '../../src/client/index.ts'
import { type Manager, type ManagerOptions, startManager } from '../../src/manager/index.ts'
import type { Store } from '../../src/storage/revision/index.ts'
import { type TestApi, testApi, value } from './api.ts'

export type ManagerWorld = {
  readonly api: TestApi
  readonly client: Client
  readonly manager: Manager
  readonly stop: () => Promise<void>
}

/** `parts`: a store to edit by hand, a wall clock that jumps, a log to read. */
export async function managerWorld(
  options: ManagerOptions = { exact: true },
  parts: { readonly store?: Store; readonly clock?: (api: TestApi) => Clock; readonly log?: Log } = {},
): Promise<ManagerWorld> {
  const { store, log = silentLog } = parts
  const api = await testApi(store === undefined ? {} : { store })
  const client = inProcessClient(api, { user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'test' })
  const clock = parts.clock?.(api) ?? api.clock
  const manager = startManager({ client, clock, random: { bits: () => 0 }, log, options })
  await manager.synced
  return { api, client, manager, stop: () => manager.stop() }
}

/** Lets everything that is under way come to rest, then expects `look` not to throw; tries again for a while. */
export async function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  for (let turn = 0; ; turn++) {
    try {
      return await look()
    } catch (error) {
      if (turn > 500) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export async function listOf<T extends KubeObject>(client: Client, resource: string): Promise<readonly T[]> {
  return value(await client.list<T>(resource)).items
}
export const podsIn = (client: Client): Promise<readonly Pod[]> => listOf<Pod>(client, 'pods')
export const eventsIn = (client: Client): Promise<readonly Event[]> => listOf<Event>(client, 'events')

export const jobNamed = async (client: Client, name: string): Promise<Job> =>
  value(await client.get<Job>({ resource: 'jobs.batch', namespace: 'default', name }))

export const makeJob = async (client: Client, name: string, spec: object = {}): Promise<Job> =>
  value(
    await client.create('jobs.batch', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: 'default' },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] } },
        ...spec,
      },
      status: {},
    } as unknown as Job),
  )

export async function finishPod({ api, client }: ManagerWorld, pod: Pod, exitCode: number): Promise<void> {
  const finishedAt = formatTime(api.clock.now())
  const status: PodStatus = {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    containerStatuses: [
      {
        name: 'main',
        image: 'work',
        imageID: '',
        ready: false,
        restartCount: 0,
        lastState: {},
        state: { terminated: { exitCode, finishedAt, reason: exitCode === 0 ? 'Completed' : 'Error' } },
      },
    ],
  }
  const { namespace, name = '' } = pod.metadata
  const done = await client.patch({ resource: 'pods', namespace, name }, 'merge', { status }, { subresource: 'status' })
  assert.ok(done.ok, JSON.stringify(done))
}

export const activePods = async (client: Client): Promise<readonly Pod[]> =>
  (await podsIn(client)).filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed',
  )
