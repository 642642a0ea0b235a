/** Finding out what the host permits, and starting the spawner on it. */
import { writeFileSync } from 'node:fs'
import { millis, pause } from '../../base/index.ts'
import { unlessRefused } from '../host-files.ts'
import { type MemoryVolumes, openMemoryVolumes } from '../memory/index.ts'
import { spreadDirectory } from '../spread-directory.ts'
import { placeProgram } from './enter/own-program.ts'
import { hostsPath } from './host-names.ts'
import { kernelSettings, privateDirectories, readOnlyScript } from './read-only-host.ts'
import { claimVoid, readIfThere } from './run-files.ts'
import { addRun, unfinishedRuns } from './run-table.ts'
import { endGroup, refuse, request } from './settle-run.ts'
import { startSpawner } from './spawner.ts'
import type { ReadOnlyTools } from './spawner-script.ts'
import { groupsReady, isReadOnly, launchText, refusalOf } from './start-run.ts'
import {
  type Host,
  type HostView,
  memoryOf,
  type Starter,
  type State,
  scriptOf,
  templateOf,
  viewOf,
  views,
} from './state.ts'
import { ROOMS, templateScript } from './template.ts'
import { detectTools, type HostTools } from './tools.ts'

export async function openHost(state: State): Promise<Host | undefined> {
  const { hostEnv, namespaces = 'auto', log } = state.options
  const ownProgram = () => placeProgram(state.options.dir)
  const [tools] = await Promise.all([
    detectTools({ path: hostEnv['PATH'] ?? '', namespaces, ownProgram }),
    spreadDirectory(state.table.root),
    spreadDirectory(state.table.scratch),
  ])
  if (tools.unshare === undefined) {
    log.info('pods run without namespaces of their own, and can write to files of the host', {
      because: tools.namespacesMissing,
    })
  }
  // Before there is a spawner: its mount namespace, which runs start from, is to see what is mounted later.
  const dir = memoryOf(state.table)
  const memory =
    state.closed || tools.unshare === undefined ? undefined : await openMemoryVolumes({ dir, isShared: true, log })
  const host = state.closed ? undefined : await openStarters(state, tools, memory)
  if (host === undefined) await memory?.close()
  return host
}

/** Fulfilled once the spawners have prepared their mount namespaces; undefined when the runtime was closed before. */
async function openStarters(
  state: State,
  tools: HostTools,
  memory: MemoryVolumes | undefined,
): Promise<Host | undefined> {
  const [writable, readOnly] = await Promise.all([
    openOneOf(state, tools, 'Writable', ['Ready', 'Unready']),
    // A host that does not let it begin will not let the next one.
    tools.unshare === undefined ? undefined : openOneOf(state, tools, 'ReadOnly', ['Ready', 'Unready', 'Lost']),
  ])
  if (writable === undefined) {
    await readOnly?.spawner.close()
    return undefined
  }
  const starters = { Writable: writable, ReadOnly: await readyOnly(readOnly) }
  for (const view of views) whenLost(state, view, starters[view])
  state.host = {
    tools,
    starters,
    memory,
    temporary: privateDirectories(),
    kernel: kernelSettings(),
    hosts: hostsPath(),
  }
  return state.host
}

/** One that cannot show what it is for starts nothing. */
async function readyOnly(starter: Starter | undefined): Promise<Starter | undefined> {
  if (starter?.isReady !== false) return starter
  await starter.spawner.close()
  return undefined
}

type Outcome = 'Ready' | 'Unready' | 'Lost'

/** Longer than what keeps a helper from its work in passing; short for pods that wait to begin. */
const OPEN_AGAIN = millis(1000)

