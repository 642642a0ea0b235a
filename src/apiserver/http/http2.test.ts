/** What only HTTP/2 lets a client do, and where it ends. The API itself is in the contract that both versions keep. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { after, before, describe, it } from 'node:test'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import { http2Calls } from '../../../test/support/http-calls.ts'
import { type TestServer, testServer } from '../../../test/support/http-server.ts'
import {
  codeOf,
  codes,
  type Frame,
  flags,
  frame,
  frameTypes,
  type Header,
  headerBlock,
  headersFrame,
  openRaw,
  type RawConnection,
  requestHeaders,
  uint32,
} from '../../../test/support/http2-frames.ts'
import { silentLogs } from '../../../test/support/silent-logs.ts'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { millis, silentLog } from '../../base/index.ts'
import { newHttp2 } from './http2.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const watch = `${maps}?watch=1&timeoutSeconds=600`
const authorization = 'Bearer admintoken'
const isReset =
  (stream: number) =>
  (one: Frame): boolean =>
    one.type === frameTypes.reset && one.stream === stream
const isAnswered =
  (stream: number) =>
  (one: Frame): boolean =>
    one.type === frameTypes.headers && one.stream === stream
const isGoaway = (one: Frame): boolean => one.type === frameTypes.goaway
const anything = Buffer.alloc(8)

/**
 * Requests that are reset in the same packet, and then again: a reset costs next to nothing and counts each time, so that 40,000 of
 * them are more than 300 a second on any machine.
 */
function resetFlood(code: number): Buffer {
  const ids = Array.from({ length: 100 }, (_, i) => 2 * i + 1)
  const requests = ids.map((id) => headersFrame(id, requestHeaders('GET', maps)))
  const resets = Buffer.concat(ids.map((id) => frame(frameTypes.reset, 0, id, uint32(code))))
  return Buffer.concat([...requests, ...new Array<Buffer>(400).fill(resets)])
}

