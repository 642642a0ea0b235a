/**
 * A local copy of one resource, kept by list and watch, with indexes that are kept along.
 *
 * list → watch from there → on a plain end watch again from the last event; on 410 Gone list again and tell only the
 * differences. Failures are tried again after 1 s … 30 s; the copy stays readable meanwhile.
 */
import { isExpired, type KubeObject, type Status } from '../apimachinery/index.ts'
import { type Clock, type Log, millis, type Timers } from '../base/index.ts'
import type { Client, ResourceName, WatchEvent, WatchHandle } from '../client/index.ts'

/** `old` is absent for an object seen for the first time; `object` is the last state of one that is gone. */
export type Change<T> = { readonly kind: 'Set' | 'Gone'; readonly object: T; readonly old?: T | undefined }
export type ChangeHandler<T> = (change: Change<T>) => void

export type Index<T> = { readonly get: (value: string) => ReadonlyMap<string, T> }

export type Informer<T extends KubeObject> = {
  readonly resource: ResourceName
  /** By `namespace/name`, or `name` in cluster scope. */
  readonly get: (key: string) => T | undefined
  readonly all: () => ReadonlyMap<string, T>
  /** Keeps objects by the values that `valuesOf` names, from the first time that somebody asks. */
  readonly index: (valuesOf: (object: T) => readonly string[]) => Index<T>
  /** Only before `start`. Handlers run in order of their registration, for one change after the other. */
  readonly onChange: (handler: ChangeHandler<T>) => void
  readonly start: () => void
  readonly stop: () => void
  /** Resolves after the first list. */
  readonly synced: Promise<void>
  /** Resolves when `holds` does, which is looked at after every batch of events; at once when it holds already. */
  readonly until: (holds: () => boolean) => Promise<void>
  /** The resourceVersion that the copy has reached. */
  readonly revision: () => number
}

