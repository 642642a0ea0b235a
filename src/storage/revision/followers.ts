/** Watchers of a store: history first, then live changes, each once and in order. */
import type { Result, Revision } from '../../base/index.ts'
import { keyOf } from './keyspace.ts'
import type { Change, Observer, StoreError, Watch } from './store.ts'

type Follower = {
  readonly prefix: string
  readonly observer: Observer
  /** Live changes that arrived while the history is still being read; undefined once it has been told. */
  waiting: Change[] | undefined
}

export type Followers = {
  /**
   * Adds a watcher. `history` reads what was written after its start and up to now; absent when there is nothing.
   * Reading may take time: live changes wait behind it.
   */
  readonly add: (
    prefix: string,
    observer: Observer,
    history?: () => Promise<Result<readonly Change[], StoreError>>,
  ) => Watch
  readonly tell: (changes: readonly Change[]) => void
  readonly end: (error?: StoreError) => void
}

export function newFollowers(): Followers {
  const followers = new Set<Follower>()
  return {
    add(prefix, observer, history) {
      const follower: Follower = { prefix, observer, waiting: history === undefined ? undefined : [] }
      followers.add(follower)
      if (history !== undefined) {
        void history().then((past) => {
          if (followers.has(follower)) tellHistory(followers, follower, past)
        })
      }
      return { stop: () => void followers.delete(follower) }
    },
    tell(changes) {
      for (const follower of followers) tellLive(follower, changes)
    },
    end(error) {
      const all = [...followers]
      followers.clear()
      for (const { observer } of all) observer.onEnd(error)
    },
  }
}

function tellLive(follower: Follower, changes: readonly Change[]): void {
  const mine = under(changes, follower.prefix)
  if (mine.length === 0) return
  if (follower.waiting === undefined) follower.observer.onChanges(mine)
  else follower.waiting.push(...mine)
}

function tellHistory(followers: Set<Follower>, follower: Follower, past: Result<readonly Change[], StoreError>): void {
  if (!past.ok) {
    followers.delete(follower)
    follower.observer.onEnd(past.error)
    return
  }
  const seen: Revision | undefined = past.value.at(-1)?.revision
  const later = (follower.waiting ?? []).filter((change) => seen === undefined || change.revision > seen)
  follower.waiting = undefined
  const changes = [...under(past.value, follower.prefix), ...later]
  if (changes.length > 0) follower.observer.onChanges(changes)
}

function under(changes: readonly Change[], prefix: string): readonly Change[] {
  if (changes.every((change) => keyOf(change).startsWith(prefix))) return changes
  return changes.filter((change) => keyOf(change).startsWith(prefix))
}
