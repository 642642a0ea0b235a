/** Ending runs, removing what is left of them, and noticing ends that nobody told of. */
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { millis } from '../../base/index.ts'
import type { ContainerKey, Signal } from '../runtime/index.ts'
import { gone } from './leftovers.ts'
import { isAlive } from './proc.ts'
import { killTree, type RunProcess, signalMain } from './process-tree.ts'
import { judge } from './recover.ts'
import { readClaim } from './run-files.ts'
import { fileNameOf, stemOf } from './run-name.ts'
import { dropRun, findRun, podDirectories, type Run, runsOf, unfinishedRuns } from './run-table.ts'
import { refuse, settleFrom } from './settle-run.ts'
import { roomsOf, type State } from './state.ts'

/** A supervisor can only go without a word when it is killed itself; so a slow look is enough. */
const LOOK_EVERY = millis(30_000)
const SIGNAL_AGAIN = millis(10)

export function signalRun(state: State, key: ContainerKey, signal: Signal): void {
  const run = findRun(state.table, key)
  if (run === undefined || run.phase === 'Ended') return
  if (run.phase === 'Queued') {
    refuse(state, run, 'the container was stopped before it was started')
    return
  }
  const tree = treeOf(run)
  if (tree === undefined || !isAlive(tree.supervisor)) {
    const found = judge(run.base, run)
    settleFrom(state, run, found)
    if (found.kind === 'Ended') return
  }
  if (signal === 'SIGKILL' && tree !== undefined) killTree(tree)
  else if (tree !== undefined && signalMain(tree, signal)) return
  // A run is up a moment before its program is there, and a kill may miss what was just being made.
  state.options.clock.wake(SIGNAL_AGAIN, () => {
    if (!state.closed) signalRun(state, key, signal)
  })
}

/** Where the processes of a run are found; undefined while it has no supervisor. */
export function treeOf(run: Run): RunProcess | undefined {
  const claim = readClaim(run.base)
  if (claim.kind !== 'Supervised' || claim.supervisor === undefined) return undefined
  return { supervisor: claim.supervisor, id: run.id, namespaced: claim.namespaced }
}

/** Ends what still runs of a pod, waits until nobody is left of it, and removes all its files. */
export async function removePod(state: State, podUid: string, beforeFiles?: () => Promise<void>): Promise<void> {
  const runs = runsOf(state.table, podUid)
  const ends = runs
    .filter((run) => run.phase !== 'Ended')
    .map((run) => {
      const end = new Promise<void>((resolve) => run.mourners.push(resolve))
      signalRun(state, run.key, 'SIGKILL')
      return end
    })
  await Promise.all(ends)
  await Promise.all(runs.flatMap(({ id }) => [gone(state, id), state.leaving.get(id)]))
  await beforeFiles?.()
  releasePod(state, podUid)
  await rm(podDirectories(state.table, podUid).root, { recursive: true, force: true })
}

/** Forgets an ended pod but for what lies on disk. */
export function releasePod(state: State, podUid: string): void {
  removeRooms(state, fileNameOf(podUid))
  state.table.pods.delete(podUid)
  state.names.delete(podUid)
  rmSync(podDirectories(state.table, podUid).scratch, { recursive: true, force: true })
}

/** Those of runs that an earlier spawner started go with its namespace. */
const removeRooms = ({ host, table }: State, id: string): void => {
  for (const view of ['Writable', 'ReadOnly'] as const) {
    const starter = host?.starters[view]
    if (starter?.isReady === true)
      rmSync(`${starter.root}${roomsOf(table, view, id)}`, { recursive: true, force: true })
  }
}

export function removeRun(state: State, key: ContainerKey): void {
  const { table } = state
  const run = findRun(table, key)
  if (run === undefined || run.phase !== 'Ended') return
  dropRun(table, key)
  const stem = stemOf(key)
  const files = [
    ...['claim', 'exit', 'fail'].map((ending) => `${run.base}.${ending}`),
    ...['run', 'd', 'in', 'once'].map((ending) => `${table.scratch}/${run.id}.${ending}`),
    ...['log', 'times', 'freed'].map((ending) => `${table.root}/${stem}.${ending}`),
  ]
  for (const file of files) rmSync(file, { force: true, recursive: true })
  removeRooms(state, run.id)
}

/** While anything runs, looks now and then for supervisors that were killed and for lines that inotify dropped. */
export function watchOver(state: State): void {
  if (state.cancelLook !== undefined || state.closed) return
  state.cancelLook = state.options.clock.wake(LOOK_EVERY, () => {
    state.cancelLook = undefined
    if (state.closed) return
    state.events.read()
    lookAtAll(state)
    if (!unfinishedRuns(state.table).next().done) watchOver(state)
  })
}

/** Brings every run to what its files say. */
export function lookAtAll(state: State): void {
  for (const run of [...unfinishedRuns(state.table)]) {
    if (run.phase !== 'Queued') settleFrom(state, run, judge(run.base, run))
  }
}
