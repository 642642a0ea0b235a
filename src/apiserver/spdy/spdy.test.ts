import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { describe, it } from 'node:test'
import { constants, createDeflate, createInflate, type Deflate } from 'node:zlib'
import fc from 'fast-check'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { millis, silentLog } from '../../base/index.ts'
import { type SpdyConnection, type SpdyStream, type StreamHandlers, serveSpdy } from './connection.ts'
import { dataFrame, type Frame, newFrameReader, readFrames } from './frames.ts'
import { dictionary, emptyHeaders, newHeaderReader, readHeaders } from './header-block.ts'

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([word(Buffer.byteLength(value)), Buffer.from(value)])
const plainBlock = (headers: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat([word(headers.length), ...headers.flatMap((pair) => pair.map(text))])

/** Compresses as clients do: one stream of zlib, flushed after each block. */
async function packed(deflate: Deflate, plain: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise<void>((resolve) => deflate.write(plain, () => deflate.flush(constants.Z_SYNC_FLUSH, resolve)))
  deflate.removeAllListeners('data')
  return Buffer.concat(chunks)
}
const control = (type: number, flags: number, body: Buffer): Buffer =>
  Buffer.concat([word(2 ** 31 + 3 * 65_536 + type), word(flags * 2 ** 24 + body.length), body])

describe('headers of streams', () => {
  it('have the dictionary of the protocol', () => {
    let a = 1
    let b = 0
    for (const byte of dictionary) {
      a = (a + byte) % 65_521
      b = (b + a) % 65_521
    }
    assert.equal((b * 65_536 + a).toString(16), 'e3c6a7c2')
  })
  for (const [name, options] of [
    ['with the dictionary', { dictionary }],
    ['without', {}],
  ] as const) {
    it(`are read one block after the other, ${name}`, async () => {
      const deflate = createDeflate({ ...options, level: 9 })
      const reader = newHeaderReader()
      for (let i = 0; i < 300; i++) {
        const headers = [
          ['Streamtype', i % 2 === 0 ? 'error' : 'data'],
          ['port', String(i)],
          ['x', 'y'.repeat(i * 7)],
        ] as const
        const read = readHeaders(reader, await packed(deflate, plainBlock(headers)))
        const wanted = headers.map(([key, value]) => [key.toLowerCase(), value])
        assert.deepEqual(read.ok && [...read.value], wanted)
      }
    })
  }
  it('are refused when they swell, end early or are not compressed', async () => {
    const bomb = await packed(createDeflate({ dictionary }), plainBlock([['x', 'y'.repeat(10_000_000)]]))
    assert.ok(!readHeaders(newHeaderReader(), bomb).ok)
    const short = await packed(createDeflate({ dictionary }), plainBlock([['x', 'yyyy']]).subarray(0, 14))
    assert.ok(!readHeaders(newHeaderReader(), short).ok)
    assert.ok(!readHeaders(newHeaderReader(), plainBlock([])).ok)
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readHeaders(newHeaderReader(), Buffer.from(bytes))))
  })
  it('that are sent are empty for every reader of zlib', async () => {
    const inflate = createInflate()
    const chunks: Buffer[] = []
    inflate.on('data', (chunk: Buffer) => chunks.push(chunk))
    for (const isFirst of [true, false, false]) {
      await new Promise((resolve) => inflate.write(emptyHeaders(isFirst), resolve))
    }
    assert.deepEqual(Buffer.concat(chunks), Buffer.alloc(12))
  })
})

describe('frames', () => {
  const whole = Buffer.concat([
    control(1, 1, Buffer.concat([word(1), word(0), Buffer.from([0, 0]), Buffer.from('block')])),
    dataFrame(1, Buffer.from('some bytes'), false),
    control(4, 0, word(0)),
    control(6, 0, word(7)),
    control(9, 0, Buffer.concat([word(1), word(5)])),
    dataFrame(1, Buffer.alloc(0), true),
    control(3, 0, Buffer.concat([word(3), word(5)])),
    control(7, 0, Buffer.concat([word(3), word(0)])),
  ])
  const wanted = ['SynStream 1 block!', 'Data 1 some bytes', 'Ping 7', 'Data 1 !', 'Reset 3', 'GoAway']
  const shown = (frames: readonly Frame[]): readonly string[] => {
    const lines: string[] = []
    for (const frame of frames) {
      const last = 'isLast' in frame && frame.isLast ? '!' : ''
      const bytes = 'bytes' in frame ? frame.bytes : 'block' in frame ? frame.block : ''
      const before = lines.at(-1)
      if (frame.kind === 'Data' && last === '' && before?.startsWith('Data')) lines.push(`${lines.pop()}${bytes}`)
      else if (frame.kind === 'Ping') lines.push(`Ping ${frame.id}`)
      else if (frame.kind === 'GoAway') lines.push('GoAway')
      else if (frame.kind === 'Reset') lines.push(`Reset ${frame.stream}`)
      else lines.push(`${frame.kind} ${frame.stream} ${bytes}${last}`)
    }
    return lines
  }
  it('are the same however their bytes arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sizes) => {
        const reader = newFrameReader()
        const frames: Frame[] = []
        for (let at = 0, i = 0; at < whole.length; i++) {
          const size = sizes[i % sizes.length] as number
          const read = readFrames(reader, whole.subarray(at, at + size))
          assert.ok(read.ok)
          frames.push(...read.value)
          at += size
        }
        assert.deepEqual(shown(frames), wanted)
      }),
    )
  })
  const refused: readonly [string, Buffer][] = [
    ['of another version', Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])],
    ['that are too long', Buffer.from([0x80, 3, 0, 1, 0, 0x80, 0, 0])],
    ['that are too short', control(1, 0, word(1))],
  ]
  for (const [name, bytes] of refused) {
    it(`${name} are refused`, () => assert.ok(!readFrames(newFrameReader(), bytes).ok))
  }
})

