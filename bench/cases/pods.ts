/** Real processes through the whole system: API, store, controllers, agent, spawner. */
import { readFileSync } from 'node:fs'
import type { Job } from '../../src/apis/batch/index.ts'
import { createRestClient, loadKubeconfig } from '../../src/client/index.ts'
import { realClock } from '../../src/main/real.ts'
import { dockerdMissing, startDockerd } from '../../test/support/dockerd.ts'
import { startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { type Case, type Figures, rounded } from '../measure.ts'

async function truePods(
  { count, parallelism, image = 'host' }: { count: number; parallelism: number; image?: string },
  ...flags: readonly string[]
): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, ...flags)
  const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
  if (!access.ok) throw new Error(access.error)
  const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'bench' })
  const containers = [{ name: 'main', image, imagePullPolicy: 'IfNotPresent', command: ['/bin/true'], resources: {} }]
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
  return { count, parallelism, seconds: rounded(seconds, 2), podsPerSecond: rounded(count / seconds, 1) }
}

/** The same in Docker, beside `docker run` in a loop on the same engine. */
async function dockerTruePods(): Promise<Figures> {
  const missing = dockerdMissing()
  if (missing !== undefined) return { skipped: missing }
  const engine = await startDockerd()
  process.env['DOCKER_HOST'] = engine.host
  const count = 40
  const begin = performance.now()
  for (let i = 0; i < count; i++) engine.docker('run', '--rm', '--network', 'none', engine.image, '/bin/true')
  const seconds = (performance.now() - begin) / 1000
  const figures = await truePods({ count, parallelism: 8, image: engine.image }, '--runtime', 'docker')
  await engine.stop()
  return { ...figures, dockerRunPerSecond: rounded(count / seconds, 1) }
}

export const podCases: readonly Case[] = [
  { name: 'true-pods', run: () => truePods({ count: 2000, parallelism: 64 }) },
  { name: 'docker-true-pods', run: dockerTruePods },
]
