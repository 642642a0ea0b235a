/** Finding out what the host permits, and starting the spawner on it. */
import { writeFileSync } from 'node:fs'
import { type MemoryVolumes, openMemoryVolumes } from '../memory/index.ts'
import { claimVoid, readIfThere } from './run-files.ts'
import { addRun, unfinishedRuns } from './run-table.ts'
import { startSpawner } from './spawner.ts'
import { launchText } from './start-run.ts'
import { type Host, memoryOf, modeOf, type State, scriptOf, templateOf } from './state.ts'
import { templateScript } from './template.ts'
import { detectTools, type HostTools } from './tools.ts'

export async function openHost(state: State): Promise<Host | undefined> {
  const { hostEnv, namespaces = 'auto', log } = state.options
  const tools = await detectTools({ path: hostEnv['PATH'] ?? '', namespaces })
  if (tools.unshare === undefined) {
    log.info('pods run without namespaces of their own', { because: tools.namespacesMissing })
  }
  // Before there is a spawner: its mount namespace, which runs start from, is to see what is mounted later.
  const dir = memoryOf(state.table)
  const memory =
    state.closed || tools.unshare === undefined ? undefined : await openMemoryVolumes({ dir, isShared: true, log })
  if (!state.closed) return openSpawner(state, tools, memory)
  await memory?.close()
  return undefined
}

/** Fulfilled once the spawner has prepared its mount namespace. */
async function openSpawner(state: State, tools: HostTools, memory: MemoryVolumes | undefined): Promise<Host> {
  const { table, options } = state
  const said = new Promise<boolean>((resolve) => {
    state.onTemplate = resolve
  })
  const spawner = startSpawner({
    root: table.root,
    scratch: table.scratch,
    tools,
    log: options.log,
    template: tools.unshare === undefined ? undefined : templateScript(tools, templateOf(table)),
    onLost: () => {
      state.onTemplate(false)
      void replaceSpawner(state, tools, memory)
    },
  })
  const templated = await said
  if (!templated && tools.unshare !== undefined) {
    const because = readIfThere(`${table.root}/spawner.log`)?.slice(-500)
    options.log.warn('volumes cannot be mounted', { because })
  }
  state.host = { tools, spawner, view: `/proc/${spawner.pid}/root`, templated, memory }
  return state.host
}

/** Asks the next spawner for what the last one can no longer start. */
async function replaceSpawner(state: State, tools: HostTools, memory: MemoryVolumes | undefined): Promise<void> {
  if (state.closed) return
  const host = await openSpawner(state, tools, memory)
  for (const run of [...unfinishedRuns(state.table)]) {
    if (run.phase !== 'Requested' || run.config === undefined || !claimVoid(run.base)) continue
    const again = addRun(
      state.table,
      { key: run.key, generation: run.generation + 1 },
      { phase: 'Requested', namespaced: run.namespaced, config: run.config },
    )
    again.waiters = run.waiters
    again.mourners = run.mourners
    writeFileSync(scriptOf(state.table, again), launchText(state, host, again, run.config), { mode: 0o600 })
    host.spawner.request(modeOf(again), again.id)
  }
}
