/** Real processes through the whole system: API, store, controllers, agent, spawner. */
import { readFileSync } from 'node:fs'
import type { Job } from '../../src/apis/batch/index.ts'
import { createRestClient, loadKubeconfig } from '../../src/client/index.ts'
import { realClock } from '../../src/main/real.ts'
import { startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { type Case, type Figures, rounded } from '../measure.ts'

async function truePods(count: number, parallelism: number): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
  if (!access.ok) throw new Error(access.error)
  const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'bench' })
  const containers = [{ name: 'main', image: 'host', command: ['/bin/true'], resources: {} }]
  const template = { metadata: {}, spec: { restartPolicy: 'Never', automountServiceAccountToken: false, containers } }
  const spec = { completionMode: 'Indexed', completions: count, parallelism, template }
  const metadata = { name: 'true', namespace: 'default' }
  const begin = performance.now()
  const made = await rest.client.create<Job>('jobs.batch', {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec,
    status: {},
  } as Job)
  if (!made.ok) throw new Error(made.error.message)
  const resourceVersion = made.value.metadata.resourceVersion ?? ''
  await new Promise<void>((resolve, reject) => {
    rest.client.watch<Job>(
      'jobs.batch',
      { namespace: 'default', resourceVersion },
      {
        onEvents: (events) =>
          void (events.some(({ object }) => object.status.completionTime !== undefined) && resolve()),
        onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
      },
    )
  })
  const seconds = (performance.now() - begin) / 1000
  await rest.close()
  await server.stop()
  dispose()
  return { count, parallelism, seconds: rounded(seconds, 2), podsPerSecond: Math.round(count / seconds) }
}

export const podCases: readonly Case[] = [{ name: 'true-pods', run: () => truePods(2000, 64) }]
