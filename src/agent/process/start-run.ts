/** Starting a run: its files, its launch script, and its place in the queue. */
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { fail, ok, type Result } from '../../base/index.ts'
import { unlessRefused } from '../host-files.ts'
import type { ContainerConfig, ContainerKey, Observed, StartFailure } from '../runtime/index.ts'
import { enterGroups, hasLimits, makeGroups } from './cgroups.ts'
import { hostnameCommand, writeHosts } from './host-names.ts'
import { identityRefusal, identityWords, rightsRefusal } from './identity.ts'
import { inputRefusal, launchInput, TERMINAL } from './input.ts'
import { launchScript } from './launch-script.ts'
import { COOKIE } from './process-tree.ts'
import { type Found, judge, listRuns, recoverRun } from './recover.ts'
import { rootCommands, rootOfRun } from './root-mounts.ts'
import { commandMissing } from './root-view.ts'
import { claimVoid, writeLostExit } from './run-files.ts'
import { mountCommands, type RunMounts } from './run-mounts.ts'
import { type RunName, runIdOf, stemOf } from './run-name.ts'
import { addRun, dropRun, findRun, podDirectories, type Run, type RunTable } from './run-table.ts'
import { admit, refuse, startQueued } from './settle-run.ts'
import { shellQuote } from './shell-quote.ts'
import { type HELD, heldPath } from './spawner-script.ts'
import { noCommand } from './start-error.ts'
import {
  cgroupsOf,
  type Host,
  hostnameOf,
  inputPathOf,
  logPathOf,
  namesOf,
  roomsOf,
  runDirectory,
  type State,
  scriptOf,
  starterOf,
  viewOf,
} from './state.ts'
import type { HostTools } from './tools.ts'

export async function startRun(
  state: State,
  config: ContainerConfig,
  onRun: () => void,
): Promise<Result<Observed, StartFailure>> {
  const host = state.host ?? (await state.opening)
  if (host === undefined || state.closed) {
    return fail({ reason: 'CreateContainerError', message: 'the process runtime is closed' })
  }
  const { key } = config
  const known = findRun(state.table, key)
  if (known !== undefined) return ok(await upOrEnded(known))
  const earlier = earlierRun(state, key)
  if (earlier.kind === 'Run') return ok(await upOrEnded(earlier.run))
  const full = fullDisk(state.table.root)
  if (full !== undefined) return fail({ reason: 'CreateContainerError', message: full })
  const refusal = refusalOf(host, config)
  if (refusal !== undefined) return fail({ reason: 'CreateContainerConfigError', message: refusal })
  const run = addRun(
    state.table,
    { key, generation: earlier.generation },
    {
      phase: 'Queued',
      namespaced: host.tools.unshare !== undefined,
      config,
      isFirst: makeScratch(state, key),
      isReadOnly: isReadOnly(host, config),
    },
  )
  onRun()
  const answer = upOrEnded(run)
  const refused = await unlessRefused(
    () => queue(state, host, run, config),
    (because) => because,
  )
  if (refused === undefined) return ok(await answer)
  // It is tried again, as if there had been none.
  if (run.isFirst !== true) rmSync(runDirectory(state.table, run), { recursive: true, force: true })
  dropRun(state.table, key)
  return fail({ reason: 'CreateContainerError', message: refused })
}

async function queue(state: State, host: Host, run: Run, config: ContainerConfig): Promise<undefined> {
  // On disk, where making a file may wait for others' writes: not on this thread.
  await Promise.all([
    mkdir(podDirectories(state.table, run.key.podUid).root, { recursive: true, mode: 0o700 }),
    state.starts.note(stemOf(run.key)),
    groupsReady(state, run.id, config),
  ])
  if (run.phase !== 'Queued') return
  if (config.command.length === 0) refuse(state, run, noCommand(config))
  else {
    writeFileSync(scriptOf(state.table, run), launchText(state, host, run, config), { mode: 0o600 })
    state.queue.push(run)
    startQueued(state)
  }
}

