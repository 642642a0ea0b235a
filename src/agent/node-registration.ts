/** Has the node registered, and its lease held, for as long as its agent lives. */
import type { Status } from '../apimachinery/index.ts'
import type { Node } from '../apis/core/index.ts'
import { type Clock, type Log, millis, ok, pause, type Result, type Timers } from '../base/index.ts'
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

  async function untilDone(failing: string, write: () => Promise<Result<unknown, Status>>): Promise<void> {
    for (let delay = RETRY.first; !stopped; delay = Math.min(delay * 2, RETRY.most)) {
      const written = await write()
      if (written.ok) return
      log.warn(`${failing}; trying again`, { because: written.error.message })
      await pause({ wake: timers.after }, millis(delay))
    }
  }

  const register = (): Promise<void> =>
    untilDone('registering the node failed', () => registerNode(client, { ...identity, hostFiles: known }, clock.now()))

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
    const before = held
    if (before !== undefined && before.metadata.uid === node.metadata.uid) return
    held = node
    await untilDone('writing the lease of the node failed', async () => {
      if (held !== node) return ok(undefined)
      const dropped = before === undefined ? ok(undefined) : await dropNodeLease(client, name)
      return dropped.ok ? await holdNodeLease(client, node, clock.now()) : dropped
    })
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
