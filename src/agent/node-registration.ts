/** Has the node registered, and its lease held, for as long as its agent lives. */
import type { Node } from '../apis/core/index.ts'
import { type Clock, type Log, millis, ok, pause, type Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { dropNodeLease, holdNodeLease } from './node-lease.ts'
import { type HostFilesFacts, type NodeIdentity, registerNode } from './node-object.ts'
import { reflect } from './reflector.ts'

export type RegistrationOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly identity: NodeIdentity
  /** Told as soon as it is known; nobody waits for it. */
  readonly hostFiles?: Promise<HostFilesFacts> | undefined
}

export type Registration = {
  /** Fulfilled once the server knows the node. */
  readonly registered: Promise<void>
  /**
   * Tells of the node as it stands, undefined while it is not registered, and registers it again when somebody deletes it:
   * the agent serves it still, and pods of a node that is gone would be given up.
   */
  readonly keep: (onNode: (node: Node | undefined) => void) => { readonly stop: () => void }
  /** Tries no more. */
  readonly stop: () => void
}

const RETRY = { first: 50, most: 10_000 }

/** Registers the node at once; what fails is tried again, later each time. */
export function createRegistration({
  client,
  clock,
  timers,
  log,
  identity,
  hostFiles,
}: RegistrationOptions): Registration {
  const { name } = identity
  let stopped = false
  let isMissing = false
  let registering = false
  let known: HostFilesFacts | undefined

  async function register(): Promise<void> {
    for (let delay = RETRY.first; !stopped; delay = Math.min(delay * 2, RETRY.most)) {
      const registered = await registerNode(client, { ...identity, hostFiles: known }, clock.now())
      if (registered.ok) return
      log.warn('registering the node failed; trying again', { because: registered.error.message })
      await pause({ wake: timers.after }, millis(delay))
    }
  }

  async function registerAgain(): Promise<void> {
    if (registering) return
    registering = true
    while (isMissing && !stopped) {
      isMissing = false
      log.warn('the node was deleted; registering it again', { node: name })
      await register()
    }
    registering = false
  }

  /** The node whose lease is held. */
  let held: Node | undefined
  async function holdLease(node: Node): Promise<void> {
    const isAnother = held !== undefined && held.metadata.uid !== node.metadata.uid
    if (held !== undefined && !isAnother) return
    held = node
    const dropped = isAnother ? await dropNodeLease(client, name) : ok(undefined)
    const written = dropped.ok ? await holdNodeLease(client, node, clock.now()) : dropped
    if (!written.ok) log.warn('the lease of the node cannot be written', { because: written.error.message })
  }

  const registered = register()
  void hostFiles?.then(async (facts) => {
    known = facts
    await registered
    await register()
  })

  return {
    registered,
    keep(onNode) {
      const take = (node: Node | undefined): void => {
        onNode(node)
        isMissing = node === undefined
        if (node !== undefined) void holdLease(node)
        void registerAgain()
      }
      return reflect<Node>({
        client,
        clock,
        log,
        resource: 'nodes',
        selection: { fieldSelector: `metadata.name=${name}` },
        onList: ([node]) => take(node),
        onEvents: (events) => {
          const last = events.findLast(({ object }) => object.metadata.name === name)
          if (last !== undefined) take(last.type === 'DELETED' ? undefined : last.object)
        },
      })
    },
    stop: () => {
      stopped = true
    },
  }
}
