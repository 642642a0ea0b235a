/** Places in a log file: where the last lines begin, and where the line around a byte begins. */
import type { FileHandle } from 'node:fs/promises'

const BLOCK = 64 * 1024
const NEWLINE = 10

export type Range = { readonly from: number; readonly to: number }

/**
 * Where the last `lines` lines of a range begin. A last line without its newline counts as one.
 *
 * @returns the range's own beginning when it holds no more lines than that, and its end for 0 lines
 */
export async function tailOffset(file: FileHandle, { from, to }: Range, lines: number): Promise<number> {
  if (lines === 0 || from >= to) return to
  const block = Buffer.allocUnsafe(BLOCK)
  let left = lines
  let isEnd = true
  for (let end = to; end > from; ) {
    const start = Math.max(from, end - BLOCK)
    const count = await readFully(file, block, { from: start, to: end })
    for (let index = count - 1; index >= 0; index -= 1) {
      if (block[index] !== NEWLINE) {
        isEnd = false
        continue
      }
      // The newline at the very end closes the last line instead of opening an empty one.
      if (!isEnd) left -= 1
      isEnd = false
      if (left === 0) return start + index + 1
    }
    end = start
  }
  return from
}

/** Where the line that holds the byte at `offset` begins. */
export async function lineStart(file: FileHandle, offset: number): Promise<number> {
  const block = Buffer.allocUnsafe(BLOCK)
  for (let end = offset; end > 0; ) {
    const start = Math.max(0, end - BLOCK)
    const count = await readFully(file, block, { from: start, to: end })
    const index = block.subarray(0, count).lastIndexOf(NEWLINE)
    if (index !== -1) return start + index + 1
    end = start
  }
  return 0
}

async function readFully(file: FileHandle, block: Buffer, { from, to }: Range): Promise<number> {
  let count = 0
  while (count < to - from) {
    const { bytesRead } = await file.read(block, count, to - from - count, from + count)
    if (bytesRead === 0) return count
    count += bytesRead
  }
  return count
}
