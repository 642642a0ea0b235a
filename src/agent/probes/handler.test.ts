import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../../test/support/real-clock.ts'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { millis } from '../../base/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { type Handler, runHandler } from './index.ts'

describe('a probe', () => {
  /** Answers by the path that is asked for, or not at all. */
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', (bytes) => {
      const path = bytes.toString().split(' ')[1] ?? ''
      if (path === '/silent') return
      socket.end(path === '/mute' ? '' : `HTTP/1.1 ${path.slice(1)} X\r\nContent-Length: 0\r\n\r\n`)
    })
  })
  const sockets: Socket[] = []
  let port = 0
  let closed = 0
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    port = (server.address() as AddressInfo).port
    const other = createServer()
    await once(other.listen(0, '127.0.0.1'), 'listening')
    closed = (other.address() as AddressInfo).port
    await once(other.close(), 'close')
  })
  after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  const runtime = {
    exec: async (_key, _spec, { stdout, end }) => {
      stdout(Buffer.from('sick\n'))
      end({ kind: 'Exited', exitCode: 1 })
      return { ok: true, value: { close: () => undefined } }
    },
  } as Partial<Runtime> as Runtime
  const outcome = async (handler: Handler, timeout: number): Promise<string> => {
    const key = { podUid: 'u', container: 'main', attempt: 0 }
    const target = { key, container: { name: 'main', resources: {} }, host: '127.0.0.1' }
    const { ok, output } = await runHandler({ runtime, clock: realClock }, handler, {
      target,
      timeout: millis(timeout),
    })
    return ok ? 'ok' : output
  }

  const cases: readonly (readonly [string, () => Handler, () => string, number?])[] = [
    ['succeeds with a status below 400', () => ({ httpGet: { port, path: '/302' } }), () => 'ok'],
    [
      'names another status',
      () => ({ httpGet: { port, path: '/503' } }),
      () => 'HTTP probe failed with statuscode: 503',
    ],
    [
      'says in a kubelet’s words that nobody listens',
      () => ({ httpGet: { port: closed, path: '/x' } }),
      () => `Get "http://127.0.0.1:${closed}/x": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    ],
    [
      'says so of a connection',
      () => ({ tcpSocket: { port: closed } }),
      () => `dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    ],
    ['succeeds with a connection', () => ({ tcpSocket: { port } }), () => 'ok'],
    [
      'says that a program hung up',
      () => ({ httpGet: { port, path: '/mute' } }),
      () => `Get "http://127.0.0.1:${port}/mute": EOF`,
    ],
    [
      'says that a program was too slow',
      () => ({ httpGet: { port, path: '/silent' } }),
      () =>
        `Get "http://127.0.0.1:${port}/silent": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      1000,
    ],
    ['tells what a command said', () => ({ exec: { command: ['x'] } }), () => 'sick\n'],
  ]
  for (const [sentence, handler, expected, timeout = 60_000] of cases) {
    test(sentence, async () => assert.equal(await outcome(handler(), timeout), expected()))
  }
})

describe('a pause', () => {
  const clock = virtualClock()
  const begin = (timeout: number) => {
    const end = Promise.withResolvers<void>()
    const target = { key: { podUid: 'u', container: 'main', attempt: 0 }, container: { name: 'main', resources: {} } }
    const task = { target: { ...target, host: '' }, timeout: millis(timeout), ended: () => end.promise }
    return { end, over: runHandler({ runtime: {} as Runtime, clock }, { sleep: { seconds: 30 } }, task) }
  }

  const cases: readonly (readonly [sentence: string, timeout: number, act: (end: () => void) => void])[] = [
    ['is over after its seconds', 60_000, () => clock.advance(30_000)],
    ['is over when the time of its container is', 20_000, () => clock.advance(20_000)],
    ['is over when its container is, and no timer stays', 60_000, (end) => end()],
  ]
  for (const [sentence, timeout, act] of cases) {
    test(sentence, async () => {
      const { end, over } = begin(timeout)
      assert.equal(clock.waiting(), 1)
      act(end.resolve)
      assert.deepEqual(await over, { ok: true, output: '' })
      assert.equal(clock.waiting(), 0)
    })
  }
})
