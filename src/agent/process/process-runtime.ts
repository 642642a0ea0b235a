/** The Runtime whose containers are process trees of this host. */
import { mkdirSync } from 'node:fs'
import { fail, millis, ok, pause, type Result } from '../../base/index.ts'
import { podsWithMemory } from '../memory/index.ts'
import {
  type ContainerInput,
  type ContainerKey,
  type ExecHandle,
  type ExecOutput,
  type ExecSpec,
  HOST_ADDRESS,
  type HostFilesProtection,
  type Limiting,
  type Observed,
  type Runtime,
} from '../runtime/index.ts'
import { closeCgroups } from './cgroups.ts'
import { lookAtAll, releasePod, removePod, removeRun, signalRun, treeOf, watchOver } from './end-run.ts'
import { followEventFile } from './event-file.ts'
import { execInRun, hasOwnRoot } from './exec.ts'
import { takeNames } from './host-names.ts'
import { openInput } from './input.ts'
import { endSweeps } from './leftovers.ts'
import { watchLimits } from './limit-watch.ts'
import { openHost } from './open-host.ts'
import { bootId, environOf } from './proc.ts'
import { mainPidOf } from './process-tree.ts'
import { listRuns, readDirectory, recoverRun } from './recover.ts'
import { runIdOf, stemOf, textOfFileName } from './run-name.ts'
import { findRun, type RunTable, runsOf } from './run-table.ts'
import { claimDirectory, removeAbandoned, removeScratch, scratchDirectory } from './scratch.ts'
import { admit, onEventLine } from './settle-run.ts'
import { openStartLedger } from './start-ledger.ts'
import { startRun } from './start-run.ts'
import {
  cgroupsOf,
  type Host,
  inputPathOf,
  logPathOf,
  memoryOf,
  messagePathOf,
  type ProcessRuntimeOptions,
  type State,
  startersOf,
  TEMPLATES,
} from './state.ts'

/**
 * Opens the process runtime on a directory. Runs that an earlier daemon started there are found by `observe`; they have
 * gone on meanwhile.
 */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const scratchDir = options.scratchDir ?? scratchDirectory(options.dir)
  const table: RunTable = { pods: new Map(), root: `${options.dir}/pods`, scratch: `${scratchDir}/pods` }
  const isNew = mkdirSync(table.root, { recursive: true, mode: 0o700 }) !== undefined
  // What an earlier directory of this name left in memory belongs to nothing any more.
  if (isNew) await removeScratch(scratchDir)
  mkdirSync(table.scratch, { recursive: true, mode: 0o700 })
  claimDirectory(scratchDir, options.dir)
  const tidied = removeAbandoned(scratchDir, options.log)
  const state: State = {
    options,
    table,
    listeners: new Set(),
    queue: [],
    starting: 0,
    ended: 0,
    events: followEventFile({
      path: `${table.root}/events`,
      onLine: (line) => onEventLine(state, line),
      onEmptied: () => lookAtAll(state),
    }),
    starts: openStartLedger({
      path: `${table.root}/starts`,
      boot: bootId(),
      known: () => [...table.pods.keys()].flatMap((uid) => runsOf(table, uid).map(({ key }) => stemOf(key))),
      log: options.log,
    }),
    replacing: new Set(),
    onTemplate: new Map(),
    doomed: new Map(),
    names: new Map(),
    leaving: new Map(),
    sweepPause: millis(0),
    closed: false,
    closing: Promise.withResolvers(),
  }
  // Not waited for: a server is ready before its node has found out what the host permits.
  state.opening = openHost(state)
  return {
    name: 'process',
    version: options.version,
    images: options.images,
    volatileDir: scratchDir,
    isOnHost: true,
    limiting: () => limitingOf(state),
    hostFiles: async () => protectionOf(await state.opening),
    canMount: async () => (await state.opening)?.starters.Writable.isReady ?? false,
    memoryVolume: async (volume) => (await state.opening)?.memory?.open(volume),
    preparePod: async (sandbox) => {
      takeNames(state.names, table, sandbox)
      return ok(undefined)
    },
    addressOf: () => HOST_ADDRESS,
    start: async (config) => {
      const started = await startRun(state, config, () => watchOver(state))
      watchLimits(state)
      return started
    },
    signal: async (key, signal) => signalRun(state, key, signal),
    exec: (key, spec, output) => exec(state, key, spec, output),
    openInput: (key) => inputOf(state, key),
    podUids: async () => podUids(table),
    observe: async (podUid) => observe(state, podUid),
    onChange: (callback) => {
      state.listeners.add(callback)
      return () => state.listeners.delete(callback)
    },
    remove: async (podUid, beforeFiles) => {
      observe(state, podUid)
      await removePod(state, podUid, beforeFiles)
      await (await state.opening)?.memory?.remove(podUid)
    },
    release: async (podUid) => {
      releasePod(state, podUid)
      await (await state.opening)?.memory?.remove(podUid)
    },
    removeRun: async (key) => removeRun(state, key),
    logPath: (key) => logPathOf(table, key),
    messagePath: (key) => messagePathOf(table, key),
    close: async () => {
      await close(state, scratchDir)
      await tidied
    },
  }
}

