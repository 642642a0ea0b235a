/**
 * A runtime that runs nothing: containers start, stay, and end when they are told to. For programs that test what
 * becomes of Jobs, on a clock of their own. Logs are real files, so that they can be read through the API.
 */
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, ok, type Result } from '../../base/index.ts'
import {
  type ContainerConfig,
  type ContainerKey,
  type ExecHandle,
  type ExecOutput,
  type Exit,
  HOST_ADDRESS,
  type Observed,
  type Runtime,
} from '../runtime/index.ts'

export type VirtualRun = { readonly config: ContainerConfig; readonly observed: Observed }

export type VirtualRuntime = Runtime & {
  /** The runs that are up, in the order of their starts. */
  readonly running: () => readonly VirtualRun[]
  /** Ends a run as if its program had; answers false when it is not up. */
  readonly end: (key: ContainerKey, exitCode: number, message?: string) => boolean
  /** Appends to the log of a run. */
  readonly write: (key: ContainerKey, text: string) => void
}

export type VirtualRuntimeOptions = {
  readonly clock: Clock
  /** A directory of its own for logs. */
  readonly dir: string
  readonly version: string
  /** Told of each run once it is up; may end it, at once or later. */
  readonly onStart: (config: ContainerConfig) => void
}

type State = VirtualRuntimeOptions & {
  readonly runs: Map<string, VirtualRun>
  readonly listeners: Set<(observed: Observed) => void>
}

const idOf = ({ podUid, container, attempt }: ContainerKey): string => `${podUid}/${container}/${attempt}`
const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 }

export function createVirtualRuntime(options: VirtualRuntimeOptions): VirtualRuntime {
  const state: State = { ...options, runs: new Map(), listeners: new Set() }
  const file = ({ podUid, container, attempt }: ContainerKey, ending: string): string =>
    join(options.dir, podUid, `${container}.${attempt}.${ending}`)
  const logPath = (key: ContainerKey): string => file(key, 'log')
  return {
    ...removalOf(state),
    name: 'virtual',
    version: options.version,
    volatileDir: join(options.dir, 'volatile'),
    isOnHost: true,
    limiting: () => ({ cpu: 'kernel', memory: 'kernel', pids: 'kernel' }),
    canMount: async () => true,
    logPath,
    messagePath: (key) => file(key, 'message'),
    preparePod: async () => ok(undefined),
    addressOf: () => HOST_ADDRESS,
    start: async (config) => ok(start(state, config, logPath(config.key))),
    signal: async (key, signal) => {
      const number = SIGNALS[signal] ?? SIGNALS['SIGTERM'] ?? 0
      end(state, key, { exitCode: 128 + number, signal: number })
    },
    openInput: async () => undefined,
    exec: async (_key, _spec, output) => execNothing(output),
    podUids: async () => [...new Set([...state.runs.values()].map(({ observed }) => observed.key.podUid))],
    observe: async (podUid) => ofPod(state, podUid).map(([, { observed }]) => observed),
    onChange(callback) {
      state.listeners.add(callback)
      return () => void state.listeners.delete(callback)
    },
    close: async () => state.listeners.clear(),
    running: () => [...state.runs.values()].filter(isUp),
    end: (key, exitCode, message) => end(state, key, { exitCode, message }),
    write: (key, text) => appendFileSync(logPath(key), text),
  }
}

function removalOf(state: State): Pick<Runtime, 'removeRun' | 'release' | 'remove'> {
  return {
    removeRun: async (key) => {
      const run = state.runs.get(idOf(key))
      if (run !== undefined && !isUp(run)) state.runs.delete(idOf(key))
    },
    release: async (podUid) => {
      for (const [id, run] of ofPod(state, podUid)) if (!isUp(run)) state.runs.delete(id)
    },
    remove: async (podUid, beforeFiles) => {
      for (const [, run] of ofPod(state, podUid)) end(state, run.observed.key, { exitCode: 137, signal: 9 })
      await beforeFiles?.()
      for (const [id] of ofPod(state, podUid)) state.runs.delete(id)
      rmSync(join(state.dir, podUid), { recursive: true, force: true })
    },
  }
}

const isUp = ({ observed }: VirtualRun): boolean => observed.state.kind === 'Running'
const ofPod = ({ runs }: State, podUid: string): readonly (readonly [string, VirtualRun])[] =>
  [...runs].filter(([, { observed }]) => observed.key.podUid === podUid)

function tell({ listeners }: State, observed: Observed): void {
  for (const listener of [...listeners]) listener(observed)
}

function start(state: State, config: ContainerConfig, logPath: string): Observed {
  const id = idOf(config.key)
  const before = state.runs.get(id)
  if (before !== undefined) return before.observed
  const observed: Observed = { key: config.key, id, state: { kind: 'Running', startedAt: state.clock.now() } }
  mkdirSync(join(state.dir, config.key.podUid), { recursive: true })
  if (!existsSync(logPath)) writeFileSync(logPath, '')
  state.runs.set(id, { config, observed })
  tell(state, observed)
  state.onStart(config)
  return state.runs.get(id)?.observed ?? observed
}

function end(state: State, key: ContainerKey, how: Pick<Exit, 'exitCode' | 'signal' | 'message'>): boolean {
  const run = state.runs.get(idOf(key))
  if (run === undefined || run.observed.state.kind !== 'Running') return false
  const exit: Exit = {
    ...how,
    reason: how.exitCode === 0 ? 'Completed' : 'Error',
    startedAt: run.observed.state.startedAt,
    finishedAt: state.clock.now(),
  }
  const observed: Observed = { ...run.observed, state: { kind: 'Exited', exit } }
  state.runs.set(idOf(key), { ...run, observed })
  tell(state, observed)
  return true
}

/** Probes and hooks that run a command find that it went well; it says nothing. */
function execNothing(output: ExecOutput): Result<ExecHandle, string> {
  queueMicrotask(() => output.end({ kind: 'Exited', exitCode: 0 }))
  return ok({ write() {}, endStdin() {}, resize() {}, resume() {}, close() {} })
}
