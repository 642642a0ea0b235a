/**
 * The frames of SPDY/3.1, from and to bytes.
 *
 * @source SPDY protocol, draft 3.1, section 2.2 and 2.6 (facts: layout, numbers)
 */
import { fail, ok, type Result } from '../../base/index.ts'

export type Frame =
  /** A piece of a frame of data; `isLast` stands on the last piece of the sender's last one. */
  | { readonly kind: 'Data'; readonly stream: number; readonly bytes: Buffer; readonly isLast: boolean }
  | { readonly kind: 'SynStream'; readonly stream: number; readonly block: Buffer; readonly isLast: boolean }
  | { readonly kind: 'Headers'; readonly stream: number; readonly block: Buffer; readonly isLast: boolean }
  | { readonly kind: 'Reset'; readonly stream: number }
  | { readonly kind: 'Ping'; readonly id: number }
  | { readonly kind: 'GoAway' }

const types = {
  synStream: 1,
  synReply: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const
export const resetStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const
export const goAwayStatus = { ok: 0, protocolError: 1 } as const

const version = 3
const headBytes = 8
const isFinal = 1
/** Frames of control are short; what is longer is refused before it is kept. */
const maxControlBytes = 64 * 1024
export const maxDataBytes = 0xff_ffff

export type FrameReader = {
  /** The begin of a frame that is not whole yet. */
  rest: Buffer
  /** The frame of data that is under way. */
  data: { readonly stream: number; readonly isLast: boolean; left: number } | undefined
}

export const newFrameReader = (): FrameReader => ({ rest: Buffer.alloc(0), data: undefined })

/** The frames that `bytes` complete. Data comes in pieces as it arrives. Fails where no frame can stand. */
export function readFrames(reader: FrameReader, bytes: Buffer): Result<readonly Frame[], string> {
  const frames: Frame[] = []
  let rest = reader.rest.length === 0 ? bytes : Buffer.concat([reader.rest, bytes])
  for (;;) {
    if (reader.data !== undefined) rest = takeData(reader, reader.data, rest, frames)
    if (rest.length < headBytes) break
    const word = rest.readUInt32BE(0)
    const flags = rest.readUInt8(4)
    const length = rest.readUIntBE(5, 3)
    if (word < 2 ** 31) {
      reader.data = { stream: word, isLast: (flags & isFinal) !== 0, left: length }
      rest = rest.subarray(headBytes)
      if (length === 0) {
        frames.push({ kind: 'Data', stream: word, bytes: rest.subarray(0, 0), isLast: reader.data.isLast })
        reader.data = undefined
      }
      continue
    }
    if (((word >>> 16) & 0x7fff) !== version) return fail('this is not SPDY/3.1')
    if (length > maxControlBytes) return fail(`a frame of ${length} bytes is too long`)
    if (rest.length < headBytes + length) break
    const frame = controlFrame(word & 0xffff, flags, rest.subarray(headBytes, headBytes + length))
    if (!frame.ok) return frame
    if (frame.value !== undefined) frames.push(frame.value)
    rest = rest.subarray(headBytes + length)
  }
  // A copy: the pool's memory that holds the rest may be large.
  reader.rest = Buffer.from(rest)
  return ok(frames)
}

function takeData(reader: FrameReader, data: NonNullable<FrameReader['data']>, rest: Buffer, frames: Frame[]): Buffer {
  const bytes = rest.subarray(0, data.left)
  if (bytes.length === 0) return rest
  data.left -= bytes.length
  if (data.left === 0) reader.data = undefined
  frames.push({ kind: 'Data', stream: data.stream, bytes, isLast: data.isLast && data.left === 0 })
  return rest.subarray(bytes.length)
}

const lengths: Readonly<Record<number, number>> = {
  [types.synStream]: 10,
  [types.synReply]: 4,
  [types.reset]: 8,
  [types.ping]: 4,
  [types.goAway]: 4,
  [types.headers]: 4,
}

/** Frames that ask for nothing are undefined: settings and windows, since streams are slowed down by TCP as a whole. */
function controlFrame(type: number, flags: number, body: Buffer): Result<Frame | undefined, string> {
  if (body.length < (lengths[type] ?? 0)) return fail(`a frame of type ${type} is too short`)
  const isLast = (flags & isFinal) !== 0
  switch (type) {
    case types.synStream:
      return ok({ kind: 'SynStream', stream: streamOf(body), block: body.subarray(10), isLast })
    case types.synReply:
    case types.headers:
      return ok({ kind: 'Headers', stream: streamOf(body), block: body.subarray(4), isLast })
    case types.reset:
      return ok({ kind: 'Reset', stream: streamOf(body) })
    case types.ping:
      return ok({ kind: 'Ping', id: body.readUInt32BE(0) })
    case types.goAway:
      return ok({ kind: 'GoAway' })
    default:
      return ok(undefined)
  }
}

const streamOf = (body: Buffer): number => body.readUInt32BE(0) & 0x7fff_ffff

function control(type: number, flags: number, words: readonly number[], block: Buffer = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(headBytes + 4 * words.length)
  frame.writeUInt32BE(2 ** 31 + version * 65_536 + type, 0)
  frame.writeUInt8(flags, 4)
  frame.writeUIntBE(4 * words.length + block.length, 5, 3)
  for (const [index, word] of words.entries()) frame.writeUInt32BE(word, headBytes + 4 * index)
  return block.length === 0 ? frame : Buffer.concat([frame, block])
}

export const synReplyFrame = (stream: number, block: Buffer): Buffer => control(types.synReply, 0, [stream], block)
export const resetFrame = (stream: number, status: number): Buffer => control(types.reset, 0, [stream, status])
export const pingFrame = (id: number): Buffer => control(types.ping, 0, [id])
export const goAwayFrame = (lastStream: number, status: number): Buffer =>
  control(types.goAway, 0, [lastStream, status])

/** One frame of data, of at most `maxDataBytes`. */
export function dataFrame(stream: number, bytes: Uint8Array, isLast: boolean): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + bytes.length)
  frame.writeUInt32BE(stream, 0)
  frame.writeUInt8(isLast ? isFinal : 0, 4)
  frame.writeUIntBE(bytes.length, 5, 3)
  frame.set(bytes, headBytes)
  return frame
}