/** Makes the control groups of a run whose launch script is to be written. */
export async function groupsReady(state: State, id: string, { limits }: ContainerConfig): Promise<void> {
  const cgroups = hasLimits(limits) ? cgroupsOf(state) : undefined
  if (cgroups !== undefined) await makeGroups(cgroups, id, limits)
}

/** Less than this is kept for what those who run have still to write. */
const LEAST_SPACE = 1024 * 1024

/** Why the disk cannot take the files of another run; undefined when it can. */
function fullDisk(root: string): string | undefined {
  const { bavail, bsize, files, ffree } = statfsSync(root)
  const isFull = bavail * bsize < LEAST_SPACE || (files > 0 && ffree < 16)
  return isFull ? `no space left on the disk of ${root}: free some; the start is tried again` : undefined
}

/** Makes the pod's directory in memory; true when there was none. */
const makeScratch = ({ table }: State, { podUid }: ContainerKey): boolean =>
  mkdirSync(podDirectories(table, podUid).scratch, { recursive: true, mode: 0o700 }) !== undefined

const upOrEnded = (run: Run): Observed | Promise<Observed> =>
  run.observed ?? new Promise((resolve) => run.waiters.push(resolve))

/** What an earlier daemon left of this key: a run, or that there was none and which generation is the next. */
type Earlier = { readonly kind: 'Run'; readonly run: Run } | { readonly kind: 'None'; readonly generation: number }

function earlierRun(state: State, key: ContainerKey): Earlier {
  const { root, scratch } = podDirectories(state.table, key.podUid)
  const mayHaveRun = state.starts.isOfEarlierBoot(stemOf(key))
  if (!mayHaveRun && !existsSync(scratch) && !existsSync(root)) return { kind: 'None', generation: 0 }
  const name = listRuns(state.table, key.podUid).find(
    ({ key: other }) => other.container === key.container && other.attempt === key.attempt,
  )
  if (mayHaveRun) return { kind: 'Run', run: admit(state, loseRun(state.table, name ?? { key, generation: 0 })) }
  if (name === undefined) return { kind: 'None', generation: 0 }
  const found = recoverRun(`${state.table.root}/${runIdOf(name)}`, name)
  if (found.kind === 'Void') return { kind: 'None', generation: name.generation + 1 }
  return { kind: 'Run', run: admit(state, found) }
}

/** What an earlier boot was about to start is over, by its own word or without one. */
function loseRun({ root }: RunTable, name: RunName): Exclude<Found, { kind: 'Void' }> {
  const base = `${root}/${runIdOf(name)}`
  const found = judge(base, name)
  if (found.kind === 'Ended') return found
  claimVoid(base)
  return { kind: 'Ended', name, exit: writeLostExit(base), namespaced: false }
}

/** Why this host cannot give a container what it asks for. */
export function refusalOf({ tools, starters }: Host, config: ContainerConfig): string | undefined {
  const { mounts, runAs, root, security, hostFiles } = config
  if (!starters.Writable.isReady) {
    if (mounts.length > 0) return mountsRefused('volume mounts need', tools)
    if (root !== undefined) return mountsRefused('images that are directories need', tools)
  }
  if (starters.ReadOnly === undefined && root === undefined) {
    if (security?.readOnlyRoot === true) return mountsRefused('readOnlyRootFilesystem needs', tools)
    if (hostFiles === 'ReadOnly') return mountsRefused('--host-files read-only needs', tools)
  }
  return inputRefusal(config, tools) ?? identityRefusal(runAs, tools) ?? rightsRefusal(security, tools)
}

/** Whether a container starts where files of the host can only be read; one with a root of its own sees none. */
export const isReadOnly = ({ starters }: Host, { root, security, hostFiles = 'Writable' }: ContainerConfig): boolean =>
  starters.ReadOnly !== undefined && root === undefined && (hostFiles !== 'Writable' || security?.readOnlyRoot === true)

const mountsRefused = (what: string, { namespacesMissing }: HostTools): string =>
  `${what} a private mount namespace, which this host does not permit (${namespacesMissing ?? 'unknown reason'}); run jobd as root, or install util-linux and allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0)`

