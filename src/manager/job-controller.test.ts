import assert from 'node:assert/strict'
import { test } from 'node:test'
import { value } from '../../test/support/api.ts'
import {
  activePods,
  eventsIn,
  eventually,
  finishPod,
  jobNamed,
  makeJob,
  managerWorld,
  podsIn,
  quiet,
} from '../../test/support/manager-world.ts'

const conditions = async (world: Awaited<ReturnType<typeof managerWorld>>, name: string) =>
  (await jobNamed(world.client, name)).status.conditions?.map(({ type }) => type)

for (const exact of [true, false]) {
  test(`a Job runs its pod to success, and every finalizer goes (exact: ${exact})`, async () => {
    const world = await managerWorld({ exact })
    await makeJob(world.client, 'pi')
    const pod = await eventually(async () => {
      const [only] = await podsIn(world.client)
      assert.ok(only !== undefined)
      return only
    })
    await eventually(async () => assert.equal((await jobNamed(world.client, 'pi')).status.active, 1))
    await finishPod(world, pod, 0)
    await quiet()
    if (exact) {
      world.api.clock.advance(999)
      await quiet()
      assert.equal(await conditions(world, 'pi'), undefined, 'changes of pods gather for a second')
      world.api.clock.advance(1)
    }
    await eventually(async () => assert.deepEqual(await conditions(world, 'pi'), ['SuccessCriteriaMet', 'Complete']))
    await quiet()
    assert.deepEqual((await podsIn(world.client))[0]?.metadata.finalizers ?? [], [])
    const events = await eventsIn(world.client)
    assert.deepEqual(events.map(({ reason, count }) => [reason, count]).sort(), [
      ['Completed', 1],
      ['SuccessfulCreate', 1],
    ])
    await world.stop()
  })
}

test('failed pods are replaced after ten, then twenty seconds', async () => {
  const world = await managerWorld()
  await makeJob(world.client, 'retry')
  for (const delay of [10, 20]) {
    const [pod] = await eventually(async () => {
      const pods = await activePods(world.client)
      assert.equal(pods.length, 1)
      return pods
    })
    if (pod !== undefined) await finishPod(world, pod, 1)
    await quiet()
    world.api.clock.advance((delay - 1) * 1000)
    await quiet()
    assert.equal((await activePods(world.client)).length, 0)
    world.api.clock.advance(1000)
  }
  await eventually(async () => assert.equal((await activePods(world.client)).length, 1))
  assert.equal((await jobNamed(world.client, 'retry')).status.failed, 2)
  await world.stop()
})

test('a Job with many pods is created and counted whole', async () => {
  const world = await managerWorld()
  await makeJob(world.client, 'wide', { completions: 700, parallelism: 700, completionMode: 'Indexed' })
  await eventually(async () => {
    world.api.clock.advance(100)
    assert.equal((await activePods(world.client)).length, 700)
  })
  for (const pod of await activePods(world.client)) await finishPod(world, pod, 0)
  await eventually(async () => {
    world.api.clock.advance(100)
    assert.deepEqual(await conditions(world, 'wide'), ['SuccessCriteriaMet', 'Complete'])
  })
  const { status } = await jobNamed(world.client, 'wide')
  assert.equal(status.completedIndexes, '0-699')
  assert.equal((await podsIn(world.client)).length, 700)
  await world.stop()
})

test('nothing is scheduled and nothing is written while nothing happens', async () => {
  const world = await managerWorld()
  await makeJob(world.client, 'pi')
  await eventually(async () => assert.equal((await jobNamed(world.client, 'pi')).status.active, 1))
  await quiet()
  const before = world.api.revision()
  world.api.clock.advance(1000)
  await quiet()
  const waiting = world.api.clock.waiting()
  world.api.clock.advance(1_800_000)
  await quiet()
  assert.equal(world.api.revision(), before)
  assert.ok(waiting <= 2, `${waiting} timers`)
  await world.stop()
})

test('the exit code of a container that restarts in place is noted, although its pod is ended for the limit', async () => {
  const world = await managerWorld({ exact: false })
  const template = { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image: 'work' }] } }
  await makeJob(world.client, 'restarts', { backoffLimit: 1, template })
  const pod = await eventually(async () => {
    const [only] = await podsIn(world.client)
    assert.ok(only !== undefined)
    return only
  })
  const { namespace, name = '' } = pod.metadata
  const lastState = { terminated: { exitCode: 7, finishedAt: '2026-01-01T00:00:00Z' } }
  const state = { waiting: { reason: 'CrashLoopBackOff' } }
  const status = { phase: 'Running', containerStatuses: [{ name: 'main', restartCount: 1, lastState, state }] }
  const ref = { resource: 'pods', namespace, name }
  value(await world.client.patch(ref, 'merge', { status }, { subresource: 'status' }))
  await eventually(async () => {
    const job = await jobNamed(world.client, 'restarts')
    assert.ok(job.status.conditions?.some(({ type }) => type === 'Failed'))
    assert.equal(job.metadata.annotations?.['jobd.dev/exit-code'], '7')
  })
  await world.stop()
})
