/** What happens to a run once it was asked for: up, ended, and told to those who wait. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { type Instant, millis } from '../../base/index.ts'
import { type Exit, type Observed, refusedText } from '../runtime/index.ts'
import { type Cgroups, hasLimits, refusedProcesses, removeGroups, wasOutOfMemory } from './cgroups.ts'
import { sweepSoon } from './leftovers.ts'
import type { Found } from './recover.ts'
import { claimVoid, type ExitRecord, readClaim, readExit, startedAt, takeLaunchMessage } from './run-files.ts'
import { parseRunId } from './run-name.ts'
import { addRun, findRun, type Run } from './run-table.ts'
import { startErrorMessage } from './start-error.ts'
import {
  cgroupsOf,
  containerIdOf,
  type Host,
  hostnameOf,
  logPathOf,
  modeOf,
  type State,
  scriptOf,
  starterOf,
  startersOf,
} from './state.ts'

/** More starts at once than this only make each slower. */
const STARTING_AT_ONCE = 4 + 2 * availableParallelism()
/** Supervisors that have ended are collected by the spawner in such groups. */
const REAP_EVERY = 32

/** Asks the spawner for as many queued runs as may start now. */
export function startQueued(state: State): void {
  const { host } = state
  while (host !== undefined && state.starting < STARTING_AT_ONCE) {
    const run = state.queue.shift()
    if (run === undefined) return
    if (run.phase !== 'Queued') continue
    run.phase = 'Requested'
    state.starting += 1
    request(state, host, run)
  }
}

/** Asks the spawner for a run whose launch script is written. */
export function request(state: State, host: Host, run: Run): void {
  starterOf(host, run).spawner.request(modeOf(run), run.id, hostnameOf(state, run))
}

/** Takes a line that a supervisor has appended. */
export function onEventLine(state: State, line: string): void {
  if (line.startsWith('T ')) {
    const [, view = '', said] = line.split(' ')
    state.onTemplate.get(view)?.(said === 'ok')
    return
  }
  const name = parseRunId(line.slice(2))
  const run = name === undefined ? undefined : findRun(state.table, name.key)
  if (run === undefined || name?.generation !== run.generation || run.phase === 'Ended') return
  if (line.startsWith('S ')) onUp(state, run)
  else onEnded(state, run)
}

function onUp(state: State, run: Run): void {
  if (run.phase === 'Up') return
  const at = startedAt(run.base) ?? state.options.clock.now()
  settle(state, run, 'Up', { key: run.key, id: containerIdOf(run.key), state: { kind: 'Running', startedAt: at } })
}

/** The supervisor has written the exit record, then the line that brought us here. */
function onEnded(state: State, run: Run): void {
  const exit = readExit(run.base)
  if (exit !== undefined) settleFrom(state, run, { kind: 'Ended', name: run, exit, namespaced: run.namespaced })
}

/** Adds a run that was found by its files. */
export function admit(state: State, found: Exclude<Found, { kind: 'Void' }>): Run {
  const run = addRun(state.table, found.name, { phase: 'Requested', namespaced: found.namespaced })
  // Only what is settled leaves this count, and only queued runs enter it.
  state.starting += 1
  settleFrom(state, run, found)
  return run
}

/** Brings a run to what its files say. */
export function settleFrom(state: State, run: Run, found: Found): void {
  switch (found.kind) {
    case 'Up':
      onUp(state, run)
      return
    case 'Ended': {
      const exit = exitOf(state, run, found.exit)
      if (!run.namespaced || found.exit.why === 'lost') sweepSoon(state, run.id)
      const { key, trouble } = run
      settle(state, run, 'Ended', { key, id: containerIdOf(key), state: { kind: 'Exited', exit }, trouble })
      return
    }
    case 'Requested':
    case 'Void':
      return
  }
}

/** Of a run that another daemon asked for, only the files are known. */
const UNKNOWN = { command: [], image: '' }

