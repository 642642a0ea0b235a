/** HTTP/2 by hand, for what no client library would send: frames are built and read byte by byte (RFC 9113, RFC 7541). */
import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
}
export const flags = { ack: 1, endStream: 1, endHeaders: 4 }
export const codes = { none: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, calm: 11 }

export type Frame = { readonly type: number; readonly flags: number; readonly stream: number; readonly payload: Buffer }
export type Header = readonly [name: string, value: string]

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flag, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A length with its first seven bits in the first byte. */
function lengthBytes(length: number): Buffer {
  if (length < 127) return Buffer.from([length])
  const bytes = [127]
  let left = length - 127
  for (; left >= 128; left >>>= 7) bytes.push((left & 127) | 128)
  return Buffer.from([...bytes, left])
}

/** Headers as literals that go into no table. */
export function headerBlock(headers: readonly Header[]): Buffer {
  const text = (value: string): Buffer[] => [lengthBytes(Buffer.byteLength(value)), Buffer.from(value)]
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), ...text(name), ...text(value)]))
}

/** What a request of the administrator begins with. */
export const requestHeaders = (method: string, path: string, more: readonly Header[] = []): readonly Header[] => [
  [':method', method],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', path],
  ['authorization', 'Bearer admintoken'],
  ...more,
]

export const headersFrame = (
  stream: number,
  headers: readonly Header[],
  flag = flags.endHeaders | flags.endStream,
): Buffer => frame(frameTypes.headers, flag, stream, headerBlock(headers))

export type RawConnection = {
  readonly socket: TLSSocket
  readonly send: (...frames: readonly Uint8Array[]) => void
  /** The first frame, of those that came and those to come, that fits; rejects when the connection closes without one. */
  readonly until: (fits: (frame: Frame) => boolean) => Promise<Frame>
  /** Whether such a frame has come. */
  readonly seen: (fits: (frame: Frame) => boolean) => boolean
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>
}

/** Connects and says what a client has to say first; takes the server's settings and answers its pings. */
export async function openRaw(
  port: number,
  ca: string,
  settings: Uint8Array = Buffer.alloc(0),
): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  let rest: Buffer = Buffer.alloc(0)
  let isClosed = false
  const tell = (): void => {
    for (const look of waiting) look()
  }
  socket.on('error', () => {})
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true
      tell()
      resolve()
    })
  })
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      const [type = 0, flag = 0] = rest.subarray(3, 5)
      const payload = rest.subarray(9, end)
      frames.push({ type, flags: flag, stream: rest.readUInt32BE(5) & 0x7fffffff, payload })
      if (flag === 0 && type === frameTypes.settings) socket.write(frame(type, flags.ack, 0))
      if (flag === 0 && type === frameTypes.ping) socket.write(frame(type, flags.ack, 0, payload))
      rest = rest.subarray(end)
    }
    tell()
  })
  await once(socket, 'secureConnect')
  socket.setNoDelay()
  socket.write(
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameTypes.settings, 0, 0, settings)]),
  )
  return {
    socket,
    send: (...parts) => void socket.write(Buffer.concat(parts)),
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = frames.find(fits)
          if (found === undefined && !isClosed) return
          waiting.delete(look)
          if (found !== undefined) resolve(found)
          else reject(new Error('the connection was closed'))
        }
        waiting.add(look)
        look()
      }),
    seen: (fits) => frames.some(fits),
    closed,
  }
}

/** The code of a frame that ends a stream or the connection. */
export const codeOf = ({ type, payload }: Frame): number => payload.readUInt32BE(type === frameTypes.goaway ? 4 : 0)