describe('a connection', () => {
  type World = {
    readonly client: Duplex
    readonly connection: SpdyConnection
    readonly streams: SpdyStream[]
    readonly told: string[]
    readonly clock: ReturnType<typeof virtualClock>
    readonly syn: (id: number, headers?: readonly (readonly [string, string])[]) => Promise<void>
    /** What the server has sent, once it has sent `count` bytes. */
    readonly sent: (count: number) => Promise<string>
  }
  function world(refuse = false): World {
    const [client, server] = duplexPair()
    const streams: SpdyStream[] = []
    const told: string[] = []
    const clock = virtualClock()
    const deflate = createDeflate({ dictionary })
    const handlersOf = (id: number): StreamHandlers => ({
      data: (bytes) => told.push(`${id}: ${Buffer.from(bytes)}`),
      end: () => told.push(`${id} end`),
      broken: () => told.push(`${id} broken`),
    })
    const connection = serveSpdy(server, {
      clock,
      log: silentLog,
      open(stream) {
        if (refuse) return undefined
        streams.push(stream)
        return handlersOf(stream.id)
      },
      drained: () => told.push('drained'),
      closed: () => told.push('closed'),
    })
    let received = Buffer.alloc(0)
    client.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
    })
    return {
      client,
      connection,
      streams,
      told,
      clock,
      async syn(id, headers = []) {
        const block = await packed(deflate, plainBlock(headers))
        client.write(control(1, 0, Buffer.concat([word(id), word(0), Buffer.from([0, 0]), block])))
      },
      async sent(count) {
        while (received.length < count) await once(client, 'data')
        const taken = received.subarray(0, count).toString('hex')
        received = received.subarray(count)
        return taken
      },
    }
  }
  const reply = (id: number, isFirst: boolean): string =>
    control(2, 0, Buffer.concat([word(id), emptyHeaders(isFirst)])).toString('hex')
  const replied = async ({ sent }: World, id: number, isFirst = false): Promise<void> => {
    assert.equal(await sent(reply(id, isFirst).length / 2), reply(id, isFirst))
  }

  it('answers streams and pings, and carries data both ways', async () => {
    const w = world()
    await w.syn(1, [['streamtype', 'data']])
    await replied(w, 1, true)
    assert.equal(w.streams[0]?.headers.get('streamtype'), 'data')
    w.client.write(dataFrame(1, Buffer.from('hello'), true))
    w.client.write(control(6, 0, word(5)))
    assert.equal(await w.sent(12), control(6, 0, word(5)).toString('hex'))
    assert.deepEqual(w.told, ['1: hello', '1 end'])
    w.streams[0]?.write(Buffer.from('bye'))
    w.streams[0]?.end()
    w.streams[0]?.write(Buffer.from('too late'))
    const wanted = Buffer.concat([dataFrame(1, Buffer.from('bye'), false), dataFrame(1, Buffer.alloc(0), true)])
    assert.equal(await w.sent(wanted.length), wanted.toString('hex'))
  })
  it('refuses streams that it does not want, or whose number was there', async () => {
    const unwanted = world(true)
    await unwanted.syn(1)
    assert.equal(await unwanted.sent(16), control(3, 0, Buffer.concat([word(1), word(3)])).toString('hex'))
    const twice = world()
    await twice.syn(3)
    await replied(twice, 3, true)
    await twice.syn(3)
    assert.equal(await twice.sent(16), control(3, 0, Buffer.concat([word(3), word(1)])).toString('hex'))
  })
  it('has a bound of streams', async () => {
    const w = world()
    for (let i = 0; i < 1000; i++) {
      await w.syn(2 * i + 1)
      await replied(w, 2 * i + 1, i === 0)
    }
    await w.syn(2001)
    assert.equal(await w.sent(16), control(3, 0, Buffer.concat([word(2001), word(3)])).toString('hex'))
  })
  it('ends when the peer says so and nothing is left to say', async () => {
    const w = world()
    await w.syn(1)
    await replied(w, 1, true)
    w.client.write(control(7, 0, Buffer.concat([word(0), word(0)])))
    w.client.write(control(3, 0, Buffer.concat([word(1), word(5)])))
    await once(w.client, 'end')
    assert.ok(w.told.includes('1 broken'))
  })
  it('ends after what is no frame, with the reason', async () => {
    const w = world()
    const ended = once(w.client, 'end')
    w.client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n\xff\xff\xff\xff', 'latin1').fill(0xff, 0, 4))
    assert.equal(await w.sent(16), control(7, 0, Buffer.concat([word(0), word(1)])).toString('hex'))
    await ended
  })
  it('cuts off a peer that does not close', async () => {
    const w = world()
    await w.syn(1)
    await replied(w, 1, true)
    w.connection.finish()
    w.clock.advance(millis(5000))
    await once(w.client, 'end')
    w.clock.advance(millis(5000))
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(w.told.slice(-2), ['1 broken', 'closed'])
  })
})
