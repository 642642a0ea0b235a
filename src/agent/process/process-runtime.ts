/** The Runtime whose containers are process trees of this host. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { type Clock, fail, type Instant, type Log, type Millis, millis, ok, type Result } from '../../base/index.ts'
import type {
  ContainerConfig,
  ContainerKey,
  ExecHandle,
  ExecOutput,
  ExecSpec,
  Exit,
  Observed,
  Runtime,
  Signal,
  StartFailure,
} from '../runtime/index.ts'
import { type EventFile, followEventFile } from './event-file.ts'
import { execInRun } from './exec.ts'
import { identityRefusal, identityWords } from './identity.ts'
import { launchScript } from './launch-script.ts'
import { COOKIE, killTree, type RunProcess, signalMain, sweep } from './process-tree.ts'
import { type Found, judge, listRuns, readDirectory, recoverRun } from './recover.ts'
import {
  claimVoid,
  type ExitRecord,
  readClaim,
  readExit,
  readIfThere,
  startedAt,
  takeLaunchMessage,
} from './run-files.ts'
import { mountCommands } from './run-mounts.ts'
import { parseRunId, runIdOf, stemOf, textOfFileName } from './run-name.ts'
import { addRun, dropRun, findRun, podDirectory, type Run, type RunTable, runsOf, unfinishedRuns } from './run-table.ts'
import { type Spawner, startSpawner } from './spawner.ts'
import { noCommand, startErrorMessage } from './start-error.ts'
import { RUN_TERMINATION_LOG, templateScript } from './template.ts'
import { detectTools, type HostTools } from './tools.ts'

export type ProcessRuntimeOptions = {
  /** An absolute path of its own for this runtime; made when absent. */
  readonly dir: string
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** The daemon's environment: PATH, HOME and a few more are handed on to containers. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>
  readonly namespaces?: 'auto' | 'never' | undefined
}

/** The host as it was found, and the spawner on it. */
type Host = {
  readonly tools: HostTools
  readonly spawner: Spawner
  /** The places that every pod expects are there, and volumes can be mounted. */
  readonly templated: boolean
}

type State = {
  readonly options: ProcessRuntimeOptions
  readonly table: RunTable
  readonly listeners: Set<(observed: Observed) => void>
  /** Runs that wait for a free place; started in order. */
  readonly queue: Run[]
  /** Runs asked for that are not yet up. */
  starting: number
  ended: number
  readonly events: EventFile
  opening?: Promise<Host | undefined> | undefined
  /** Set once it is open; the newest when a spawner was lost. */
  host?: Host | undefined
  onTemplate: (templated: boolean) => void
  cancelLook?: (() => void) | undefined
  /** Ended runs without namespaces whose left-over processes are still to be looked for. */
  doomed: Set<string>
  cancelSweep?: (() => void) | undefined
  sweepPause: Millis
  closed: boolean
}

/** More starts at once than this only make each slower. */
const STARTING_AT_ONCE = 4 + 2 * availableParallelism()
/** A supervisor can only go without a word when it is killed itself; so a slow look is enough. */
const LOOK_EVERY = millis(30_000)
const REAP_EVERY = 32
const SIGNAL_AGAIN = millis(10)

/**
 * Opens the process runtime on a directory. Runs that an earlier daemon started there are found by `observe`; they have
 * gone on meanwhile.
 */
export async function createProcessRuntime(options: ProcessRuntimeOptions): Promise<Runtime> {
  const root = `${options.dir}/pods`
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const table: RunTable = { pods: new Map(), root }
  const state: State = {
    options,
    table,
    listeners: new Set(),
    queue: [],
    starting: 0,
    ended: 0,
    events: followEventFile(`${root}/events`, (line) => onEventLine(state, line)),
    onTemplate() {},
    doomed: new Set(),
    sweepPause: millis(0),
    closed: false,
  }
  // Not waited for: a server is ready before its node has found out what the host permits.
  state.opening = open(state)
  return {
    name: 'process',
    version: options.version,
    canMount: async () => (await state.opening)?.templated ?? false,
    start: (config) => start(state, config),
    signal: async (key, signal) => signalRun(state, key, signal),
    exec: (key, spec, output) => exec(state, key, spec, output),
    podUids: async () => podUids(root),
    observe: async (podUid) => observe(state, podUid),
    onChange: (callback) => {
      state.listeners.add(callback)
      return () => state.listeners.delete(callback)
    },
    remove: (podUid) => remove(state, podUid),
    removeRun: async (key) => removeRun(state, key),
    logPath: (key) => logPathOf(state, key),
    messagePath: (key) => messagePath(state, key),
    close: () => close(state),
  }
}

