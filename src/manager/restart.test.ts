/** The manager dies after any of its writes, and another one goes on: nothing is done or counted twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestApi, testApi } from '../../test/support/api.ts'
import {
  activePods,
  eventually,
  finishPod,
  jobNamed,
  type ManagerWorld,
  makeJob,
  podsIn,
  quiet,
} from '../../test/support/manager-world.ts'
import { inProcessClient } from '../apiserver/in-process/index.ts'
import { silentLog } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { startManager } from './start.ts'

/** Lets `count` writes through, then nothing at all: as if the process had died. */
function dyingClient(client: Client, count: number): Client {
  let left = count
  const never = new Promise<never>(() => undefined)
  const guarded =
    <Arguments extends readonly unknown[], Answer>(write: (...given: Arguments) => Promise<Answer>) =>
    (...given: Arguments): Promise<Answer> =>
      left-- > 0 ? write(...given) : never
  return {
    ...client,
    create: guarded(client.create) as Client['create'],
    update: guarded(client.update) as Client['update'],
    patch: guarded(client.patch) as Client['patch'],
    delete: guarded(client.delete),
  }
}

async function start(api: TestApi, exact: boolean, writes: number) {
  const client = inProcessClient(api, { user: { name: 'm', groups: ['system:masters'] }, userAgent: 'm' })
  const options = { client: dyingClient(client, writes), clock: api.clock, random: { bits: () => 0 }, log: silentLog }
  const manager = startManager({ ...options, options: { exact } })
  await manager.synced
  return { client, manager }
}

/** Writes of one whole life of the Job below are fewer. */
const mostWrites = 24

for (const exact of [true, false]) {
  test(`a Job of three pods, one of which fails, with a manager that dies after every write (exact: ${exact})`, async () => {
    for (let writes = 1; writes < mostWrites; writes++) {
      const api = await testApi({ disabledAdmission: ['ServiceAccount'] })
      const first = await start(api, exact, writes)
      const world: ManagerWorld = { api, ...first, stop: async () => undefined }
      await makeJob(world.client, 'j', { completions: 3, parallelism: 3 })
      await run(world)
      const second = await start(api, exact, Number.POSITIVE_INFINITY)
      await eventually(async () => {
        await run(world)
        assert.notEqual((await jobNamed(world.client, 'j')).status.completionTime, undefined)
      })
      await quiet()
      const { status } = await jobNamed(world.client, 'j')
      const pods = await podsIn(world.client)
      const failed = pods.filter((pod) => pod.status.phase === 'Failed').length
      const succeeded = pods.filter((pod) => pod.status.phase === 'Succeeded').length
      assert.deepEqual([status.succeeded, status.failed ?? 0], [succeeded, failed], `after ${writes} writes`)
      assert.ok(failed <= 1 && succeeded === 3, `${failed} failed and ${succeeded} succeeded after ${writes} writes`)
      assert.deepEqual(status.uncountedTerminatedPods, {})
      assert.deepEqual(
        pods.flatMap(({ metadata }) => metadata.finalizers ?? []),
        [],
      )
      await second.manager.stop()
    }
  })
}

/** Lets time pass; the first pod that is there fails, all others succeed. */
async function run(world: ManagerWorld): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await quiet()
    const all = await podsIn(world.client)
    for (const pod of await activePods(world.client)) {
      const fails = all[0]?.metadata.uid === pod.metadata.uid && all.length === 3
      await finishPod(world, pod, fails ? 1 : 0)
    }
    await quiet()
    world.api.clock.advance(11_000)
  }
}
