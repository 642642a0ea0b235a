/** Seeing every change of a selection, over the end of any one watch. */
import { isExpired, type KubeObject, type Status } from '../apimachinery/index.ts'
import { type Clock, millis } from '../base/index.ts'
import type { Client, ResourceName, Selection, WatchHandle } from '../client/index.ts'

/** How long a lost server is given before it is asked again. */
const retryDelay = millis(500)

export type Seen<T extends KubeObject> = {
  /** An object as it is now; called at first for each that is there. */
  readonly onObject: (object: T) => void
  readonly onGone: (object: T) => void
  /** The server cannot be asked; it is tried again. */
  readonly onTrouble: (status: Status) => void
}

export type Watched<T extends KubeObject> = {
  readonly resource: ResourceName
  readonly selection: Selection
  /** What was seen before: it is told gone when it is by now. */
  readonly known?: readonly T[] | undefined
}

/** Lists, then watches, and lists again when the watch can not go on. Objects that went away in a gap are told gone. */
export function watchObjects<T extends KubeObject>(
  client: Client,
  clock: Clock,
  what: Watched<T>,
  seen: Seen<T>,
): WatchHandle {
  let known = new Map((what.known ?? []).map((object) => [object.metadata.uid ?? '', object]))
  let stopped = false
  let handle: WatchHandle | undefined
  let cancelWake: (() => void) | undefined
  const later = (status: Status): void => {
    seen.onTrouble(status)
    cancelWake = clock.wake(retryDelay, () => void begin())
  }
  const keep = (object: T): void => {
    known.set(object.metadata.uid ?? '', object)
    if (!stopped) seen.onObject(object)
  }
  const lose = (object: T): void => {
    known.delete(object.metadata.uid ?? '')
    if (!stopped) seen.onGone(object)
  }
  const follow = (resourceVersion: string): void => {
    let last = resourceVersion
    handle = client.watch<T>(
      what.resource,
      { ...what.selection, resourceVersion },
      {
        onEvents(events) {
          for (const { type, object } of events) {
            last = object.metadata.resourceVersion ?? last
            if (type === 'DELETED') lose(object)
            else if (type !== 'BOOKMARK') keep(object)
          }
        },
        onEnd(status) {
          if (stopped) return
          if (status === undefined) follow(last)
          else if (isExpired(status)) void begin()
          else later(status)
        },
      },
    )
  }
  const begin = async (): Promise<void> => {
    const listed = await client.list<T>(what.resource, what.selection)
    if (stopped) return
    if (!listed.ok) return later(listed.error)
    const before = known
    known = new Map()
    for (const object of listed.value.items) keep(object)
    for (const [uid, object] of before) if (!known.has(uid)) lose(object)
    if (stopped) return
    follow(listed.value.resourceVersion)
  }
  void begin()
  return {
    stop() {
      stopped = true
      cancelWake?.()
      handle?.stop()
    },
  }
}