function protectionOf(host: Host | undefined): HostFilesProtection {
  if (host?.starters.ReadOnly !== undefined) return { isPossible: true }
  return { isPossible: false, because: host?.tools.namespacesMissing ?? 'mounts cannot be made read-only' }
}

function limitingOf(state: State): Limiting {
  const parents = cgroupsOf(state)?.parents ?? {}
  const keeper = (controller: keyof Limiting) => (parents[controller] === undefined ? undefined : ('kernel' as const))
  // The watchdog looks only where the kernel keeps nothing at all.
  const otherwise = Object.keys(parents).length === 0 ? 'watchdog' : 'nobody'
  return {
    cpu: keeper('cpu') ?? 'nobody',
    memory: keeper('memory') ?? otherwise,
    pids: keeper('pids') ?? otherwise,
  }
}

const EXEC_AGAIN = millis(5)
/** While a program takes the place of another, the kernel shows the environment of neither; but some have none for good. */
const BARE_LOOKS = 20

/** Files of the runtime's own, beside the directories of pods. */
const OWN = new Set(['events', 'spawner.log', 'starts', 'starts.next', TEMPLATES])

/** What lies here already: the host need not be open for that. */
function podUids(table: RunTable): readonly string[] {
  const names = [...readDirectory(table.root), ...readDirectory(table.scratch)].filter((name) => !OWN.has(name))
  return [...new Set([...names.map(textOfFileName), ...podsWithMemory(memoryOf(table))])]
}

function observe(state: State, podUid: string): readonly Observed[] {
  for (const name of listRuns(state.table, podUid)) {
    if (findRun(state.table, name.key) !== undefined) continue
    const found = recoverRun(`${state.table.root}/${runIdOf(name)}`, name)
    if (found.kind !== 'Void') admit(state, found)
  }
  watchOver(state)
  watchLimits(state)
  return runsOf(state.table, podUid).flatMap(({ observed }) => (observed === undefined ? [] : [observed]))
}

async function exec(
  state: State,
  key: ContainerKey,
  spec: ExecSpec,
  output: ExecOutput,
): Promise<Result<ExecHandle, string>> {
  const host = await state.opening
  for (let looks = 0; ; looks++) {
    const run = findRun(state.table, key)
    const tree = run?.phase === 'Up' ? treeOf(run) : undefined
    if (tree === undefined || host === undefined) return fail('the container is not running')
    const main = mainPidOf(tree)
    const isThere = main !== undefined && (run?.config?.root === undefined || hasOwnRoot(main))
    if (isThere && (looks >= BARE_LOOKS || environOf(main) !== '')) {
      return execInRun(tree, { spec, output, tools: host.tools, clock: state.options.clock })
    }
    // A run is up a moment before its program is there, and over a moment after it has gone.
    await pause(state.options.clock, EXEC_AGAIN)
  }
}

async function inputOf(state: State, key: ContainerKey): Promise<ContainerInput | undefined> {
  const run = findRun(state.table, key)
  const tree = run?.phase === 'Up' ? treeOf(run) : undefined
  if (run === undefined || tree === undefined) return undefined
  const path = inputPathOf(state.table, run)
  return openInput({ clock: state.options.clock, path, tree, hasEnded: () => run.phase === 'Ended' || state.closed })
}

async function close(state: State, scratchDir: string): Promise<void> {
  if (state.closed) return
  state.closed = true
  state.closing.resolve()
  state.cancelLook?.()
  state.cancelLimitLook?.()
  endSweeps(state)
  await state.opening
  // They hear by the file of events that their spawner is ready.
  await Promise.all(state.replacing)
  state.events.close()
  await state.starts.close()
  await Promise.all(state.leaving.values())
  if (state.cgroups) closeCgroups(state.cgroups)
  await state.host?.memory?.close()
  const { scratch } = state.table
  const isEmpty =
    readDirectory(scratch).every((name) => OWN.has(name)) && podsWithMemory(memoryOf(state.table)).length === 0
  if (isEmpty) await removeScratch(scratchDir)
  for (const { spawner } of startersOf(state.host)) await spawner.close()
}
