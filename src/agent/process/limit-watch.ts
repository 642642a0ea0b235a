/**
 * Looks now and then whether runs keep within their limits: where the kernel does so, to tell of a run that it has refused
 * more processes; where it does not, to end what has more memory or processes than it may have. Nothing is looked at while
 * no run with limits is up.
 */
import { readFileSync } from 'node:fs'
import { millis } from '../../base/index.ts'
import { type ContainerConfig, refusedText } from '../runtime/index.ts'
import { hasLimits, refusedProcesses } from './cgroups.ts'
import { treeOf } from './end-run.ts'
import { allPids, statOf } from './proc.ts'
import { cookieOf, killTree } from './process-tree.ts'
import { type Run, unfinishedRuns } from './run-table.ts'
import { cgroupsOf, type State } from './state.ts'

const KERNEL_LOOK = millis(5000)
/** A program that only ever grows gets this far beyond its limit. */
const WATCHDOG_LOOK = millis(1000)

/** Begins to look, unless that goes on already. */
export function watchLimits(state: State): void {
  if (state.cancelLimitLook !== undefined || state.closed || limitedRuns(state).next().done === true) return
  const cgroups = cgroupsOf(state)
  state.cancelLimitLook = state.options.clock.wake(cgroups === undefined ? WATCHDOG_LOOK : KERNEL_LOOK, () => {
    state.cancelLimitLook = undefined
    if (state.closed) return
    if (cgroups === undefined) judgeAll(state)
    else for (const run of limitedRuns(state)) tellRefused(state, run, refusedProcesses(cgroups, run.id))
    watchLimits(state)
  })
}

function* limitedRuns({ table }: State): Generator<Run> {
  for (const run of unfinishedRuns(table)) {
    // Of a run that another daemon asked for, the limits are not known.
    if (run.phase === 'Up' && (run.config === undefined || hasLimits(run.config.limits))) yield run
  }
}

function tellRefused(state: State, run: Run, times: number): void {
  if (times === 0 || run.trouble !== undefined || run.observed === undefined) return
  run.trouble = refusedText(times, run.config?.limits.pids)
  run.observed = { ...run.observed, trouble: run.trouble }
  for (const listener of state.listeners) listener(run.observed)
}

function judgeAll(state: State): void {
  const runs = [...limitedRuns(state)].filter(({ config }) => config !== undefined)
  const least = Math.min(...runs.map(({ config }) => config?.limits.pids ?? Infinity))
  const isMemoryLimited = runs.some(({ config }) => config?.limits.memoryBytes !== undefined)
  // The usual case costs one small file: nobody can have more processes than the whole machine.
  if (!isMemoryLimited && processesOfHost() < least) return
  const members = membersOf(runs)
  for (const run of runs) judgeRun(run, members.get(run.id) ?? [])
}

function judgeRun(run: Run, pids: readonly number[]): void {
  const limits: ContainerConfig['limits'] = run.config?.limits ?? {}
  const tree = treeOf(run)
  if (tree === undefined) return
  const isOutOfMemory = limits.memoryBytes !== undefined && memoryOf(pids) > limits.memoryBytes
  const isTooMany = limits.pids !== undefined && pids.length > limits.pids
  if (!isOutOfMemory && !isTooMany) return
  run.isOutOfMemory = isOutOfMemory
  if (isTooMany) {
    run.killedFor = `the container had ${pids.length} processes at once, more than the ${limits.pids} that it may have (--pod-pids-limit), and was killed`
    run.trouble = run.killedFor
  }
  killTree(tree)
}

/** Of the whole machine, threads included. */
function processesOfHost(): number {
  const [, , , scheduled = ''] = textOf('/proc/loadavg').split(' ')
  return Number(scheduled.split('/')[1] ?? Infinity)
}

/** The processes of each run: what descends from its supervisor, and what names the run in its environment. */
function membersOf(runs: readonly Run[]): ReadonlyMap<string, readonly number[]> {
  const pids = allPids()
  const parents = new Map(pids.map((pid) => [pid, statOf(pid)?.parent ?? 0]))
  const owners = new Map<number, string | undefined>()
  const isSupervisor = new Set<number>()
  for (const run of runs) {
    const supervisor = treeOf(run)?.supervisor.pid
    if (supervisor === undefined) continue
    isSupervisor.add(supervisor)
    owners.set(supervisor, run.id)
  }
  const ownerOf = (pid: number): string | undefined => {
    if (pid === 0) return undefined
    if (!owners.has(pid)) {
      // Set first: what is read at different moments could go round in a circle.
      owners.set(pid, undefined)
      owners.set(pid, ownerOf(parents.get(pid) ?? 0) ?? cookieOf(pid))
    }
    return owners.get(pid)
  }
  const members = new Map<string, number[]>()
  for (const pid of pids) {
    const owner = isSupervisor.has(pid) ? undefined : ownerOf(pid)
    if (owner === undefined) continue
    const own = members.get(owner)
    if (own === undefined) members.set(owner, [pid])
    else own.push(pid)
  }
  return members
}

/** Bytes that are theirs alone; what they have in common with others, such as programs, is nobody's. */
function memoryOf(pids: readonly number[]): number {
  let kib = 0
  for (const pid of pids) {
    const status = textOf(`/proc/${pid}/status`)
    for (const [, size] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+)/gm)) kib += Number(size)
  }
  return kib * 1024
}

/** Processes may be gone at any moment: then they have nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