describe('HTTP/2', () => {
  let world: TestServer
  let others: ClientHttp2Session
  const raw = (settings?: Uint8Array): Promise<RawConnection> =>
    openRaw(world.server.address.port, world.certificates.ca, settings)
  const session = async (): Promise<ClientHttp2Session> => {
    const made = connect(world.url, { ca: world.certificates.ca })
    await once(made, 'remoteSettings')
    return made
  }
  /** Another connection, which whatever is done on one must not harm. */
  const othersAreServed = async (): Promise<void> => {
    const stream = others.request({ ':path': '/readyz' })
    const [headers] = await once(stream, 'response')
    stream.resume()
    assert.equal(headers[':status'], 200)
  }
  const exists = async (name: string): Promise<boolean> => {
    const { call, close } = http2Calls({ url: world.url, ca: world.certificates.ca })
    const { code } = await call({ method: 'GET', path: `${maps}/${name}`, headers: { authorization } })
    close()
    return code === 200
  }

  before(async () => {
    world = await testServer()
    others = await session()
  })
  after(async () => {
    others.destroy()
    await world.close()
  })

  it('is chosen by those who offer it, and HTTP/1.1 by the others', async () => {
    for (const [offered, chosen] of [
      [['h2', 'http/1.1'], 'h2'],
      [['http/1.1'], 'http/1.1'],
      [undefined, false],
    ] as const) {
      const { port } = world.server.address
      const ca = world.certificates.ca
      const socket = connectTls({ port, host: '127.0.0.1', ca, ...(offered && { ALPNProtocols: [...offered] }) })
      await once(socket, 'secureConnect')
      assert.equal(socket.alpnProtocol, chosen)
      socket.destroy()
    }
  })

  it('tells its bounds', async () => {
    const { remoteSettings } = others
    assert.equal(remoteSettings.maxConcurrentStreams, 1000)
    assert.equal(remoteSettings.initialWindowSize, 256 * 1024)
    assert.equal(remoteSettings.maxHeaderListSize, 64 * 1024)
    assert.equal(remoteSettings.enableConnectProtocol, false)
  })

  it('takes a stream in place of one that was reset, in one packet with the reset, among a hundred', async () => {
    const connection = await raw()
    for (let i = 0; i < 100; i++) connection.send(headersFrame(2 * i + 1, requestHeaders('GET', watch)))
    await connection.until(isAnswered(199))
    const reset = frame(frameTypes.reset, 0, 1, uint32(codes.cancel))
    connection.send(reset, headersFrame(201, requestHeaders('GET', watch)))
    await connection.until(isAnswered(201))
    connection.socket.destroy()
  })

  it('takes as many streams as it said, and closes where more are open', async () => {
    const connection = await raw()
    for (let i = 0; i < 1000; i++) connection.send(headersFrame(2 * i + 1, requestHeaders('GET', watch)))
    await connection.until(isAnswered(1999))
    connection.send(headersFrame(2001, requestHeaders('GET', watch)))
    await connection.closed
    await othersAreServed()
  })

  it('bears a client that ends its watches as fast as it opens them', async () => {
    const connection = await raw()
    for (let i = 0; i < 2000; i++) {
      const id = 2 * i + 1
      connection.send(headersFrame(id, requestHeaders('GET', watch)))
      await connection.until(isAnswered(id))
      connection.send(frame(frameTypes.reset, 0, id, uint32(codes.cancel)))
    }
    connection.socket.destroy()
  })

  const refused: readonly [string, readonly Header[]][] = [
    ['a header of the connection', requestHeaders('GET', '/version', [['connection', 'close']])],
    ['a transfer coding', requestHeaders('POST', maps, [['transfer-encoding', 'chunked']])],
    ['an upgrade', requestHeaders('GET', watch, [['upgrade', 'websocket']])],
    ['te other than trailers', requestHeaders('GET', '/version', [['te', 'gzip']])],
    ['a name in upper case', requestHeaders('GET', '/version', [['X-Y', 'z']])],
    ['a second path', requestHeaders('GET', '/version', [[':path', '/api']])],
    ['no path', requestHeaders('GET', '/version').filter(([name]) => name !== ':path')],
    ['an empty path', requestHeaders('GET', '')],
    ['a path with a request in it', requestHeaders('GET', '/version HTTP/1.1\r\nHost: x\r\n\r\nGET /api')],
    ['a method with a request in it', requestHeaders('GET /api HTTP/1.1\r\n', '/version')],
    ['an unknown pseudo header', requestHeaders('GET', '/version', []).concat([[':status', '200']])],
    [
      'two lengths',
      requestHeaders('POST', maps, [
        ['content-length', '1'],
        ['content-length', '2'],
      ]),
    ],
  ]
  for (const [what, headers] of refused) {
    it(`resets a stream with ${what}, and serves the next`, async () => {
      const connection = await raw()
      connection.send(headersFrame(1, headers))
      assert.equal(codeOf(await connection.until(isReset(1))), codes.protocol)
      connection.send(headersFrame(3, requestHeaders('GET', '/version')))
      await connection.until(isAnswered(3))
      connection.socket.destroy()
    })
  }

  const taken: readonly [string, readonly Header[]][] = [
    [
      'cookies in pieces',
      [
        ['cookie', 'a=b'],
        ['cookie', 'c=d'],
      ],
    ],
    ['te: trailers', [['te', 'trailers']]],
    ['a value with a line break, and leaves it out', [['audit-id', 'a\r\nb: c']]],
    ['a host beside the authority', [['host', 'elsewhere.example']]],
  ]
  for (const [what, headers] of taken) {
    it(`takes ${what}`, async () => {
      const connection = await raw()
      connection.send(headersFrame(1, requestHeaders('GET', '/version', headers)))
      await connection.until(isAnswered(1))
      connection.socket.destroy()
    })
  }

  it('answers methods that nobody knows, and CONNECT, without a tunnel', async () => {
    const { call, close } = http2Calls({ url: world.url, ca: world.certificates.ca })
    assert.equal((await call({ method: 'BREW', path: maps, headers: { authorization } })).code, 405)
    const connection = await raw()
    connection.send(
      headersFrame(
        1,
        requestHeaders('CONNECT', '/').filter(([name]) => name !== ':path' && name !== ':scheme'),
        flags.endHeaders,
      ),
    )
    await connection.until((one) => isAnswered(1)(one) || isReset(1)(one))
    connection.socket.destroy()
    close()
  })

  describe('takes a body for what it is', () => {
    const body = (name: string): Buffer => Buffer.from(JSON.stringify({ metadata: { name } }))
    const begin = (name: string, more: readonly Header[] = []): Buffer =>
      Buffer.concat([
        headersFrame(
          1,
          requestHeaders('POST', maps, [['content-type', 'application/json'], ...more]),
          flags.endHeaders,
        ),
        frame(frameTypes.data, 0, 1, body(name)),
      ])
    /** Everything that was sent has been seen, and done, when this is answered. */
    const settled = async (connection: RawConnection): Promise<void> => {
      connection.send(headersFrame(3, requestHeaders('GET', '/version')))
      await connection.until(isAnswered(3))
    }
    for (const code of [codes.none, codes.cancel, codes.protocol]) {
      it(`one that the client gave up with code ${code} writes nothing`, async () => {
        const connection = await raw()
        connection.send(begin(`cut-${code}`), frame(frameTypes.reset, 0, 1, uint32(code)))
        await settled(connection)
        assert.equal(await exists(`cut-${code}`), false)
        connection.socket.destroy()
      })
    }
    it('one with a connection that broke writes nothing', async () => {
      const connection = await raw()
      connection.send(begin('broken'))
      await settled(connection)
      connection.socket.destroy()
      await othersAreServed()
      assert.equal(await exists('broken'), false)
    })
    for (const [what, length, end] of [
      ['longer', '5', Buffer.alloc(0)],
      ['shorter', '500', frame(frameTypes.data, flags.endStream, 1)],
    ] as const) {
      it(`one that is ${what} than it says writes nothing`, async () => {
        const connection = await raw()
        connection.send(begin(what, [['content-length', length]]), end)
        // Either ends the stream: a reset of it, or the end of the whole connection.
        await connection.until(isReset(1)).catch(() => connection.closed)
        assert.equal(await exists(what), false)
        connection.socket.destroy()
      })
    }
    it('one in many pieces with trailers is whole', async () => {
      const connection = await raw()
      connection.send(begin('trailed'), headersFrame(1, [['x-sum', '1']]))
      await connection.until(isAnswered(1))
      assert.equal(await exists('trailed'), true)
      connection.socket.destroy()
    })
    it('one that waits to be asked for is asked for', async () => {
      const stream = others.request({ ':method': 'POST', ':path': maps, authorization, expect: '100-continue' })
      await once(stream, 'continue')
      stream.end(body('asked-for'))
      const [headers] = await once(stream, 'response')
      stream.resume()
      assert.equal(headers[':status'], 201)
    })
    it('one without end is answered and cut off, and its connection goes on', async () => {
      const one = await session()
      const stream = one.request({ ':method': 'POST', ':path': maps, authorization })
      stream.on('error', () => {})
      const piece = Buffer.alloc(1 << 20, ' ')
      const more = (): void => {
        if (!stream.destroyed) stream.write(piece, (error) => error == null && more())
      }
      const answered = once(stream, 'response')
      more()
      const [headers] = await answered
      assert.equal(headers[':status'], 413)
      stream.resume()
      await once(stream, 'close')
      const next = one.request({ ':path': '/readyz' })
      await once(next, 'response')
      one.destroy()
    })
  })

  describe('bounds floods', () => {
    const floods: readonly [string, (connection: RawConnection) => void][] = [
      ['streams that are reset at once', ({ send }) => send(resetFlood(codes.cancel))],
      ['streams that are reset with an error', ({ send }) => send(resetFlood(codes.protocol))],
      [
        'streams that the server is made to reset',
        ({ send }) => {
          for (let i = 0; i < 4000; i++) {
            const id = 2 * i + 1
            send(headersFrame(id, requestHeaders('GET', maps)), frame(frameTypes.windowUpdate, 0, id, uint32(0)))
          }
        },
      ],
      [
        'headers without end',
        ({ send }) => {
          send(headersFrame(1, requestHeaders('GET', maps), 0))
          for (let i = 0; i < 4000; i++) send(frame(frameTypes.continuation, 0, 1, headerBlock([[`x-${i}`, 'y']])))
        },
      ],
      [
        'requests that are refused for their form',
        ({ send }) => {
          for (let i = 0; i < 4000; i++)
            send(headersFrame(2 * i + 1, requestHeaders('GET', maps, [['connection', 'x']])))
        },
      ],
    ]
    for (const [what, flood] of floods) {
      it(`of ${what}`, async () => {
        const connection = await raw()
        flood(connection)
        await connection.closed
        await othersAreServed()
      })
    }
    const unread: readonly [string, Buffer][] = [
      ['settings', frame(frameTypes.settings, 0, 0)],
      ['pings', frame(frameTypes.ping, 0, 0, anything)],
    ]
    for (const [what, one] of unread) {
      it(`of ${what} whose answers are not read`, async () => {
        const { socket, send, until } = await raw()
        send(headersFrame(1, requestHeaders('GET', watch)))
        await until(isAnswered(1))
        socket.pause()
        const many = Buffer.concat(new Array<Buffer>(20_000).fill(one))
        const isOpen = (): boolean =>
          world.server.longRunning().some(({ req }) => req.connection.remotePort === socket.localPort)
        assert.ok(isOpen())
        while (isOpen()) {
          send(many)
          await othersAreServed()
        }
        socket.destroy()
      })
    }
    it('of headers: too many bytes', async () => {
      const connection = await raw()
      await connection.until(({ type }) => type === frameTypes.settings)
      const long: Header[] = Array.from({ length: 8 }, (_, i) => [`x-${i}`, 'y'.repeat(10_000)])
      const block = headerBlock(requestHeaders('GET', '/version', long))
      connection.send(frame(frameTypes.headers, flags.endStream, 1, block.subarray(0, 16_000)))
      for (let at = 16_000; at < block.length; at += 16_000) {
        const flag = at + 16_000 >= block.length ? flags.endHeaders : 0
        connection.send(frame(frameTypes.continuation, flag, 1, block.subarray(at, at + 16_000)))
      }
      await connection.until((one) => isReset(1)(one) || isGoaway(one))
      connection.socket.destroy()
    })
    it('of headers: too many of them', async () => {
      const connection = await raw()
      const many: Header[] = Array.from({ length: 500 }, (_, i) => [`x-${i}`, 'y'])
      connection.send(headersFrame(1, requestHeaders('GET', '/version', many)))
      await connection.until((one) => isReset(1)(one) || isGoaway(one))
      connection.socket.destroy()
    })
  })
})