async function open(state: State): Promise<Host | undefined> {
  const { hostEnv, namespaces = 'auto', log } = state.options
  const tools = await detectTools({ path: hostEnv['PATH'] ?? '', namespaces })
  if (tools.unshare === undefined) {
    log.info('pods run without namespaces of their own', { because: tools.namespacesMissing })
  }
  return state.closed ? undefined : openSpawner(state, tools)
}

/** Fulfilled once the spawner has prepared its mount namespace. */
async function openSpawner(state: State, tools: HostTools): Promise<Host> {
  const { table, options } = state
  const said = new Promise<boolean>((resolve) => {
    state.onTemplate = resolve
  })
  const spawner = startSpawner({
    dir: table.root,
    tools,
    log: options.log,
    template: tools.unshare === undefined ? undefined : templateScript(tools, `${options.dir}/template`),
    onLost: () => {
      state.onTemplate(false)
      void replaceSpawner(state, tools)
    },
  })
  const templated = await said
  if (!templated && tools.unshare !== undefined) {
    const because = readIfThere(`${table.root}/spawner.log`)?.slice(-500)
    options.log.warn('volumes cannot be mounted', { because })
  }
  state.host = { tools, spawner, templated }
  return state.host
}

const podUids = (root: string): readonly string[] =>
  readDirectory(root)
    .filter((name) => name !== 'events' && name !== 'spawner.log' && name !== 'boot')
    .map(textOfFileName)

async function start(state: State, config: ContainerConfig): Promise<Result<Observed, StartFailure>> {
  const host = state.host ?? (await state.opening)
  if (host === undefined || state.closed) {
    return fail({ reason: 'CreateContainerError', message: 'the process runtime is closed' })
  }
  const known = findRun(state.table, config.key)
  if (known !== undefined) return ok(known.observed ?? (await upOrEnded(known)))
  const { key } = config
  const fresh = mkdirSync(podDirectory(state.table, key.podUid), { recursive: true, mode: 0o700 }) !== undefined
  const earlier = fresh ? undefined : earlierRun(state, key)
  if (earlier !== undefined && earlier.kind !== 'Void') {
    const run = admit(state, earlier)
    return ok(run.observed ?? (await upOrEnded(run)))
  }
  const refusal = refusalOf(host, config)
  if (refusal !== undefined) return fail({ reason: 'CreateContainerConfigError', message: refusal })
  const generation = earlier === undefined ? 0 : earlier.name.generation + 1
  const namespaced = host.tools.unshare !== undefined
  const run = addRun(state.table, { key, generation }, { phase: 'Queued', namespaced, config, isFirst: fresh })
  if (config.command.length === 0) return ok(refuse(state, run, noCommand(config.image)))
  writeFileSync(`${run.base}.run`, launchText(state, host.tools, run, config), { mode: 0o600 })
  const answer = upOrEnded(run)
  state.queue.push(run)
  startQueued(state)
  return ok(await answer)
}

/** What an earlier daemon left of this key. */
function earlierRun({ table }: State, key: ContainerKey): Found | undefined {
  const name = listRuns(table.root, key.podUid).find(
    ({ key: other }) => other.container === key.container && other.attempt === key.attempt,
  )
  return name === undefined ? undefined : recoverRun(`${table.root}/${runIdOf(name)}`, name)
}

/** Why this host cannot give a container what it asks for. */
function refusalOf({ tools, templated }: Host, { mounts, runAs }: ContainerConfig): string | undefined {
  if (mounts.length > 0 && !templated) return mountsRefused(tools)
  return identityRefusal(runAs, tools)
}

const mountsRefused = ({ namespacesMissing }: HostTools): string =>
  `volume mounts need a private mount namespace, which this host does not permit (${namespacesMissing ?? 'unknown reason'}); run jobd as root, or install util-linux and allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0)`

const upOrEnded = (run: Run): Promise<Observed> => new Promise((resolve) => run.waiters.push(resolve))

/** The directory that a namespaced run's first process works in. */
function makeRunDirectory({ base, isFirst }: Run): string {
  if (isFirst) return dirname(base)
  mkdirSync(`${base}.d`, { mode: 0o700 })
  return `${base}.d`
}

/** The file that the link of the template leads to. */
function messagePath({ table }: State, key: ContainerKey): string {
  const base = findRun(table, key)?.base ?? `${table.root}/${stemOf(key)}`
  const own = `${base}.d`
  return `${existsSync(own) ? own : dirname(base)}/${RUN_TERMINATION_LOG}`
}

const modeOf = ({ namespaced, isFirst }: Run) => (namespaced ? (isFirst ? 'N' : 'n') : 'p')

