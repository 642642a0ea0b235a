/** What users do in the simulator: make things of every kind, change them, forge them, and delete them at any moment. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { CronJob, Job } from '../../src/apis/batch/index.ts'
import type { Client, Ref } from '../../src/client/index.ts'
import {
  cronJobRules,
  manualJob,
  namespaces,
  ownedConfigMap,
  quota,
  randomCronJob,
  randomJob,
  strayPod,
  upkeep,
} from './manifests.ts'
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
  readonly acknowledged: readonly Acknowledged[]
  /** What the server acknowledged to be deleted. */
  readonly deleted: readonly KubeObject[]
  /** The uids of what the user has asked to go. */
  readonly askedToGo: ReadonlySet<string>
  /** One act, drawn at random; ends when its answer came or was lost. */
  readonly act: () => Promise<void>
}

type Hands = {
  readonly client: Client
  readonly random: SeededRandom
  readonly acknowledged: Acknowledged[]
  readonly deleted: KubeObject[]
  readonly askedToGo: Set<string>
  made: number
}

export function newWorkload(world: World, random: SeededRandom): Workload {
  const hands: Hands = { client: world.user, random, acknowledged: [], deleted: [], askedToGo: new Set(), made: 0 }
  const all = acts(hands)
  const weighted = Object.values(all).flatMap(([weight, act]) => Array.from({ length: weight }, () => act))
  const { acknowledged, deleted, askedToGo } = hands
  return { acknowledged, deleted, askedToGo, act: () => random.pick(weighted)() }
}

type Act = readonly [weight: number, act: () => Promise<void>]

function acts(hands: Hands): Readonly<Record<string, Act>> {
  return { ...jobActs(hands), ...cronJobActs(hands), ...spaceActs(hands), ...forgeries(hands) }
}

const refOf = (resource: string, { metadata: { namespace, name = '' } }: KubeObject): Ref => ({
  resource,
  namespace,
  name,
})

async function any<T extends KubeObject>({ client, random }: Hands, resource: string): Promise<T | undefined> {
  const listed = await client.list<T>(resource)
  return listed.ok && listed.value.items.length > 0 ? random.pick(listed.value.items) : undefined
}

async function create(hands: Hands, resource: string, object: KubeObject): Promise<void> {
  remember(hands, resource, await hands.client.create(resource, object))
}

async function patch(hands: Hands, resource: string, object: KubeObject | undefined, change: unknown): Promise<void> {
  if (object !== undefined)
    remember(hands, resource, await hands.client.patch(refOf(resource, object), 'merge', change))
}

function remember(
  { acknowledged }: Hands,
  resource: string,
  answer: { readonly ok: boolean; readonly value?: KubeObject },
) {
  if (!answer.ok || answer.value === undefined) return
  const { name = '', uid = '', resourceVersion = '' } = answer.value.metadata
  acknowledged.push({ resource, name, uid, resourceVersion })
}

async function remove(hands: Hands, resource: string, object: KubeObject | undefined): Promise<void> {
  if (object === undefined) return
  const { uid = '' } = object.metadata
  hands.askedToGo.add(uid)
  const propagationPolicy = hands.random.pick(['Background', 'Foreground', 'Orphan'] as const)
  // By its uid: another one may have the name by then.
  const answer = await hands.client.delete(refOf(resource, object), { propagationPolicy, preconditions: { uid } })
  if (answer.ok) hands.deleted.push(object)
}

function jobActs(hands: Hands): Readonly<Record<string, Act>> {
  const { client, random } = hands
  return {
    createJob: [
      9,
      () => create(hands, 'jobs.batch', randomJob(random, random.pick(namespaces), `job-${hands.made++}`)),
    ],
    changeJob: [
      6,
      async () => {
        const spec = random.pick([
          { suspend: true },
          { suspend: false },
          { parallelism: random.between(0, 5) },
          { activeDeadlineSeconds: random.between(1, 60) },
          { ttlSecondsAfterFinished: random.between(0, 30) },
        ])
        await patch(hands, 'jobs.batch', await any<Job>(hands, 'jobs.batch'), { spec })
      },
    ],
    deleteJob: [3, async () => remove(hands, 'jobs.batch', await any<Job>(hands, 'jobs.batch'))],
    deletePod: [
      5,
      async () => {
        const pod = await any(hands, 'pods')
        const grace = random.chance(0.3) ? { gracePeriodSeconds: random.between(0, 5) } : {}
        if (pod !== undefined) await client.delete(refOf('pods', pod), grace)
      },
    ],
  }
}

function cronJobActs(hands: Hands): Readonly<Record<string, Act>> {
  const { random } = hands
  const anyCronJob = (): Promise<CronJob | undefined> => any<CronJob>(hands, 'cronjobs.batch')
  return {
    createCronJob: [
      3,
      () => create(hands, 'cronjobs.batch', randomCronJob(random, random.pick(namespaces), `cron-${hands.made++}`)),
    ],
    changeCronJob: [
      2,
      async () => {
        const rules = cronJobRules(random)
        const timeZone = 'timeZone' in rules ? rules.timeZone : null
        const spec = random.chance(0.5) ? { suspend: rules.suspend } : { ...rules, timeZone }
        await patch(hands, 'cronjobs.batch', await anyCronJob(), { spec })
      },
    ],
    changePolicy: [
      1,
      async () => {
        const concurrencyPolicy = random.pick(['Allow', 'Forbid', 'Replace'])
        await patch(hands, 'cronjobs.batch', await anyCronJob(), { spec: { concurrencyPolicy } })
      },
    ],
    deleteCronJob: [1, async () => remove(hands, 'cronjobs.batch', await anyCronJob())],
    runCronJob: [
      1,
      async () => {
        const cronJob = await anyCronJob()
        if (cronJob !== undefined) await create(hands, 'jobs.batch', manualJob(cronJob, `manual-${hands.made++}`))
      },
    ],
  }
}

