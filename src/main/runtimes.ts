/** The runtimes that a server can have, each opened when it is asked for. */
import { statSync } from 'node:fs'
import { BlockList, isIPv6 } from 'node:net'
import { join } from 'node:path'
import { type ImagePolicy, imagesOf } from '../agent/index.ts'
import { claimDirectory, createProcessRuntime, removeAbandoned, scratchDirectory } from '../agent/process/index.ts'
import type { Runtime } from '../agent/runtime/index.ts'
import { type Log, ok, type Result } from '../base/index.ts'
import { newUid, realClock } from './real.ts'
import { version } from './version.ts'

/** An address of this machine in the network of the pods, and who is in that network: `172.18.0.0/16`. */
export type Door = { readonly address: string; readonly subnet: string }

export type OpenRuntime = {
  readonly runtime: Runtime
  readonly door?: Door | undefined
  /** The daemon's environment, as far as pods may inherit of it. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>
}

export type RuntimeChoice = {
  readonly runtime: 'process' | 'docker' | 'none'
  readonly directory: string
  readonly log: Log
  readonly images: ImagePolicy
}

/** Undefined for `none`; fails with a sentence when the runtime cannot be had. */
export async function openRuntime(choice: RuntimeChoice): Promise<Result<OpenRuntime | undefined, string>> {
  switch (choice.runtime) {
    case 'none':
      return ok(undefined)
    case 'process':
      return ok(await openProcesses(choice))
    case 'docker':
      return openDocker(choice)
  }
}

async function openProcesses({ directory, log, images }: RuntimeChoice): Promise<OpenRuntime> {
  const runtime = await createProcessRuntime({
    dir: join(directory, 'pods'),
    version,
    clock: realClock,
    log,
    hostEnv: process.env,
    images: imagesOf(images, (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true),
  })
  return { runtime, hostEnv: process.env }
}

async function openDocker({ directory, log }: RuntimeChoice): Promise<Result<OpenRuntime, string>> {
  const { createDockerRuntime, socketPathOf } = await import('../agent/docker/index.ts')
  const socketPath = socketPathOf(process.env)
  if (!socketPath.ok) return socketPath
  const dir = join(directory, 'containers')
  const volatileDir = scratchDirectory(dir)
  const opened = await createDockerRuntime({
    dir,
    volatileDir,
    socketPath: socketPath.value,
    clock: realClock,
    log,
    newOwner: newUid,
  })
  if (!opened.ok) return opened
  claimDirectory(volatileDir, dir)
  void removeAbandoned(volatileDir, log)
  const { gateway, subnet } = opened.value.network
  const door = gateway === undefined || subnet === undefined ? undefined : { address: gateway, subnet }
  // An image brings its own environment.
  return ok({ runtime: opened.value, door, hostEnv: {} })
}

/** Lets in whoever is in the network of the pods. */
export function acceptsPods({ subnet }: Door): (address: string) => boolean {
  const [net = '', bits] = subnet.split('/')
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
  const pods = new BlockList()
  pods.addSubnet(net, Number(bits), family(net))
  return (address) => pods.check(address.replace(/^::ffff:/, ''), family(address.replace(/^::ffff:/, '')))
}
