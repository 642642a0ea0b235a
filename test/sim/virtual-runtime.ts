/**
 * Containers without processes, which outlive every part of jobd as real ones do: they start, run for a time that their
 * command names, and end with the code that it names: `['sim', DURATION_MS, EXIT_CODE]`.
 */

import type { ContainerConfig, ContainerKey, Exit, Observed, Runtime } from '../../src/agent/runtime/index.ts'
import { type Clock, fail, instant, millis, ok } from '../../src/base/index.ts'

type Run = { observed: Observed; readonly config: ContainerConfig; cancel: () => void }

export type VirtualMachine = {
  /** A runtime as one agent sees it; the next agent gets another one on the same containers. */
  readonly runtime: (diesNow: () => boolean) => { readonly runtime: Runtime; readonly die: () => void }
  /** The power fails: what ran has ended, and nobody saw how. */
  readonly cutPower: () => void
  /** How often each run was really started: more than once is a fault. */
  readonly starts: ReadonlyMap<string, number>
  /** By the uid of a pod: how its container ended last; a pod here has one. */
  readonly lastExits: ReadonlyMap<string, number>
  /** Runs of which there is anything, ended ones too. */
  readonly held: () => readonly ContainerKey[]
}

const idOf = ({ podUid, container, attempt }: ContainerKey): string => `${podUid}/${container}/${attempt}`

export function newVirtualMachine(clock: Clock): VirtualMachine {
  const runs = new Map<string, Run>()
  const starts = new Map<string, number>()
  const lastExits = new Map<string, number>()
  const listeners = new Set<(observed: Observed) => void>()
  const tell = (observed: Observed): void => {
    for (const listener of [...listeners]) listener(observed)
  }
  const end = (id: string, exitCode: number, signal?: number, reason?: Exit['reason']): void => {
    const run = runs.get(id)
    if (run === undefined || run.observed.state.kind === 'Exited') return
    run.cancel()
    lastExits.set(run.config.key.podUid, exitCode)
    const exit: Exit = {
      exitCode,
      signal,
      reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      startedAt: run.observed.state.startedAt,
      finishedAt: clock.now(),
    }
    run.observed = { ...run.observed, state: { kind: 'Exited', exit } }
    tell(run.observed)
  }
  const start = (config: ContainerConfig): Observed => {
    const id = idOf(config.key)
    const before = runs.get(id)
    if (before !== undefined) return before.observed
    starts.set(id, (starts.get(id) ?? 0) + 1)
    const [, duration = '1000', code = '0'] = config.command
    const observed: Observed = { key: config.key, id, state: { kind: 'Running', startedAt: clock.now() } }
    const cancel = clock.wake(millis(Number(duration)), () => end(id, Number(code)))
    runs.set(id, { observed, config, cancel })
    return observed
  }
  return {
    starts,
    lastExits,
    held: () => [...runs.values()].map(({ observed }) => observed.key),
    cutPower() {
      for (const [id, run] of runs) {
        if (run.observed.state.kind === 'Exited') continue
        end(id, 137, undefined, 'ContainerStatusUnknown')
      }
    },
    runtime(diesNow) {
      const own = new Set<(observed: Observed) => void>()
      const gate = { open: true }
      const die = (): void => {
        gate.open = false
        for (const callback of own) listeners.delete(callback)
      }
      return { runtime: runtimeOf({ runs, start, end, listeners, own, gate, tell, die, diesNow }), die }
    },
  }
}

type Hands = {
  readonly runs: Map<string, Run>
  readonly start: (config: ContainerConfig) => Observed
  readonly end: (id: string, exitCode: number, signal?: number) => void
  readonly listeners: Set<(observed: Observed) => void>
  readonly own: Set<(observed: Observed) => void>
  readonly gate: { readonly open: boolean }
  readonly tell: (observed: Observed) => void
  readonly die: () => void
  readonly diesNow: () => boolean
}

const never = new Promise<never>(() => {})

/** The containers as one agent sees them. Once it has died it does nothing more to them. */
function runtimeOf({ runs, start, end, listeners, own, gate, tell, die, diesNow }: Hands): Runtime {
  const act = async <T>(work: () => T): Promise<T> => {
    if (!gate.open || diesNow()) return never
    const done = work()
    return !gate.open || diesNow() ? never : done
  }
  const ofPod = (podUid: string): [string, Run][] =>
    [...runs].filter(([, { observed }]) => observed.key.podUid === podUid)
  return {
    name: 'virtual',
    version: '1',
    volatileDir: '/nonexistent/sim-volatile',
    isOnHost: true,
    limiting: () => ({ cpu: 'kernel', memory: 'kernel', pids: 'kernel' }),
    canMount: async () => false,
    logPath: () => '/nonexistent/sim.log',
    messagePath: () => '/nonexistent/sim.message',
    openInput: async () => undefined,
    exec: async () => fail('simulated containers run no commands'),
    preparePod: async () => ok(undefined),
    addressOf: () => '127.0.0.1',
    start: (config) =>
      act(() => {
        const observed = start(config)
        tell(observed)
        return ok(observed)
      }),
    signal: (key, signal) =>
      act(() => {
        const stubborn = runs.get(idOf(key))?.config.command.includes('ignore-sigterm') === true
        if (signal === 'SIGTERM' && stubborn) return
        end(idOf(key), signal === 'SIGTERM' ? 143 : 137, signal === 'SIGTERM' ? 15 : 9)
      }),
    podUids: () => act(() => [...new Set([...runs.values()].map(({ observed }) => observed.key.podUid))]),
    observe: (podUid) => act(() => ofPod(podUid).map(([, { observed }]) => observed)),
    onChange(callback) {
      own.add(callback)
      listeners.add(callback)
      return () => void listeners.delete(callback)
    },
    removeRun: (key) =>
      act(() => {
        const id = idOf(key)
        if (runs.get(id)?.observed.state.kind === 'Exited') runs.delete(id)
      }),
    release: (podUid) =>
      act(() => {
        for (const [id, { observed }] of ofPod(podUid)) if (observed.state.kind === 'Exited') runs.delete(id)
      }),
    remove: (podUid) =>
      act(() => {
        for (const [id] of ofPod(podUid)) {
          end(id, 137, 9)
          runs.delete(id)
        }
      }),
    close: async () => die(),
  }
}

export const simStart = instant(Date.UTC(2026, 0, 1))
