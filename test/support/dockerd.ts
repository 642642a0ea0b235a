/**
 * A Docker Engine of a test's own, which shares nothing with one that the machine may have: its files, its socket, its
 * containers and its networks lie in a temporary directory, and it leaves the host's firewall alone.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'

export type Dockerd = {
  readonly socketPath: string
  /** The value of DOCKER_HOST. */
  readonly host: string
  /** An image of this machine's busybox, never pulled. */
  readonly image: string
  /** Runs the Docker client, and answers what it printed. */
  readonly docker: (...args: readonly string[]) => string
  /** Ends the engine and starts another one on the same files. */
  readonly restart: () => Promise<void>
  /** Stops the engine from answering, as one that hangs, until it is resumed. */
  readonly freeze: () => void
  readonly resume: () => void
  /** Ends it with all its containers, and removes its files. */
  readonly stop: () => Promise<void>
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

/** Programs that need no libraries say so when they are asked for them. */
const staticBusybox = (): string | undefined =>
  BUSYBOX.find((path) => existsSync(path) && spawnSync('ldd', [path]).status !== 0)

export async function startDockerd(): Promise<Dockerd> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-dockerd-`)
  const socketPath = `${dir}/docker.sock`
  const host = `unix://${socketPath}`
  const docker = (...args: readonly string[]): string =>
    execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  let engine = await launch(dir, host)
  await makeImage(dir, host)
  return {
    socketPath,
    host,
    image: IMAGE,
    docker,
    restart: async () => {
      await end(engine)
      engine = await launch(dir, host)
    },
    freeze: () => process.kill(engine.pid, 'SIGSTOP'),
    resume: () => process.kill(engine.pid, 'SIGCONT'),
    stop: async () => {
      const left = docker('ps', '-aq').split('\n').filter(Boolean)
      if (left.length > 0) docker('rm', '-f', ...left)
      const networks = docker('network', 'ls', '-q', '--filter', 'type=custom').split('\n').filter(Boolean)
      if (networks.length > 0) docker('network', 'rm', ...networks)
      await end(engine)
      spawnSync('sh', ['-c', `grep -o '${dir}[^ ]*' /proc/self/mounts | sort -r | xargs -r umount -l`])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

type Running = { readonly pid: number; readonly ended: Promise<void> }

async function launch(dir: string, host: string): Promise<Running> {
  const log = openSync(`${dir}/dockerd.log`, 'a')
  const flags = [
    ...['--data-root', `${dir}/data`, '--exec-root', `${dir}/exec`, '--pidfile', `${dir}/docker.pid`, '-H', host],
    // Works on any file system, and the image is small.
    ...['--storage-driver', 'vfs'],
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--log-level', 'warn'],
  ]
  const child = spawn('dockerd', flags, { stdio: ['ignore', log, log] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const state = { over: false }
  void ended.then(() => {
    state.over = true
  })
  while (spawnSync('docker', ['-H', host, 'version']).status !== 0) {
    if (state.over)
      throw new Error(`dockerd does not run here: ${readFileSync(`${dir}/dockerd.log`, 'utf8').slice(-2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { pid: child.pid ?? 0, ended }
}

async function end({ pid, ended }: Running): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await ended
}

/** A file system of busybox and its names. */
async function makeImage(dir: string, host: string): Promise<void> {
  const root = `${dir}/root`
  for (const each of ['bin', 'tmp', 'etc', 'root']) mkdirSync(`${root}/${each}`, { recursive: true })
  const busybox = staticBusybox() ?? ''
  await copyFile(busybox, `${root}/bin/busybox`)
  const names = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n')
  for (const name of names) if (name !== '' && name !== 'busybox') symlinkSync('busybox', `${root}/bin/${name}`)
  execFileSync('sh', ['-c', `tar -C '${root}' -c . | docker -H '${host}' import - ${IMAGE}`])
}
