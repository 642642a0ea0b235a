/**
 * A Docker Engine of a test's own, which shares nothing with one that the machine may have: its files, its socket, its
 * containers and its networks lie in a temporary directory, and it leaves the host's firewall alone.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'

export type TestEngine = {
  readonly socketPath: string
  /** The value of DOCKER_HOST. */
  readonly host: string
  /** An image of this machine's busybox, never pulled. */
  readonly image: string
  /** Runs the engine's own command, and answers what it printed. */
  readonly cli: (...args: readonly string[]) => string
  /** Ends it with all its containers, and removes its files. */
  readonly stop: () => Promise<void>
}

export type Dockerd = TestEngine & {
  /** Ends the engine and starts another one on the same files, with more flags than before. */
  readonly restart: (...flags: readonly string[]) => Promise<void>
  /**
   * Networks that somebody has forgotten to take away. One that the engine refuses to remove although nobody is in it is
   * none: restarted in the wrong moment, it counts members that it does not have until it starts again.
   */
  readonly networksLeft: () => readonly string[]
  /** Stops the engine from answering, as one that hangs, until it is resumed. */
  readonly freeze: () => void
  readonly resume: () => void
}

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox']
const IMAGE = 'jobd-test/busybox:1'

/** Why this machine cannot run one; undefined when it looks as if it could. */
export function dockerdMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('dockerd', ['--version']).status !== 0) return 'needs dockerd in PATH (package docker.io)'
  if (spawnSync('docker', ['--version']).status !== 0) return 'needs docker in PATH (package docker.io)'
  if (staticBusybox() === undefined) return 'needs a static busybox (package busybox-static)'
  return undefined
}

/** Busybox without libraries; programs that need none say so when they are asked for them. */
export const staticBusybox = (): string | undefined =>
  BUSYBOX.find((path) => existsSync(path) && spawnSync('ldd', [path]).status !== 0)

export async function startDockerd(): Promise<Dockerd> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-dockerd-`)
  const socketPath = `${dir}/docker.sock`
  const host = `unix://${socketPath}`
  const cli = (...args: readonly string[]): string =>
    execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const networks = (): readonly string[] =>
    cli('network', 'ls', '-q', '--filter', 'type=custom').split('\n').filter(Boolean)
  const isRefused = (network: string): boolean =>
    cli('network', 'inspect', '-f', '{{len .Containers}}', network).trim() === '0' &&
    spawnSync('docker', ['-H', host, 'network', 'rm', network]).status !== 0
  let engine = await launch(dir, host)
  await makeRoot(`${dir}/root`)
  execFileSync('sh', ['-c', `tar -C '${dir}/root' -c . | docker -H '${host}' import - ${IMAGE}`])
  return {
    socketPath,
    host,
    image: IMAGE,
    cli,
    restart: async (...flags) => {
      await end(engine)
      engine = await launch(dir, host, ...flags)
    },
    networksLeft: () => networks().filter((network) => !isRefused(network)),
    freeze: () => process.kill(engine.pid, 'SIGSTOP'),
    resume: () => process.kill(engine.pid, 'SIGCONT'),
    stop: async () => {
      try {
        const left = cli('ps', '-aq').split('\n').filter(Boolean)
        if (left.length > 0) cli('rm', '-f', ...left)
        if (networks().some(isRefused)) {
          await end(engine)
          engine = await launch(dir, host)
        }
        if (networks().length > 0) cli('network', 'rm', ...networks())
      } finally {
        // An engine that runs on would keep the test from ending.
        await end(engine)
        removeMounted(dir)
      }
    },
  }
}

type Running = { readonly pid: number; readonly ended: Promise<void> }

async function launch(dir: string, host: string, ...more: readonly string[]): Promise<Running> {
  const flags = [
    ...more,
    ...['--data-root', `${dir}/data`, '--exec-root', `${dir}/exec`, '--pidfile', `${dir}/docker.pid`, '-H', host],
    // Works on any file system, and the image is small.
    ...['--storage-driver', 'vfs'],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false'],
  ]
  const child = spawn('dockerd', flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said: string[] = []
  const ready = new Promise<boolean>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('API listen on')) resolve(true)
      said.push(line)
      if (said.length > 20) said.shift()
    })
    void ended.then(() => resolve(false))
  })
  if (!(await ready)) throw new Error(`dockerd does not run here: ${said.join('\n')}`)
  return { pid: child.pid ?? 0, ended }
}

async function end({ pid, ended }: Running): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await ended
}

/** Makes a directory the file system of busybox and its names. */
export async function makeRoot(root: string): Promise<void> {
  for (const each of ['bin', 'tmp', 'etc', 'root']) mkdirSync(`${root}/${each}`, { recursive: true })
  const busybox = staticBusybox() ?? ''
  await copyFile(busybox, `${root}/bin/busybox`)
  const names = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')
  for (const name of names) if (name !== '' && name !== 'busybox') symlinkSync('busybox', `${root}/bin/${name}`)
}

/** Removes a directory in which an engine has left mounts. */
export function removeMounted(dir: string): void {
  spawnSync('sh', ['-c', `grep -o '${dir}[^ ]*' /proc/self/mounts | sort -r | xargs -r umount -l`])
  rmSync(dir, { recursive: true, force: true })
}
