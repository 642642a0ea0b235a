/**
 * The Store on SQLite, for one machine: every write is on the disk before it is answered or seen.
 *
 * Group commit without a timer: while one commit is under way further writes gather, and go together in the next.
 */
import { setImmediate } from 'node:timers'
import { fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import {
  type Change,
  changeOf,
  decide,
  type Entry,
  type Followers,
  type Keyspace,
  type Listing,
  type ListOptions,
  newFollowers,
  newKeyspace,
  type Store,
  type StoreError,
  takeBack,
  type Write,
  type WriteRequest,
} from '../revision/index.ts'
import { dropsOf } from './database.ts'
import { type DatabaseThread, type StartDatabase, startDatabaseThread } from './database-thread.ts'
import type { Batch, OpenError, Superseded, Trouble } from './messages.ts'

/** Revisions of history that stay readable: some minutes of a busy server, a few megabytes of disk. */
const historyBound = 10_000
/** Writes in one commit: bounds the memory of a batch and how long the first of it waits. */
const batchBound = 4_000
/** So many writes are worth a commit of their own even in the middle of a turn that makes more of them. */
const sizeable = 64

type Pending = {
  readonly request: WriteRequest
  /** A removal, or a step of one: a full disk takes it, too. */
  readonly makesRoom: boolean
  readonly write: Write
  readonly answer: (result: Result<Change, StoreError>) => void
}

type State = {
  readonly thread: Pick<DatabaseThread, 'ask'>
  readonly keyspace: Keyspace
  readonly followers: Followers
  queue: Pending[]
  committing: boolean
  /** How many writes make the next commit worth starting before all of the current turn are there. */
  worthwhile: number
  gathering: boolean
  oldest: Revision
  /** Writes after `oldest` that made older rows history, in order; the first `forgotten` of them are done. */
  superseded: Superseded[]
  forgotten: number
  ended: StoreError | undefined
  /** Why the last commit failed. */
  refused: string | undefined
  readonly idle: (() => void)[]
}

export type SqliteStore = Store & {
  /** Writes a consistent copy of the database to a new file, while it is in use. */
  readonly backup: (file: string) => Promise<Result<undefined, StoreError>>
}

/**
 * Opens the database at `file`, making it when it is not there. The lock is held until the store is closed.
 * `start` opens it elsewhere than on a thread and a disk.
 */
export async function openSqliteStore(
  file: string,
  start: StartDatabase = startDatabaseThread,
): Promise<Result<SqliteStore, OpenError>> {
  const followers = newFollowers()
  const state: { current?: State } = {}
  const started = await start(file, (error) => {
    if (state.current !== undefined) state.current.ended ??= error
    followers.end(error)
  })
  if (!started.ok) return started
  const { opened } = started.value
  const keyspace = newKeyspace(opened.revision)
  for (const head of opened.heads) keyspace.heads.set(head.key, head)
  state.current = {
    // Without what was opened, which is in the keyspace now.
    thread: { ask: started.value.ask },
    keyspace,
    followers,
    queue: [],
    committing: false,
    worthwhile: 1,
    gathering: false,
    oldest: opened.oldest,
    superseded: [...opened.superseded],
    forgotten: 0,
    ended: undefined,
    refused: undefined,
    idle: [],
  }
  return ok(storeOn(state.current))
}

function storeOn(state: State): SqliteStore {
  const { thread, keyspace } = state
  return {
    revision: () => keyspace.visible,
    oldest: () => state.oldest,
    get: (key) => thread.ask<'Get'>({ kind: 'Get', key }),
    list: (prefix, options) => list(state, prefix, options ?? {}),
    create: (key, value) => put(state, { kind: 'Create', key, value }, false),
    update: (key, value, ifRevision, makesRoom = false) =>
      put(state, { kind: 'Update', key, value, ifRevision }, makesRoom),
    async delete(key, ifRevision) {
      const written = await write(state, { kind: 'Delete', key, ifRevision }, true)
      return written.ok ? ok(written.value.revision) : written
    },
    watch: (prefix, from, observer) => {
      if (state.ended !== undefined) return fail(state.ended)
      const to = keyspace.visible
      if (from > to) return fail({ kind: 'Future', current: to })
      if (from < state.oldest) return fail({ kind: 'Compacted', oldest: state.oldest })
      const history = () => thread.ask<'History'>({ kind: 'History', prefix, from, to })
      return ok(state.followers.add(prefix, observer, from === to ? undefined : history))
    },
    compact: (upTo) => compact(state, upTo),
    problem: () => (state.ended === undefined ? state.refused : wordsOf(state.ended)),
    backup: (file) => thread.ask<'Backup'>({ kind: 'Backup', file }),
    close: () => close(state),
  }
}

async function list(
  state: State,
  prefix: string,
  { at = state.keyspace.visible, from = '', limit, uncounted = false }: ListOptions,
): Promise<Result<Listing, StoreError>> {
  if (at > state.keyspace.visible) return fail({ kind: 'Future', current: state.keyspace.visible })
  if (at < state.oldest) return fail({ kind: 'Compacted', oldest: state.oldest })
  const page = await state.thread.ask<'List'>({ kind: 'List', prefix, at, from, limit, uncounted })
  return page.ok ? ok({ revision: at, ...page.value }) : page
}

async function put(state: State, request: WriteRequest, makesRoom: boolean): Promise<Result<Entry, StoreError>> {
  const written = await write(state, request, makesRoom)
  if (!written.ok) return written
  if (written.value.kind !== 'Put') throw new Error('a put was decided as a delete')
  return ok(written.value.entry)
}

function write(state: State, request: WriteRequest, makesRoom: boolean): Promise<Result<Change, StoreError>> {
  if (state.ended !== undefined) return Promise.resolve(fail(state.ended))
  const decided = decide(state.keyspace, request)
  if (!decided.ok) return Promise.resolve(decided)
  return new Promise((answer) => {
    state.queue.push({ request, makesRoom, write: decided.value, answer })
    if (!state.committing) beginSoon(state)
  })
}

/**
 * Starts a commit with half as many writes as the last one had, or with what there is when nothing else is left to do.
 * So two groups of writes take turns: one is on its way to the disk while the answers to the other make new ones. Started
 * with the first write of a turn, a commit would carry that one alone, and all others would wait for two.
 */
function beginSoon(state: State): void {
  const gathered = state.queue.length
  if (gathered >= Math.max(state.worthwhile, sizeable)) return void commit(state)
  // A few writes may be the first of many of this turn.
  if (gathered >= state.worthwhile) return void queueMicrotask(() => void commit(state))
  if (state.gathering) return
  state.gathering = true
  setImmediate(() => {
    state.gathering = false
    void commit(state)
  })
}

/** `makesRoom`: nothing is queued but what makes room. */
async function commit(state: State, makesRoom = false): Promise<void> {
  if (state.committing || state.queue.length === 0) return
  state.committing = true
  const batch = state.queue.slice(0, batchBound)
  state.queue = state.queue.slice(batchBound)
  state.worthwhile = Math.ceil(batch.length / 2)
  const newest = batch[batch.length - 1]?.write.revision ?? state.keyspace.visible
  const done = await state.thread.ask<'Commit'>({ kind: 'Commit', batch: batchOf(state, batch, newest), makesRoom })
  state.committing = false
  if (done.ok) keep(state, batch, newest, makesRoom)
  else refuse(state, batch, done.error, makesRoom)
  // What a refusal leaves is to be tried at once, before anything else comes.
  if (state.queue.length > 0) void commit(state, !done.ok)
  else for (const resolve of state.idle.splice(0)) resolve()
}

function batchOf(state: State, pending: readonly Pending[], newest: Revision): Batch {
  const oldest = Math.max(state.oldest, newest - historyBound)
  return {
    revisions: pending.map(({ write }) => write.revision),
    keys: pending.map(({ write }) => write.key),
    created: pending.map(({ write }) => write.created),
    previous: pending.map(({ write }) => write.previous?.modified ?? 0),
    ...encodeValues(pending),
    forget: forgettable(state, oldest).flatMap(({ drop }) => drop),
    oldest,
  }
}

const encoder = new TextEncoder()

/** All values as bytes. Texts are nearly always ASCII, so room for that is tried first. */
function encodeValues(pending: readonly Pending[]): Encoded {
  const characters = pending.reduce((sum, { write }) => sum + (write.value?.length ?? 0), 0)
  return (
    encodeInto(pending, new Uint8Array(characters)) ?? (encodeInto(pending, new Uint8Array(characters * 3)) as Encoded)
  )
}

type Encoded = Pick<Batch, 'bytes' | 'lengths'>

/** Undefined when the room does not suffice; three bytes for each UTF-16 code unit always do. */
function encodeInto(pending: readonly Pending[], bytes: Uint8Array<ArrayBuffer>): Encoded | undefined {
  const lengths: number[] = []
  let at = 0
  for (const { write } of pending) {
    const { value } = write
    if (value === undefined) {
      lengths.push(-1)
      continue
    }
    const { read, written } = encoder.encodeInto(value, bytes.subarray(at))
    if (read < value.length) return undefined
    lengths.push(written)
    at += written
  }
  return { bytes, lengths }
}

/** Writes that nobody may start from any more, once `oldest` holds. */
function forgettable(state: State, oldest: number): readonly Superseded[] {
  let end = state.forgotten
  while ((state.superseded[end]?.revision ?? Number.POSITIVE_INFINITY) <= oldest) end += 1
  return state.superseded.slice(state.forgotten, end)
}

/** The batch is on the disk: it becomes visible, is told to watchers, and answered, in this order. */
function keep(state: State, batch: readonly Pending[], newest: Revision, makesRoom: boolean): void {
  forgetUpTo(state, Math.max(state.oldest, newest - historyBound))
  state.keyspace.visible = newest
  // That a full disk takes removals does not say that it is full no more.
  if (!makesRoom) state.refused = undefined
  const changes = batch.map(({ write }) => changeOf(write))
  for (const { write } of batch) {
    if (write.previous === undefined && write.value !== undefined) continue
    const drop = dropsOf(write.revision, write.previous?.modified ?? 0, write.value === undefined)
    state.superseded.push({ revision: write.revision, drop })
  }
  state.followers.tell(changes)
  for (let i = 0; i < batch.length; i++) batch[i]?.answer(ok(changes[i] as Change))
}

function forgetUpTo(state: State, oldest: number): void {
  state.forgotten += forgettable(state, oldest).length
  state.oldest = revision(oldest)
  if (state.forgotten < historyBound) return
  state.superseded = state.superseded.slice(state.forgotten)
  state.forgotten = 0
}

/**
 * The disk refused: nothing of this batch was kept, so nothing decided after it holds either. Where it is full, what makes
 * room is decided and queued anew, alone; but not what was tried as such.
 */
function refuse(state: State, batch: readonly Pending[], error: Trouble, makesRoom: boolean): void {
  state.refused = wordsOf(error)
  const all = [...batch, ...state.queue]
  state.queue = []
  takeBack(
    state.keyspace,
    all.map(({ write }) => write),
  )
  const goesOn = error.isFull === true && !makesRoom
  for (const pending of all) {
    const decided = goesOn && pending.makesRoom ? decide(state.keyspace, pending.request) : fail(error)
    if (decided.ok) state.queue.push({ ...pending, write: decided.value })
    else pending.answer(decided)
  }
}

const wordsOf = (error: StoreError): string => (error.kind === 'Unavailable' ? error.message : error.kind)

async function compact(state: State, upTo: Revision): Promise<Result<Revision, StoreError>> {
  if (upTo > state.keyspace.visible) return fail({ kind: 'Future', current: state.keyspace.visible })
  if (upTo <= state.oldest) return ok(state.oldest)
  await settled(state)
  const forget = forgettable(state, upTo).flatMap(({ drop }) => drop)
  const batch: Batch = {
    revisions: [],
    keys: [],
    created: [],
    previous: [],
    bytes: new Uint8Array(),
    lengths: [],
    forget,
    oldest: upTo,
  }
  const done = await state.thread.ask<'Commit'>({ kind: 'Commit', batch, makesRoom: true })
  if (!done.ok) return done
  forgetUpTo(state, upTo)
  return ok(upTo)
}

const settled = (state: State): Promise<void> =>
  state.committing || state.queue.length > 0 ? new Promise((resolve) => state.idle.push(resolve)) : Promise.resolve()

async function close(state: State): Promise<void> {
  if (state.ended !== undefined) return
  await settled(state)
  state.ended = { kind: 'Unavailable', message: 'the store is closed' }
  await state.thread.ask<'Close'>({ kind: 'Close' })
  state.followers.end(state.ended)
}
