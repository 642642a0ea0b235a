/** Everything that ever became durable, as the disk told it: what all checkers compare with. */
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Instant } from '../../src/base/index.ts'
import type { Change } from '../../src/storage/revision/index.ts'
import type { Judge } from './judge.ts'

/** One durable write. Objects carry the revision of their write. */
export type Recorded = {
  readonly revision: number
  readonly key: string
  readonly kind: string
  readonly before?: KubeObject | undefined
  readonly after?: KubeObject | undefined
  /** The wall clock, and the latest time that it has ever shown. */
  readonly at: Instant
  readonly highest: Instant
  readonly monotonic: number
}

export type History = {
  readonly newest: () => number
  /** All changes of a kind, in order. */
  readonly of: (kind: string) => readonly Recorded[]
  /** The newest durable state of every object of a kind, by key. */
  readonly current: (kind: string) => ReadonlyMap<string, KubeObject>
  readonly has: (uid: string, resourceVersion: string) => boolean
  /** Before anything is told; once for each durable write. */
  readonly onRecord: (callback: (recorded: Recorded) => void) => void
  /** One short text for all that became durable, in its order: equal histories have equal ones. */
  readonly fingerprint: () => string
}

type Times = { readonly now: () => Instant; readonly highest: () => Instant; readonly monotonic: () => number }

type State = {
  newest: number
  readonly kinds: Map<string, Recorded[]>
  readonly current: Map<string, Map<string, KubeObject>>
  readonly versions: Map<string, Set<string>>
}

/** `follow` calls back with what becomes durable. */
export function followHistory(
  follow: (callback: (changes: readonly Change[]) => void) => void,
  times: Times,
  judge: Judge,
): History {
  const state: State = { newest: 0, kinds: new Map(), current: new Map(), versions: new Map() }
  const hash = createHash('sha256')
  const callbacks: ((recorded: Recorded) => void)[] = []
  const take = (change: Change): void => {
    judge.check('revisions-never-go-back', change.revision === state.newest + 1, () => {
      return `the disk holds ${change.revision} after ${state.newest}`
    })
    const recorded = record(state, change, times)
    // A Node tells of the machine on which the simulator runs.
    const text = change.kind === 'Put' && recorded.kind !== 'Node' ? change.entry.value : ''
    hash.update(`${change.revision} ${recorded.key} ${text}\n`)
    for (const callback of callbacks) callback(recorded)
  }
  follow((changes) => changes.forEach(take))
  return {
    newest: () => state.newest,
    of: (kind) => state.kinds.get(kind) ?? [],
    current: (kind) => state.current.get(kind) ?? new Map(),
    has: (uid, version) => state.versions.get(uid)?.has(version) === true,
    onRecord: (callback) => void callbacks.push(callback),
    fingerprint: () => hash.copy().digest('hex').slice(0, 16),
  }
}

function record(state: State, change: Change, times: Times): Recorded {
  state.newest = change.revision
  const key = change.kind === 'Put' ? change.entry.key : change.previous.key
  const after = change.kind === 'Put' ? withVersion(change.entry.value, change.revision) : undefined
  const kind = after?.kind ?? kindAt(state, key)
  const current = listOf(state.current, kind, () => new Map<string, KubeObject>())
  const before = current.get(key)
  if (after === undefined) current.delete(key)
  else current.set(key, after)
  const uid = (after ?? before)?.metadata.uid ?? ''
  listOf(state.versions, uid, () => new Set<string>()).add(String(change.revision))
  const [at, highest, monotonic] = [times.now(), times.highest(), times.monotonic()]
  const recorded: Recorded = { revision: change.revision, key, kind, before, after, at, highest, monotonic }
  listOf(state.kinds, kind, () => [] as Recorded[]).push(recorded)
  return recorded
}

function kindAt({ current }: State, key: string): string {
  for (const [kind, objects] of current) if (objects.has(key)) return kind
  return ''
}

function withVersion(text: string, version: number): KubeObject {
  const object = JSON.parse(text) as KubeObject
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

function listOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key)
  if (there !== undefined) return there
  const made = make()
  map.set(key, made)
  return made
}
