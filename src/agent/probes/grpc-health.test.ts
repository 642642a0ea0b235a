import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, test } from 'node:test'
import { askHealth } from './grpc-health.ts'

type Answer = (stream: ServerHttp2Stream) => void

/** A server that answers every call in one way, and what it was asked. */
async function withServer<T>(answer: Answer, body: (port: number, asked: Buffer[]) => Promise<T>): Promise<T> {
  const asked: Buffer[] = []
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    assert.equal(headers[':path'], '/grpc.health.v1.Health/Check')
    const chunks: Buffer[] = []
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      asked.push(Buffer.concat(chunks))
      answer(stream)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    return await body((server.address() as AddressInfo).port, asked)
  } finally {
    server.close()
  }
}

const answering =
  (bytes: readonly number[], trailers: Record<string, string> = { 'grpc-status': '0' }): Answer =>
  (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.end(Buffer.from(bytes))
  }
const refusing =
  (code: string, message: string): Answer =>
  (stream) => {
    stream.respond({ ':status': 200, 'grpc-status': code, 'grpc-message': message }, { endStream: true })
  }
const ask = (port: number, service = '') => askHealth({ host: '127.0.0.1', port, service }, () => undefined)

describe('the health protocol of gRPC', () => {
  const serving = answering([0, 0, 0, 0, 2, 8, 1])
  const cases: readonly (readonly [string, Answer, RegExp | undefined])[] = [
    ['a server that serves is healthy', serving, undefined],
    ['one that does not is not', answering([0, 0, 0, 0, 2, 8, 2]), /^service unhealthy .*"NOT_SERVING"/],
    ['one that does not know itself is not', answering([0, 0, 0, 0, 0]), /^service unhealthy .*"UNKNOWN"/],
    ['a service that is not there is told', refusing('5', 'no%20such service'), /code = 5 desc = no such service$/],
    ['a message that is not escaped is told as it is', refusing('2', '100%'), /desc = 100%$/],
    [
      'a server without the protocol is told',
      refusing('12', 'unknown'),
      /does not implement the grpc health protocol \(grpc.health.v1.Health\): unknown$/,
    ],
    ['an answer that is none is not healthy', answering([1, 2, 3]), /^service unhealthy/],
    ['an answer without an end is cut', answering(Array(100_000).fill(7)), /more than 65536 bytes/],
    [
      'a web page is not healthy',
      (stream) => {
        stream.respond({ ':status': 404 }, { endStream: true })
      },
      /HTTP status 404$/,
    ],
    ['a call that is broken off is told', (stream) => stream.close(8), /^error: health rpc probe failed/],
  ]
  for (const [sentence, answer, expected] of cases) {
    test(sentence, () =>
      withServer(answer, async (port) => {
        const answered = await ask(port)
        if (expected === undefined) assert.ok(answered.ok, String(!answered.ok && answered.error))
        else assert.match(answered.ok ? '' : answered.error, expected)
      }),
    )
  }

  test('the service is named as the protocol has it, also a long one', () =>
    withServer(serving, async (port, asked) => {
      await ask(port)
      await ask(port, 'liveness')
      await ask(port, 'x'.repeat(200))
      const [none, short, long] = asked
      assert.deepEqual([...(none ?? [])], [0, 0, 0, 0, 0])
      assert.equal(short?.toString('latin1'), '\0\0\0\0\x0a\x0a\x08liveness')
      assert.equal(long?.subarray(0, 8).toString('hex'), '00000000cb0ac801')
    }))

  test('a port on which nothing listens is told with its address', async () => {
    const closed = createTcpServer()
    await once(closed.listen(0, '127.0.0.1'), 'listening')
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const answered = await ask(port)
    assert.match(
      answered.ok ? '' : answered.error,
      new RegExp(`^error: failed to connect service at "127.0.0.1:${port}"`),
    )
  })

  test('what is given up ends', () =>
    withServer(
      () => undefined,
      async (port, asked) => {
        let giveUp = () => {}
        const answered = askHealth({ host: '127.0.0.1', port, service: '' }, (cancel) => {
          giveUp = cancel
        })
        while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
        giveUp()
        assert.equal((await answered).ok, false)
      },
    ))
})
