/**
 * One server for one place of an etcd: a key that lives as long as the lease of who holds it. Every write asks that the
 * lock be ours, so that a server that was away for longer than its lease cannot write behind the back of its successor.
 *
 * A lease costs etcd no write: it is kept alive in the memory of its leader.
 */
import { type Clock, fail, millis, ok, type Result } from '../../base/index.ts'
import type { Connection } from './connection.ts'
import { type Compare, decode, encode, type Lease, type TxnRequest, type TxnResponse } from './messages.ts'

export type Holder = {
  /** The same for the same server after a restart, and for no other: it need not wait for its own old lease. */
  readonly id: string
  /** Who it is, for people. */
  readonly name: string
}

export type Lock = {
  /** Holds while the lock is ours. */
  readonly fence: () => Compare
  /** Why the lock is not ours; undefined while it is, as far as we know. */
  readonly lost: () => string | undefined
  /** Takes the lock again after its lease has ended; undefined when it is ours. Calls at one time are one. */
  readonly regain: () => Promise<string | undefined>
  readonly release: () => Promise<void>
}

/** How long after its last sign of life a server still holds its place, in seconds. */
const timeToLive = 12
const signOfLifeEvery = millis(4_000)

type State = {
  readonly connection: Connection
  readonly key: string
  readonly holder: Holder
  lease: string
  lost: string | undefined
  regaining: Promise<string | undefined> | undefined
}

/** Takes the lock `key` and keeps it; fails with who has it. */
export async function takeLock(
  connection: Connection,
  { key, holder, clock }: { readonly key: string; readonly holder: Holder; readonly clock: Clock },
): Promise<Result<Lock, string>> {
  const state: State = { connection, key: encode(key), holder, lease: '0', lost: undefined, regaining: undefined }
  const refused = await acquire(state, true)
  if (refused !== undefined) return fail(refused)
  let cancel = (): void => {}
  const tick = (): void => {
    cancel = clock.wake(signOfLifeEvery, () => void signOfLife(state).then(tick))
  }
  tick()
  return ok({
    fence: () => ({ key: state.key, target: 'LEASE', lease: state.lease }),
    lost: () => state.lost,
    regain: () => regain(state),
    async release() {
      cancel()
      state.lost = 'the store is closed'
      await connection.ask('/v3/lease/revoke', { ID: state.lease }, { once: true })
    },
  })
}

async function signOfLife(state: State): Promise<void> {
  const { lease } = state
  const alive = await state.connection.ask<{ readonly result?: Lease }>(
    '/v3/lease/keepalive',
    { ID: lease },
    { once: true },
  )
  if (!alive.ok) state.lost = alive.error.message
  else if (Number(alive.value.result?.TTL ?? 0) > 0) state.lost = undefined
  else await regain(state)
}

function regain(state: State): Promise<string | undefined> {
  state.regaining ??= acquire(state, false).then((refused) => {
    state.lost = refused
    state.regaining = undefined
    return refused
  })
  return state.regaining
}

/**
 * Makes a lease, and puts the lock on it when nobody has it. `inherits`: also when a former life of this server has it;
 * while it runs, the same id is that of a successor. Answers why not.
 */
async function acquire(state: State, inherits: boolean): Promise<string | undefined> {
  const { connection, key, holder } = state
  const granted = await connection.ask<Lease>('/v3/lease/grant', { TTL: String(timeToLive) }, { once: true })
  if (!granted.ok) return granted.error.message
  const lease = granted.value.ID
  const put = { request_put: { key, value: encode(JSON.stringify(holder)), lease } } as const
  let condition: Compare = { key, target: 'VERSION', version: '0' }
  // The second try takes over what a former life of ours has left; a third would be a race with somebody else.
  for (let tries = 0; tries < 2; tries++) {
    const txn: TxnRequest = { compare: [condition], success: [put], failure: [{ request_range: { key } }] }
    const done = await connection.ask<TxnResponse>('/v3/kv/txn', txn)
    if (!done.ok) return done.error.message
    if (done.value.succeeded === true) {
      state.lease = lease
      return undefined
    }
    const found = done.value.responses?.[0]?.response_range?.kvs?.[0]
    const other = readHolder(decode(found?.value ?? ''))
    if (found !== undefined && !(inherits && other.id === holder.id)) {
      await connection.ask('/v3/lease/revoke', { ID: lease })
      return `it is in use by ${other.name}`
    }
    condition = { key, target: 'MOD', mod_revision: found?.mod_revision ?? '0' }
  }
  return 'it is in use by somebody who was faster'
}

function readHolder(text: string): Holder {
  try {
    const { id, name } = JSON.parse(text) as Holder
    return { id: String(id), name: String(name) }
  } catch {
    // Somebody else's key: nobody of ours, and not to be taken.
    return { id: '', name: 'a program that is no jobd' }
  }
}
