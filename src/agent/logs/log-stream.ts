/** One log from one place on, as chunks; goes on with the file as it grows until the run has ended. */
import { watch } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { LogSpace } from './log-space.ts'
import { formatStamp, type Stamp, stampAfter } from './log-times.ts'

export type LogStreamOptions = {
  readonly file: FileHandle
  readonly path: string
  readonly from: number
  readonly space: LogSpace
  /** Set to follow: `hasEnded` tells whether the run has, `onEnd` calls back when it does. */
  readonly follow?: RunEnd | undefined
  readonly limitBytes?: number | undefined
  /** Set to put its time before each line. */
  readonly stampOf?: ((offset: number) => Stamp) | undefined
}
export type RunEnd = { readonly hasEnded: () => boolean; readonly onEnd: (callback: () => void) => () => void }

const CHUNK = 64 * 1024

export function streamLog(options: LogStreamOptions): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => {
      const bell = createBell()
      const chunks = limited(stamped(readOn(options, bell), options), options.limitBytes)
      return {
        next: () => chunks.next(),
        // A reader that leaves must not wait for the next line to be noticed.
        return: () => {
          bell.close()
          return chunks.return(undefined)
        },
      }
    },
  }
}

/** Wakes the reader: rings are not lost between two waits. */
type Bell = { readonly ring: () => void; readonly close: () => void; readonly wait: () => Promise<boolean> }

function createBell(): Bell {
  const state: { rung: boolean; closed: boolean; wake?: ((on: boolean) => void) | undefined } = {
    rung: false,
    closed: false,
  }
  const settle = () => {
    const { wake } = state
    if (wake === undefined) return
    state.wake = undefined
    state.rung = false
    wake(!state.closed)
  }
  return {
    ring: () => {
      state.rung = true
      settle()
    },
    close: () => {
      state.closed = true
      settle()
    },
    wait: () =>
      new Promise((resolve) => {
        state.wake = resolve
        if (state.rung || state.closed) settle()
      }),
  }
}

type Piece = { readonly bytes: Buffer; readonly offset: number }

async function* readOn({ file, path, from, space, follow }: LogStreamOptions, bell: Bell): AsyncGenerator<Piece> {
  const watcher = follow === undefined ? undefined : watch(path, { persistent: false }, bell.ring)
  const silence = follow?.onEnd(bell.ring)
  const reader = space.read(path, from)
  let offset = from
  try {
    for (;;) {
      // Asked before reading: what the run wrote last is there when it has ended.
      const isLast = follow?.hasEnded() ?? true
      for (;;) {
        const block = Buffer.allocUnsafe(CHUNK)
        const { bytesRead } = await file.read(block, 0, CHUNK, offset)
        if (bytesRead === 0) break
        // What was freed while it was being read may be zeros. The next read begins where the kept part does.
        if (space.freed(path) > offset) {
          offset = space.freed(path)
          continue
        }
        yield { bytes: block.subarray(0, bytesRead), offset }
        offset += bytesRead
        reader.at(offset)
      }
      if (isLast || !(await bell.wait())) return
    }
  } finally {
    watcher?.close()
    silence?.()
    reader.close()
    await file.close()
  }
}

/** Puts its time before each line, later than that of the line before, also when its beginning and end come in different pieces. */
async function* stamped(pieces: AsyncGenerator<Piece>, { stampOf }: LogStreamOptions): AsyncGenerator<Buffer> {
  let atLineStart = true
  let latest: Stamp | undefined
  for await (const { bytes, offset } of pieces) {
    if (stampOf === undefined) {
      yield bytes
      continue
    }
    const parts: Buffer[] = []
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(10, start)
      const end = newline === -1 ? bytes.length : newline + 1
      if (atLineStart) {
        const stamp = stampOf(offset + start)
        latest = latest === undefined ? stamp : stampAfter(latest, stamp)
        parts.push(Buffer.from(`${formatStamp(latest)} `))
      }
      parts.push(bytes.subarray(start, end))
      atLineStart = newline !== -1
      start = end
    }
    yield Buffer.concat(parts)
  }
}

async function* limited(chunks: AsyncGenerator<Buffer>, limit: number | undefined): AsyncGenerator<Uint8Array> {
  let left = limit ?? Infinity
  for await (const chunk of chunks) {
    yield chunk.length > left ? chunk.subarray(0, left) : chunk
    left -= chunk.length
    if (left <= 0) return
  }
}
