import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Status } from '../apimachinery/index.ts'
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { fail, ok } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { Informer } from './informer.ts'
import { createJobMetrics } from './job-metrics.ts'
import { createPodEffects } from './pod-effects.ts'
import { createVisibility } from './visibility.ts'

const job = { metadata: { namespace: 'default', name: 'wide', uid: 'u' }, spec: {}, status: {} } as unknown as Job
const podsOf = (count: number): Pod[] =>
  Array.from({ length: count }, (_, i) => ({ metadata: { namespace: 'default', name: `wide-${i}` } }) as Pod)

/** Effects on a server that makes `room` pods and refuses the rest; `batches` tells how many were asked for at once. */
function effectsWith(room: number) {
  const batches: number[] = []
  let made = 0
  let together = 0
  const create = async (_resource: string, pod: Pod) => {
    if (together++ === 0) {
      queueMicrotask(() => {
        batches.push(together)
        together = 0
      })
    }
    await undefined
    return made++ < room ? ok(pod) : fail({ message: 'exceeded quota' } as Status)
  }
  const effects = createPodEffects({
    client: { create } as unknown as Client,
    recorder: { record() {} } as unknown as EventRecorder,
    visibility: createVisibility(),
    metrics: createJobMetrics(),
    pods: { revision: () => 0 } as Informer<Pod>,
  })
  return { effects, batches }
}

test('pods are made in batches of 1, 2, 4 …, in every pass anew', async () => {
  const { effects, batches } = effectsWith(1500)
  for (const _pass of [1, 2]) {
    assert.equal(await effects.createPods(job, podsOf(500)), undefined)
    assert.deepEqual(batches.splice(0), [1, 2, 4, 8, 16, 32, 64, 128, 245])
  }
  assert.equal(await effects.createPods(job, podsOf(3)), undefined)
  assert.deepEqual(batches, [1, 2])
})

test('a quota that fills between two passes refuses one pod of the second, and nothing more is asked for', async () => {
  const { effects, batches } = effectsWith(500)
  await effects.createPods(job, podsOf(500))
  batches.length = 0
  for (const _try of [1, 2]) {
    assert.equal((await effects.createPods(job, podsOf(500)))?.kind, 'CreationRefused')
    assert.deepEqual(batches.splice(0), [1])
  }
})

test('a quota that fills within a pass refuses the rest of that batch, no later one', async () => {
  const { effects, batches } = effectsWith(10)
  assert.equal((await effects.createPods(job, podsOf(500)))?.kind, 'CreationRefused')
  assert.deepEqual(batches, [1, 2, 4, 8])
})
