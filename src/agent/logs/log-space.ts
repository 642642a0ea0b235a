/**
 * How much of a log is kept while its run goes on. The program has the file open and never learns of a rotation, so the
 * file stays one file: its oldest lines are given back to the disk in place, and offsets stay what they were.
 *
 * Where the kept part begins stands as a decimal in the file beside the log that ends in `.freed`. It is written before
 * anything is freed, so that nobody reads the zeros of a hole. Nothing is freed that a reader has still to read.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Log } from '../../base/index.ts'
import { punchHole } from './punch-hole.ts'

/** A reader that is further behind than so many times the limit is not waited for. */
const MOST_BEHIND = 8
/** Logs whose beginning is in memory; it is on the disk as well. */
const MOST_KNOWN = 10_000
const PAGE = 4096
const BLOCK = 64 * 1024

export type LogReader = { readonly at: (offset: number) => void; readonly close: () => void }

export type LogSpace = {
  /** Where the kept part of a log begins, in bytes; 0 for a log of which nothing was freed. */
  readonly freed: (logPath: string) => number
  /** A reader that tells how far it has come. */
  readonly read: (logPath: string, from: number) => LogReader
  /**
   * Frees what is more than the limit, and what lies before `oldest`. Answers where the kept part begins now, undefined
   * when nothing was freed.
   */
  readonly trim: (logPath: string, size: number, oldest?: number) => Promise<number | undefined>
}

export type LogSpaceOptions = {
  /** Bytes that are kept of one run; a sixteenth more may lie on the disk. */
  readonly maxBytes: number
  readonly log: Log
}

export function createLogSpace({ maxBytes, log }: LogSpaceOptions): LogSpace {
  const known = new Map<string, number>()
  const readers = new Map<string, Set<{ offset: number }>>()
  const freed = (logPath: string): number => {
    const found = known.get(logPath) ?? freedBytes(logPath)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(logPath, found)
    return found
  }
  const heldBy = (logPath: string, size: number): number => {
    let lowest = size
    for (const { offset } of readers.get(logPath) ?? []) {
      if (size - offset <= MOST_BEHIND * maxBytes) lowest = Math.min(lowest, offset)
    }
    return lowest
  }
  return {
    freed,
    read: (logPath, from) => {
      const reader = { offset: from }
      const others = readers.get(logPath) ?? new Set()
      readers.set(logPath, others.add(reader))
      return {
        at: (offset) => {
          reader.offset = offset
        },
        close: () => {
          others.delete(reader)
          if (others.size === 0 && readers.get(logPath) === others) readers.delete(logPath)
        },
      }
    },
    trim: async (logPath, size, oldest = 0) => {
      if (size <= maxBytes && oldest === 0) return undefined
      const from = freed(logPath)
      const surplus = size - from > maxBytes + maxBytes / 16 ? size - maxBytes : 0
      const wanted = Math.min(Math.max(surplus, oldest), heldBy(logPath, size))
      if (wanted - from < PAGE) return undefined
      try {
        const to = await lineAfter(logPath, wanted, size)
        writeFreed(logPath, to)
        known.set(logPath, to)
        await punchHole(logPath, from - (from % PAGE), to)
        return to
      } catch (error) {
        if (isGone(error)) return undefined
        log.warn('a log cannot be cut short', { path: logPath, because: String(error) })
        return undefined
      }
    },
  }
}

export const freedPath = (logPath: string): string => `${logPath.replace(/\.log$/, '')}.freed`

/** Where the kept part of a log begins, as the disk has it; 0 for a log of which nothing was freed. */
export function freedBytes(logPath: string): number {
  try {
    const bytes = Number(readFileSync(freedPath(logPath), 'utf8'))
    return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0
  } catch (error) {
    if (isGone(error)) return 0
    throw error
  }
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

function writeFreed(logPath: string, bytes: number): void {
  const path = freedPath(logPath)
  writeFileSync(`${path}.new`, String(bytes), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** The beginning of the first line behind an offset; the offset itself where lines are longer than anybody reads. */
async function lineAfter(logPath: string, offset: number, size: number): Promise<number> {
  const file = await open(logPath, 'r')
  try {
    return await searchLine(file, offset, size)
  } finally {
    await file.close()
  }
}

async function searchLine(file: FileHandle, offset: number, size: number): Promise<number> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(BLOCK), 0, BLOCK, offset - 1)
  const newline = buffer.subarray(0, bytesRead).indexOf(10)
  return newline === -1 ? offset : Math.min(offset + newline, size)
}
