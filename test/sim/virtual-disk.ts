/**
 * A disk for the SQLite store that forgets what was not synced: a log of rows and commits in the operating system's
 * memory, and what has reached the platters.
 *
 * A process that is killed leaves its log in the system's memory: whole transactions of it count when the database is
 * opened again, a transaction without its commit does not. A power cut leaves a part of the log, perhaps with half a
 * record at its end, as the seed says; checksums tell half a record from a whole one.
 */
import { type Clock, fail, millis, ok, pause, type Result, revision } from '../../src/base/index.ts'
import type { Change, Entry, Version } from '../../src/storage/revision/index.ts'
import type {
  Answers,
  Batch,
  DatabaseThread,
  Opened,
  Question,
  StartDatabase,
  Trouble,
} from '../../src/storage/sqlite/index.ts'
import type { SeededRandom } from './seeded-random.ts'

type Row = {
  readonly revision: number
  readonly key: string
  readonly created: number
  readonly previous: number
  readonly value: string | undefined
}
type Commit = { readonly forget: readonly number[]; readonly oldest: number; readonly newest: number }
/** `torn`: only a part of it reached the disk. */
type Frame = { readonly row: Row; torn?: boolean } | { readonly commit: Commit; torn?: boolean }

/** What goes wrong with one commit; drawn by who asks. */
export type DiskFaults = {
  /** Milliseconds that the disk takes to sync. */
  readonly slowness: () => number
  /** The disk is full: nothing of the commit is kept, unless it consists of removals. */
  readonly refuses: () => boolean
  /** Called between disk operations; true when the process is dead from now on. */
  readonly diesNow: () => boolean
}

export type VirtualDisk = {
  /** Opens the database for one process; after `gate.open` has become false it hears and says nothing more. */
  readonly open: (gate: { readonly open: boolean }, clock: Clock, faults: DiskFaults) => StartDatabase
  /** The power fails: of what was not synced a part is lost. Answers how many records. */
  readonly cutPower: (random: SeededRandom) => number
  /** How much it has been asked so far. */
  readonly questions: () => number
  /** Calls back with what has become durable, once and in order. */
  readonly follow: (callback: (changes: readonly Change[]) => void) => void
}

const never = new Promise<never>(() => {})
const decoder = new TextDecoder()
const full: Trouble = { kind: 'Unavailable', message: 'simulated: the disk is full: free some space', isFull: true }

type State = {
  readonly rows: Map<number, Row>
  oldest: number
  newest: number
  /** Written and not synced. */
  log: Frame[]
  questions: number
  readonly followers: ((changes: readonly Change[]) => void)[]
}

export function newVirtualDisk(): VirtualDisk {
  const state: State = { rows: new Map(), oldest: 0, newest: 0, log: [], questions: 0, followers: [] }
  return {
    questions: () => state.questions,
    follow: (callback) => void state.followers.push(callback),
    cutPower(random) {
      const kept = random.between(0, state.log.length)
      const lost = state.log.length - kept
      state.log = state.log.slice(0, kept)
      const last = state.log.at(-1)
      if (last !== undefined && random.chance(0.5)) last.torn = true
      return lost
    },
    open: (gate, clock, faults) => async () => {
      recover(state)
      return ok({ opened: openedOf(state), ask: asking(state, gate, clock, faults) })
    },
  }
}

/** Whole transactions of the log count; the first record that is torn ends it. */
function recover(state: State): void {
  const torn = state.log.findIndex((frame) => frame.torn === true)
  const whole = torn < 0 ? state.log : state.log.slice(0, torn)
  state.log = whole.slice(0, whole.findLastIndex((frame) => 'commit' in frame) + 1)
  sync(state)
}

/** The log becomes durable. It ends with a commit. */
function sync(state: State): void {
  const frames = state.log
  state.log = []
  const changes: Change[] = []
  for (const frame of frames) {
    if ('row' in frame) {
      state.rows.set(frame.row.revision, frame.row)
      changes.push(changeOf(frame.row))
    } else {
      for (const row of frame.commit.forget) state.rows.delete(row)
      state.oldest = Math.max(state.oldest, frame.commit.oldest)
      state.newest = Math.max(state.newest, frame.commit.newest)
    }
  }
  if (changes.length > 0) for (const follower of state.followers) follower(changes)
}