const team = { apiVersion: 'v1', kind: 'Namespace' }

const node: Ref = { resource: 'nodes', name: 'sim' }

export const taintNode = async (client: Client): Promise<void> =>
  void (await client.patch(node, 'merge', { spec: { taints: [upkeep] } }))

const clearNode = async (client: Client): Promise<void> =>
  void (await client.patch(node, 'merge', { spec: { taints: null } }))

function spaceActs(hands: Hands): Readonly<Record<string, Act>> {
  const { client, random } = hands
  const anyTeam = (): string => random.pick(['team-a', 'team-b'])
  return {
    createNamespace: [2, () => create(hands, 'namespaces', { ...team, metadata: { name: anyTeam() } })],
    deleteNamespace: [1, async () => void (await client.delete({ resource: 'namespaces', name: anyTeam() }))],
    createQuota: [2, () => create(hands, 'resourcequotas', quota(random.pick(namespaces), random.between(0, 3)))],
    changeQuota: [
      1,
      async () => {
        const hard = { pods: String(random.between(0, 6)) }
        await patch(hands, 'resourcequotas', await any(hands, 'resourcequotas'), { spec: { hard } })
      },
    ],
    deleteQuota: [1, async () => remove(hands, 'resourcequotas', await any(hands, 'resourcequotas'))],
    deleteNode: [1, async () => void (await client.delete(node))],
    taintNode: [1, () => taintNode(client)],
    clearNode: [2, () => clearNode(client)],
  }
}

const hold = 'sim.example/hold'

/** What nobody should do, and somebody does. */
function forgeries(hands: Hands): Readonly<Record<string, Act>> {
  const { random } = hands
  const anyOwned = (): string => random.pick(['pods', 'jobs.batch'])
  const gone = (): KubeObject => ({
    metadata: { name: 'never-was', uid: `00000000-0000-4000-a000-${String(hands.made).padStart(12, '0')}` },
  })
  return {
    makeStray: [
      2,
      async () => {
        const job = await any<Job>(hands, 'jobs.batch')
        const name = `stray-${hands.made++}`
        const namespace = job?.metadata.namespace ?? 'default'
        await create(hands, 'pods', strayPod(random, namespace, name, random.chance(0.7) ? job : gone()))
      },
    ],
    makeOwned: [
      2,
      async () => {
        const owner = random.chance(0.8) ? await any(hands, random.pick(['jobs.batch', 'cronjobs.batch'])) : gone()
        const namespace = random.chance(0.9) ? (owner?.metadata.namespace ?? 'default') : 'default'
        const named = { kind: 'Job', apiVersion: 'batch/v1', ...owner } as KubeObject
        if (owner !== undefined)
          await create(hands, 'configmaps', ownedConfigMap(namespace, `owned-${hands.made++}`, named))
      },
    ],
    makeFamily: [
      2,
      async () => {
        const job = randomJob(random, random.pick(namespaces), `job-${hands.made++}`)
        const made = await hands.client.create('jobs.batch', job)
        remember(hands, 'jobs.batch', made)
        const { namespace = '' } = job.metadata
        if (made.ok) await create(hands, 'configmaps', ownedConfigMap(namespace, `owned-${hands.made++}`, made.value))
      },
    ],
    hold: [
      1,
      async () => {
        const resource = anyOwned()
        const object = await any(hands, resource)
        const finalizers = [...(object?.metadata.finalizers ?? []), hold]
        await patch(hands, resource, object, { metadata: { finalizers } })
      },
    ],
    dropFinalizers: [1, async () => patch(hands, 'pods', await any(hands, 'pods'), { metadata: { finalizers: null } })],
    dropLabels: [1, async () => patch(hands, 'pods', await any(hands, 'pods'), { metadata: { labels: null } })],
    dropOwners: [
      1,
      async () => {
        const resource = anyOwned()
        await patch(hands, resource, await any(hands, resource), { metadata: { ownerReferences: null } })
      },
    ],
  }
}

/** So that everything can end: quotas that hold nobody back, no taints, nothing held by a user. */
export async function letGo(client: Client): Promise<void> {
  await clearNode(client)
  const quotas = await client.list('resourcequotas')
  for (const one of quotas.ok ? quotas.value.items : []) {
    await client.patch(refOf('resourcequotas', one), 'merge', { spec: { hard: { pods: '1000' } } })
  }
  for (const resource of ['pods', 'jobs.batch']) {
    const listed = await client.list(resource)
    for (const object of listed.ok ? listed.value.items : []) {
      const { finalizers = [] } = object.metadata
      if (!finalizers.includes(hold)) continue
      const rest = finalizers.filter((name) => name !== hold)
      await client.patch(refOf(resource, object), 'merge', {
        metadata: { finalizers: rest.length === 0 ? null : rest },
      })
    }
  }
}

/** The namespaces that come and go. */
export async function makeTeams(client: Client): Promise<void> {
  for (const name of ['team-a', 'team-b']) await client.create('namespaces', { ...team, metadata: { name } })
}

/** No CronJob starts anything more. */
export async function suspendAll(client: Client): Promise<void> {
  const cronJobs = await client.list('cronjobs.batch')
  for (const one of cronJobs.ok ? cronJobs.value.items : []) {
    await client.patch(refOf('cronjobs.batch', one), 'merge', { spec: { suspend: true } })
  }
}
