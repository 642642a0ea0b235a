/** Reading and writing the files of a run. See run-name.ts for what they are. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type Instant, instant } from '../../base/index.ts'
import { bootId, isOpen, type ProcessIdentity, parseStat } from './proc.ts'

const thisBoot = bootId()

export type Claim =
  | { readonly kind: 'None' }
  /** Taken by a daemon: this run will never start. */
  | { readonly kind: 'Void' }
  /** Taken this moment; the supervisor has not yet written who it is. */
  | { readonly kind: 'Taken' }
  /** Taken by a supervisor that died before it wrote who it is, or that the disk forgot when the power went. */
  | { readonly kind: 'Lost' }
  | {
      readonly kind: 'Supervised'
      /** Absent for a supervisor of an earlier boot, whose process number means nothing any more. */
      readonly supervisor?: ProcessIdentity | undefined
      readonly namespaced: boolean
      /** The launch script got as far as the command. */
      readonly up: boolean
      readonly at: Instant
    }

export function readClaim(base: string): Claim {
  const file = `${base}.claim`
  const claim = parseClaim(base, readIfThere(file))
  if (claim.kind !== 'Taken' || isOpen(file)) return claim
  // Nobody has it open any more: what it says now it says for good.
  const last = parseClaim(base, readIfThere(file))
  return last.kind === 'Taken' ? { kind: 'Lost' } : last
}

function parseClaim(base: string, text: string | undefined): Claim {
  if (text === undefined) return { kind: 'None' }
  const [first = '', mode = '', up] = text.split('\n')
  if (first === 'void') return { kind: 'Void' }
  const supervisor = parseStat(first)
  if (supervisor === undefined || mode === '') return { kind: 'Taken' }
  const { pid, startTime } = supervisor
  return {
    kind: 'Supervised',
    supervisor: mode.slice(2) === thisBoot ? { pid, startTime } : undefined,
    namespaced: /^n/i.test(mode),
    up: up === 'up',
    at: modifiedAt(`${base}.claim`) ?? instant(0),
  }
}

/** When the launch script got as far as the command: the last write to the claim. */
export const startedAt = (base: string): Instant | undefined => modifiedAt(`${base}.claim`)

/**
 * Takes the claim of a run so that no supervisor can: it will never start.
 *
 * @returns false when a supervisor was faster
 */
export function claimVoid(base: string): boolean {
  try {
    mkdirSync(dirname(base), { recursive: true, mode: 0o700 })
    const file = openSync(`${base}.claim`, 'wx', 0o600)
    writeSync(file, 'void\n')
    closeSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export type ExitRecord = {
  readonly code: number
  /** Why the command could not be executed: `exec <code>`, `cwd`, …; `lost`: nobody saw it end. */
  readonly why: string
  readonly at: Instant
}

/** How a run ended; undefined while it has not, also when its supervisor is just about to write it. */
export function readExit(base: string): ExitRecord | undefined {
  const text = readIfThere(`${base}.exit`)
  // The room for the record was reserved with blanks, what is left of which follows it.
  const line = text?.slice(0, text.indexOf('\n')) ?? ''
  const code = Number.parseInt(line, 10)
  if (Number.isNaN(code)) return undefined
  return { code, why: line.slice(line.indexOf(' ') + 1), at: modifiedAt(`${base}.exit`) ?? instant(0) }
}

/** Writes the end of a run whose supervisor is gone without having done so. */
export function writeLostExit(base: string): ExitRecord {
  writeFileSync(`${base}.exit`, '137 lost\n', { mode: 0o600, flag: existsSync(`${base}.exit`) ? 'r+' : 'w' })
  const lost = readExit(base)
  if (lost === undefined) throw new Error(`the exit record just written cannot be read: ${base}`)
  return lost
}

/** Takes what the launching shell said out of a run's log, which no program of the run has written to, and returns it. */
export function takeLaunchMessage(logPath: string): string {
  const text = readIfThere(logPath) ?? ''
  if (text !== '') truncateSync(logPath)
  return text.trim()
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function modifiedAt(path: string): Instant | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? undefined : instant(stats.mtimeMs)
}
