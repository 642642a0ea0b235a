/** The container that holds what a pod's containers share: it does nothing, and outlives each of them. */
import { fail, ok, type Result } from '../../base/index.ts'
import type { PodSandbox } from '../runtime/index.ts'
import { sandboxBody } from './container-body.ts'
import type { Answer } from './engine.ts'
import { addressIn, type Inspection } from './inspection.ts'
import { makeContainer, SLOW } from './make-container.ts'
import { sandboxContainerName } from './names.ts'
import { importPause, PAUSE_IMAGE } from './pause-image.ts'
import { entryOf, type PodEntry, type State } from './state.ts'

/** Makes the sandbox of a pod whose containers need one; looks after it when it has ended. */
export async function preparePod(state: State, sandbox: PodSandbox): Promise<Result<undefined, string>> {
  const entry = entryOf(state, sandbox.podUid)
  entry.sandbox = sandbox
  if (sandbox.isSingle || entry.isSandboxUp === true) return ok(undefined)
  entry.preparing ??= state
    .gate(() => makeSandbox(state, entry, sandbox))
    .finally(() => {
      entry.preparing = undefined
    })
  return entry.preparing
}

async function makeSandbox(state: State, entry: PodEntry, sandbox: PodSandbox): Promise<Result<undefined, string>> {
  const wanted = {
    name: sandboxContainerName(sandbox.podUid, sandbox),
    body: sandboxBody(state.place, sandbox, PAUSE_IMAGE),
  }
  let made = await makeContainer(state, wanted)
  if (!made.ok && made.error.kind === 'Refused' && made.error.status === 404) {
    const imported = await importPause(state.engine)
    if (!imported.ok) return fail(imported.error.message)
    made = await makeContainer(state, wanted)
  }
  if (!made.ok) return fail(made.error.message)
  const up = await bringUp(state, made.value.id)
  if (!up.ok) return fail(up.error.message)
  entry.sandboxId = made.value.id
  entry.isSandboxUp = true
  entry.address = addressIn(up.value) ?? entry.address
  return ok(undefined)
}

async function bringUp({ engine }: State, id: string): Answer<Inspection> {
  const started = await engine.call({ method: 'POST', path: `/containers/${id}/start`, timeout: SLOW })
  if (!started.ok) return started
  return engine.call<Inspection>({ method: 'GET', path: `/containers/${id}/json` })
}
