/**
 * Objects that no client could have made, edited past the API, and clocks that jump: the controllers converge, say so at
 * most once for each object, and then leave everything alone.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { value } from '../../test/support/api.ts'
import {
  activePods,
  eventually,
  finishPod,
  jobNamed,
  type ManagerWorld,
  makeJob,
  managerWorld,
  podsIn,
  quiet,
} from '../../test/support/manager-world.ts'
import type { KubeObject } from '../apimachinery/index.ts'
import type { Job } from '../apis/batch/index.ts'
import type { Node, Pod } from '../apis/core/index.ts'
import { type Clock, type Instant, type Log, silentLog } from '../base/index.ts'
import { createMemoryStore } from '../storage/memory/index.ts'

type World = ManagerWorld & {
  /** Changes an object as it lies in the database, past every check. */
  readonly edit: (key: string, change: (object: KubeObject) => object) => Promise<void>
  readonly lines: string[]
  readonly revision: () => number
  /** Sets the wall clock of the controllers off by so many milliseconds. */
  readonly jump: (span: number) => void
}

async function world(exact: boolean): Promise<World> {
  const store = createMemoryStore()
  const lines: string[] = []
  const write = (text: string, facts?: object) => void lines.push(`${text} ${JSON.stringify(facts ?? {})}`)
  const log: Log = { ...silentLog, warn: write, error: write }
  let off = 0
  const clock = ({ clock: real }: ManagerWorld['api']): Clock => ({
    ...real,
    now: () => (real.now() + off) as Instant,
  })
  const made = await managerWorld({ exact }, { store, log, clock })
  return {
    ...made,
    lines,
    revision: () => Number(store.revision()),
    jump: (span) => {
      off += span
    },
    async edit(key, change) {
      const found = await store.get(`/registry/${key}`)
      assert.ok(found.ok && found.value !== undefined, `${key} is there`)
      const { value: text, modified } = found.value
      const written = await store.update(`/registry/${key}`, JSON.stringify(change(JSON.parse(text))), modified)
      assert.ok(written.ok, 'the edit is stored')
      await quiet()
    },
  }
}

const hour = 3_600_000

/** Lets most of an hour pass, after which events go by themselves: nothing is written any more, and no object was told more than once. */
async function staysQuiet({ api, lines, revision, stop }: World): Promise<void> {
  await quiet()
  const before = revision()
  for (let minute = 0; minute < 50; minute++) {
    api.clock.advance(60_000)
    await quiet()
  }
  assert.equal(revision(), before, 'nothing is written for fifty minutes')
  assert.ok(lines.length <= 1, lines.join('\n'))
  await stop()
}

/** Lets time pass and every pod that runs succeed, until the Job has ended. */
async function runToEnd(at: World, name: string): Promise<Job> {
  return await eventually(async () => {
    at.api.clock.advance(1000)
    await quiet()
    for (const pod of await activePods(at.client)) await finishPod(at, pod, 0)
    const job = await jobNamed(at.client, name)
    assert.ok(job.status.conditions?.some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === 'True'))
    return job
  })
}

const firstPod = async ({ client }: World): Promise<Pod> =>
  await eventually(async () => {
    const [pod] = await activePods(client)
    assert.ok(pod !== undefined)
    return pod
  })

const impossibleStatuses: readonly (readonly [what: string, status: object])[] = [
  ['negative counts', { active: -5, ready: -1, terminating: -7, succeeded: -2, failed: -3 }],
  ['more ready pods than active ones', { active: 1, ready: 9, terminating: 4 }],
  ['uncounted pods that never were', { uncountedTerminatedPods: { succeeded: ['nobody', ''], failed: ['x', 'x'] } }],
  ['index lists in a Job without indexes', { completedIndexes: '0-3,x,9-2', failedIndexes: '-1,0' }],
  ['a start that is no time', { startTime: 'yesterday' }],
  ['a completion time before its start', { startTime: '2026-01-01T00:00:00Z', completionTime: '1999-01-01T00:00:00Z' }],
]

