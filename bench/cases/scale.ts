/** What grows with the number of objects: planning, watchers, memory, answers in JSON and protobuf. */
import type { Job } from '../../src/apis/batch/index.ts'
import type { Pod } from '../../src/apis/core/index.ts'
import { instant } from '../../src/base/index.ts'
import type { Client } from '../../src/client/index.ts'
import { defaultJobOptions, planJob } from '../../src/controllers/job/index.ts'
import { type Case, type Figures, median, pause, rounded } from '../measure.ts'
import { newJob, whenComplete, withCore } from './workloads.ts'

/** How long one plan takes for an Indexed Job with so many pods, a twentieth of which have just ended. */
async function planner(count: number): Promise<Figures> {
  return await withCore(async (_core, client) => {
    const job = await createJob(
      client,
      newJob('planned', { completionMode: 'Indexed', completions: count, parallelism: count }),
    )
    const pods = Array.from({ length: count }, (_, index) => podOf(job, index))
    const times: number[] = []
    for (let i = 0; i < 50; i++) {
      const begin = performance.now()
      const snapshot = { job, pods, backoff: undefined, creationRefused: false }
      planJob(snapshot, instant(Date.now()), defaultJobOptions)
      times.push(performance.now() - begin)
    }
    return { unit: 'ms a plan', pods: count, first: rounded(times[0] ?? 0, 2), median: rounded(median(times), 2) }
  })
}

function podOf({ metadata: { name = '', uid = '' } }: Job, index: number): Pod {
  const labels = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name }
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }
  const annotations = { 'batch.kubernetes.io/job-completion-index': String(index) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${index}`,
      namespace: 'default',
      uid: `pod-${index}`,
      labels,
      annotations,
      ownerReferences: [owner],
      finalizers: ['batch.kubernetes.io/job-tracking'],
    },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main' }] },
    status: { phase: index % 20 === 0 ? 'Succeeded' : 'Running' },
  } as unknown as Pod
}

async function createJob(client: Client, job: Job): Promise<Job> {
  const made = await client.create<Job>('jobs.batch', job)
  if (!made.ok) throw new Error(made.error.message)
  return made.value
}

/** How long it takes until the last of many watchers in process has been told of one write, and what they keep. */
async function fanOut(watchers: number): Promise<Figures> {
  return await withCore(async (_core, client) => {
    const listed = await client.list('configmaps')
    if (!listed.ok) throw new Error(listed.error.message)
    const { resourceVersion } = listed.value
    const before = settledHeap()
    let told = 0
    let onLast: () => void = () => {}
    const onEvents = (): void => {
      told += 1
      if (told === watchers) onLast()
    }
    const handles = Array.from({ length: watchers }, () =>
      client.watch('configmaps', { resourceVersion }, { onEvents, onEnd() {} }),
    )
    await pause(10)
    const kept = settledHeap() - before
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      told = 0
      const all = new Promise<void>((resolve) => {
        onLast = resolve
      })
      const begin = performance.now()
      const metadata = { name: `told-${i}`, namespace: 'default' }
      const made = await client.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata })
      if (!made.ok) throw new Error(made.error.message)
      await all
      times.push(performance.now() - begin)
    }
    for (const handle of handles) handle.stop()
    return {
      unit: 'ms from write to last watcher',
      watchers,
      median: rounded(median(times), 2),
      keptMiB: rounded(kept),
    }
  })
}

/** The heap after a collection, in MiB; without `--expose-gc` what is there with its garbage. */
function settledHeap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** What finished Jobs with their pods and events keep in memory. */
async function finishedJobs(count: number): Promise<Figures> {
  return await withCore(async (_core, client) => {
    const before = settledHeap()
    const done = whenComplete(client, count)
    let next = 0
    const caller = async (): Promise<void> => {
      while (next < count) await createJob(client, newJob(`job-${next++}`, {}))
    }
    await Promise.all(Array.from({ length: 64 }, caller))
    await done
    await pause(500)
    const kept = settledHeap() - before
    const collected = globalThis.gc === undefined ? 'no: run with --expose-gc' : 'yes'
    const bytesEach = Math.round((kept * 2 ** 20) / count)
    return { jobs: count, heapMiB: Math.round(kept), bytesEach, collected }
  })
}

export const scaleCases: readonly Case[] = [
  { name: 'planner-10000', run: () => planner(10_000) },
  { name: 'planner-100000', run: () => planner(100_000) },
  { name: 'watchers-1000', run: () => fanOut(1000) },
  { name: 'memory-10000-jobs', run: () => finishedJobs(10_000) },
]
