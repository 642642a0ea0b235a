/** The real executable and the real kubectl, for tests from outside. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const root = new URL('../..', import.meta.url).pathname
export const jobd = join(root, 'bin/jobd')

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

/** Runs a program to its end. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly input?: string; readonly cwd?: string } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      { env: { ...process.env, ...options.env }, cwd: options.cwd ?? root, maxBuffer: 64 << 20 },
      (error, out, err) => resolve({ code: error === null ? 0 : (child.exitCode ?? null), out, err }),
    )
    // A program that ends without reading its input is no failure of ours; its exit code tells.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input ?? '')
  })
}

export type Server = {
  readonly url: string
  readonly kubeconfig: string
  readonly directory: string
  readonly pid: number
  /** What the server said on stderr so far. */
  readonly errors: () => string
  /** SIGTERM, and waits for the end; answers the exit code. */
  readonly stop: () => Promise<number | null>
  /** SIGKILL, as a crash. */
  readonly kill: () => Promise<void>
}

/** A directory under the system's temporary one, by its path without links, that is removed with `dispose`. */
export function temporaryDirectory(): { readonly path: string; readonly dispose: () => void } {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'jobd-test-'))
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) }
}

/** Starts `jobd up` on a free port and waits for its ready line. */
export const startServer = (directory: string, ...flags: readonly string[]): Promise<Server> =>
  startServerIn({}, directory, ...flags)

/** With more variables of environment than those of this process. */
export const startServerIn = (
  env: Readonly<Record<string, string>>,
  directory: string,
  ...flags: readonly string[]
): Promise<Server> => startServerAs({ env }, directory, ...flags)

/** As somebody else than this process, which takes root. */
export async function startServerAs(
  { env, ...user }: { readonly env: Readonly<Record<string, string>>; readonly uid?: number; readonly gid?: number },
  directory: string,
  ...flags: readonly string[]
): Promise<Server> {
  const child = spawn(jobd, ['up', '--data-dir', directory, '--listen', '127.0.0.1:0', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...user,
  })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  const ended = once(child, 'exit') as Promise<[number | null]>
  const line = await readyLine(child, ended, errors)
  const match = /^ready (\S+) kubeconfig=(.+)$/.exec(line)
  if (match === null) throw new Error(`not a ready line: ${line}`)
  const [, url = '', kubeconfig = ''] = match
  return {
    url,
    kubeconfig,
    directory,
    pid: child.pid ?? 0,
    errors: () => errors.join(''),
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      return code
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function readyLine(child: ChildProcess, ended: Promise<[number | null]>, errors: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.split('\n')[0] as string)
    })
    void ended.then(([code]) => reject(new Error(`jobd up ended with ${code} before it was ready: ${errors.join('')}`)))
  })
}

/** kubectl binaries by version: those beside the one on the PATH, or the one on the PATH alone. */
export function kubectls(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const onPath = (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'kubectl'))
    .find(existsSync)
  if (onPath === undefined) return found
  const folder = dirname(execFileSync('readlink', ['-f', onPath], { encoding: 'utf8' }).trim())
  for (const name of readdirSync(folder)) {
    const version = /^kubectl\.(1\.\d+)$/.exec(name)?.[1]
    if (version !== undefined) found.set(version, join(folder, name))
  }
  if (found.size === 0) found.set('on the PATH', onPath)
  return new Map([...found].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })))
}

/** The newest kubectl there is, or undefined with a reason to skip. */
export const anyKubectl = (): string | undefined => [...kubectls().values()].at(-1)

/** kubectl against a server, with caches of its own. */
export function kubectlOn(server: Server, file: string): (...args: readonly string[]) => Promise<Ended> {
  const env = {
    KUBECONFIG: server.kubeconfig,
    HOME: server.directory,
    KUBECACHEDIR: join(server.directory, 'kubectl-cache'),
  }
  return (...args) => runProgram(file, args, { env })
}

export function isThere(path: string): boolean {
  try {
    accessSync(path)
    return true
  } catch {
    return false
  }
}
