/** Asking runs to end, and removing what the engine has of them. */

import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pause } from '../../base/index.ts'
import type { ContainerKey, Signal } from '../runtime/index.ts'
import type { EngineError } from './engine.ts'
import { AGAIN } from './settle.ts'
import { endOfRun, fileOf, findRun, type PodEntry, podDirectory, type Run, type State, slotOf } from './state.ts'

/** Sends a signal, to an engine that is away as soon as it is back. */
export async function signalRun(state: State, key: ContainerKey, signal: Signal): Promise<void> {
  await state.pods.get(key.podUid)?.starting.get(slotOf(key))
  const run = findRun(state, key)
  while (run !== undefined && endOfRun(run) === undefined && !state.closed) {
    const path = `/containers/${run.id}/kill`
    const sent = await state.engine.call({ method: 'POST', path, query: { signal } })
    // What is not there or not running needs no signal; the engine tells of its end.
    if (sent.ok || sent.error.kind === 'Refused') return
    await pause(state.options.clock, AGAIN)
  }
}

/** Removes a container, killing what runs in it, and with it the volumes that its image asked for. */
export async function removeContainer(state: State, id: string): Promise<void> {
  state.removed.set(id, 'Under way')
  while (!state.closed) {
    const gone = await state.engine.call({
      method: 'DELETE',
      path: `/containers/${id}`,
      query: { force: true, v: true },
    })
    if (gone.ok || isAbsent(gone.error)) {
      state.removed.set(id, 'Done')
      return
    }
    if (gone.error.kind === 'Refused' && gone.error.status !== 409) {
      state.options.log.warn('a container could not be removed; trying again', { id, because: gone.error.message })
    }
    await pause(state.options.clock, AGAIN)
  }
}

const isAbsent = (error: EngineError): boolean => error.kind === 'Refused' && error.status === 404

/** The pod's containers and its sandbox; logs stay. */
export async function releasePod(state: State, podUid: string): Promise<void> {
  const entry = state.pods.get(podUid)
  if (entry !== undefined) await removeContainers(state, entry)
  await state.memory?.remove(podUid)
}

async function removeContainers(state: State, entry: PodEntry): Promise<void> {
  await Promise.all(entry.starting.values())
  await entry.preparing
  const ids = [...[...entry.runs.values()].map((run) => forget(state, run)), ...entry.strays]
  await Promise.all(ids.map((id) => removeContainer(state, id)))
  if (entry.sandboxId !== undefined) await removeContainer(state, entry.sandboxId)
  state.pods.delete(entry.podUid)
}

export async function removePod(state: State, podUid: string, beforeFiles?: () => Promise<void>): Promise<void> {
  await releasePod(state, podUid)
  await beforeFiles?.()
  await rm(podDirectory(state, podUid), { recursive: true, force: true })
}

/** Nothing more is told of the run. */
function forget(state: State, run: Run): string {
  state.byId.delete(run.id)
  run.log?.stop()
  return run.id
}

export async function removeRun(state: State, key: ContainerKey): Promise<void> {
  const run = findRun(state, key)
  if (run === undefined || endOfRun(run) === undefined) return
  state.pods.get(key.podUid)?.runs.delete(slotOf(key))
  await removeContainer(state, forget(state, run))
  for (const ending of ['log', 'message', 'times', 'freed'] as const)
    rmSync(fileOf(state, key, ending), { force: true })
}