function launchText(state: State, tools: HostTools, run: Run, config: ContainerConfig): string {
  const namespaced = run.namespaced
  return launchScript({
    base: run.base,
    id: run.id,
    logPath: logPathOf(state, run.key),
    argv: config.command,
    prepare: namespaced ? mountCommands({ directory: makeRunDirectory(run), config, tools }) : [],
    env: { ...config.env, JOBD_POD_UID: config.key.podUid, [COOKIE]: run.id },
    workingDir: config.workingDir ?? '/',
    namespaced,
    wrappers: [
      ...(namespaced || tools.setsid === undefined ? [] : [tools.setsid]),
      ...(namespaced ? tools.become : []),
      ...identityWords(config, tools),
    ],
    envProgram: tools.env,
  })
}

/** A run that never was: recorded like any other so that it is judged once. */
function refuse(state: State, run: Run, message: string): Observed {
  const now = state.options.clock.now()
  const exit: Exit = { exitCode: 128, reason: 'StartError', message, startedAt: now, finishedAt: now }
  writeFileSync(`${run.base}.run`, '', { mode: 0o600 })
  claimVoid(run.base)
  writeFileSync(`${run.base}.exit`, `128 refused ${message}\n`, { mode: 0o600 })
  return settle(state, run, 'Ended', { key: run.key, id: containerIdOf(run.key), state: { kind: 'Exited', exit } })
}

function startQueued(state: State): void {
  const { host } = state
  while (host !== undefined && state.starting < STARTING_AT_ONCE) {
    const run = state.queue.shift()
    if (run === undefined) return
    if (run.phase !== 'Queued') continue
    run.phase = 'Requested'
    state.starting += 1
    watchOver(state)
    host.spawner.request(modeOf(run), run.id)
  }
}

function onEventLine(state: State, line: string): void {
  if (line.startsWith('T ')) {
    state.onTemplate(line === 'T ok')
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
  const record = readExit(run.base)
  if (record !== undefined)
    settleFrom(state, run, { kind: 'Ended', name: run, exit: record, namespaced: run.namespaced })
}

const logPathOf = ({ table }: State, key: ContainerKey): string => `${table.root}/${stemOf(key)}.log`

const containerIdOf = (key: ContainerKey): string => `jobd://${key.podUid}_${key.container}_${key.attempt}`

/** Of a run that another daemon asked for, only the files are known. */
const UNKNOWN = { command: [], image: '' }

/** Brings a run to what its files say. */
function settleFrom(state: State, run: Run, found: Found): void {
  switch (found.kind) {
    case 'Up':
      onUp(state, run)
      return
    case 'Ended': {
      const exit = exitOf(state, run, found.exit)
      if (!run.namespaced || found.exit.why === 'lost') sweepSoon(state, run.id)
      settle(state, run, 'Ended', { key: run.key, id: containerIdOf(run.key), state: { kind: 'Exited', exit } })
      return
    }
    case 'Requested':
    case 'Void':
      return
  }
}

function exitOf(state: State, run: Run, record: ExitRecord): Exit {
  const { code, why, at } = record
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
    const said = takeLaunchMessage(logPathOf(state, run.key))
    return {
      exitCode: 128,
      reason: 'StartError',
      message: startErrorMessage({ config: run.config ?? UNKNOWN, why, said }),
      ...times,
    }
  }
  return { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', ...times }
}

/** Whether the command was reached, and when; from memory where we saw it. */
function upFactsOf({ base, observed }: Run): { readonly up: boolean; readonly since?: Instant | undefined } {
  if (observed?.state.kind === 'Running') return { up: true, since: observed.state.startedAt }
  const claim = readClaim(base)
  return claim.kind === 'Supervised' ? { up: claim.up, since: claim.at } : { up: false }
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
    if (state.ended % REAP_EVERY === 0) state.host?.spawner.reap()
  }
  for (const listener of state.listeners) listener(observed)
  startQueued(state)
  return observed
}

/** Adds a run that was found by its files. */
function admit(state: State, found: Exclude<Found, { kind: 'Void' }>): Run {
  const run = addRun(state.table, found.name, { phase: 'Requested', namespaced: found.namespaced })
  // Only what is settled leaves this count, and only queued runs enter it.
  state.starting += 1
  settleFrom(state, run, found)
  watchOver(state)
  return run
}

function observe(state: State, podUid: string): readonly Observed[] {
  for (const name of listRuns(state.table.root, podUid)) {
    if (findRun(state.table, name.key) !== undefined) continue
    const found = recoverRun(`${state.table.root}/${runIdOf(name)}`, name)
    if (found.kind !== 'Void') admit(state, found)
  }
  return runsOf(state.table, podUid).flatMap(({ observed }) => (observed === undefined ? [] : [observed]))
}