describe('HTTP/2 with clients that take nothing', () => {
  /** Settings with which a client lets nobody send anything on its streams. */
  const noWindow = Buffer.concat([Buffer.from([0, 4]), uint32(0)])
  const clock = virtualClock()
  let world: TestServer
  before(async () => {
    world = await testServer({ clock })
    const { call, close } = http2Calls({ url: world.url, ca: world.certificates.ca })
    for (let i = 0; i < 40; i++) {
      const body = JSON.stringify({ metadata: { name: `large-${i}` }, data: { a: 'x'.repeat(500_000) } })
      assert.equal((await call({ method: 'POST', path: maps, headers: { authorization }, body })).code, 201)
    }
    close()
  })
  after(() => world.close())

  it('drops a watch that is stuck, and no other stream of its connection', async () => {
    const session = connect(world.url, { ca: world.certificates.ca, settings: { initialWindowSize: 65_535 } })
    const stuck = session.request({ ':path': `${watch}&resourceVersion=0`, authorization })
    stuck.on('error', () => {})
    const dropped = new Promise((resolve) => stuck.on('close', resolve))
    await once(stuck, 'response')
    const fine = session.request({ ':path': `${watch}&fieldSelector=metadata.name%3Dnone`, authorization })
    await once(fine, 'response')
    clock.advance(40_000)
    await dropped
    assert.equal(stuck.rstCode, constants.NGHTTP2_INTERNAL_ERROR)
    const next = session.request({ ':path': '/readyz' })
    await once(next, 'response')
    assert.equal(fine.closed, false)
    session.destroy()
  })

  it('drops a long answer that is stuck, and no other stream of its connection', async () => {
    const connection = await openRaw(world.server.address.port, world.certificates.ca, noWindow)
    connection.send(headersFrame(1, requestHeaders('GET', maps)))
    await connection.until(isAnswered(1))
    connection.send(headersFrame(3, requestHeaders('GET', `${watch}&fieldSelector=metadata.name%3Dnone`)))
    await connection.until(isAnswered(3))
    // Time passes in steps, in which a client that lives answers pings.
    for (let stream = 5; stream < 23; stream += 2) {
      clock.advance(15_000)
      connection.send(headersFrame(stream, requestHeaders('HEAD', '/version')))
      await connection.until(isAnswered(stream))
    }
    assert.equal(codeOf(await connection.until(isReset(1))), codes.internal)
    assert.equal(connection.seen(isReset(3)), false)
    connection.socket.destroy()
  })

  it('closes a connection that is stuck as a whole', async () => {
    const connection = await openRaw(world.server.address.port, world.certificates.ca)
    connection.send(headersFrame(1, requestHeaders('GET', maps)))
    await connection.until(isAnswered(1))
    connection.socket.pause()
    clock.advance(130_000)
    clock.advance(40_000)
    connection.socket.resume()
    await connection.closed
  })
})