function changeOf({ revision: at, key, created, previous, value }: Row): Change {
  const before: Version = { key, created: revision(created), modified: revision(previous) }
  if (value === undefined) return { kind: 'Delete', revision: revision(at), previous: before }
  const entry: Entry = { key, value, created: revision(created), modified: revision(at) }
  return { kind: 'Put', revision: revision(at), entry, previous: previous === 0 ? undefined : before }
}

/** The newest row of each key up to a revision, removals included. */
function newestRows(state: State, at: number): ReadonlyMap<string, Row> {
  const newest = new Map<string, Row>()
  for (const row of state.rows.values()) if (row.revision <= at) newest.set(row.key, row)
  return newest
}

const entryOf = ({ key, value, created, revision: at }: Row): Entry => ({
  key,
  value: value ?? '',
  created: revision(created),
  modified: revision(at),
})

function openedOf(state: State): Opened {
  const heads = [...newestRows(state, state.newest).values()].filter(({ value }) => value !== undefined)
  const superseded = [...state.rows.values()]
    .filter((row) => row.revision > state.oldest && (row.previous > 0 || row.value === undefined))
    .map((row) => ({
      revision: row.revision,
      drop: [...(row.previous > 0 ? [row.previous] : []), ...(row.value === undefined ? [row.revision] : [])],
    }))
  return {
    heads: heads.map(entryOf).map(({ key, created, modified }) => ({ key, created, modified })),
    superseded,
    revision: revision(state.newest),
    oldest: revision(state.oldest),
  }
}

/** Questions are answered one after the other, as by the thread. */
function asking(
  state: State,
  gate: { readonly open: boolean },
  clock: Clock,
  faults: DiskFaults,
): DatabaseThread['ask'] {
  let queue: Promise<unknown> = Promise.resolve()
  const answer = async (question: Question): Promise<Result<unknown, Trouble>> => {
    if (!gate.open) return never
    state.questions++
    switch (question.kind) {
      case 'Commit': {
        // Removals have room of their own.
        if (!question.makesRoom && faults.refuses()) return fail(full)
        const done = await commit(state, question.batch, gate, clock, faults)
        return done ?? never
      }
      case 'Get': {
        const row = newestRows(state, state.newest).get(question.key)
        return ok(row?.value === undefined ? undefined : entryOf(row))
      }
      case 'List':
        return ok(list(state, question))
      case 'History':
        return ok(
          [...state.rows.values()]
            .filter((row) => row.revision > question.from && row.revision <= question.to)
            .filter(({ key }) => key.startsWith(question.prefix))
            .map(changeOf),
        )
      default:
        return ok(undefined)
    }
  }
  return <Kind extends Question['kind']>(question: Extract<Question, { kind: Kind }>) => {
    const answered = queue.then(() => answer(question))
    queue = answered
    return answered.then((value) => (gate.open ? value : never)) as Promise<Result<Answers[Kind], Trouble>>
  }
}

/** Undefined when the process died meanwhile. */
async function commit(
  state: State,
  batch: Batch,
  gate: { readonly open: boolean },
  clock: Clock,
  { slowness, diesNow }: Omit<DiskFaults, 'refuses'>,
): Promise<Result<undefined, Trouble> | undefined> {
  for (const row of rowsOf(batch)) {
    if (diesNow()) return undefined
    state.log.push({ row })
  }
  const { forget, oldest } = batch
  if (diesNow()) return undefined
  state.log.push({ commit: { forget, oldest, newest: batch.revisions.at(-1) ?? 0 } })
  const wait = slowness()
  if (wait > 0) await pause(clock, millis(wait))
  if (!gate.open || diesNow()) return undefined
  sync(state)
  return diesNow() ? undefined : ok(undefined)
}

function rowsOf({ revisions, keys, created, previous, bytes, lengths }: Batch): readonly Row[] {
  let at = 0
  return revisions.map((each, i) => {
    const length = lengths[i] ?? -1
    const value = length < 0 ? undefined : decoder.decode(bytes.subarray(at, at + length))
    at += Math.max(0, length)
    return { revision: each, key: keys[i] ?? '', created: created[i] ?? 0, previous: previous[i] ?? 0, value }
  })
}

function list(
  state: State,
  { prefix, at, from, limit, uncounted }: Extract<Question, { kind: 'List' }>,
): Answers['List'] {
  const entries = [...newestRows(state, at).values()]
    .filter(({ key, value }) => value !== undefined && key.startsWith(prefix) && key >= from)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(entryOf)
  const page = limit === undefined ? entries : entries.slice(0, limit)
  const behind = entries.length - page.length
  return { entries: page, remaining: uncounted ? Math.min(behind, 1) : behind }
}
