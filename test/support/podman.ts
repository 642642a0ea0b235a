/**
 * A Podman of a test's own, which answers the Docker Engine's API and shares nothing with one that the machine may have:
 * its files, its socket, its containers and its networks lie in a temporary directory.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { makeRoot, removeMounted, staticBusybox, type TestEngine } from './dockerd.ts'
import { appears } from './files.ts'

const IMAGE = 'localhost/jobd-test/busybox:1'

/** Why this machine cannot run one; undefined when it looks as if it could. */
export function podmanMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('podman', ['--version']).status !== 0) return 'needs podman in PATH (package podman)'
  if (staticBusybox() === undefined) return 'needs a static busybox (package busybox-static)'
  return undefined
}

export async function startPodman(): Promise<TestEngine> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-podman-`)
  const socketPath = `${dir}/podman.sock`
  const host = `unix://${socketPath}`
  const env = { ...process.env, CONTAINERS_CONF: `${dir}/containers.conf` }
  writeFileSync(env.CONTAINERS_CONF, configuration(dir))
  const store = [
    '--root',
    `${dir}/root`,
    '--runroot',
    `${dir}/run`,
    '--tmpdir',
    `${dir}/tmp`,
    '--storage-driver',
    'vfs',
  ]
  const cli = (...args: readonly string[]): string =>
    execFileSync('podman', [...store, ...args], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
  await makeRoot(`${dir}/image`)
  execFileSync('sh', ['-c', `tar -C '${dir}/image' -c . | podman ${store.join(' ')} import -q - ${IMAGE}`], { env })
  const log = openSync(`${dir}/podman.log`, 'a')
  const service = spawn('podman', [...store, 'system', 'service', '--time=0', host], {
    env,
    stdio: ['ignore', log, log],
  })
  const ended = once(service, 'exit')
  const isUp = await Promise.race([appears(socketPath).then(() => true), ended.then(() => false)])
  if (!isUp) throw new Error(`podman does not run here: ${readFileSync(`${dir}/podman.log`, 'utf8').slice(-2000)}`)
  return {
    socketPath,
    host,
    image: IMAGE,
    cli,
    stop: async () => {
      cli('rm', '-a', '-f', '-t', '0')
      cli('network', 'prune', '-f')
      service.kill()
      await ended
      removeMounted(dir)
    },
  }
}

/** Limits that also a machine has whose root may not raise them; the version of Debian 12 takes one for the other. */
const configuration = (dir: string): string => `
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_config_dir = "${dir}/networks"
`