describe('HTTP/2 that ends', () => {
  it('ends watches, tells its clients to go, and closes', async () => {
    const world = await testServer()
    const session = connect(world.url, { ca: world.certificates.ca })
    const stream: ClientHttp2Stream = session.request({ ':path': watch, authorization })
    await once(stream, 'response')
    const told = once(session, 'goaway')
    const ended = once(stream.resume(), 'end')
    const closed = once(session, 'close')
    await world.close()
    const [code] = await told
    assert.equal(code, constants.NGHTTP2_NO_ERROR)
    await ended
    assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
    await closed
  })

  it('cuts a followed log without an end, by which a client would take it for the whole', async () => {
    const { logs, opened } = silentLogs()
    opened.resolve()
    const world = await testServer({ logs })
    const { call, close } = http2Calls({ url: world.url, ca: world.certificates.ca })
    const send = async (kind: string, object: object): Promise<void> => {
      const path = `/api/v1/namespaces/default/${kind}`
      assert.equal(
        (await call({ method: 'POST', path, headers: { authorization }, body: JSON.stringify(object) })).code,
        201,
      )
    }
    await send('serviceaccounts', { metadata: { name: 'default' } })
    await send('pods', { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } })
    close()
    const connection = await openRaw(world.server.address.port, world.certificates.ca)
    const path = '/api/v1/namespaces/default/pods/p/log?follow=true'
    connection.send(headersFrame(1, requestHeaders('GET', path)))
    await connection.until(isAnswered(1))
    await world.close()
    assert.equal(codeOf(await connection.until(isReset(1))), codes.internal)
    const isEnd = (one: Frame): boolean => one.type === frameTypes.data && (one.flags & flags.endStream) !== 0
    assert.equal(connection.seen(isEnd), false)
  })

  it('does not keep a connection that nobody uses', async () => {
    const world = await testServer()
    const { server: tls, ca } = { ...world.certificates }
    const http2 = newHttp2({
      clock: virtualClock(),
      log: silentLog,
      handle: () => assert.fail('nobody asked'),
      keepAlive: millis(20),
      maxHeaderBytes: 65_536,
      maxHeaders: 200,
    })
    const server = createServer({ ...tls, ALPNProtocols: ['h2'] }, (socket: TLSSocket) => http2.serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const connection = await openRaw(port, ca)
    await connection.closed
    server.close()
    await world.close()
  })
})
