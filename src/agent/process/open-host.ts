/** Finding out what the host permits, and starting the spawner on it. */
import { writeFileSync } from 'node:fs'
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
import { type Host, type HostView, memoryOf, type Starter, type State, scriptOf, templateOf, viewOf } from './state.ts'
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
  if (!state.closed) return openStarters(state, tools, memory)
  await memory?.close()
  return undefined
}

/** Fulfilled once the spawners have prepared their mount namespaces. */
async function openStarters(state: State, tools: HostTools, memory: MemoryVolumes | undefined): Promise<Host> {
  const [writable, readOnly] = await Promise.all([
    openStarter(state, tools, 'Writable'),
    tools.unshare === undefined ? undefined : openStarter(state, tools, 'ReadOnly'),
  ])
  const starters = { Writable: writable, ReadOnly: await readyOnly(readOnly) }
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

async function openStarter(state: State, tools: HostTools, view: HostView): Promise<Starter> {
  const { table, options } = state
  const said = new Promise<boolean>((resolve) => state.onTemplate.set(view, resolve))
  const template = templateOf(table, view)
  const progress = { isReady: false }
  const spawner = startSpawner({
    name: view,
    root: table.root,
    scratch: table.scratch,
    tools,
    log: options.log,
    template: tools.unshare === undefined ? undefined : templateScript(tools, template),
    readOnly: view === 'ReadOnly' ? readOnlyTools(tools, template) : undefined,
    onLost: () => {
      state.onTemplate.get(view)?.(false)
      // A host that does not let it begin will not let the next one.
      if (view !== 'Writable' && !progress.isReady) return
      const replaced = replaceStarter(state, view).finally(() => state.replacing.delete(replaced))
      state.replacing.add(replaced)
    },
  })
  const isReady = await said
  progress.isReady = isReady
  if (!isReady && tools.unshare !== undefined) {
    const because = readIfThere(`${table.root}/spawner.log`)?.slice(-500)
    options.log.warn(MISSING[view], { because })
  }
  return { spawner, root: `/proc/${spawner.pid}/root`, isReady }
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
async function replaceStarter(state: State, view: HostView): Promise<void> {
  // The first one may be lost before the other is ready.
  const before = await state.opening
  if (state.closed || before === undefined) return
  const starter = await openStarter(state, before.tools, view)
  if (state.closed) return void (await starter.spawner.close())
  const next = view === 'ReadOnly' ? await readyOnly(starter) : starter
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
