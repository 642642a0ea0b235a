/** Running a command inside a run: in its namespaces, with its environment, directory and user. */
import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { constants } from 'node:os'
import { type Clock, fail, ok, type Result } from '../../base/index.ts'
import type { ExecHandle, ExecOutput, ExecSpec } from '../runtime/index.ts'
import { boundingSet } from './identity.ts'
import { resizer, TERMINAL } from './input.ts'
import { childrenOf, environOf } from './proc.ts'
import { initPidOf, mainPidOf, type RunProcess, TERMINAL_FLAGS } from './process-tree.ts'
import { shellQuote } from './shell-quote.ts'
import type { HostTools } from './tools.ts'

export type ExecParts = {
  readonly spec: ExecSpec
  readonly output: ExecOutput
  readonly tools: HostTools
  readonly clock: Clock
}

export function execInRun(run: RunProcess, { spec, output, tools, clock }: ExecParts): Result<ExecHandle, string> {
  const main = mainPidOf(run)
  const environ = main === undefined ? undefined : environOf(main)
  if (main === undefined || environ === undefined) return fail('the container is not running')
  const way = wayInto(run, main, tools)
  if (!way.ok) return way
  const { enter, inside } = way.value
  const { script } = tools
  if (spec.tty && script === undefined) {
    return fail('a terminal needs the program script in PATH (package util-linux or bsdutils)')
  }
  const own: Record<string, string> = { ...(spec.tty ? TERMINAL : {}), ...parseEnviron(environ) }
  const { SHELL, ...env } = own
  const inTerminal = (words: readonly string[]) => [
    script ?? '',
    TERMINAL_FLAGS,
    commandText(words, SHELL),
    '/dev/null',
  ]
  // A session begins where its processes are numbered: a shell hands the terminal to a group that it has a number for.
  const words = [...inside, ...spec.command]
  const [program = '', ...args] = [...enter, ...(spec.tty ? inTerminal(words) : words)]
  const child = spawn(program, args, {
    env: spec.tty ? env : own,
    cwd: '/',
    detached: true,
    stdio: [spec.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const { stdin, stdout, stderr } = child
  stdout?.on('data', (bytes: Buffer) => void (output.stdout(bytes) || stdout.pause()))
  stderr?.on('data', (bytes: Buffer) => void (output.stderr(bytes) || stderr.pause()))
  // A program that closes its input early does no wrong.
  stdin?.on('error', () => undefined)
  child.once('error', (error) => output.end({ kind: 'Failed', message: error.message }))
  child.once('close', (code, signal) => {
    if (child.pid !== undefined)
      output.end({ kind: 'Exited', exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) })
  })
  return ok({
    write: (bytes, taken) => (stdin === null ? taken() : void stdin.write(bytes, taken)),
    endStdin: () => void stdin?.end(),
    resize: spec.tty ? resizer(clock, () => (enter.length > 0 ? childOf(child.pid) : child.pid)) : () => undefined,
    resume: () => {
      stdout?.resume()
      stderr?.resume()
    },
    close: () => {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) killGroup(child.pid)
    },
  })
}

const childOf = (pid: number | undefined): number | undefined => (pid === undefined ? undefined : childrenOf(pid)[0])

/** What `script` has its shell do; which shell that is, is not for the environment of the container to say. */
const commandText = (words: readonly string[], shell: string | undefined): string =>
  `${shell === undefined ? '' : `export SHELL=${shellQuote(shell)}; `}exec ${words.map(shellQuote).join(' ')}`

/** How a command gets to where the main process is. */
type Way = {
  /** The words that enter its namespaces to where there are programs of the host, such as the one that makes a terminal. */
  readonly enter: readonly string[]
  /** Those that do the rest, and make a program who that process is. */
  readonly inside: readonly string[]
}

function wayInto(run: RunProcess, main: number, tools: HostTools): Result<Way, string> {
  const inDirectory = [tools.shell, '-c', 'cd "$1" 2>/dev/null; shift; exec "$@"', 'sh', directoryOf(main)]
  const user = [...inDirectory, ...rightsOf(main, tools), ...tools.become]
  if (!run.namespaced) return ok({ enter: [], inside: user })
  const init = initPidOf(run)
  if (init === undefined) return fail('the container is not running')
  if (tools.nsenter === undefined) return fail('exec needs the program nsenter in PATH (package util-linux)')
  const spaces = tools.isRoot ? [] : ['--user', '--preserve-credentials']
  const enter = [tools.nsenter, '--target', String(init), ...spaces, '--pid', '--uts', `--mount=/proc/${main}/ns/mnt`]
  if (!hasOwnRoot(main)) return ok({ enter, inside: user })
  // In a root of its own there may be neither a shell nor any program of ours.
  const { groups, uid } = userWords(main, tools)
  const intoRoot = [...groups, ...enter, `--root=/proc/${main}/root`, `--wd=/proc/${main}/cwd`, ...uid, '--']
  return ok({ enter: [], inside: intoRoot })
}

/** Whether a process has entered another root than ours. False for one that has ended. */
export function hasOwnRoot(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/root`) !== '/'
  } catch {
    return false
  }
}

/**
 * The words that make a command who the main process is, and leave it no more rights.
 */
function rightsOf(main: number, { isRoot, setpriv }: HostTools): readonly string[] {
  if (setpriv === undefined) return []
  const { uid, gid, groups, bounds, noNewPrivileges } = whoIs(main)
  const isOther = isRoot && !(uid === '0' && gid === '0' && groups.length === 0)
  const words = [
    ...(isOther ? ['--reuid', uid, '--regid', gid, ...groupWords(groups)] : []),
    ...(isRoot && bounds !== whoIs('self').bounds ? [`--bounding-set=${boundingSet(bounds)}`] : []),
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
  ]
  return words.length === 0 ? [] : [setpriv, ...words]
}

/** The same in two parts, for a root that only root may enter: capabilities stay what that takes. */
function userWords(main: number, { isRoot, setpriv }: HostTools) {
  const { uid, gid, groups, noNewPrivileges } = whoIs(main)
  const words = [
    ...(isRoot ? ['--regid', gid, ...groupWords(groups)] : []),
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
  ]
  return {
    groups: setpriv === undefined || words.length === 0 ? [] : [setpriv, ...words],
    uid: isRoot && uid !== '0' ? [`--setuid=${uid}`] : [],
  }
}

const groupWords = (groups: readonly string[]): readonly string[] =>
  groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]

function whoIs(pid: number | 'self') {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? []
  const [uid = '0'] = field('Uid')
  const [gid = '0'] = field('Gid')
  return {
    uid,
    gid,
    groups: field('Groups').filter((group) => group !== ''),
    bounds: field('CapBnd')[0] ?? '',
    noNewPrivileges: field('NoNewPrivs')[0] === '1',
  }
}

function directoryOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return '/'
  }
}

const parseEnviron = (environ: string): Record<string, string> =>
  Object.fromEntries(
    Buffer.from(environ, 'latin1')
      .toString('utf8')
      .split('\0')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )

/** It may have ended in this very moment. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
