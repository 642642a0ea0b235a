/** Pods on a node that gets NoExecute taints, with managers that come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestApi, testApi, value } from '../../test/support/api.ts'
import { eventsIn, eventually, podsIn, quiet } from '../../test/support/manager-world.ts'
import type { Node, Pod, Taint, Toleration } from '../apis/core/index.ts'
import { inProcessClient } from '../apiserver/in-process/index.ts'
import { silentLog } from '../base/index.ts'
import { type Manager, startManager } from './start.ts'

const node = { resource: 'nodes', name: 'n' }
const upkeep: Taint = { key: 'upkeep', effect: 'NoExecute' }
const forSeconds = (tolerationSeconds: number): Toleration => ({ ...upkeep, operator: 'Exists', tolerationSeconds })

async function world(exact = false) {
  const api = await testApi({ disabledAdmission: ['ServiceAccount'], options: { exact, isTimeZone: () => true } })
  const client = inProcessClient(api, { user: { name: 'm', groups: ['system:masters'] }, userAgent: 'm' })
  value(await client.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} } as Node))
  const taint = async (...taints: readonly Taint[]) =>
    value(await client.patch<Node>(node, 'merge', { spec: { taints } }))
  const createPod = async (name: string, tolerations: readonly Toleration[] = [], phase = 'Running') => {
    const spec = { nodeName: 'n', tolerations, restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] }
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec } as unknown as Pod
    value(await client.create('pods', pod))
    const ref = { resource: 'pods', namespace: 'default', name }
    value(await client.patch(ref, 'merge', { status: { phase } }, { subresource: 'status' }))
  }
  const going = async () =>
    (await podsIn(client))
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name)
  return { api, client, taint, createPod, going, manager: await startOn(api, exact) }
}

async function startOn(api: TestApi, exact: boolean): Promise<Manager> {
  const client = inProcessClient(api, { user: { name: 'm', groups: ['system:masters'] }, userAgent: 'm' })
  const manager = startManager({
    client,
    clock: api.clock,
    random: { bits: () => 0 },
    log: silentLog,
    options: { exact },
  })
  await manager.synced
  return manager
}

for (const [exact, gone] of [
  [false, ['bare']],
  [true, ['bare', 'ended']],
] as const) {
  test(`pods that do not tolerate a taint go at once, those that have ended only to be exact (${exact})`, async () => {
    const { client, taint, createPod, manager } = await world(exact)
    await createPod('bare')
    await createPod('ended', [], 'Succeeded')
    await createPod('tolerant', [{ operator: 'Exists' }])
    await taint(upkeep)
    const disrupted = ({ status }: Pod) => status.conditions?.find(({ type }) => type === 'DisruptionTarget')
    await eventually(async () => {
      const left = await podsIn(client)
      const names = left.filter((pod) => disrupted(pod) === undefined).map(({ metadata }) => metadata.name)
      assert.deepEqual(names, exact ? ['tolerant'] : ['ended', 'tolerant'])
      assert.deepEqual(
        left.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(({ metadata }) => metadata.name),
        gone.filter((name) => left.some(({ metadata }) => metadata.name === name)),
      )
    })
    const [bare] = await podsIn(client)
    assert.ok(bare !== undefined)
    const { reason, message, status } = disrupted(bare) ?? {}
    assert.deepEqual(
      [status, reason, message],
      ['True', 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'],
    )
    await manager.stop()
    const told = (await eventsIn(client)).filter((event) => event.reason === 'TaintManagerEviction')
    assert.deepEqual(
      told.map((event) => [event.type, event.source?.component, event.message]).sort(),
      gone.map((name) => ['Normal', 'taint-eviction-controller', `Marking for deletion Pod default/${name}`]),
    )
  })
}

test('a taint that goes in time ends nobody, and that is told', async () => {
  const { api, client, taint, createPod, going, manager } = await world()
  await createPod('p', [forSeconds(10)])
  await taint(upkeep)
  await quiet()
  api.clock.advance(9000)
  await quiet()
  await taint()
  await quiet()
  api.clock.advance(60_000)
  await quiet()
  assert.deepEqual(await going(), [])
  await manager.stop()
  const told = (await eventsIn(client)).map(({ reason, message }) => [reason, message])
  assert.deepEqual(told, [['TaintManagerEviction', 'Cancelling deletion of Pod default/p']])
})

test('a pod that came while the taint was there has its time from there', async () => {
  const { api, taint, createPod, going, manager } = await world()
  await taint(upkeep)
  api.clock.advance(8000)
  await createPod('p', [forSeconds(10)])
  await quiet()
  api.clock.advance(9000)
  await quiet()
  assert.deepEqual(await going(), [])
  api.clock.advance(2000)
  await eventually(async () => assert.deepEqual(await going(), ['p']))
  await manager.stop()
})

test('the time goes on while nobody watches it', async () => {
  const { api, taint, createPod, going, manager } = await world()
  await createPod('short', [forSeconds(10)])
  await createPod('long', [forSeconds(100)])
  await taint(upkeep)
  await quiet()
  api.clock.advance(4000)
  await quiet()
  await manager.stop()
  api.clock.advance(7000)
  await quiet()
  assert.deepEqual(await going(), [])
  const second = await startOn(api, false)
  await eventually(async () => assert.deepEqual(await going(), ['short']))
  api.clock.advance(88_000)
  await quiet()
  assert.deepEqual(await going(), ['short'])
  api.clock.advance(2000)
  await eventually(async () => assert.deepEqual((await going()).length, 2))
  await second.stop()
})
