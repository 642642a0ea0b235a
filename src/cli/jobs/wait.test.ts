import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryClient } from '../../../test/support/memory-client.ts'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import type { Job } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { millis } from '../../base/index.ts'
import type { Connection } from '../connection.ts'
import type { RunContext } from '../run/run.ts'
import { type WaitOptions, waitForJobs } from './wait.ts'

function newWorld() {
  const { client, put, writes } = memoryClient()
  const clock = virtualClock()
  const abort = new AbortController()
  const said: string[] = []
  const terminal = {
    out: (text: string | Uint8Array) => void said.push(`out: ${text}`),
    err: (text: string) => void said.push(text),
  }
  const context = {
    connection: { client } as unknown as Connection,
    terminal: { ...terminal, interactive: false, color: false, columns: 80 },
    clock,
    namespace: 'default',
    aborted: abort.signal,
    hurried: new AbortController().signal,
  } satisfies RunContext
  /** Begins to wait, and resolves once that is under way. */
  const begin = async (names: readonly string[], options: WaitOptions = {}) => {
    const code = waitForJobs(names, options, context)
    await new Promise((resolve) => setImmediate(resolve))
    return { code, said }
  }
  return { client, put, writes, clock, abort, said, begin }
}

type End = { readonly type: 'Complete' | 'Failed'; readonly reason?: string; readonly message?: string }

const jobOf = (name: string, end?: End, more: { uid?: string; annotations?: Record<string, string> } = {}): Job =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', uid: more.uid ?? `uid-of-${name}`, annotations: more.annotations },
    spec: {},
    status: { conditions: end === undefined ? [] : [{ ...end, status: 'True' }] },
  }) as unknown as Job

const failed: End = { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'too many' }

test('waits until all are over, and ends as the first that failed', async () => {
  const { put, writes, begin } = newWorld()
  for (const name of ['good', 'bad', 'worse']) put('jobs.batch', jobOf(name))
  const { code, said } = await begin(['good', 'bad', 'worse'])
  put('jobs.batch', jobOf('worse', failed, { annotations: { 'jobd.dev/exit-code': '9' } }))
  put('jobs.batch', jobOf('bad', failed, { annotations: { 'jobd.dev/exit-code': '7' } }))
  put('jobs.batch', jobOf('good', { type: 'Complete' }))
  assert.equal(await code, 7)
  assert.deepEqual([...said].sort(), [
    'job.batch/bad failed: BackoffLimitExceeded: too many\n',
    'job.batch/worse failed: BackoffLimitExceeded: too many\n',
    'out: job.batch/good complete\n',
  ])
  assert.deepEqual(writes, [])
})

test('tells of one that was over before', async () => {
  const { put, begin } = newWorld()
  put('jobs.batch', jobOf('old', { type: 'Complete' }))
  const { code, said } = await begin(['old'])
  assert.deepEqual([await code, said], [0, ['out: job.batch/old complete\n']])
})

test('gives up in time, and when interrupted', async () => {
  const late = newWorld()
  late.put('jobs.batch', jobOf('slow'))
  const timed = await late.begin(['slow'], { timeout: { span: millis(600_000), text: '10m' } })
  late.clock.advance(millis(600_000))
  assert.deepEqual([await timed.code, timed.said], [1, ['job.batch/slow is not over after 10m: it goes on\n']])
  const stopped = newWorld()
  stopped.put('jobs.batch', jobOf('slow'))
  const { code, said } = await stopped.begin(['slow'])
  stopped.abort.abort()
  assert.deepEqual([await code, said], [130, ['job.batch/slow goes on: interrupted\n']])
  assert.deepEqual([late.writes, stopped.writes], [[], []])
})

test('does not wait for what is gone, nor for another of its name', async () => {
  const { client, put, begin, said } = newWorld()
  const none = await begin(['none'])
  assert.equal(await none.code, 1)
  put('jobs.batch', jobOf('pi'))
  const { code } = await begin(['pi'])
  await client.delete({ resource: 'jobs.batch', namespace: 'default', name: 'pi' })
  put('jobs.batch', jobOf('pi', { type: 'Complete' }, { uid: 'another' }))
  assert.equal(await code, 1)
  assert.deepEqual(said, ['jobs.batch "none" not found (NotFound)\n', 'job.batch/pi was deleted before it finished\n'])
})

test('notices a deletion between its first look and its watch', async () => {
  const { client, put, begin, said } = newWorld()
  put('jobs.batch', jobOf('pi'))
  const { get } = client
  Object.assign(client, {
    get: async (ref: Parameters<typeof get>[0]) => {
      const found = await get(ref)
      await client.delete(ref)
      return found
    },
  })
  const { code } = await begin(['pi'])
  assert.deepEqual([await code, said], [1, ['job.batch/pi was deleted before it finished\n']])
})

test('asks the pods where nobody noted the exit code', async () => {
  const { put, begin } = newWorld()
  put('jobs.batch', jobOf('bad', failed))
  put('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'bad-x',
      namespace: 'default',
      uid: 'pod',
      labels: { 'batch.kubernetes.io/controller-uid': 'uid-of-bad' },
    },
    spec: {},
    status: { containerStatuses: [{ name: 'main', state: { terminated: { exitCode: 5 } } }] },
  } as unknown as Pod)
  assert.equal(await (await begin(['bad'])).code, 5)
})
