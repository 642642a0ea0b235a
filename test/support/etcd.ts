/** A real etcd of a test's own on loopback. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

export type EtcdServer = {
  /** `127.0.0.1:2379`. */
  readonly address: string
  readonly pid: number
  /** SIGKILL; `start` begins again with what its disk has. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Why this machine has none; undefined when it has. */
export const etcdMissing: string | undefined =
  spawnSync('etcd', ['--version']).status === 0 ? undefined : 'needs etcd in PATH (package etcd-server)'

/**
 * @param directory an existing one, for its data
 * @param flags besides addresses and directory; with certificates for clients, `scheme` is https
 */
export async function startEtcd(
  directory: string,
  { scheme = 'http', flags = [] }: { readonly scheme?: 'http' | 'https'; readonly flags?: readonly string[] } = {},
): Promise<EtcdServer> {
  const address = `127.0.0.1:${await freePort()}`
  const peer = `http://127.0.0.1:${await freePort()}`
  const args = [
    ...['--data-dir', `${directory}/etcd`, '--name', 'one', '--initial-cluster', `one=${peer}`],
    ...['--listen-client-urls', `${scheme}://${address}`, '--advertise-client-urls', `${scheme}://${address}`],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...flags,
  ]
  const run = async () => {
    const child = spawn('etcd', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = once(child, 'exit')
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line)
      if (/serving (insecure )?client (requests|traffic)/.test(line)) break
    }
    if (child.exitCode !== null) throw new Error(`etcd ended: ${said.slice(-5).join('\n')}`)
    child.stderr.resume()
    return { child, ended }
  }
  let running = await run()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.child.kill(signal)
    await running.ended
  }
  return {
    address,
    get pid() {
      return running.child.pid ?? 0
    },
    kill: () => end('SIGKILL'),
    async start() {
      running = await run()
    },
    stop: () => end('SIGTERM'),
  }
}
