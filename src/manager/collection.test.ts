/** Deleting things: owners and dependents, time to live, namespaces, quotas, lost nodes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { value } from '../../test/support/api.ts'
import {
  activePods,
  eventsIn,
  eventually,
  finishPod,
  jobNamed,
  listOf,
  type ManagerWorld,
  makeJob,
  managerWorld,
  podsIn,
  quiet,
} from '../../test/support/manager-world.ts'
import type { ConfigMap, Node, Pod, ResourceQuota, ServiceAccount } from '../apis/core/index.ts'

const configMap = (
  name: string,
  owner?: { readonly name: string; readonly uid: string; readonly blocks?: boolean },
): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name,
    namespace: 'default',
    ...(owner && {
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner.name,
          uid: owner.uid,
          blockOwnerDeletion: owner.blocks === true,
        },
      ],
    }),
  },
})
const make = async (world: ManagerWorld, ...given: Parameters<typeof configMap>): Promise<ConfigMap> =>
  value(await world.client.create<ConfigMap>('configmaps', configMap(...given)))
const makeNamespace = async ({ client }: ManagerWorld, name: string) =>
  value(await client.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
const names = async ({ client }: ManagerWorld): Promise<readonly string[]> =>
  (await listOf<ConfigMap>(client, 'configmaps')).map(({ metadata }) => metadata.name ?? '')
const remove = async (
  { client }: ManagerWorld,
  name: string,
  propagationPolicy: 'Orphan' | 'Background' | 'Foreground',
) => value(await client.delete({ resource: 'configmaps', namespace: 'default', name }, { propagationPolicy }))
const owning = ({ metadata }: ConfigMap, blocks = false) => ({
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
  blocks,
})

test('dependents follow their owner in the background, down the whole tree', async () => {
  const world = await managerWorld({ exact: false })
  const root = await make(world, 'root')
  const child = await make(world, 'child', owning(root))
  await make(world, 'grandchild', owning(child))
  await make(world, 'other')
  await remove(world, 'root', 'Background')
  await eventually(async () => assert.deepEqual(await names(world), ['other']))
  await world.stop()
})

test('in the foreground the owner goes last', async () => {
  const world = await managerWorld({ exact: false })
  const root = await make(world, 'root')
  const child = await make(world, 'child', owning(root, true))
  await make(world, 'grandchild', owning(child, true))
  await remove(world, 'root', 'Foreground')
  await eventually(async () => assert.deepEqual(await names(world), []))
  await world.stop()
})

test('orphans stay and forget their owner', async () => {
  const world = await managerWorld({ exact: false })
  const root = await make(world, 'root')
  await make(world, 'child', owning(root, true))
  await remove(world, 'root', 'Orphan')
  await eventually(async () => assert.deepEqual(await names(world), ['child']))
  await eventually(async () => {
    const [child] = await listOf<ConfigMap>(world.client, 'configmaps')
    assert.deepEqual(child?.metadata.ownerReferences ?? [], [])
  })
  await world.stop()
})

test('an object whose owner never was, or has another uid, goes', async () => {
  const world = await managerWorld({ exact: false })
  await make(world, 'real')
  await make(world, 'lost', { name: 'nobody', uid: 'x' })
  await make(world, 'mistaken', { name: 'real', uid: 'not its uid' })
  await eventually(async () => assert.deepEqual(await names(world), ['real']))
  await world.stop()
})

test('a circle of owners that waits for itself is broken', async () => {
  const world = await managerWorld({ exact: false })
  const a = await make(world, 'a')
  const b = await make(world, 'b', owning(a, true))
  const back = { metadata: { ownerReferences: configMap('a', owning(b, true)).metadata.ownerReferences } }
  value(await world.client.patch({ resource: 'configmaps', namespace: 'default', name: 'a' }, 'merge', back))
  await remove(world, 'a', 'Foreground')
  await eventually(async () => assert.deepEqual(await names(world), []))
  await world.stop()
})

test('an owner in another namespace does not count, and that is told', async () => {
  const world = await managerWorld({ exact: false })
  await makeNamespace(world, 'far')
  const far = value(
    await world.client.create<ConfigMap>('configmaps', {
      ...configMap('o'),
      metadata: { name: 'o', namespace: 'far' },
    }),
  )
  await make(world, 'near', owning(far))
  await eventually(async () => {
    assert.ok((await eventsIn(world.client)).some(({ reason }) => reason === 'OwnerRefInvalidNamespace'))
    assert.ok(!(await names(world)).includes('near'))
  })
  await world.stop()
})

test('a Job goes in the foreground at the end of its time to live, with its pods', async () => {
  const world = await managerWorld({ exact: false })
  await makeJob(world.client, 'short', { ttlSecondsAfterFinished: 3 })
  const [pod] = await eventually(async () => {
    const pods = await activePods(world.client)
    assert.equal(pods.length, 1)
    return pods
  })
  if (pod !== undefined) await finishPod(world, pod, 0)
  await eventually(async () => assert.equal((await jobNamed(world.client, 'short')).status.succeeded, 1))
  world.api.clock.advance(2999)
  await quiet()
  assert.equal((await jobNamed(world.client, 'short')).metadata.deletionTimestamp, undefined)
  world.api.clock.advance(1001)
  await eventually(async () => assert.deepEqual(await listOf(world.client, 'jobs.batch'), []))
  await eventually(async () => assert.deepEqual(await podsIn(world.client), []))
  await world.stop()
})

test('a namespace is emptied and goes; a new one gets what every namespace has', async () => {
  const world = await managerWorld({ exact: true, rootCa: 'PEM' })
  await makeNamespace(world, 'work')
  const inside = async (resource: string) =>
    (await listOf(world.client, resource)).filter(({ metadata }) => metadata.namespace === 'work')
  await eventually(async () => {
    const [account] = (await inside('serviceaccounts')) as readonly ServiceAccount[]
    assert.equal(account?.metadata.name, 'default')
    const [certificate] = (await inside('configmaps')) as readonly ConfigMap[]
    assert.equal(certificate?.data?.['ca.crt'], 'PEM')
  })
  value(await world.client.delete({ resource: 'serviceaccounts', namespace: 'work', name: 'default' }))
  await eventually(async () => assert.equal((await inside('serviceaccounts')).length, 1, 'made again'))
  value(await world.client.delete({ resource: 'namespaces', name: 'work' }))
  await eventually(async () => {
    const found = await world.client.get({ resource: 'namespaces', name: 'work' })
    assert.ok(!found.ok)
  })
  assert.deepEqual([await inside('serviceaccounts'), await inside('configmaps')], [[], []])
  await world.stop()
})

test('the status of a quota follows what is there, and a refused Job goes on when there is room', async () => {
  const world = await managerWorld({ exact: false })
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'two', namespace: 'default' },
    spec: { hard: { pods: '2' } },
    status: {},
  }
  value(await world.client.create<ResourceQuota>('resourcequotas', quota))
  const used = async () => (await listOf<ResourceQuota>(world.client, 'resourcequotas'))[0]?.status.used?.['pods']
  await eventually(async () => assert.equal(await used(), '0'))
  await makeJob(world.client, 'big', { completions: 4, parallelism: 4 })
  await eventually(async () => assert.equal((await jobNamed(world.client, 'big')).status.active, 2))
  assert.equal(await used(), '2')
  for (const pod of await activePods(world.client)) await finishPod(world, pod, 0)
  await quiet()
  world.api.clock.advance(50)
  await eventually(async () => assert.equal((await jobNamed(world.client, 'big')).status.active, 2))
  assert.equal((await podsIn(world.client)).length, 4)
  await world.stop()
})

test('pods of a node that stays away for forty seconds are failed and deleted', async () => {
  const world = await managerWorld({ exact: true })
  const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'here' }, spec: {}, status: {} } as Node
  value(await world.client.create<Node>('nodes', node))
  for (const nodeName of ['here', 'away']) {
    const spec = { restartPolicy: 'Never', nodeName, containers: [{ name: 'c', image: 'i' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: nodeName, namespace: 'default' }, spec, status: {} }
    value(await world.client.create<Pod>('pods', pod as unknown as Pod))
  }
  await quiet()
  for (const step of [20_000, 19_000]) {
    world.api.clock.advance(step)
    await quiet()
  }
  assert.equal((await podsIn(world.client)).length, 2)
  world.api.clock.advance(21_000)
  await eventually(async () =>
    assert.deepEqual(
      (await podsIn(world.client)).map(({ metadata }) => metadata.name),
      ['here'],
    ),
  )
  await world.stop()
})
