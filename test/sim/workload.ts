/** What users do in the simulator: make Jobs of every kind, change them, and delete things at any moment. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Pod } from '../../src/apis/core/index.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { World } from './world.ts'

/** Writes that the server acknowledged to the user: they must be in the history, whatever happens later. */
export type Acknowledged = {
  readonly resource: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

export type Workload = {
  readonly acknowledged: Acknowledged[]
  /** One act, drawn at random; ends when its answer came or was lost. */
  readonly act: () => Promise<void>
}

export function newWorkload(world: World, random: SeededRandom): Workload {
  const acknowledged: Acknowledged[] = []
  let made = 0
  const remember = (resource: string, object: KubeObject): void => {
    const { name = '', uid = '', resourceVersion = '' } = object.metadata
    acknowledged.push({ resource, name, uid, resourceVersion })
  }
  const anyJob = async (): Promise<Job | undefined> => {
    const jobs = await world.user.list<Job>('jobs.batch', { namespace: 'default' })
    return jobs.ok && jobs.value.items.length > 0 ? random.pick(jobs.value.items) : undefined
  }
  const createJob = async (): Promise<void> => {
    const created = await world.user.create<Job>('jobs.batch', randomJob(random, `job-${made++}`))
    if (created.ok) remember('jobs.batch', created.value)
  }
  const changeJob = async (): Promise<void> => {
    const job = await anyJob()
    if (job === undefined) return
    const spec = random.pick([
      { suspend: true },
      { suspend: false },
      { parallelism: random.between(0, 5) },
      { activeDeadlineSeconds: random.between(1, 60) },
      { ttlSecondsAfterFinished: random.between(0, 30) },
    ])
    const changed = await world.user.patch<Job>(
      { resource: 'jobs.batch', namespace: 'default', name: job.metadata.name ?? '' },
      'merge',
      { spec },
    )
    if (changed.ok) remember('jobs.batch', changed.value)
  }
  const deleteJob = async (): Promise<void> => {
    const job = await anyJob()
    if (job === undefined) return
    const propagationPolicy = random.pick(['Background', 'Foreground', 'Orphan'] as const)
    await world.user.delete(
      { resource: 'jobs.batch', namespace: 'default', name: job.metadata.name ?? '' },
      { propagationPolicy },
    )
  }
  const deletePod = async (): Promise<void> => {
    const pods = await world.user.list<Pod>('pods', { namespace: 'default' })
    if (!pods.ok || pods.value.items.length === 0) return
    const { name = '' } = random.pick(pods.value.items).metadata
    await world.user.delete(
      { resource: 'pods', namespace: 'default', name },
      random.chance(0.3) ? { gracePeriodSeconds: random.between(0, 5) } : {},
    )
  }
  const acts = [createJob, createJob, createJob, changeJob, changeJob, deleteJob, deletePod, deletePod]
  return { acknowledged, act: () => random.pick(acts)() }
}

/** A valid Job of any kind that ends by itself within virtual minutes. */
export function randomJob(random: SeededRandom, name: string): Job {
  const indexed = random.chance(0.4)
  const workQueue = !indexed && random.chance(0.3)
  const parallelism = random.between(1, 4)
  const perIndex = indexed && random.chance(0.4)
  // Restarts in place count towards no index: with a limit per index a failing container would restart for ever.
  const restartPolicy = random.chance(0.7) || perIndex ? 'Never' : 'OnFailure'
  const exitCode = random.chance(0.25) ? random.between(1, 3) : 0
  const command = ['sim', String(random.between(10, 20_000)), String(exitCode)]
  if (random.chance(0.1)) command.push('ignore-sigterm')
  const spec = {
    parallelism,
    ...(workQueue ? {} : { completions: random.between(indexed ? 1 : 0, 6) }),
    ...(indexed ? { completionMode: 'Indexed' } : {}),
    ...(perIndex ? { backoffLimitPerIndex: random.between(0, 2) } : { backoffLimit: random.between(0, 3) }),
    ...(random.chance(0.2) ? { activeDeadlineSeconds: random.between(1, 60) } : {}),
    ...(random.chance(0.2) ? { ttlSecondsAfterFinished: random.between(0, 60) } : {}),
    ...(random.chance(0.15) ? { suspend: true } : {}),
    ...(random.chance(0.3) ? { podReplacementPolicy: random.pick(['Failed', 'TerminatingOrFailed']) } : {}),
    template: {
      metadata: {},
      spec: {
        restartPolicy,
        terminationGracePeriodSeconds: random.between(0, 10),
        containers: [{ name: 'main', image: 'sim', command, resources: {} }],
      },
    },
  }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'default' }, spec, status: {} } as Job
}