/** Opens spawners, one after the other, until one does as it should; undefined when the runtime is closed before. */
async function openOneOf(
  state: State,
  tools: HostTools,
  view: HostView,
  wanted: readonly Outcome[],
): Promise<Starter | undefined> {
  const { clock, log } = state.options
  for (;;) {
    const { starter, outcome } = await openStarter(state, tools, view)
    if (!state.closed && wanted.includes(outcome)) {
      if (outcome !== 'Ready' && tools.unshare !== undefined) log.warn(MISSING[view], { because: lastWords(state) })
      return starter
    }
    await starter.spawner.close()
    if (state.closed) return undefined
    log.warn('a spawner could not begin; trying again', { for: view, because: lastWords(state) })
    await pause(clock, OPEN_AGAIN, state.closing.promise)
  }
}

const lastWords = ({ table }: State): string | undefined => readIfThere(`${table.root}/spawner.log`)?.slice(-500)

async function openStarter(
  state: State,
  tools: HostTools,
  view: HostView,
): Promise<{ readonly starter: Starter; readonly outcome: Outcome }> {
  const { table, options } = state
  const said = new Promise<Outcome>((resolve) =>
    state.onTemplate.set(view, (isReady) => resolve(isReady ? 'Ready' : 'Unready')),
  )
  const template = templateOf(table, view)
  const spawner = startSpawner({
    name: view,
    root: table.root,
    scratch: table.scratch,
    tools,
    log: options.log,
    template: tools.unshare === undefined ? undefined : templateScript(tools, template),
    readOnly: view === 'ReadOnly' ? readOnlyTools(tools, template) : undefined,
  })
  const outcome = await Promise.race([said, spawner.lost.then(() => 'Lost' as const)])
  return { starter: { spawner, root: `/proc/${spawner.pid}/root`, isReady: outcome === 'Ready' }, outcome }
}

/** Another takes its place. */
function whenLost(state: State, view: HostView, starter: Starter | undefined): void {
  void starter?.spawner.lost.then(() => {
    const replaced = replaceStarter(state, view, starter).finally(() => state.replacing.delete(replaced))
    state.replacing.add(replaced)
  })
}

const MISSING: Readonly<Record<HostView, string>> = {
  Writable: 'volumes cannot be mounted',
  ReadOnly: 'files of the host cannot be shown read-only: all containers can write to them',
}

function readOnlyTools({ unshare = 'false', mount = 'false' }: HostTools, template: string): ReadOnlyTools {
  const script = readOnlyScript({ mount, table: `${template}/read-only.fstab`, rooms: `${template}/${ROOMS}` })
  return { copy: `${unshare} --mount --propagation slave`, script }
}

/** Asks the next spawner for what the last one can no longer start. */
async function replaceStarter(state: State, view: HostView, last: Starter): Promise<void> {
  // The first one may be lost before the other is ready.
  const before = await state.opening
  if (state.closed || before === undefined) return
  // What this host has let us do it will let us do again: nobody has less of it for a helper that was killed meanwhile.
  const next = await openOneOf(state, before.tools, view, last.isReady ? ['Ready'] : ['Ready', 'Unready'])
  if (next === undefined) return
  whenLost(state, view, next)
  // Both may be replaced at the same time: the other is the one of now.
  const host = { ...before, starters: { ...(state.host ?? before).starters, [view]: next } }
  state.host = host
  for (const run of [...unfinishedRuns(state.table)]) {
    if (run.phase !== 'Requested' || viewOf(run) !== view || run.config === undefined || !claimVoid(run.base)) continue
    const again = addRun(
      state.table,
      { key: run.key, generation: run.generation + 1 },
      { phase: 'Requested', namespaced: run.namespaced, config: run.config, isReadOnly: isReadOnly(host, run.config) },
    )
    again.waiters = run.waiters
    again.mourners = run.mourners
    endGroup(state, run)
    const { config } = run
    const refusal =
      refusalOf(host, config) ??
      (await unlessRefused(
        () => groupsReady(state, again.id, config),
        (because) => because,
      ))
    if (state.closed) return
    if (refusal === undefined) {
      writeFileSync(scriptOf(state.table, again), launchText(state, host, again, config), { mode: 0o600 })
      request(state, host, again)
    } else refuse(state, again, refusal)
  }
}