/** The launch script of a run whose groups are ready; makes the directory that its first process works in. */
export function launchText(state: State, host: Host, run: Run, config: ContainerConfig): string {
  const { tools } = host
  const { namespaced } = run
  const directory = runDirectory(state.table, run)
  if (namespaced && !run.isFirst) mkdirSync(directory, { mode: 0o700 })
  const { root, security } = config
  const script = `./${relative(directory, scriptOf(state.table, run))}`
  const rooms = { view: starterOf(host, run).root, path: roomsOf(state.table, viewOf(run), run.id) }
  const inRoot = namespaced && root !== undefined
  const names = namesOf(state, run)
  const hasOwnTemporary = run.isReadOnly && security?.readOnlyRoot !== true
  const mounts: RunMounts = {
    directory,
    config,
    tools,
    rooms,
    script,
    volatile: dirname(state.table.scratch),
    isReadOnly: run.isReadOnly,
    own: hasOwnTemporary ? host.temporary : [],
    closed: run.isReadOnly && security?.privileged !== true ? host.kernel : [],
    hosts: names && { source: writeHosts(names, state.table), place: host.hosts },
  }
  const logPath = logPathOf(state.table, run.key)
  const held = (name: keyof typeof HELD, path: string, above: string) =>
    namespaced ? `${heldPath(name)}${path.slice(above.length)}` : path
  return launchScript({
    base: held('root', run.base, state.table.root),
    id: run.id,
    logPath: held('root', logPath, state.table.root),
    argv: config.command,
    prepare: [
      ...hostnameCommand(hostnameOf(state, run), tools),
      ...(inRoot ? rootLines(mounts, root) : []),
      ...(namespaced && !inRoot ? mountCommands(mounts) : []),
      ...groupCommands(state, run, config),
    ],
    env: { ...(config.tty === true ? TERMINAL : {}), ...config.env, JOBD_POD_UID: config.key.podUid, [COOKIE]: run.id },
    workingDir: config.workingDir ?? '/',
    namespaced,
    wrappers: [
      ...tools.heed,
      ...(namespaced || tools.setsid === undefined ? [] : [tools.setsid]),
      ...(inRoot ? [] : namespaced ? tools.become : []),
      ...identityWords(config, tools),
    ],
    enterRoot: inRoot ? enterRootWords(config, tools, rootOfRun(directory)).map(shellQuote) : undefined,
    envProgram: tools.env,
    input: launchInput(config, held('scratch', inputPathOf(state.table, run), state.table.scratch), run.id, tools),
    terminal: config.tty === true ? tools.script : undefined,
  })
}

/** Makes the root of a run, once its command is known to be there. */
function rootLines(mounts: RunMounts, root: string): readonly string[] {
  const { command, env, workingDir = '/' } = mounts.config
  const search = { command: command[0] ?? '', path: env['PATH'] ?? '', workingDir }
  const why = commandMissing({ root, mounts: mounts.config.mounts }, search)
  return why === undefined ? rootCommands(mounts, root) : [`failed '${why}'`]
}

/** The program that makes namespaces also enters a root, from where none of the host's programs can be reached. */
function enterRootWords({ runAs, workingDir }: ContainerConfig, tools: HostTools, root: string): readonly string[] {
  const { unshare = 'false' } = tools
  const become = tools.become.length === 0 ? [unshare] : tools.become
  const user = tools.isRoot && runAs?.uid !== undefined ? [`--setuid=${runAs.uid}`] : []
  return [...become, `--root=${root}`, `--wd=${workingDir ?? '/'}`, ...user, '--']
}

function groupCommands(state: State, { id, namespaced }: Run, { limits }: ContainerConfig): readonly string[] {
  const cgroups = hasLimits(limits) ? cgroupsOf(state) : undefined
  return cgroups === undefined ? [] : enterGroups(cgroups, id, limits, namespaced ? heldPath('host') : '')
}
