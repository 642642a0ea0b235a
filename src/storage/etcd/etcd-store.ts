/**
 * The Store on an etcd: what its members keep survives the loss of this machine. One server at a time has a place of it
 * (see lock.ts). Revisions are etcd's own, which others that use the same etcd raise too: they rise with every write, but
 * not always by one.
 *
 * A write is one transaction; it is visible, and answered, when the stream of changes has told of it. So readers, watchers
 * and writers of this server see one order, as with the embedded drivers.
 */
import { type Clock, fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import {
  type Change,
  type Entry,
  type Followers,
  type Listing,
  type ListOptions,
  newFollowers,
  type Observer,
  type Store,
  type StoreError,
  type Version,
  type Watch,
  type WriteRequest,
} from '../revision/index.ts'
import { type ChangeStream, followChanges } from './changes.ts'
import { type Connection, type EtcdTls, openConnection } from './connection.ts'
import { type Holder, type Lock, takeLock } from './lock.ts'
import {
  encode,
  endOfPrefix,
  entryOf,
  type Place,
  placeAt,
  type RangeResponse,
  rangeOf,
  type TxnResponse,
} from './messages.ts'
import type { EtcdTarget } from './target.ts'
import { judge, txnOf } from './writes.ts'

export type EtcdOptions = {
  readonly target: EtcdTarget
  readonly tls?: EtcdTls | undefined
  readonly holder: Holder
  readonly clock: Clock
}

/** Revisions of history that stay readable, as in the other drivers; older ones are compacted in steps of this size. */
const historyBound = 10_000

type State = {
  readonly connection: Connection
  readonly lock: Lock
  readonly place: Place
  readonly clock: Clock
  readonly followers: Followers
  /** Watches that began in the past, each with a stream of its own. */
  readonly late: Map<ChangeStream, Observer>
  changes: ChangeStream | undefined
  waiters: { readonly revision: Revision; readonly wake: () => void }[]
  visible: Revision
  /** That of the newest change of an object, which is as much as those who follow know of. */
  told: Revision
  oldest: Revision
  compacting: boolean
  ended: StoreError | undefined
}

/** Opens a place of an etcd; fails in one sentence when nobody answers or somebody else has it. */
export async function openEtcdStore({ target, tls, holder, clock }: EtcdOptions): Promise<Result<Store, string>> {
  const connection = openConnection({ members: target.members, tls, clock })
  const place = placeAt(target.place)
  const lock = await takeLock(connection, { key: place.lock, holder, clock })
  if (!lock.ok) {
    connection.close()
    return fail(lock.error)
  }
  const newest = await connection.ask<RangeResponse>('/v3/kv/range', { ...place.range, count_only: true })
  if (!newest.ok) {
    await lock.value.release()
    connection.close()
    return fail(newest.error.message)
  }
  const visible = revision(Number(newest.value.header.revision))
  const state: State = {
    connection,
    lock: lock.value,
    place,
    clock,
    followers: newFollowers(),
    late: new Map(),
    changes: undefined,
    waiters: [],
    visible,
    told: visible,
    oldest: revision(0),
    compacting: false,
    ended: undefined,
  }
  state.changes = followChanges(connection, {
    clock,
    place,
    range: place.range,
    from: visible,
    onChanges: (changes, upTo) => keep(state, changes, upTo),
    onCompacted: () => end(state, { kind: 'Compacted', oldest: state.visible }),
  })
  return ok(storeOn(state))
}

function storeOn(state: State): Store {
  return {
    revision: () => state.visible,
    oldest: () => state.oldest,
    async get(key) {
      const found = await ask<RangeResponse>(state, '/v3/kv/range', { key: encode(state.place.objects + key) })
      if (!found.ok) return found
      const kv = found.value.kvs?.[0]
      return ok(kv === undefined ? undefined : entryOf(state.place, kv))
    },
    list: (prefix, options) => list(state, prefix, options ?? {}),
    create: (key, value) => put(state, { kind: 'Create', key, value }),
    update: (key, value, ifRevision) => put(state, { kind: 'Update', key, value, ifRevision }),
    async delete(key, ifRevision) {
      const written = await write(state, { kind: 'Delete', key, ifRevision })
      return written.ok ? ok(written.value.modified) : written
    },
    watch(prefix, from, observer) {
      if (state.ended !== undefined) return fail(state.ended)
      if (from > state.visible) return fail({ kind: 'Future', current: state.visible })
      if (from < state.oldest) return fail({ kind: 'Compacted', oldest: state.oldest })
      return ok(
        from === state.visible ? state.followers.add(prefix, observer) : watchLate(state, prefix, from, observer),
      )
    },
    compact: (upTo) => compact(state, upTo),
    problem: () => (state.ended === undefined ? (state.lock.lost() ?? state.changes?.broken()) : wordsOf(state.ended)),
    close: () => close(state),
  }
}

function watchLate(state: State, prefix: string, from: Revision, observer: Observer): Watch {
  const { connection, clock, place, late } = state
  const stop = (): void => {
    stream.stop()
    late.delete(stream)
  }
  const stream = followChanges(connection, {
    clock,
    place,
    range: rangeOf(place.objects + prefix),
    from,
    onChanges: (changes) => (changes.length > 0 ? observer.onChanges(changes) : undefined),
    onCompacted() {
      stop()
      observer.onEnd({ kind: 'Compacted', oldest: state.oldest })
    },
  })
  late.set(stream, observer)
  return { stop }
}

async function ask<Answer>(state: State, path: string, body: unknown): Promise<Result<Answer, StoreError>> {
  if (state.ended !== undefined) return fail(state.ended)
  const answered = await state.connection.ask<Answer>(path, body)
  if (answered.ok) return answered
  const { message } = answered.error
  if (message.includes('required revision has been compacted')) return fail({ kind: 'Compacted', oldest: state.oldest })
  return fail({ kind: 'Unavailable', message })
}

async function list(
  state: State,
  prefix: string,
  { at = state.visible, from = '', limit, uncounted = false }: ListOptions,
): Promise<Result<Listing, StoreError>> {
  if (at > state.visible) return fail({ kind: 'Future', current: state.visible })
  if (at < state.oldest) return fail({ kind: 'Compacted', oldest: state.oldest })
  const { objects } = state.place
  const read = (seen: Revision) =>
    ask<RangeResponse>(state, '/v3/kv/range', {
      key: encode(objects + (from > prefix ? from : prefix)),
      range_end: endOfPrefix(objects + prefix),
      revision: String(seen),
      limit: String(limit ?? 0),
    })
  let found = await read(at)
  if (!found.ok && found.error.kind === 'Compacted' && at >= state.told) {
    // Others write to this etcd and compact it while nothing changes here: a later revision shows the same.
    await catchUp(state)
    if (at >= state.told) found = await read(state.visible)
  }
  if (!found.ok) return found
  const entries = (found.value.kvs ?? []).map((kv) => entryOf(state.place, kv))
  // etcd counts in its index, whether asked or not.
  const behind = Number(found.value.count ?? 0) - entries.length
  return ok({ revision: at, entries, remaining: uncounted ? Math.min(behind, 1) : behind })
}

async function put(
  state: State,
  request: WriteRequest & { readonly value: string },
): Promise<Result<Entry, StoreError>> {
  const { value } = request
  const written = await write(state, request)
  return written.ok ? ok({ ...written.value, value }) : written
}

async function write(state: State, request: WriteRequest): Promise<Result<Version, StoreError>> {
  let isRepeated = false
  for (;;) {
    if (state.ended !== undefined) return fail(state.ended)
    const fence = state.lock.fence()
    const done = await state.connection.ask<TxnResponse>('/v3/kv/txn', txnOf(state.place, fence, request), {
      again: () => {
        isRepeated = true
      },
    })
    if (!done.ok) return fail({ kind: 'Unavailable', message: done.error.message })
    const judged = judge(state.place, request, { response: done.value, fence, isRepeated })
    if (judged.kind === 'Written') {
      // When it can be seen, it is done.
      await reached(state, judged.version.modified)
      return state.ended === undefined ? ok(judged.version) : fail(state.ended)
    }
    if (judged.kind === 'Refused') return fail(judged.error)
    if (judged.kind === 'Missing') {
      // Its removal, if there was one, is among what has been told by now.
      await catchUp(state)
      return fail({ kind: 'Missing', current: state.told })
    }
    const lost = await state.lock.regain()
    if (lost !== undefined) return fail({ kind: 'Unavailable', message: lost })
  }
}

/** Resolves when all that was written before has been told, or nobody can say. */
async function catchUp(state: State): Promise<void> {
  const key = encode(state.place.tick)
  const ticked = await state.connection.ask<TxnResponse>('/v3/kv/txn', {
    compare: [state.lock.fence()],
    success: [{ request_put: { key, value: '' } }],
    failure: [],
  })
  if (ticked.ok && ticked.value.succeeded === true) await reached(state, revision(Number(ticked.value.header.revision)))
}

function reached(state: State, at: Revision): Promise<void> {
  if (state.visible >= at || state.ended !== undefined) return Promise.resolve()
  return new Promise((wake) => state.waiters.push({ revision: at, wake }))
}

function keep(state: State, changes: readonly Change[], upTo: Revision): void {
  state.visible = upTo
  if (changes.length > 0) {
    state.told = changes.at(-1)?.revision ?? upTo
    state.followers.tell(changes)
  }
  const due = state.waiters.filter(({ revision: at }) => at <= upTo)
  if (due.length > 0) state.waiters = state.waiters.filter(({ revision: at }) => at > upTo)
  for (const { wake } of due) wake()
  if (!state.compacting && upTo - state.oldest > 2 * historyBound) void compactOld(state)
}

/** What others than jobd wrote counts, too: upstream's API server compacts its etcd in the same way. */
async function compactOld(state: State): Promise<void> {
  state.compacting = true
  await compact(state, revision(state.visible - historyBound))
  state.compacting = false
}

async function compact(state: State, upTo: Revision): Promise<Result<Revision, StoreError>> {
  if (upTo > state.visible) return fail({ kind: 'Future', current: state.visible })
  if (upTo <= state.oldest) return ok(state.oldest)
  const done = await ask<unknown>(state, '/v3/kv/compaction', { revision: String(upTo) })
  // Somebody else has compacted further: that is as good.
  if (!done.ok && done.error.kind !== 'Compacted') return done
  state.oldest = upTo
  return ok(upTo)
}

const wordsOf = (error: StoreError): string =>
  error.kind === 'Unavailable' ? error.message : 'etcd has compacted what had not been read yet: start jobd again'

function end(state: State, error: StoreError): void {
  if (state.ended !== undefined) return
  state.ended = error
  state.changes?.stop()
  for (const { wake } of state.waiters.splice(0)) wake()
  state.followers.end(error)
  for (const [stream, observer] of state.late) {
    stream.stop()
    observer.onEnd(error)
  }
  state.late.clear()
}

async function close(state: State): Promise<void> {
  if (state.ended?.kind === 'Unavailable') return
  end(state, { kind: 'Unavailable', message: 'the store is closed' })
  await state.lock.release()
  state.connection.close()
}
