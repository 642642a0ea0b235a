/** The Store in memory: the model that the other drivers are compared with, and `--store memory`. */
import { fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import {
  type Change,
  changeOf,
  decide,
  type Entry,
  type Listing,
  type ListOptions,
  newFollowers,
  newKeyspace,
  type Store,
  type StoreError,
  type WriteRequest,
} from '../revision/index.ts'

/** How many superseded versions stay readable; the same bound as the SQLite driver's. */
const historyBound = 10_000

type Memory = {
  readonly entries: Map<string, Entry>
  /** Changes after `oldest`, in order; `was[i]` is the entry that change i replaced. */
  changes: Change[]
  was: (Entry | undefined)[]
  oldest: Revision
}

/** An empty store. Nothing outlives the process. */
export function createMemoryStore(): Store {
  const keyspace = newKeyspace(revision(0))
  const memory: Memory = { entries: new Map(), changes: [], was: [], oldest: revision(0) }
  const followers = newFollowers()
  let closed = false

  async function write(request: WriteRequest): Promise<Result<Change, StoreError>> {
    if (closed) return fail({ kind: 'Unavailable', message: 'the store is closed' })
    const decided = decide(keyspace, request)
    if (!decided.ok) return decided
    const change = changeOf(decided.value)
    keyspace.visible = decided.value.revision
    remember(memory, change)
    followers.tell([change])
    return ok(change)
  }
  const put = async (request: WriteRequest): Promise<Result<Entry, StoreError>> => {
    const written = await write(request)
    if (!written.ok) return written
    if (written.value.kind !== 'Put') throw new Error('a put was decided as a delete')
    return ok(written.value.entry)
  }

  return {
    revision: () => keyspace.visible,
    oldest: () => memory.oldest,
    get: async (key) => (closed ? unavailable() : ok(memory.entries.get(key))),
    list: async (prefix, options) => (closed ? unavailable() : list(memory, keyspace.visible, prefix, options ?? {})),
    create: (key, value) => put({ kind: 'Create', key, value }),
    update: (key, value, ifRevision) => put({ kind: 'Update', key, value, ifRevision }),
    async delete(key, ifRevision) {
      const written = await write({ kind: 'Delete', key, ifRevision })
      return written.ok ? ok(written.value.revision) : written
    },
    watch(prefix, from, observer) {
      if (closed) return unavailable()
      if (from > keyspace.visible) return fail({ kind: 'Future', current: keyspace.visible })
      if (from < memory.oldest) return fail({ kind: 'Compacted', oldest: memory.oldest })
      const past = memory.changes.filter((change) => change.revision > from)
      return ok(followers.add(prefix, observer, past.length === 0 ? undefined : async () => ok(past)))
    },
    problem: () => undefined,
    async compact(upTo) {
      if (upTo > keyspace.visible) return fail({ kind: 'Future', current: keyspace.visible })
      forget(memory, upTo)
      return ok(memory.oldest)
    },
    async close() {
      closed = true
      followers.end()
    },
  }
}

const unavailable = () => fail({ kind: 'Unavailable', message: 'the store is closed' } as const)

function remember(memory: Memory, change: Change): void {
  const key = change.kind === 'Put' ? change.entry.key : change.previous.key
  memory.changes.push(change)
  memory.was.push(memory.entries.get(key))
  if (change.kind === 'Put') memory.entries.set(key, change.entry)
  else memory.entries.delete(key)
  if (memory.changes.length > 2 * historyBound) forget(memory, revision(change.revision - historyBound))
}

function forget(memory: Memory, upTo: Revision): void {
  if (upTo <= memory.oldest) return
  const keep = memory.changes.findIndex((change) => change.revision > upTo)
  memory.changes = keep < 0 ? [] : memory.changes.slice(keep)
  memory.was = keep < 0 ? [] : memory.was.slice(keep)
  memory.oldest = upTo
}

function list(
  memory: Memory,
  visible: Revision,
  prefix: string,
  { at = visible, from = '', limit, uncounted = false }: ListOptions,
): Result<Listing, StoreError> {
  if (at > visible) return fail({ kind: 'Future', current: visible })
  if (at < memory.oldest) return fail({ kind: 'Compacted', oldest: memory.oldest })
  const snapshot = at === visible ? memory.entries : entriesAt(memory, at)
  const entries = [...snapshot.values()]
    .filter(({ key }) => key.startsWith(prefix) && key >= from)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const page = limit === undefined ? entries : entries.slice(0, limit)
  const behind = entries.length - page.length
  return ok({ revision: at, entries: page, remaining: uncounted ? Math.min(behind, 1) : behind })
}

/** Undoes, newest first, every change after `at`. */
function entriesAt(memory: Memory, at: Revision): Map<string, Entry> {
  const entries = new Map(memory.entries)
  for (let i = memory.changes.length - 1; i >= 0; i--) {
    const change = memory.changes[i] as Change
    if (change.revision <= at) break
    const key = change.kind === 'Put' ? change.entry.key : change.previous.key
    const was = memory.was[i]
    if (was === undefined) entries.delete(key)
    else entries.set(key, was)
  }
  return entries
}