for (const exact of [true, false]) {
  for (const [what, status] of impossibleStatuses) {
    test(`a Job whose stored status has ${what} goes on to its end (exact: ${exact})`, async () => {
      const at = await world(exact)
      await makeJob(at.client, 'edited')
      await firstPod(at)
      await at.edit('jobs/default/edited', (job) => ({ ...job, status }))
      const { status: end } = await runToEnd(at, 'edited')
      for (const count of [end.active, end.ready, end.succeeded, end.failed, end.terminating])
        assert.ok((count ?? 0) >= 0, JSON.stringify(end))
      await staysQuiet(at)
    })
  }

  test(`a status that no write can put right is told once, and tried ever less often (exact: ${exact})`, async () => {
    const at = await world(exact)
    await makeJob(at.client, 'torn')
    const pod = await firstPod(at)
    const conditions = ['SuccessCriteriaMet', 'FailureTarget'].map((type) => ({ type, status: 'True' }))
    await at.edit('jobs/default/torn', (job) => ({ ...job, status: { ...(job as Job).status, conditions } }))
    await finishPod(at, pod, 0)
    await staysQuiet(at)
    assert.match(at.lines.join('\n'), /^a pass fails again and again.*"key":"default\/torn".*cannot set /)
  })

  test(`a finished Job that is said to have failed as well stays as it is (exact: ${exact})`, async () => {
    const at = await world(exact)
    await makeJob(at.client, 'both')
    await runToEnd(at, 'both')
    await at.edit('jobs/default/both', (job) => {
      const { conditions = [] } = (job as Job).status
      return {
        ...job,
        status: { ...(job as Job).status, conditions: [...conditions, { type: 'Failed', status: 'True' }] },
      }
    })
    await staysQuiet(at)
  })

  test(`pods that take the uid of a Job in vain are not counted for it (exact: ${exact})`, async () => {
    const at = await world(exact)
    const job = await makeJob(at.client, 'owner')
    await firstPod(at)
    const forged = async (name: string, owner: object): Promise<void> => {
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', ...owner }] },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
        status: {},
      }
      const made = value(await at.client.create<Pod>('pods', pod as unknown as Pod))
      await finishPod(at, made, 0)
    }
    const { uid } = job.metadata
    await forged('another-uid', { name: 'owner', uid: 'never-was', controller: true })
    await forged('another-name', { name: 'stranger', uid, controller: true })
    await forged('no-controller', { name: 'owner', uid })
    await quiet()
    assert.equal((await jobNamed(at.client, 'owner')).status.succeeded, undefined)
    const { status } = await runToEnd(at, 'owner')
    assert.equal(status.succeeded, 1)
    await staysQuiet(at)
  })

  test(`a pod with a finalizer of somebody else holds up no Job (exact: ${exact})`, async () => {
    const at = await world(exact)
    await makeJob(at.client, 'held')
    const { namespace, name = '', finalizers = [] } = (await firstPod(at)).metadata
    const pod = { resource: 'pods', namespace, name }
    const held = { metadata: { finalizers: [...finalizers, 'example.com/stay'] } }
    value(await at.client.patch<Pod>(pod, 'merge', held))
    value(await at.client.delete(pod))
    const { status } = await runToEnd(at, 'held')
    assert.deepEqual([status.succeeded, status.failed], [1, 1])
    assert.deepEqual(value(await at.client.get<Pod>(pod)).metadata.finalizers, ['example.com/stay'])
    await staysQuiet(at)
  })

  test(`a pod whose labels were removed is let go, and another one takes its place (exact: ${exact})`, async () => {
    const at = await world(exact)
    await makeJob(at.client, 'bare')
    const { namespace, name = '' } = (await firstPod(at)).metadata
    await at.edit(`pods/${namespace}/${name}`, (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: {} } }))
    await eventually(async () => {
      at.api.clock.advance(1000)
      await quiet()
      const pods = await podsIn(at.client)
      assert.equal(pods.length, 2)
      const loose = pods.find(({ metadata }) => metadata.name === name)
      assert.deepEqual([loose?.metadata.ownerReferences ?? [], loose?.metadata.finalizers ?? []], [[], []])
    })
    assert.equal((await runToEnd(at, 'bare')).status.succeeded, 1)
    await staysQuiet(at)
  })

  test(`pods of a Node that was deleted fail and are replaced (exact: ${exact})`, async () => {
    const at = await world(exact)
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'gone' }, spec: {}, status: {} } as Node
    value(await at.client.create<Node>('nodes', node))
    await makeJob(at.client, 'moved', {
      template: { spec: { restartPolicy: 'Never', nodeName: 'gone', containers: [{ name: 'main', image: 'work' }] } },
    })
    const lost = (await firstPod(at)).metadata.name
    value(await at.client.delete({ resource: 'nodes', name: 'gone' }))
    await eventually(async () => {
      at.api.clock.advance(5000)
      await quiet()
      const pods = await activePods(at.client)
      assert.ok(pods.length === 1 && pods[0]?.metadata.name !== lost)
    })
    const { status } = await runToEnd(at, 'moved')
    assert.deepEqual([status.succeeded, status.failed], [1, 1])
    // What has ended on a node that is gone goes as well.
    await eventually(async () => {
      at.api.clock.advance(5000)
      await quiet()
      assert.equal((await podsIn(at.client)).length, 0)
    })
    await staysQuiet(at)
  })

  test(`a Job retries and ends while the clock jumps by hours, back and forth (exact: ${exact})`, async () => {
    const at = await world(exact)
    await makeJob(at.client, 'steady', { backoffLimit: 9 })
    for (const span of [-5 * hour, 11 * hour, -20 * hour, 3 * hour]) {
      const pod = await firstPod(at)
      await finishPod(at, pod, 1)
      await quiet()
      at.jump(span)
      await eventually(async () => {
        at.api.clock.advance(10_000)
        await quiet()
        const pods = await activePods(at.client)
        assert.ok(pods.length === 1 && pods[0]?.metadata.name !== pod.metadata.name)
      })
    }
    const { status } = await runToEnd(at, 'steady')
    assert.deepEqual([status.succeeded, status.failed], [1, 4])
    await staysQuiet(at)
  })
}
