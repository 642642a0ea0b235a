/** The spawner process: started once, told line by line what to run. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Log } from '../../base/index.ts'
import { type ReadOnlyTools, spawnerScript } from './spawner-script.ts'
import type { HostTools } from './tools.ts'

/** See spawner-script.ts. */
export type Mode = 'n' | 'N' | 'p'

export type Spawner = {
  /** 0 when it could not be started. */
  readonly pid: number
  /**
   * Asks for a run. The line lies in the pipe until the spawner reads it, also when this process ends.
   *
   * @param hostname that the machine shall have in its namespace; empty for that of the host
   */
  readonly request: (mode: Mode, id: string, hostname: string) => void
  /** Lets the spawner collect supervisors that ended. */
  readonly reap: () => void
  /** Ends the spawner once it has read what it was told. What it started runs on. */
  readonly close: () => Promise<void>
  /** Fulfilled when it ended without being closed: what was asked for and not claimed may never start. */
  readonly lost: Promise<void>
}

export type SpawnerOptions = {
  /** A word by which it says that it is ready. */
  readonly name: string
  /** The runs' directories, on disk and in memory. */
  readonly root: string
  readonly scratch: string
  readonly tools: HostTools
  readonly log: Log
  /** Sets up the mount namespace, when there is one. */
  readonly template?: string | undefined
  readonly readOnly?: ReadOnlyTools | undefined
}

export function startSpawner({ name, root, scratch, tools, log, template, readOnly }: SpawnerOptions): Spawner {
  const output = openSync(`${root}/spawner.log`, 'a', 0o600)
  const script = spawnerScript({ shell: tools.shell, newNamespaces: tools.newNamespaces, template, readOnly })
  const [program = tools.shell, ...args] = [
    ...(tools.enter ?? []),
    tools.shell,
    '-c',
    script,
    'sh',
    root,
    scratch,
    name,
  ]
  const child = spawn(program, args, {
    stdio: ['pipe', output, output],
    // A session of its own: a Ctrl-C at the daemon's terminal reaches no pod.
    detached: true,
    env: {},
    cwd: '/',
  })
  closeSync(output)
  const state = { closing: false }
  const lost = Promise.withResolvers<void>()
  const ended = endOf(child).then((how) => {
    if (state.closing) return
    log.error('the spawner ended by itself; starting another', { how })
    lost.resolve()
  })
  // Broken pipe: the end of the process, just above, says the same and is acted on.
  child.stdin?.on('error', (error) => log.debug('writing to the spawner failed', { error: error.message }))
  const write = (line: string) => child.stdin?.write(line)
  return {
    pid: child.pid ?? 0,
    request: (mode, id, hostname) => write(`${mode} ${id} ${hostname}\n`),
    reap: () => write('\n'),
    close: () => {
      state.closing = true
      child.stdin?.end()
      return ended
    },
    lost: lost.promise,
  }
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