function exitOf(state: State, run: Run, record: ExitRecord): Exit {
  const { code, why, at } = record
  const isOutOfMemory = endGroup(state, run) || run.isOutOfMemory === true
  const { up, since } = upFactsOf(run)
  const times = { startedAt: since ?? at, finishedAt: at }
  if (why === 'lost') {
    const message = 'The container could not be located when the pod was terminated'
    return { exitCode: 137, reason: 'ContainerStatusUnknown', message, ...times }
  }
  if (why.startsWith('refused ')) {
    return { exitCode: 128, reason: 'StartError', message: why.slice('refused '.length), ...times }
  }
  if (why !== '' || !up) {
    const said = takeLaunchMessage(logPathOf(state.table, run.key))
    const message = startErrorMessage({ config: run.config ?? UNKNOWN, why, said })
    return { exitCode: 128, reason: 'StartError', message, ...times }
  }
  if (code !== 0 && isOutOfMemory) return { exitCode: code, reason: 'OOMKilled', ...times }
  return { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', message: run.killedFor, ...times }
}

/** Removes the control group of a run that has limits, or may have had them; true when memory ran out in it. */
export function endGroup(state: State, run: Run): boolean {
  if (run.config !== undefined && !hasLimits(run.config.limits)) return false
  const cgroups = cgroupsOf(state)
  if (cgroups === undefined) return false
  const limits = run.config?.limits
  const isOut = (limits === undefined || limits.memoryBytes !== undefined) && wasOutOfMemory(cgroups, run.id)
  const refused = refusedProcesses(cgroups, run.id)
  if (refused > 0) run.trouble ??= refusedText(refused, limits?.pids)
  const leaving = leaveGroup(state, cgroups, run).finally(() => state.leaving.delete(run.id))
  state.leaving.set(run.id, leaving)
  return isOut
}

/** What was killed with its run takes a moment to be gone: it is tried again. */
async function leaveGroup(state: State, cgroups: Cgroups, run: Run, delay = millis(50)): Promise<void> {
  if ((await removeGroups(cgroups, run.id, run.config?.limits)) || state.closed) return
  state.options.clock.wake(delay, () => void leaveGroup(state, cgroups, run, millis(2 * delay)))
}

/** Whether the command was reached, and when; from memory where we saw it. */
function upFactsOf({ base, observed }: Run): { readonly up: boolean; readonly since?: Instant | undefined } {
  if (observed?.state.kind === 'Running') return { up: true, since: observed.state.startedAt }
  const claim = readClaim(base)
  return claim.kind === 'Supervised' ? { up: claim.up, since: claim.at } : { up: false }
}

/** Ends a run that never was: recorded like any other so that it is judged once. */
export function refuse(state: State, run: Run, message: string): Observed {
  const now = state.options.clock.now()
  const exit: Exit = { exitCode: 128, reason: 'StartError', message, startedAt: now, finishedAt: now }
  writeFileSync(scriptOf(state.table, run), '', { mode: 0o600 })
  claimVoid(run.base)
  writeFileSync(`${run.base}.exit`, `128 refused ${message}\n`, { mode: 0o600 })
  return settle(state, run, 'Ended', { key: run.key, id: containerIdOf(run.key), state: { kind: 'Exited', exit } })
}

function settle(state: State, run: Run, phase: 'Up' | 'Ended', observed: Observed): Observed {
  if (run.phase === 'Requested') state.starting -= 1
  run.phase = phase
  run.observed = observed
  const waiters = run.waiters
  run.waiters = []
  for (const waiter of waiters) waiter(observed)
  if (phase === 'Ended') {
    for (const mourner of run.mourners) mourner()
    run.mourners = []
    state.ended += 1
    if (state.ended % REAP_EVERY === 0) for (const { spawner } of startersOf(state.host)) spawner.reap()
  }
  for (const listener of state.listeners) listener(observed)
  startQueued(state)
  return observed
}
