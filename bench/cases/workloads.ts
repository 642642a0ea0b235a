/** Jobs through the real server core on a durable store, with a fake node; and real processes. */
import { join } from 'node:path'
import type { Job } from '../../src/apis/batch/index.ts'
import { silentLog } from '../../src/base/index.ts'
import type { Client } from '../../src/client/index.ts'
import { type Core, startCore } from '../../src/main/core.ts'
import { openSqliteStore } from '../../src/storage/sqlite/index.ts'
import { temporaryDirectory } from '../../test/support/executable.ts'
import { startFakeNode } from '../fake-node.ts'
import { type Case, type Figures, rounded } from '../measure.ts'

const template = {
  metadata: {},
  spec: {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: 'example.com/work:1', command: ['true'], resources: {} }],
  },
}

/** Runs `act` on a server core with a fake node and a new database. */
export async function withCore(act: (core: Core, client: Client) => Promise<Figures>): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const store = await openSqliteStore(join(path, 'jobd.db'))
  if (!store.ok) throw new Error(store.error.message)
  const api = { exact: false, isTimeZone: () => true }
  const core = await startCore({
    store: store.value,
    log: silentLog,
    api,
    manager: {},
    disabledAdmission: ['ServiceAccount'],
  })
  if (!core.ok) throw new Error(core.error)
  const node = await startFakeNode(core.value.clientFor('fake-node'))
  const figures = await act(core.value, core.value.clientFor('bench'))
  node.stop()
  await core.value.stop()
  dispose()
  return figures
}

/** Resolves when so many Jobs are complete. */
export async function whenComplete(client: Client, count: number): Promise<void> {
  const listed = await client.list<Job>('jobs.batch')
  if (!listed.ok) throw new Error(listed.error.message)
  const done = new Set<string>()
  await new Promise<void>((resolve, reject) => {
    const handle = client.watch<Job>(
      'jobs.batch',
      { resourceVersion: listed.value.resourceVersion },
      {
        onEvents(events) {
          for (const { object } of events) {
            if (object.status.completionTime !== undefined) done.add(object.metadata.uid ?? '')
          }
          if (done.size < count) return
          handle.stop()
          resolve()
        },
        onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
      },
    )
  })
}

export const newJob = (name: string, spec: object): Job =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { template, ...spec },
    status: {},
  }) as Job

export async function jobsPerSecond(count: number, callers: number): Promise<Figures> {
  return await withCore(async (core, client) => {
    const done = whenComplete(client, count)
    const cpu = process.cpuUsage()
    const from = core.api.revision()
    const begin = performance.now()
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < count) {
        const made = await client.create('jobs.batch', newJob(`job-${next++}`, {}))
        if (!made.ok) throw new Error(made.error.message)
      }
    }
    await Promise.all(Array.from({ length: callers }, caller))
    await done
    return speed(core, { count, begin, from, cpu })
  })
}

async function indexedPods(count: number): Promise<Figures> {
  return await withCore(async (core, client) => {
    const done = whenComplete(client, 1)
    const cpu = process.cpuUsage()
    const from = core.api.revision()
    const begin = performance.now()
    const spec = { completionMode: 'Indexed', completions: count, parallelism: count }
    const made = await client.create('jobs.batch', newJob('indexed', spec))
    if (!made.ok) throw new Error(made.error.message)
    await done
    return speed(core, { count, begin, from, cpu })
  })
}

type Begun = { readonly count: number; readonly begin: number; readonly from: number; readonly cpu: NodeJS.CpuUsage }

function speed(core: Core, { count, begin, from, cpu }: Begun): Figures {
  const seconds = (performance.now() - begin) / 1000
  const used = process.cpuUsage(cpu)
  const writes = core.api.revision() - from
  return {
    count,
    seconds: rounded(seconds, 2),
    perSecond: Math.round(count / seconds),
    writesEach: rounded(writes / count, 2),
    writesPerSecond: Math.round(writes / seconds),
    cpuMicrosPerWrite: Math.round((used.user + used.system) / writes),
    heapMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
  }
}

export const workloadCases: readonly Case[] = [
  { name: 'jobs-2000', run: () => jobsPerSecond(2000, 64) },
  { name: 'jobs-20000', run: () => jobsPerSecond(20_000, 64) },
  { name: 'indexed-10000', run: () => indexedPods(10_000) },
  { name: 'indexed-100000', run: () => indexedPods(100_000) },
]
