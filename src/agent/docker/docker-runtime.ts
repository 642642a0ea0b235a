/** The Runtime whose containers a Docker Engine, or Podman, runs from images. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fail, millis, ok, pause, type Result } from '../../base/index.ts'
import { openMemoryVolumes, podsWithMemory } from '../memory/index.ts'
import type { Limiting, Runtime } from '../runtime/index.ts'
import { spreadDirectory } from '../spread-directory.ts'
import { dialInside } from './dial.ts'
import { releasePod, removePod, removeRun, signalRun } from './end-run.ts'
import { openEngine } from './engine.ts'
import { execInRun } from './exec.ts'
import { followEngine, takeStock } from './follow-engine.ts'
import { createGate } from './gate.ts'
import { imageService } from './images.ts'
import { openInput } from './input.ts'
import { type Network, openNetwork, removeNetwork } from './network.ts'
import { removePause } from './pause-image.ts'
import { holdNetwork, preparePod, releaseNetwork } from './sandbox.ts'
import { startRun } from './start-run.ts'
import { type DockerRuntimeOptions, fileOf, type State } from './state.ts'

export type DockerRuntime = Runtime & {
  /** The network of the pods: what listens on its gateway is reached by them. */
  readonly network: Network
}

/** As many containers are made at once: an engine that is asked for more only takes longer for each. */
const AT_ONCE = 8

/** How long closing waits for removals. */
const PARTING = millis(5000)
/** How long an engine that hangs is given to take back what pods no longer need. */
const LEAVING = millis(30_000)

type EngineInfo = {
  readonly ServerVersion?: string
  readonly MemoryLimit?: boolean
  readonly CpuCfsQuota?: boolean
  readonly PidsLimit?: boolean
}

function limitingOf({ CpuCfsQuota, MemoryLimit, PidsLimit }: EngineInfo): Limiting {
  const keeper = (isKept: boolean | undefined) => (isKept === true ? 'kernel' : 'nobody')
  return { cpu: keeper(CpuCfsQuota), memory: keeper(MemoryLimit), pids: keeper(PidsLimit) }
}

/** Opens the runtime on a directory, and takes over the containers that an earlier one started. Fails with a sentence. */
export async function createDockerRuntime(options: DockerRuntimeOptions): Promise<Result<DockerRuntime, string>> {
  mkdirSync(`${options.dir}/pods`, { recursive: true, mode: 0o700 })
  void spreadDirectory(`${options.dir}/pods`)
  mkdirSync(options.volatileDir, { recursive: true, mode: 0o700 })
  const owner = ownerOf(options)
  const engine = openEngine(options)
  const info = await engine.call<EngineInfo>({ method: 'GET', path: '/info' })
  const network = info.ok ? await openNetwork(engine, owner) : fail(info.error.message)
  if (!info.ok || !network.ok) {
    engine.close()
    return network.ok ? fail('') : network
  }
  const state: State = {
    options,
    engine,
    place: { owner, network: network.value.name },
    pods: new Map(),
    byId: new Map(),
    removed: new Map(),
    removals: new Set(),
    listeners: new Set(),
    gate: createGate(AT_ONCE),
    memory: await openMemoryVolumes({ dir: `${options.volatileDir}/memory`, isShared: false, log: options.log }),
    closed: false,
  }
  if (!(await takeStock(state))) {
    engine.close()
    return fail(`the container engine at ${options.socketPath} does not list its containers`)
  }
  await holdNetwork(state, network.value)
  return ok(runtimeOf(state, network.value, info.value))
}

function runtimeOf(state: State, network: Network, info: EngineInfo): DockerRuntime {
  const { options } = state
  const follower = followEngine(state)
  return {
    name: 'docker',
    version: info.ServerVersion ?? 'unknown',
    network,
    volatileDir: options.volatileDir,
    isOnHost: false,
    images: imageService(state.engine, options.clock),
    limiting: () => limitingOf(info),
    memoryVolume: async (volume) => state.memory?.open(volume),
    canMount: async () => true,
    preparePod: (pod) => preparePod(state, pod),
    addressOf: (podUid) => state.pods.get(podUid)?.address,
    start: (config) => startRun(state, config),
    signal: (key, signal) => signalRun(state, key, signal),
    exec: (key, spec, output) => execInRun(state, key, { spec, output }),
    openInput: (key) => openInput(state, key),
    dial: (podUid, port) => dialInside(state, podUid, port),
    podUids: async () => [
      ...new Set([...state.pods.keys(), ...directoriesOf(state), ...podsWithMemory(`${options.volatileDir}/memory`)]),
    ],
    observe: async (podUid) => [...(state.pods.get(podUid)?.runs.values() ?? [])].map(({ observed }) => observed),
    onChange: (callback) => {
      state.listeners.add(callback)
      return () => state.listeners.delete(callback)
    },
    remove: (podUid, beforeFiles) => tracked(state, removePod(state, podUid, beforeFiles)),
    release: (podUid) => tracked(state, releasePod(state, podUid)),
    removeRun: (key) => removeRun(state, key),
    logPath: (key) => fileOf(state, key, 'log'),
    messagePath: (key) => fileOf(state, key, 'message'),
    close: async () => {
      if (state.closed) return
      await removalsDone(state)
      state.closed = true
      follower.stop()
      state.cancelLimitLook?.()
      for (const run of state.byId.values()) run.log?.stop()
      if (state.byId.size === 0) await leaveEngine(state, network)
      state.engine.close()
    },
  }
}

function tracked({ removals }: State, removal: Promise<void>): Promise<void> {
  removals.add(removal)
  return removal.finally(() => removals.delete(removal))
}

/** What is being removed may go, if the engine is not away; the next daemon would have to do it. */
const removalsDone = ({ removals, options }: State): Promise<void> =>
  pause(options.clock, PARTING, Promise.all(removals))

/** Nothing of ours runs: what pods only needed while they ran goes as well. */
async function leaveEngine(state: State, network: Network): Promise<void> {
  const { engine, options } = state
  await state.memory?.close()
  rmSync(options.volatileDir, { recursive: true, force: true })
  const leaving = { isOver: false }
  const takeBack = async () => {
    await releaseNetwork(state)
    await removeNetwork(engine, network, options.clock)
    await removePause(engine)
    leaving.isOver = true
  }
  await pause(options.clock, LEAVING, takeBack())
  if (leaving.isOver) return
  options.log.warn('the container engine does not answer; the network of the pods stays until jobd ends again', {
    network: network.name,
  })
}

const directoriesOf = ({ options }: State): readonly string[] =>
  readdirSync(`${options.dir}/pods`).map((name) => decodeURIComponent(name))

/** By what this directory knows its own containers, however often it is opened. */
function ownerOf({ dir, newOwner }: DockerRuntimeOptions): string {
  const file = `${dir}/owner`
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const owner = newOwner()
    writeFileSync(file, owner, { mode: 0o600 })
    return owner
  }
}
