/** The program that starts runs in namespaces, see enter.c, laid where it can be executed. */
import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { PROGRAMS } from './programs.gen.ts'

const NAME = 'enter-'

/**
 * Writes the program of this machine's processor into a directory, unless it lies there already, and removes earlier ones:
 * who runs one keeps it.
 *
 * @returns its path; undefined for a processor that there is no program for
 */
export function placeProgram(directory: string): string | undefined {
  const program = process.platform === 'linux' ? bytesFor(process.arch) : undefined
  if (program === undefined) return undefined
  const name = `${NAME}${createHash('sha256').update(program).digest('hex').slice(0, 12)}`
  const path = `${directory}/${name}`
  for (const other of readdirSync(directory)) {
    if (other.startsWith(NAME) && other !== name) rmSync(`${directory}/${other}`, { force: true })
  }
  if (isThere(path, program)) return path
  writeFileSync(`${path}.new`, program, { mode: 0o700 })
  chmodSync(`${path}.new`, 0o700)
  renameSync(`${path}.new`, path)
  return path
}

function bytesFor(processor: string): Buffer | undefined {
  if (processor !== 'x64' && processor !== 'arm64') return undefined
  return Buffer.from(PROGRAMS[processor].base64.join(''), 'base64')
}

function isThere(path: string, program: Buffer): boolean {
  try {
    return readFileSync(path).equals(program)
  } catch {
    return false
  }
}
