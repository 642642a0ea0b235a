/** What Linux tells of processes. Everything here is a look at one moment: a process may be gone right after. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { basename } from 'node:path'

/** A process, told apart from any other that later gets the same number by its start time. */
export type ProcessIdentity = { readonly pid: number; readonly startTime: string }

export type ProcessStat = ProcessIdentity & {
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
}

/** Reads the text of a /proc stat file. The command name may hold anything, also `)` and spaces. */
export function parseStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')')
  const pid = Number.parseInt(text, 10)
  const fields = text.slice(end + 2).split(' ')
  const [state, parent, group, session] = fields
  const startTime = fields[19]
  if (end === -1 || Number.isNaN(pid) || state === undefined || startTime === undefined) return undefined
  return { pid, startTime, state, parent: Number(parent), group: Number(group), session: Number(session) }
}

export function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseStat(text)
}

/** Whether this very process still runs; a zombie does not. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  const stat = statOf(pid)
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X'
}

/** Every process number there is. */
export const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)

/** A kernel option; without it everybody's parent has to be looked at. */
const hasChildrenFiles = existsSync('/proc/thread-self/children')

/** The children of a process, the eldest first. */
export function childrenOf(pid: number): readonly number[] {
  if (hasChildrenFiles) {
    const text = readProc(`/proc/${pid}/task/${pid}/children`) ?? ''
    return text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)
  }
  return allPids().filter((other) => statOf(other)?.parent === pid)
}

/** The environment a process was started with, as raw text with NULs; undefined when it is gone or another user's. */
export const environOf = (pid: number): string | undefined => readProc(`/proc/${pid}/environ`)

/** The words a process was started with, a NUL after each; undefined when it is gone. */
export const commandLineOf = (pid: number): string | undefined => readProc(`/proc/${pid}/cmdline`)

/** Whether any process that we may look into has this file open. Looks at everybody: for what happens rarely. */
export function isOpen(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false })
  return file !== undefined && allPids().some((pid) => openFiles(pid).some((open) => isSame(open, file)))

  function isSame(open: string, { dev, ino }: { readonly dev: number; readonly ino: number }): boolean {
    try {
      // By name first: to look at a file of another kind might wait for a disk far away.
      if (basename(readlinkSync(open)) !== basename(path)) return false
      const other = statSync(open)
      return other.dev === dev && other.ino === ino
    } catch {
      return false
    }
  }
}

function openFiles(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)
  } catch {
    return []
  }
}

/** Names the boot, so that process numbers of an earlier one are never believed. */
export const bootId = (): string => (readProc('/proc/sys/kernel/random/boot_id') ?? 'unknown').trim()

/** Absent and foreign processes are ordinary here: both read as undefined. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
