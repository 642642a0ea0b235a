/**
 * When what was written to a log. Programs write straight to the file, so nobody stamps their lines; instead the agent
 * notes now and then how long a log had become at what time. A line's time is that of the first note behind it: right to
 * about a second while the agent runs, and the time of the next look for what was written while it did not.
 *
 * A note is a line `<bytes> <milliseconds since 1970>` in the file beside the log that ends in `.times`. Nothing is noted
 * while a log does not grow, nor in the first second of a run, whose start and end say enough.
 */
import { appendFileSync, type FSWatcher, readFileSync, renameSync, statSync, watch, writeFileSync } from 'node:fs'
import {
  after,
  type Clock,
  type Instant,
  instant,
  type Log,
  type Millis,
  millis,
  type Timers,
} from '../../base/index.ts'

import type { LogSpace } from './log-space.ts'

export type Note = { readonly size: number; readonly at: Instant }

/** A time as it is told of a line, to the nanosecond: `nanos` are those of the millisecond. */
export type Stamp = { readonly at: Instant; readonly nanos: number }

const NANOS = 1_000_000
/** Notes are a second apart. */
const MOST_NANOS = 1000 * NANOS - 1

/**
 * The time of a byte: `notes` in order, `last`, which is the end of the run or this moment, after the last of them. Ends
 * are told in whole seconds, which may seem to be before that note; times of lines never go back. A nanosecond for each byte
 * that has the same time sets lines apart, alike for all who read them: clients tell lines from each other by their times.
 */
export function stampOfByte(notes: readonly Note[], offset: number, last: Instant): Stamp {
  let low = 0
  let high = notes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((notes[middle]?.size ?? 0) > offset) high = middle
    else low = middle + 1
  }
  const at = notes[low]?.at ?? instant(Math.max(last, notes.at(-1)?.at ?? last))
  while (notes[low - 1]?.at === at) low -= 1
  const nanos = Math.min(offset - (notes[low - 1]?.size ?? 0), MOST_NANOS)
  return { at: instant(at + Math.floor(nanos / NANOS)), nanos: nanos % NANOS }
}

/** `stamp`, or the nanosecond after `before` where it is no later than that. */
export function stampAfter(before: Stamp, stamp: Stamp): Stamp {
  if (stamp.at > before.at || (stamp.at === before.at && stamp.nanos > before.nanos)) return stamp
  const nanos = before.nanos + 1
  return nanos < NANOS ? { at: before.at, nanos } : { at: instant(before.at + 1), nanos: 0 }
}

/** RFC 3339 with nine decimals. */
export const formatStamp = ({ at, nanos }: Stamp): string =>
  `${new Date(at).toISOString().slice(0, -1)}${String(nanos).padStart(6, '0')}Z`

/** How much of a log was certainly written before an instant. */
export function sizeBefore(notes: readonly Note[], at: Instant): number {
  let size = 0
  for (const note of notes) {
    if (note.at >= at) break
    size = note.size
  }
  return size
}

/** The notes beside a log; none for a log that has none. A torn last line is left out. */
export function readNotes(logPath: string): readonly Note[] {
  const lines = textOf(timesPath(logPath)).split('\n').slice(0, -1)
  return lines.map((line) => {
    const [size, at] = line.split(' ')
    return { size: Number(size), at: instant(Number(at)) }
  })
}

export const timesPath = (logPath: string): string => `${logPath.replace(/\.log$/, '')}.times`

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Notes are at least this far apart. */
const APART = millis(1000)

export type TimeKeeper = {
  /** Begins to note for a run that is up. */
  readonly track: (logPath: string) => void
  /** The run has ended, or its log is to be removed. */
  readonly forget: (logPath: string) => void
  readonly stop: () => void
}

export type TimeKeeperOptions = {
  readonly clock: Clock
  readonly timers: Timers
  readonly space: LogSpace
  readonly log: Log
  /** How long lines are kept while their run goes on. */
  readonly maxAge: Millis
}

type Tracked = {
  trimming: boolean
  agedAt: Instant
  size: number
  watcher?: FSWatcher | undefined
  cancel?: (() => void) | undefined
}

export function createTimeKeeper(options: TimeKeeperOptions): TimeKeeper {
  const tracked = new Map<string, Tracked>()
  const forget = (logPath: string) => {
    const log = tracked.get(logPath)
    log?.watcher?.close()
    log?.cancel?.()
    tracked.delete(logPath)
    const size = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0
    if (log !== undefined && size > 0) void trim(options, logPath, { ...log, size })
  }
  return {
    track: (logPath) => {
      if (tracked.has(logPath)) return
      const log: Tracked = { size: 0, trimming: false, agedAt: options.clock.now() }
      tracked.set(logPath, log)
      pause(options, logPath, log)
    },
    forget,
    stop: () => {
      for (const logPath of [...tracked.keys()]) forget(logPath)
    },
  }
}

function pause(options: TimeKeeperOptions, logPath: string, log: Tracked): void {
  log.cancel = options.timers.after(APART, () => note(options, logPath, log))
}

/** Writes a note if the log has grown; if not, waits until it does. */
function note(options: TimeKeeperOptions, logPath: string, log: Tracked): void {
  log.watcher?.close()
  log.watcher = undefined
  const size = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0
  if (size > log.size) {
    log.size = size
    writing(options, logPath, () =>
      appendFileSync(timesPath(logPath), `${size} ${Math.round(options.clock.now())}\n`, { mode: 0o600 }),
    )
    pause(options, logPath, log)
    void trim(options, logPath, log)
    return
  }
  if (!statSync(logPath, { throwIfNoEntry: false })) return
  log.watcher = watch(logPath, { persistent: false }, () => note(options, logPath, log))
  // What was written between the look and the watch would be seen by neither.
  if ((statSync(logPath, { throwIfNoEntry: false })?.size ?? 0) > size) note(options, logPath, log)
}

/** How often old lines are looked for; for the size a look is one comparison. */
const AGE_LOOK = 3_600_000

/** Frees what is too much or too old, and forgets the notes about it. */
async function trim(options: TimeKeeperOptions, logPath: string, log: Tracked): Promise<void> {
  const { clock, space, maxAge } = options
  if (log.trimming) return
  log.trimming = true
  const now = clock.now()
  const looks = now - log.agedAt >= AGE_LOOK
  if (looks) log.agedAt = now
  const oldest = looks ? sizeBefore(readNotes(logPath), after(now, millis(-maxAge))) : 0
  const freed = await space.trim(logPath, log.size, oldest)
  if (freed !== undefined) writing(options, logPath, () => keepNotes(logPath, freed))
  log.trimming = false
}

/** Where notes cannot be written, as on a full disk, times are told less precisely, and all else goes on. */
function writing({ log }: TimeKeeperOptions, logPath: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    log.warn('the times of a log cannot be noted', { path: logPath, because: String(error) })
  }
}

/** The notes about bytes from `freed` on. */
function keepNotes(logPath: string, freed: number): void {
  const kept = readNotes(logPath).filter(({ size }) => size > freed)
  const path = timesPath(logPath)
  writeFileSync(`${path}.new`, kept.map(({ size, at }) => `${size} ${at}\n`).join(''), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