function signalRun(state: State, key: ContainerKey, signal: Signal): void {
  const run = findRun(state.table, key)
  if (run === undefined || run.phase === 'Ended') return
  if (run.phase === 'Queued') {
    refuse(state, run, 'the container was stopped before it was started')
    return
  }
  const tree = treeOf(run)
  if (signal === 'SIGKILL' && tree !== undefined) killTree(tree)
  else if (tree !== undefined && signalMain(tree, signal)) return
  // A run is up a moment before its program is there, and a kill may miss what was just being made.
  state.options.clock.wake(SIGNAL_AGAIN, () => {
    if (!state.closed) signalRun(state, key, signal)
  })
}

async function exec(
  state: State,
  key: ContainerKey,
  spec: ExecSpec,
  output: ExecOutput,
): Promise<Result<ExecHandle, string>> {
  const run = findRun(state.table, key)
  const tree = run?.phase === 'Up' ? treeOf(run) : undefined
  const host = await state.opening
  if (tree === undefined || host === undefined) return fail('the container is not running')
  return execInRun(tree, { spec, output, tools: host.tools })
}

function treeOf(run: Run): RunProcess | undefined {
  const claim = readClaim(run.base)
  if (claim.kind !== 'Supervised' || claim.supervisor === undefined) return undefined
  return { supervisor: claim.supervisor, id: run.id, namespaced: claim.namespaced }
}

async function remove(state: State, podUid: string): Promise<void> {
  observe(state, podUid)
  const ends = runsOf(state.table, podUid)
    .filter((run) => run.phase !== 'Ended')
    .map((run) => {
      const end = new Promise<void>((resolve) => run.mourners.push(resolve))
      signalRun(state, run.key, 'SIGKILL')
      return end
    })
  await Promise.all(ends)
  state.table.pods.delete(podUid)
  await rm(podDirectory(state.table, podUid), { recursive: true, force: true })
}

function removeRun(state: State, key: ContainerKey): void {
  const run = findRun(state.table, key)
  if (run === undefined || run.phase !== 'Ended') return
  dropRun(state.table, key)
  for (const ending of ['run', 'claim', 'exit', 'fail', 'd']) {
    rmSync(`${run.base}.${ending}`, { force: true, recursive: true })
  }
  for (const ending of ['log', 'times']) rmSync(`${state.table.root}/${stemOf(key)}.${ending}`, { force: true })
}

/** While anything runs, looks now and then for supervisors that were killed and for lines that inotify dropped. */
function watchOver(state: State): void {
  if (state.cancelLook !== undefined || state.closed) return
  state.cancelLook = state.options.clock.wake(LOOK_EVERY, () => {
    state.cancelLook = undefined
    if (state.closed) return
    state.events.read()
    const unfinished = [...unfinishedRuns(state.table)]
    for (const run of unfinished) {
      if (run.phase !== 'Queued') settleFrom(state, run, judge(run.base, run))
    }
    if (unfinished.length > 0) watchOver(state)
  })
}

/** Asks the next spawner for what the last one can no longer start. */
async function replaceSpawner(state: State, tools: HostTools): Promise<void> {
  if (state.closed) return
  const { spawner } = await openSpawner(state, tools)
  for (const run of [...unfinishedRuns(state.table)]) {
    if (run.phase !== 'Requested' || run.config === undefined || !claimVoid(run.base)) continue
    const again = addRun(
      state.table,
      { key: run.key, generation: run.generation + 1 },
      { phase: 'Requested', namespaced: run.namespaced, config: run.config },
    )
    again.waiters = run.waiters
    again.mourners = run.mourners
    writeFileSync(`${again.base}.run`, launchText(state, tools, again, run.config), { mode: 0o600 })
    spawner.request(modeOf(again), again.id)
  }
}

/**
 * Without namespaces, processes of an ended run may live on in sessions of their own; they are looked for after each
 * end, many ends at once when they come fast.
 */
function sweepSoon(state: State, id: string): void {
  state.doomed.add(id)
  if (state.cancelSweep !== undefined || state.closed) return
  state.cancelSweep = state.options.clock.wake(state.sweepPause, () => {
    const began = state.options.clock.monotonic()
    const doomed = state.doomed
    state.doomed = new Set()
    state.cancelSweep = undefined
    sweep((other) => doomed.has(other))
    // At most a twentieth of the time goes into looking.
    state.sweepPause = millis(20 * (state.options.clock.monotonic() - began))
  })
}

async function close(state: State): Promise<void> {
  if (state.closed) return
  state.closed = true
  state.cancelLook?.()
  state.cancelSweep?.()
  await state.opening
  state.events.close()
  await state.host?.spawner.close()
}