export type InformerContext = {
  readonly client: Client
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export const keyOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`

/** A resourceVersion as a number to compare; 0 for none. */
export const versionOf = (text: string | undefined): number => Number(text ?? 0) || 0

type KeptIndex<T> = {
  readonly valuesOf: (object: T) => readonly string[]
  readonly objects: Map<string, Map<string, T>>
}

export function createInformer<T extends KubeObject>(context: InformerContext, resource: ResourceName): Informer<T> {
  const store = createStore<T>()
  const link = createLink<T>(context, resource, {
    onList: (items, version) => {
      store.replace(items)
      store.reach(version)
      resolveSynced()
    },
    onEvents: (events) => {
      for (const { type, object } of events) {
        if (type !== 'BOOKMARK') store.apply(type === 'DELETED' ? 'Gone' : 'Set', object)
      }
      const last = events.at(-1)
      if (last !== undefined) store.reach(versionOf(last.object.metadata.resourceVersion))
    },
    revision: store.revision,
  })
  let resolveSynced: () => void = () => undefined
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve
  })
  return {
    resource,
    get: (key) => store.objects.get(key),
    all: () => store.objects,
    index: store.index,
    onChange: (handler) => store.handlers.push(handler),
    start: link.start,
    stop: link.stop,
    synced,
    until: store.until,
    revision: store.revision,
  }
}

function createStore<T extends KubeObject>() {
  const objects = new Map<string, T>()
  const empty: ReadonlyMap<string, T> = new Map()
  const indexes: KeptIndex<T>[] = []
  const handlers: ChangeHandler<T>[] = []
  let waiters: { readonly holds: () => boolean; readonly resolve: () => void }[] = []
  let version = 0

  function apply(kind: 'Set' | 'Gone', object: T): void {
    const key = keyOf(object)
    const old = objects.get(key)
    if (kind === 'Gone' && old === undefined) return
    if (old !== undefined && isOlder(object, old)) return
    if (kind === 'Gone') objects.delete(key)
    else objects.set(key, object)
    for (const index of indexes) reindex(index, key, old, kind === 'Gone' ? undefined : object)
    const recreated = kind === 'Set' && old !== undefined && old.metadata.uid !== object.metadata.uid
    if (recreated) for (const handler of handlers) handler({ kind: 'Gone', object: old, old })
    for (const handler of handlers) handler({ kind, object, old: recreated ? undefined : old })
  }

  return {
    objects,
    handlers,
    apply,
    revision: () => version,
    replace(items: readonly T[]) {
      const listed = new Set(items.map(keyOf))
      for (const [key, object] of [...objects]) if (!listed.has(key)) apply('Gone', object)
      for (const item of items) {
        const unchanged = objects.get(keyOf(item))?.metadata.resourceVersion === item.metadata.resourceVersion
        if (!unchanged) apply('Set', item)
      }
    },
    /** The copy has reached a version: whoever waits looks again. */
    reach(reached: number) {
      version = Math.max(version, reached)
      if (waiters.length === 0) return
      const met = waiters.filter(({ holds }) => holds())
      if (met.length === 0) return
      waiters = waiters.filter((waiter) => !met.includes(waiter))
      for (const { resolve } of met) resolve()
    },
    until(holds: () => boolean): Promise<void> {
      if (holds()) return Promise.resolve()
      return new Promise((resolve) => waiters.push({ holds, resolve }))
    },
    index(valuesOf: (object: T) => readonly string[]): Index<T> {
      let kept: KeptIndex<T> | undefined
      const make = (): KeptIndex<T> => {
        const made: KeptIndex<T> = { valuesOf, objects: new Map() }
        for (const [key, object] of objects) reindex(made, key, undefined, object)
        indexes.push(made)
        return made
      }
      return {
        get(value) {
          kept ??= make()
          return kept.objects.get(value) ?? empty
        },
      }
    },
  }
}

/** Events may arrive after a newer list; a deletion carries a version of its own. */
const isOlder = (object: KubeObject, than: KubeObject): boolean =>
  object.metadata.uid === than.metadata.uid &&
  versionOf(object.metadata.resourceVersion) < versionOf(than.metadata.resourceVersion)

function reindex<T>(index: KeptIndex<T>, key: string, old: T | undefined, object: T | undefined): void {
  const before = old === undefined ? none : index.valuesOf(old)
  const now = object === undefined ? none : index.valuesOf(object)
  for (const value of before) {
    if (now.includes(value)) continue
    const bucket = index.objects.get(value)
    bucket?.delete(key)
    if (bucket?.size === 0) index.objects.delete(value)
  }
  if (object === undefined) return
  for (const value of now) {
    const bucket = index.objects.get(value)
    if (bucket === undefined) index.objects.set(value, new Map([[key, object]]))
    else bucket.set(key, object)
  }
}

const none: readonly string[] = []

type LinkHandlers<T extends KubeObject> = {
  readonly onList: (items: readonly T[], version: number) => void
  readonly onEvents: (events: readonly WatchEvent<T>[]) => void
  readonly revision: () => number
}

/** A watch that ends plainly after this many milliseconds did its work, even when there was nothing to tell. */
const longEnough = 5000

/** The stream of lists and watches behind a copy. */
function createLink<T extends KubeObject>(
  { client, clock, timers, log }: InformerContext,
  resource: ResourceName,
  handlers: LinkHandlers<T>,
) {
  let stopped = false
  let handle: WatchHandle | undefined
  let failures = 0

  function later(step: () => void, why: Status | undefined): void {
    if (stopped) return
    const delay = millis(Math.min(1000 * 2 ** failures, 30_000))
    failures++
    if (why !== undefined) log.warn('watching a resource was interrupted', { resource, reason: why.message })
    timers.after(delay, step)
  }

  async function list(): Promise<void> {
    if (stopped) return
    const listed = await client.list<T>(resource)
    if (stopped) return
    if (!listed.ok) return later(() => void list(), listed.error)
    handlers.onList(listed.value.items, versionOf(listed.value.resourceVersion))
    watch(listed.value.resourceVersion)
  }

  function watch(resourceVersion: string): void {
    if (stopped) return
    let told = false
    const began = clock.monotonic()
    handle = client.watch<T>(
      resource,
      { resourceVersion },
      {
        onEvents(events) {
          if (stopped) return
          told = true
          failures = 0
          handlers.onEvents(events)
        },
        onEnd(status) {
          handle = undefined
          if (stopped) return
          if (status !== undefined && isExpired(status)) void list()
          else if (status === undefined && (told || clock.monotonic() - began > longEnough))
            watch(String(handlers.revision()))
          else later(() => watch(String(handlers.revision())), status)
        },
      },
    )
  }

  return {
    start: () => void list(),
    stop() {
      stopped = true
      handle?.stop()
    },
  }
}
