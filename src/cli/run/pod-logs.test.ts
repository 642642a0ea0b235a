import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { hastyClock } from '../../../test/support/hasty-clock.ts'
import { serviceUnavailable } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { type Clock, fail, instant, type Monotonic, ok } from '../../base/index.ts'
import type { Connection, LogRequest } from '../connection.ts'
import { newPodLogStreams } from './pod-logs.ts'
import { newProgress } from './progress.ts'

const podWith = (restartCount: number): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid: '1' },
  spec: { containers: [{ name: 'main', image: 'host', resources: {} }] },
  status: {
    containerStatuses: [
      { name: 'main', image: 'host', imageID: '', ready: true, restartCount, state: { running: {} }, lastState: {} },
    ],
  },
})

/** What the server answers to one request for the log: its pieces, then its end or a broken connection; or nothing at all. */
type Answer = { readonly pieces: readonly string[]; readonly breaks?: boolean } | 'away'

async function* log({ pieces, breaks }: Exclude<Answer, 'away'>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
  if (breaks === true) throw new Error('aborted')
}

/** What is printed when the server answers so, and what it was asked for; the pod has restarted `restarts` times meanwhile. */
async function read(
  answers: readonly Answer[],
  options: { readonly prefixed?: boolean; readonly restarts?: number } = {},
) {
  const { prefixed = false, restarts = 0 } = options
  const asked: LogRequest[] = []
  let out = ''
  let err = ''
  const connection = {
    logs: async (request: LogRequest) => {
      asked.push(request)
      const answer = answers[asked.length - 1] ?? 'away'
      return answer === 'away' ? fail(serviceUnavailable('cannot be reached')) : ok(log(answer))
    },
    client: { get: async () => ok(podWith(restarts)) },
  } as unknown as Connection
  const terminal = {
    out: (text: string | Uint8Array) => {
      out += Buffer.from(text).toString()
    },
    err: (text: string) => {
      err += text
    },
    interactive: false,
    color: false,
    columns: 80,
  }
  const streams = newPodLogStreams({ connection, terminal, clock: hastyClock }, prefixed)
  streams.onPod(podWith(0))
  await streams.finished()
  return { out, err, previous: asked.map(({ previous }) => previous) }
}

/** How many pieces were asked for while one was being written that takes long. */
async function readAhead(prefixed: boolean): Promise<number> {
  let asked = 0
  const slow = Promise.withResolvers<void>()
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (; asked < 5; asked++) yield Buffer.from('a line\n')
  }
  const connection = { logs: async () => ok(pieces()) } as unknown as Connection
  const clock: Clock = { now: () => instant(0), monotonic: () => 0 as Monotonic, wake: () => () => {} }
  const plain = { out: () => slow.promise, err() {}, interactive: false, color: false, columns: 80 }
  const terminal = { ...plain, out: newProgress(plain, clock, 'j').out }
  const streams = newPodLogStreams({ connection, terminal, clock }, prefixed)
  streams.onPod(podWith(0))
  await new Promise(setImmediate)
  const early = asked
  slow.resolve()
  await streams.finished()
  assert.equal(asked, 5)
  return early
}

describe('the log of a container', () => {
  for (const prefixed of [false, true])
    test(`is read no faster than it is written${prefixed ? ', line by line too' : ''}`, async () =>
      assert.equal(await readAhead(prefixed), 0))
  test('is printed as it comes', async () => {
    assert.equal((await read([{ pieces: ['one\ntw', 'o'] }])).out, 'one\ntwo')
  })
  test('has its prefix before each line, also before a last one without an end', async () => {
    const { out } = await read([{ pieces: ['one\ntw', 'o\nthr', 'ee'] }], { prefixed: true })
    assert.equal(out, '[p] one\n[p] two\n[p] three\n')
  })
  test('goes on where the connection broke, in pieces of whatever size', async () => {
    const { out, err } = await read([
      { pieces: ['one\ntw'], breaks: true },
      'away',
      { pieces: ['on', 'e\ntwo\nth'], breaks: true },
      { pieces: ['one\ntwo\nthree\n'] },
    ])
    assert.deepEqual([out, err], ['one\ntwo\nthree\n', ''])
  })
  test('is that of the attempt before when the container was started again meanwhile', async () => {
    const { out, previous } = await read([{ pieces: ['one\n'], breaks: true }, { pieces: ['one\ntwo\n'] }], {
      restarts: 1,
    })
    assert.deepEqual([out, previous], ['one\ntwo\n', [false, true]])
  })
  test('is told lost when it was started again twice', async () => {
    const { out, err } = await read([{ pieces: ['one\n'], breaks: true }], { restarts: 2 })
    assert.deepEqual([out, err], ['one\n', 'the log of p/main cannot be read: it is gone\n'])
  })
})
