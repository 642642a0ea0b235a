/**
 * A revisioned key-value store: what every driver does, and all that the rest of the program knows of storage.
 *
 * It knows no kinds: keys are paths (`/registry/jobs/default/pi`), values are texts. One counter, the revision, rises by
 * one with every write of any key. Writes are answered after they are durable, and in the order of their revisions;
 * what a reader or watcher sees is durable too.
 *
 * Worked example: create a → 1, create b → 2, update a (if 1) → 3, delete b → 4. A watch from 1 sees Put a@3 … after
 * Put b@2, then Delete b@4. `list('/', at 3)` has a@3 and b@2. After compact(3), a watch from 2 answers Compacted.
 */
import type { Result, Revision } from '../../base/index.ts'

export type Entry = {
  readonly key: string
  readonly value: string
  /** The revision of the write that made this key. */
  readonly created: Revision
  /** The revision of the newest write of this key. */
  readonly modified: Revision
}

/** A version of a key without its value. */
export type Version = Omit<Entry, 'value'>

/**
 * One write as watchers see it. `previous` is the version that it replaced or removed; its value is not told again, so
 * that a driver need not keep values in memory: who follows a store has them.
 */
export type Change =
  | {
      readonly kind: 'Put'
      readonly revision: Revision
      readonly entry: Entry
      readonly previous?: Version | undefined
    }
  | { readonly kind: 'Delete'; readonly revision: Revision; readonly previous: Version }

export type StoreError =
  /** `create` of a key that is there. */
  | { readonly kind: 'Exists'; readonly current: Revision }
  /** `update` or `delete` of a key that is not there; its removal is visible from `current` on at the latest. */
  | { readonly kind: 'Missing'; readonly current: Revision }
  /** The condition `ifRevision` does not hold; `current` is the newest revision of the key, perhaps not yet visible. */
  | { readonly kind: 'Conflict'; readonly current: Revision }
  /** The asked revision is older than the kept history. */
  | { readonly kind: 'Compacted'; readonly oldest: Revision }
  /** The asked revision lies in the future. */
  | { readonly kind: 'Future'; readonly current: Revision }
  /** The disk is full, read-only, damaged, or another machine does not answer. Nothing of this write was kept. */
  | { readonly kind: 'Unavailable'; readonly message: string }

export type ListOptions = {
  /** The snapshot to read; the newest one when absent. */
  readonly at?: Revision
  /** The first key, as far as it lies behind the prefix. */
  readonly from?: string
  readonly limit?: number
  /** `remaining` says only whether there are more, as 1: counting takes a look at each. */
  readonly uncounted?: boolean
}

export type Listing = {
  /** The revision of the snapshot. */
  readonly revision: Revision
  /** In ascending order of the bytes of their keys. */
  readonly entries: readonly Entry[]
  /** How many entries of the prefix follow behind the last one returned. */
  readonly remaining: number
}

export type Observer = {
  /** One or more changes in order of revisions; called for changes of the prefix only. */
  readonly onChanges: (changes: readonly Change[]) => void
  /** The stream has ended and nothing follows. */
  readonly onEnd: (error?: StoreError) => void
}

export type Watch = { readonly stop: () => void }

export type Store = {
  /** The newest visible revision. */
  readonly revision: () => Revision
  /** The oldest revision a watch or list may still start from. */
  readonly oldest: () => Revision
  readonly get: (key: string) => Promise<Result<Entry | undefined, StoreError>>
  readonly list: (prefix: string, options?: ListOptions) => Promise<Result<Listing, StoreError>>
  readonly create: (key: string, value: string) => Promise<Result<Entry, StoreError>>
  /**
   * Replaces the value when the key's newest revision is `ifRevision`. With `makesRoom` it is a step of a removal: a full
   * disk takes it as long as it takes removals.
   */
  readonly update: (
    key: string,
    value: string,
    ifRevision: Revision,
    makesRoom?: boolean,
  ) => Promise<Result<Entry, StoreError>>
  /** Removes the key when its newest revision is `ifRevision`; answers the revision of the removal. */
  readonly delete: (key: string, ifRevision: Revision) => Promise<Result<Revision, StoreError>>
  /**
   * Every change of keys under `prefix` after `from`, each once and in order; history first, then live.
   * Changes of a write reach watchers no later than its answer reaches the writer (embedded drivers), or soon after (etcd).
   */
  readonly watch: (prefix: string, from: Revision, observer: Observer) => Result<Watch, StoreError>
  /** Forgets the history up to and including `upTo`; the newest entry of every key stays. */
  readonly compact: (upTo: Revision) => Promise<Result<Revision, StoreError>>
  /** Why the last write was not kept, or nothing can be any more; undefined when all is well. */
  readonly problem: () => string | undefined
  /** Waits for writes under way, then lets go of everything. Later calls answer Unavailable. */
  readonly close: () => Promise<void>
}
