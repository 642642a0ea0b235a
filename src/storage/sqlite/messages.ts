/** What the store and its database thread say to each other. Plain data only: it crosses a thread. */
import type { Revision } from '../../base/index.ts'
import type { Change, Entry, StoreError, Version } from '../revision/index.ts'

/** Writes of one commit, as columns: cheaper to hand over than one object for each. */
export type Batch = {
  readonly revisions: readonly number[]
  readonly keys: readonly string[]
  readonly created: readonly number[]
  /** The revision that each write replaces; 0 when there was none. */
  readonly previous: readonly number[]
  /** The values of all writes in UTF-8, one behind the other: handed over to the thread without a copy. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** How many of the bytes belong to each write; -1 removes the key. */
  readonly lengths: readonly number[]
  /** Rows that nobody may read any more. */
  readonly forget: readonly number[]
  readonly oldest: number
}

export type Question =
  /** `makesRoom`: removals, which a full disk takes, too. */
  | { readonly kind: 'Commit'; readonly batch: Batch; readonly makesRoom: boolean }
  | { readonly kind: 'Get'; readonly key: string }
  | {
      readonly kind: 'List'
      readonly prefix: string
      readonly at: number
      readonly from: string
      readonly limit: number | undefined
      readonly uncounted: boolean
    }
  | { readonly kind: 'History'; readonly prefix: string; readonly from: number; readonly to: number }
  | { readonly kind: 'Backup'; readonly file: string }
  | { readonly kind: 'Close' }

export type Answers = {
  Commit: undefined
  Get: Entry | undefined
  List: { readonly entries: readonly Entry[]; readonly remaining: number }
  History: readonly Change[]
  Backup: undefined
  Close: undefined
}

/** What the database held when it was opened. `superseded` are writes after `oldest`, in order. */
export type Opened = {
  readonly heads: readonly Version[]
  readonly superseded: readonly Superseded[]
  readonly revision: Revision
  readonly oldest: Revision
}

/** A write after which older rows are history: `drop` may go once `revision` is no longer asked for. */
export type Superseded = { readonly revision: number; readonly drop: readonly number[] }

/** Why a database cannot be opened or written: one sentence that names it and says what to do. */
export type OpenError = {
  readonly kind: 'Locked' | 'Damaged' | 'Foreign' | 'Newer' | 'Unusable'
  readonly message: string
}

/** Why a question was not answered. `isFull`: the disk is, and what makes room may be tried again as such. */
export type Trouble = Extract<StoreError, { kind: 'Unavailable' }> & { readonly isFull?: boolean }

export type ToThread = { readonly id: number; readonly question: Question }
export type FromThread =
  /** Some of the heads, before `Opened`. */
  | { readonly kind: 'Heads'; readonly heads: readonly Version[] }
  | { readonly kind: 'Opened'; readonly opened: Omit<Opened, 'heads'> }
  | { readonly kind: 'NotOpened'; readonly error: OpenError }
  | { readonly kind: 'Answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'Failed'; readonly id: number; readonly message: string; readonly isFull: boolean }
