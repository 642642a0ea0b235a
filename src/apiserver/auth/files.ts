/** Small private files: read whole, written whole or not at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** The text of a file; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a file that only its owner may read; a reader sees the old text or the new one, never a part, and after a power
 * cut too unless it need not be durable.
 */
export function writePrivate(path: string, text: string, { isDurable } = { isDurable: true }): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeSync(file, text)
    if (isDurable) fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}
