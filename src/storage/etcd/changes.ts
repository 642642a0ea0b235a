/** The changes of a range of keys from a revision on, each once and in order, whichever members come and go meanwhile. */
import { type Clock, millis, type Revision, revision } from '../../base/index.ts'
import type { Change } from '../revision/index.ts'
import type { Connection, Stream } from './connection.ts'
import { decode, entryOf, type Place, type Range, versionOf, type WatchEvent, type WatchResponse } from './messages.ts'

export type ChangesOptions = {
  readonly clock: Clock
  readonly place: Place
  readonly range: Range
  readonly from: Revision
  /** Changes of objects, perhaps none; nothing else has changed up to and including the revision `upTo`. */
  readonly onChanges: (changes: readonly Change[], upTo: Revision) => void
  /** What would come next has been compacted; nothing follows. */
  readonly onCompacted: () => void
}

export type ChangeStream = {
  /** Why nothing is told at present; undefined while the stream is open. */
  readonly broken: () => string | undefined
  readonly stop: () => void
}

/** Between the end of a stream and the next one. */
const pause = millis(200)

export function followChanges(connection: Connection, options: ChangesOptions): ChangeStream {
  const { clock, place, range } = options
  let seen = options.from
  let broken: string | undefined
  let stream: Stream | undefined
  let cancel = (): void => {}

  function take(message: WatchResponse): void {
    broken = undefined
    if (message.canceled === true) {
      if (message.compact_revision !== undefined) {
        stream?.stop()
        options.onCompacted()
      } else again(message.cancel_reason ?? 'the watch was cancelled')
      return
    }
    const events = (message.events ?? []).filter(({ kv }) => Number(kv.mod_revision) > seen)
    const last = events.at(-1)
    // The header may be ahead of events that are still to come: only what was told counts, or an answer without events.
    const upTo = last === undefined ? idleRevision(message) : Number(last.kv.mod_revision)
    if (upTo <= seen) return
    seen = revision(upTo)
    options.onChanges(
      events.flatMap((event) => changeOf(place, event) ?? []),
      seen,
    )
  }
  function again(why: string): void {
    broken = why
    stream?.stop()
    cancel = clock.wake(pause, open)
  }
  function open(): void {
    const create_request = { ...range, start_revision: String(seen + 1), prev_kv: true, progress_notify: true }
    stream = connection.stream(
      '/v3/watch',
      { create_request },
      (message) => take(message as WatchResponse),
      (refusal) => again(refusal.message),
    )
  }
  open()
  return {
    broken: () => broken,
    stop() {
      cancel()
      stream?.stop()
    },
  }
}

/** A message without events that is not the first of its stream says that there was nothing up to its revision. */
const idleRevision = ({ created, header }: WatchResponse): number => (created === true ? 0 : Number(header.revision))

function changeOf(place: Place, { type, kv, prev_kv }: WatchEvent): Change | undefined {
  if (!decode(kv.key).startsWith(`${place.objects}/`)) return undefined
  const previous = prev_kv === undefined ? undefined : versionOf(place, prev_kv)
  const at = revision(Number(kv.mod_revision))
  if (type !== 'DELETE') return { kind: 'Put', revision: at, entry: entryOf(place, kv), previous }
  // Etcd no longer knows what was deleted when it has been compacted away; that it was there is sure.
  const { key } = versionOf(place, kv)
  return { kind: 'Delete', revision: at, previous: previous ?? { key, created: at, modified: at } }
}
