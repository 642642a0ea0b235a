/**
 * When watchers that want them are told how far the stream is: about every minute, and shortly before they end.
 * One timer for all of them, and none when there are none.
 *
 * @source kubernetes v1.36 apiserver/pkg/storage/cacher/cache_watcher.go, nextBookmarkTime
 */
import { type Clock, later, type Millis, type Monotonic, millis } from '../../base/index.ts'

const period = millis(60_000)
const beforeDeadline = millis(-2_000)

type Reader = { readonly tell: () => void; readonly deadline: Monotonic | undefined; due: Monotonic }

export type Bookmarks = {
  /** Calls `tell` from time to time until the returned function is called. */
  readonly add: (tell: () => void, deadline: Monotonic | undefined) => () => void
}

export function newBookmarks(clock: Clock): Bookmarks {
  const readers = new Set<Reader>()
  let cancel: (() => void) | undefined
  let wakeAt: Monotonic | undefined

  function schedule(): void {
    let next: Monotonic | undefined
    for (const { due } of readers) if (next === undefined || due < next) next = due
    if (next === wakeAt) return
    cancel?.()
    wakeAt = next
    cancel = next === undefined ? undefined : clock.wake(spanUntil(clock.monotonic(), next), tellDue)
  }

  function tellDue(): void {
    wakeAt = undefined
    const now = clock.monotonic()
    for (const reader of [...readers]) {
      if (reader.due > now) continue
      const due = nextBookmark(now, reader.deadline)
      if (due === undefined) readers.delete(reader)
      else reader.due = due
      reader.tell()
    }
    schedule()
  }

  return {
    add(tell, deadline) {
      const due = nextBookmark(clock.monotonic(), deadline)
      if (due === undefined) return () => {}
      const reader: Reader = { tell, deadline, due }
      readers.add(reader)
      schedule()
      return () => {
        readers.delete(reader)
        schedule()
      }
    },
  }
}

const spanUntil = (now: Monotonic, then: Monotonic): Millis => millis(Math.max(0, then - now))

/** The next time to tell, or undefined when the reader ends before. */
function nextBookmark(now: Monotonic, deadline: Monotonic | undefined): Monotonic | undefined {
  const regular = later(now, period)
  const last = deadline === undefined ? regular : later(deadline, beforeDeadline)
  const next = last < regular ? last : regular
  return next <= now ? undefined : next
}
