/** The one thing about files that Node cannot do itself. */
import { execFile } from 'node:child_process'

/**
 * Gives a range of a file back to the disk, in bytes; the file keeps its size and the range reads as zeros. Rejects where
 * the file system cannot do that, or the program `fallocate` is missing.
 *
 * @source util-linux fallocate(1)
 */
export function punchHole(path: string, from: number, to: number): Promise<void> {
  const range = ['--punch-hole', '--offset', String(from), '--length', String(to - from)]
  return new Promise((resolve, reject) => {
    execFile('fallocate', [...range, path], (error) => (error === null ? resolve() : reject(error)))
  })
}
