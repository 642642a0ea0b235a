/**
 * Copying what a container says from the engine to the log file of its run, where it stays when the container is gone.
 * The file is always the beginning of what the engine has, so that a copy which broke off is taken up where it ended.
 */
import { once } from 'node:events'
import { closeSync, createWriteStream, fstatSync, ftruncateSync, openSync, readSync, type WriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { freedBytes } from '../logs/index.ts'
import type { Engine } from './engine.ts'
import { createFrameReader } from './frames.ts'

export type LogCopy = {
  /** Whether everything that the container said is in the file; false when the copy broke off. */
  readonly done: Promise<boolean>
  /** Bytes that have come so far. */
  readonly progress: () => number
  /** Nothing more comes, whole or not. */
  readonly isOver: () => boolean
  readonly stop: () => void
}

export type LogSource = {
  readonly engine: Engine
  readonly id: string
  /** A terminal's output comes as it is. */
  readonly tty: boolean
  readonly path: string
  /** Goes on until the container ends. */
  readonly follow: boolean
}

export function copyLog(source: LogSource): LogCopy {
  const state: State = { stopped: false, over: false, bytes: 0 }
  return {
    done: copy(source, state).finally(() => {
      state.over = true
    }),
    progress: () => state.bytes,
    isOver: () => state.over,
    stop: () => {
      state.stopped = true
      state.stream?.destroy()
    },
  }
}

type State = { stream?: Readable; stopped: boolean; over: boolean; bytes: number }

async function copy({ engine, id, tty, path, follow }: LogSource, state: State): Promise<boolean> {
  const opened = await engine.stream({
    method: 'GET',
    path: `/containers/${id}/logs`,
    query: { stdout: true, stderr: true, follow },
  })
  if (!opened.ok) return false
  const stream = opened.value
  // Nobody waits for it any more, and its file may be gone with its pod.
  if (state.stopped) {
    stream.destroy()
    return false
  }
  state.stream = stream
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 })
  const known = knownBytes(path)
  const write = (piece: Buffer) => {
    state.bytes += piece.length
    const news = known.after(piece)
    if (news.length > 0 && !file.write(news)) {
      stream.pause()
      file.once('drain', () => stream.resume())
    }
  }
  const isWhole = await pumped(stream, file, tty ? write : createFrameReader(write))
  known.close()
  return isWhole && !state.stopped
}

/**
 * What an earlier copy has written, compared with what comes now; where the file has given its beginning back to the disk
 * there is nothing to compare. Where the two part, the file is cut: Podman leaves lines out of a stream that follows a
 * container to its end.
 */
function knownBytes(path: string) {
  const file = openSync(path, 'a+', 0o600)
  const { size } = fstatSync(file)
  let at = 0
  let left = size
  return {
    /** The part of the next piece that the file does not have. */
    after: (piece: Buffer): Buffer => {
      const length = Math.min(left, piece.length)
      const freed = length === 0 ? 0 : Math.min(length, Math.max(0, freedBytes(path) - at))
      const same = freed === length ? length : freed + sameBytes(file, at + freed, piece.subarray(freed, length))
      at += same
      left -= same
      if (same < length) {
        ftruncateSync(file, at)
        left = 0
      }
      return piece.subarray(same)
    },
    close: () => closeSync(file),
  }
}

/** How many bytes of the piece the file has from a position on. */
function sameBytes(file: number, at: number, piece: Buffer): number {
  const bytes = Buffer.allocUnsafe(piece.length)
  const count = readSync(file, bytes, 0, piece.length, at)
  if (count === piece.length && bytes.equals(piece)) return count
  let same = 0
  while (same < count && bytes[same] === piece[same]) same += 1
  return same
}

/** Fulfilled once the file is closed: true when the stream came to its end and every byte could be written. */
async function pumped(stream: Readable, file: WriteStream, take: (bytes: Buffer) => void): Promise<boolean> {
  const isWhole = await new Promise<boolean>((resolve) => {
    stream.on('data', take)
    stream.once('end', () => resolve(true))
    stream.once('error', () => resolve(false))
    stream.once('close', () => resolve(false))
    file.once('error', () => {
      stream.destroy()
      resolve(false)
    })
  })
  if (file.destroyed) return false
  file.end()
  const closed = await once(file, 'close').then(
    () => true,
    () => false,
  )
  return isWhole && closed
}
