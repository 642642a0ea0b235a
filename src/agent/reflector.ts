/** Keeps up with a selection of objects: a list, then a watch, and a new list whenever the watch was too slow. */
import type { KubeObject, Status } from '../apimachinery/index.ts'
import { type Clock, type Log, millis } from '../base/index.ts'
import type { Client, ResourceName, Selection, WatchEvent, WatchHandle } from '../client/index.ts'

export type ReflectorOptions<T extends KubeObject> = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly resource: ResourceName
  readonly selection: Selection
  /** Everything there is, at the start and after each gap: what is not in it is gone. */
  readonly onList: (items: readonly T[]) => void
  readonly onEvents: (events: readonly WatchEvent<T>[]) => void
}

const RETRY = { first: 50, most: 10_000 }

export function reflect<T extends KubeObject>(options: ReflectorOptions<T>): { readonly stop: () => void } {
  const { client, clock, log, resource, selection } = options
  const state: { stopped: boolean; handle?: WatchHandle; failures: number; cancel?: () => void } = {
    stopped: false,
    failures: 0,
  }
  const retry = (again: () => void, why: Status | undefined) => {
    if (state.stopped) return
    const delay = why === undefined ? 0 : Math.min(RETRY.most, RETRY.first * 2 ** state.failures)
    state.failures += 1
    if (why !== undefined) log.warn('watching failed; trying again', { resource, because: why.message })
    state.cancel = clock.wake(millis(delay), again)
  }
  const list = async (): Promise<void> => {
    const found = await client.list<T>(resource, selection)
    if (state.stopped) return
    if (!found.ok) {
      retry(() => void list(), found.error)
      return
    }
    state.failures = 0
    options.onList(found.value.items)
    watch(found.value.resourceVersion)
  }
  const watch = (resourceVersion: string): void => {
    let newest = resourceVersion
    state.handle = client.watch<T>(
      resource,
      { ...selection, resourceVersion },
      {
        onEvents: (events) => {
          if (state.stopped) return
          state.failures = 0
          newest = events.at(-1)?.object.metadata.resourceVersion ?? newest
          options.onEvents(events.filter(({ type }) => type !== 'BOOKMARK'))
        },
        onEnd: (status) => retry(() => (status === undefined ? watch(newest) : void list()), status),
      },
    )
  }
  void list()
  return {
    stop: () => {
      state.stopped = true
      state.cancel?.()
      state.handle?.stop()
    },
  }
}
