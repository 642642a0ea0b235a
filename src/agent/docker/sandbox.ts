/** The containers that do nothing: they hold what a pod's containers share, and outlive each of them. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fail, ok, type Result } from '../../base/index.ts'
import type { PodSandbox } from '../runtime/index.ts'
import { type ContainerBody, pauseLimits, sandboxBody } from './container-body.ts'
import type { Answer } from './engine.ts'
import { addressIn, type Inspection } from './inspection.ts'
import { makeContainer, SLOW } from './make-container.ts'
import { OWNER, sandboxContainerName } from './names.ts'
import type { Network } from './network.ts'
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
  const name = sandboxContainerName(sandbox.podUid, sandbox)
  const up = await pauseIn(state, name, sandboxBody(state.place, sandbox, PAUSE_IMAGE))
  if (!up.ok) return fail(up.error.message)
  entry.sandboxId = up.value.Id
  entry.isSandboxUp = true
  entry.address = addressIn(up.value) ?? entry.address
  return ok(undefined)
}

/** Has a container of the program that does nothing, and brings it up; its image is made when it is not there. */
async function pauseIn(state: State, name: string, body: ContainerBody): Answer<Inspection> {
  const { engine } = state
  let made = await makeContainer(state, { name, body })
  if (!made.ok && made.error.kind === 'Refused' && made.error.status === 404) {
    const imported = await importPause(engine)
    if (!imported.ok) return imported
    made = await makeContainer(state, { name, body })
  }
  if (!made.ok) return made
  const started = await engine.call({ method: 'POST', path: `/containers/${made.value.id}/start`, timeout: SLOW })
  if (!started.ok) return started
  return engine.call<Inspection>({ method: 'GET', path: `/containers/${made.value.id}/json` })
}

/**
 * Sees to it that the network has its address on this machine before a pod is in it: Podman gives it one with the first
 * container and takes it back with the last. Where even that gives none, as in a virtual machine, nothing stays.
 */
export async function holdNetwork(state: State, { gateway }: Network): Promise<void> {
  if (gateway === undefined || (await isOfThisMachine(gateway))) return
  const { network, owner } = state.place
  const body = { Image: PAUSE_IMAGE, Labels: { [OWNER]: owner }, HostConfig: { NetworkMode: network, ...pauseLimits } }
  const held = await pauseIn(state, holderName(state), body)
  if (held.ok && (await isOfThisMachine(gateway))) return
  if (!held.ok) state.options.log.warn('the network of the pods is not held', { because: held.error.message })
  await releaseNetwork(state)
}

/** Takes away what holds the network, if anything does. */
export async function releaseNetwork(state: State): Promise<void> {
  await state.engine.call({ method: 'DELETE', path: `/containers/${holderName(state)}`, query: { force: true } })
}

const holderName = ({ place }: State): string => `${place.network}-holder`

/** Whether a server can listen at it. A list of the machine's addresses leaves out those without a carrier. */
async function isOfThisMachine(address: string): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(0, address), 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
