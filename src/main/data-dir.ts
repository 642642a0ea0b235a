/**
 * The data directory: everything that a server keeps, private to its user.
 *
 *     jobd.db          the store            kubeconfig       how clients reach the server, mode 0600
 *     server.json      who serves now       pki/             certificates and keys
 *     pods/            logs, exit statuses, volumes    logs/    the logs of pods that are gone
 *     jobd.db.reserve  room for deletions on a full disk
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fail, isFileTrouble, ok, type Result, reasonOf } from '../base/index.ts'

/** `--data-dir`, then JOBD_DATA_DIR, then the place that XDG gives to programs. */
export function dataDirectory(given: string | undefined): string {
  const { JOBD_DATA_DIR, XDG_DATA_HOME } = process.env
  if (given) return resolve(given)
  if (JOBD_DATA_DIR) return resolve(JOBD_DATA_DIR)
  return join(XDG_DATA_HOME || join(homeDirectory(), '.local', 'share'), 'jobd')
}

/** `HOME`, else what the machine knows of the user; the root directory where it knows none, as containers have it. */
export function homeDirectory(): string {
  try {
    return homedir()
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return '/'
  }
}

/** Makes the directory, readable by its owner alone, and looks whether files can be written there. */
export function makeDataDirectory(directory: string): Result<undefined, string> {
  try {
    makeDirectories(directory)
  } catch (error) {
    return fail(`cannot make the data directory ${directory}: ${reasonOf(error)}; choose another with --data-dir`)
  }
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok(undefined)
  } catch (error) {
    return fail(`cannot use the data directory ${directory}: ${reasonOf(error)}; choose another with --data-dir`)
  }
}

/**
 * Why a server could keep nothing in the directory; undefined when it could. Found out by trying, since permissions do not
 * tell all: not even root makes a directory in /proc. What is made for it is removed again.
 */
export function dataDirectoryProblem(directory: string): string | undefined {
  const made: string[] = []
  try {
    makeDirectories(directory, { onMade: (path) => made.push(path) })
    made.push(mkdtempSync(join(directory, '.doctor-')))
    accessSync(directory, constants.R_OK | constants.X_OK)
    return undefined
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return error.code === 'ENOENT' ? 'nothing can be made in it' : reasonOf(error)
  } finally {
    for (const path of made.reverse()) removeEmpty(path)
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    // A server has begun to use it meanwhile, or has removed it.
    if (!isFileTrouble(error)) throw error
  }
}

type Directories = { readonly mode?: number; readonly onMade?: (path: string) => void }

/** One directory after the other: Node's own recursion never ends where a parent takes no directories, as in /proc. */
export function makeDirectories(directory: string, options: Directories = {}): void {
  const { mode = 0o700, onMade } = options
  const make = (): void => {
    mkdirSync(directory, { mode })
    onMade?.(directory)
  }
  try {
    make()
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    if (error.code === 'EEXIST' && statSync(directory).isDirectory()) return
    const above = dirname(directory)
    if (error.code !== 'ENOENT' || above === directory) throw error
    if (existsSync(above)) {
      throw Object.assign(new Error(`no directory can be made in ${above}`), { code: 'ENOTSUP', syscall: 'mkdir' })
    }
    makeDirectories(above, options)
    make()
  }
}

/** Who serves from a data directory. `started` tells a process from a later one with the same pid. */
export type Holder = {
  readonly pid: number
  readonly started: string
  readonly url: string
  readonly kubeconfig: string
}

const holderFile = (directory: string): string => join(directory, 'server.json')

/** The process that holds the directory, when it is alive; what a dead one left behind counts as nobody. */
export function readHolder(directory: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderFile(directory), 'utf8')) as Holder
    return processStart(holder.pid) === holder.started ? holder : undefined
  } catch {
    // No file, or a torn one: nobody serves.
    return undefined
  }
}

/** Where the service of the machine keeps its data, see `jobd service`. */
export const systemDataDirectory = '/var/lib/jobd'

/** What to tell somebody who asked for the server of a directory that nobody serves from; `usual`: what to do about it. */
export function nobodyServes(directory: string, usual = ": start one with 'jobd up'"): string {
  const kept = keptOut(directory)
  if (kept !== undefined) return `whether jobd serves from ${directory} cannot be seen: ${kept}; ask as its user`
  const others = directory !== systemDataDirectory && readHolder(systemDataDirectory) !== undefined
  const remedy = others
    ? `: that of this machine is reached with --data-dir ${systemDataDirectory}, or JOBD_DATA_DIR`
    : usual
  return `no jobd serves from ${directory}${remedy}`
}

/** Why what is in a directory that is there cannot be seen; undefined when it can. */
export function keptOut(directory: string): string | undefined {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK)
    return undefined
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return error.code === 'EACCES' ? reasonOf(error) : undefined
  }
}

export function writeHolder(directory: string, holder: Omit<Holder, 'pid' | 'started'>): void {
  const text = JSON.stringify({ pid: process.pid, started: processStart(process.pid) ?? '', ...holder })
  const file = holderFile(directory)
  writeFileSync(`${file}.new`, `${text}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export const removeHolder = (directory: string): void => rmSync(holderFile(directory), { force: true })

/** When a process started, in the kernel's own units; undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22; the second field, the name in brackets, may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    // No /proc: fall back to whether the process takes signals.
    return isAlive(pid) ? '' : undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
