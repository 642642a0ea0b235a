/** The network in which the pods of one runtime meet, and find each other by name. */
import { type Clock, fail, millis, ok, pause, type Result } from '../../base/index.ts'
import type { Answer, Engine } from './engine.ts'
import { OWNER } from './names.ts'

export type Network = {
  readonly name: string
  /** The host's own address in it, if that is known: where pods reach what listens on this machine. */
  readonly gateway?: string | undefined
  /** `172.18.0.0/16`. */
  readonly subnet?: string | undefined
}

type Inspected = {
  readonly Id: string
  readonly Name: string
  readonly Labels?: Readonly<Record<string, string>>
  /** Who is in it, by the ids of containers. */
  readonly Containers?: Readonly<Record<string, { readonly Name: string }>> | null
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null }
}

/** Finds the runtime's network, or makes it. */
export async function openNetwork(engine: Engine, owner: string): Promise<Result<Network, string>> {
  const found = await findNetwork(engine, owner)
  if (!found.ok) return fail(found.error.message)
  if (found.value !== undefined) return ok(found.value)
  const made = await engine.call({
    method: 'POST',
    path: '/networks/create',
    body: { Name: `jobd-${owner}`, Driver: 'bridge', Labels: { [OWNER]: owner } },
  })
  if (!made.ok) return fail(`the network of the pods cannot be made: ${made.error.message}`)
  const network = await findNetwork(engine, owner)
  if (!network.ok) return fail(network.error.message)
  return network.value === undefined ? fail('the network of the pods cannot be found') : ok(network.value)
}

async function findNetwork(engine: Engine, owner: string): Answer<Network | undefined> {
  const filters = JSON.stringify({ label: [`${OWNER}=${owner}`] })
  const listed = await engine.call<readonly Inspected[]>({ method: 'GET', path: '/networks', query: { filters } })
  if (!listed.ok) return listed
  const [first] = listed.value
  if (first === undefined) return ok(undefined)
  const found = await engine.call<Inspected>({ method: 'GET', path: `/networks/${first.Id}` })
  if (!found.ok) return found
  const { Subnet, Gateway } = found.value.IPAM?.Config?.[0] ?? {}
  return ok({ name: found.value.Name, gateway: Gateway?.replace(/\/\d+$/, ''), subnet: Subnet })
}

/** An engine that has removed a container may still count it as a member of its network for a moment. */
const TRIES = 15
const AGAIN = millis(200)

/** Takes the network away, unless somebody stays in it. */
export async function removeNetwork(engine: Engine, { name }: Network, clock: Clock): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries++) {
    if (await remove(engine, name)) return
    await pause(clock, AGAIN)
  }
  await dropGone(engine, name)
  await remove(engine, name)
}

/** False when it is refused for those that are in it; to ask again helps in no other case. */
async function remove(engine: Engine, name: string): Promise<boolean> {
  const gone = await engine.call({ method: 'DELETE', path: `/networks/${name}` })
  return gone.ok || gone.error.kind !== 'Refused' || gone.error.status === 404
}

/** An engine that was killed may count a container for ever that it no longer has; no other is put out of the network. */
async function dropGone(engine: Engine, name: string): Promise<void> {
  const found = await engine.call<Inspected>({ method: 'GET', path: `/networks/${name}` })
  const members = found.ok ? Object.entries(found.value.Containers ?? {}) : []
  for (const [id, { Name }] of members) {
    const container = await engine.call({ method: 'GET', path: `/containers/${id}/json` })
    if (container.ok || container.error.kind !== 'Refused' || container.error.status !== 404) continue
    await engine.call({
      method: 'POST',
      path: `/networks/${name}/disconnect`,
      body: { Container: Name, Force: true },
    })
  }
}
