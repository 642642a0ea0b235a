/**
 * The input of a run that keeps one open for those who attach: a named pipe in the directory of its pod, which needs
 * nothing of ours to live. A terminal is a pseudo terminal of `script`, which copies between it, that pipe and the log.
 *
 *     <run>.in      what clients write to
 *     <run>.once    what the program reads where its input ends with the first client: a copying process lies between
 *                   them, and removes the first when that client is gone
 *
 * A program whose input stays open holds its pipe for writing as well, and so never sees its end.
 */
import { execFile } from 'node:child_process'
import { constants, existsSync, openSync, readlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { type Clock, millis, pause } from '../../base/index.ts'
import type { ContainerConfig, ContainerInput, ExecHandle } from '../runtime/index.ts'
import { childrenOf } from './proc.ts'
import { COOKIE, type RunProcess, rootOfMain } from './process-tree.ts'
import { shellQuote } from './shell-quote.ts'
import { OWN_DEVICES } from './template.ts'
import type { HostTools } from './tools.ts'

/** What a launch script does about the input of its run. */
export type LaunchInput = {
  /** Run first: makes the pipes. */
  readonly make: string
  /** The redirection of the program. */
  readonly redirection: string
  /** Run beside the program; empty where nothing is needed. */
  readonly keep: string
}

type Wanted = Pick<ContainerConfig, 'stdin' | 'stdinOnce' | 'tty'>

const hasInput = ({ stdin, tty }: Wanted): boolean => stdin === true || tty === true

/** Why this host cannot give a container the input that it asks for; undefined when it can. */
export function inputRefusal(config: Wanted, { mkfifo, script, cat }: HostTools): string | undefined {
  if (!hasInput(config)) return undefined
  if (mkfifo === undefined || cat === undefined) return 'stdin needs mkfifo and cat in PATH (package coreutils)'
  if (config.tty !== true || script !== undefined) return undefined
  return 'tty needs the program script in PATH (package util-linux or bsdutils)'
}

/** @param path where the pipes are to be, without their endings */
export function launchInput(config: Wanted, path: string, id: string, tools: HostTools): LaunchInput | undefined {
  if (!hasInput(config)) return undefined
  const [clients, once] = [shellQuote(`${path}.in`), shellQuote(`${path}.once`)]
  // Programs of other users open their input again by its name in /proc; only its directory is private.
  const mkfifo = `${tools.mkfifo} -m 666`
  if (config.stdinOnce !== true) {
    return { make: `${mkfifo} ${clients}`, redirection: `<>${clients}`, keep: '' }
  }
  const copy = `${COOKIE}=${shellQuote(id)} ${tools.cat} >${once} <${clients}`
  return {
    make: `${mkfifo} ${clients} ${once}`,
    redirection: `<${once}`,
    keep: `{ ${copy}; ${tools.rm} -f ${clients}; } 2>/dev/null`,
  }
}

/** What a program is told of its terminal, unless its pod says otherwise. */
export const TERMINAL = { TERM: 'xterm' }

const SEND_AGAIN = millis(10)
/** A terminal that is not there by then will hardly be. */
const MOST_LOOKS = 500

export type InputOptions = {
  readonly clock: Clock
  /** Where the pipes are, without their endings. */
  readonly path: string
  readonly tree: RunProcess
  readonly hasEnded: () => boolean
}

/** The input of a run, for one client; undefined when it has none, or none any more. */
export async function openInput(options: InputOptions): Promise<ContainerInput | undefined> {
  const path = `${options.path}.in`
  for (;;) {
    if (options.hasEnded() || !existsSync(path)) return undefined
    const file = openWriting(path)
    if (file !== undefined) return inputOf(options, file)
    // The program, or who copies for it, opens its end this moment.
    await pause(options.clock, SEND_AGAIN)
  }
}

/** Undefined while nobody reads. */
function openWriting(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENXIO' || code === 'ENOENT') return undefined
    throw error
  }
}

function inputOf({ clock, tree }: InputOptions, file: number): ContainerInput {
  const socket = new Socket({ fd: file, readable: false, writable: true })
  // A program that closes its input early does no wrong.
  socket.on('error', () => undefined)
  return {
    write: (bytes, taken) => (socket.writable ? void socket.write(bytes, () => taken()) : taken()),
    endStdin: () => void socket.end(),
    resize: resizer(clock, () => rootOfMain(tree)),
    close: () => void socket.destroy(),
  }
}

/** Gives the terminal of a `script` that is there, or soon will be, another size: one after the other, the last one last. */
export function resizer(clock: Clock, find: () => number | undefined): ExecHandle['resize'] {
  type Size = { readonly width: number; readonly height: number }
  const state: { wanted?: Size | undefined; isBusy: boolean } = { isBusy: false }
  const next = (looks: number): void => {
    const terminal = terminalOf(find())
    const { wanted } = state
    state.isBusy = wanted !== undefined && (terminal !== undefined || looks < MOST_LOOKS)
    if (wanted === undefined || !state.isBusy) return
    if (terminal === undefined) {
      clock.wake(SEND_AGAIN, () => next(looks + 1))
      return
    }
    state.wanted = undefined
    const words = ['-F', terminal, 'cols', String(wanted.width), 'rows', String(wanted.height)]
    // A terminal that has gone this moment needs no size.
    execFile('stty', words, () => next(0))
  }
  return (size) => {
    state.wanted = size
    if (!state.isBusy) next(0)
  }
}

/** The terminal that the child of a `script` has. */
function terminalOf(script: number | undefined): string | undefined {
  const child = script === undefined ? undefined : childrenOf(script)[0]
  if (child === undefined) return undefined
  try {
    const target = readlinkSync(`/proc/${child}/fd/0`)
    // In namespaces of other users than root terminals have another path, and are the same.
    const path = target.startsWith(`${OWN_DEVICES}/`) ? `/dev${target.slice(OWN_DEVICES.length)}` : target
    return path.startsWith('/dev/pts/') ? path : undefined
  } catch {
    // It is gone, or not yet what it will be.
    return undefined
  }
}
