/** The real clock, randomness and terminal: the only place that knows them. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fstatSync, readFileSync } from 'node:fs'
import { clearTimeout, setTimeout } from 'node:timers'
import {
  type Clock,
  type Instant,
  isFileTrouble,
  type Millis,
  type Monotonic,
  type Random,
  reasonOf,
} from '../base/index.ts'
import type { Input, Terminal } from '../cli/index.ts'

/** The longest delay that Node's timers take. */
const longest = 2 ** 31 - 1

/** As they are before the program's tests put fake ones in their place: what serves must not stand still with them. */
const RealDate = Date
const monotonic = performance.now.bind(performance)

export const realClock: Clock = {
  now: () => RealDate.now() as Instant,
  monotonic: () => monotonic() as Monotonic,
  wake,
}

function wake(delay: Millis, callback: () => void): () => void {
  const due = monotonic() + delay
  let timer = setTimeout(check, Math.min(longest, Math.max(0, delay)))
  // A timer may fire a fraction early, and a delay may be longer than one timer: look again until it is due.
  function check(): void {
    const left = due - monotonic()
    if (left <= 0) callback()
    else timer = setTimeout(check, Math.min(longest, Math.ceil(left)))
  }
  return () => clearTimeout(timer)
}

export const realRandom: Random = { bits: () => Math.floor(Math.random() * 2 ** 32) }
/** Node adds it up from parts: see `joined`. */
export const newUid = (): string => randomUUID().split('-').join('-')

/** Time, chance and names, as a server is given them. */
export type Surroundings = {
  readonly clock: Clock
  readonly random: Random
  readonly newUid: () => string
  /** How long at most controllers sleep on a wall clock that somebody may set; a second when absent. */
  readonly longestSleep?: Millis | undefined
}
export const realSurroundings: Surroundings = { clock: realClock, random: realRandom, newUid }

/** Standard output and error of this process, by the conventions of NO_COLOR and of pipes. */
export function realTerminal(): Terminal {
  const interactive = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb'
  return {
    out: (text) => (process.stdout.write(text) ? undefined : drained()),
    err: (text) => void process.stderr.write(text),
    interactive,
    color: interactive && (process.env['NO_COLOR'] ?? '') === '',
    columns: process.stderr.columns ?? 80,
  }
}

let draining: Promise<void> | undefined

/** Fulfilled when standard output takes more, or never will: one wait for all who write. */
function drained(): Promise<void> {
  draining ??= once(process.stdout, 'drain')
    .catch(() => undefined)
    .then(() => {
      draining = undefined
    })
  return draining
}

let whenLost: 'GoOn' | 'End' | undefined
let isLost = false

/** Whether something could not be written that somebody wants, as on a full disk. */
export const isOutputLost = (): boolean => isLost

/**
 * What to do when whoever reads the output goes away, as `head` does: what serves or runs something goes on without
 * output, all else ends with the code that a shell shows for a program that a broken pipe has ended. What cannot be
 * written for another reason is told, once. A later call changes what the one before has said.
 */
export function onLostOutput(then: 'GoOn' | 'End'): void {
  const isFirst = whenLost === undefined
  whenLost = then
  if (!isFirst) return
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isUnread = error.code === 'EPIPE'
    if (isUnread && whenLost === 'End') process.exit(128 + 13)
    if (isUnread || isLost) return
    isLost = true
    process.stderr.write(`the output cannot be written: ${reasonOf(error)}\n`)
    if (whenLost === 'End') process.exit(1)
  })
}

/** Standard input as it comes. Only asked for opens it: it is of others, too, such as the loop of a shell. */
export const standardInput = (): Input => ({ chunks: process.stdin, close: () => void process.stdin.destroy() })

/**
 * Whether standard input seems to be meant for what is run: a pipe, or a file that nobody has begun to read. Nothing is
 * taken from it, so a pipe counts whatever comes.
 */
export function isInputLeft(): boolean {
  try {
    const stats = fstatSync(0)
    if (stats.isFIFO()) return true
    return stats.isFile() && stats.size > 0 && /^pos:\s*0$/m.test(readFileSync('/proc/self/fdinfo/0', 'utf8'))
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return false
  }
}

/** Node reads it as if it were empty. */
export const isInputDirectory = (): boolean => fstatSync(0).isDirectory()

export async function readStandardInput(): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks).toString('utf8')
}
