/**
 * A Client with no server behind it, as far as the node agent needs one: objects in a map, versions that grow, watches
 * that tell at once, bindings, and pods that end in two steps.
 */
import type { KubeObject, Status } from '../../src/apimachinery/index.ts'
import { conflict, notFound } from '../../src/apimachinery/index.ts'
import type { Binding, Pod } from '../../src/apis/core/index.ts'
import { fail, formatTime, instant, ok, type Result } from '../../src/base/index.ts'
import type { Client, Ref, Selection, WatchEvent, WatchObserver } from '../../src/client/index.ts'

type Watcher = {
  readonly resource: string
  readonly selection: Selection
  readonly observer: WatchObserver<KubeObject>
}
export type Write = { readonly verb: string; readonly resource: string; readonly object: KubeObject }

export type MemoryClient = {
  readonly client: Client
  /** Every write, in order. */
  readonly writes: Write[]
  readonly put: (resource: string, object: KubeObject) => KubeObject
  readonly find: <T extends KubeObject>(resource: string, name: string) => T | undefined
  readonly all: <T extends KubeObject>(resource: string) => readonly T[]
  /** Fulfilled once `holds` is true of an object of that name. */
  readonly until: <T extends KubeObject>(resource: string, name: string, holds: (object: T) => boolean) => Promise<T>
  /** Fulfilled once there is no such object. */
  readonly untilGone: (resource: string, name: string) => Promise<void>
}

export function memoryClient(): MemoryClient {
  const objects = new Map<string, KubeObject>()
  const watchers = new Set<Watcher>()
  const writes: Write[] = []
  const waiting = new Set<() => void>()
  let version = 1
  const keyOf = ({ resource, name }: Ref) => `${resource}/${name}`
  const tell = (resource: string, type: WatchEvent<KubeObject>['type'], object: KubeObject, old?: KubeObject) => {
    for (const { resource: watched, selection, observer } of [...watchers]) {
      if (watched !== resource) continue
      const isIn = matches(object, selection)
      const wasIn = old !== undefined && matches(old, selection)
      if (type === 'DELETED' ? wasIn || isIn : isIn)
        observer.onEvents([{ type: wasIn || type === 'DELETED' ? type : 'ADDED', object }])
      else if (wasIn) observer.onEvents([{ type: 'DELETED', object }])
    }
    for (const check of [...waiting]) check()
  }
  const put = (resource: string, object: KubeObject): KubeObject => {
    version += 1
    const { name = '' } = object.metadata
    const old = objects.get(`${resource}/${name}`)
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    objects.set(`${resource}/${name}`, stored)
    tell(resource, old === undefined ? 'ADDED' : 'MODIFIED', stored, old)
    return stored
  }
  const missing = ({ resource, name }: Ref): Result<never, Status> => fail(notFound({ resource, group: '', name }))
  const remove = (ref: Ref, object: KubeObject) => {
    objects.delete(keyOf(ref))
    version += 1
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    tell(ref.resource, 'DELETED', last, object)
    return ok(last)
  }
  const client: Client = {
    get: async <T extends KubeObject>(ref: Ref) => {
      const found = objects.get(keyOf(ref))
      return found === undefined ? missing(ref) : ok(found as T)
    },
    list: async <T extends KubeObject>(resource: string, selection: Selection = {}) =>
      ok({
        resourceVersion: String(version),
        items: [...objects].flatMap(([key, object]) =>
          key.startsWith(`${resource}/`) && matches(object, selection) ? [object as T] : [],
        ),
      }),
    watch: (resource, selection, observer) => {
      const watcher = { resource, selection, observer } as unknown as Watcher
      watchers.add(watcher)
      return { stop: () => watchers.delete(watcher) }
    },
    create: async <T extends KubeObject>(
      resource: string,
      object: T,
      options = {} as { subresource?: string | undefined },
    ) => {
      writes.push({ verb: `create${options.subresource ?? ''}`, resource, object })
      if (options.subresource === 'binding') {
        const { metadata, target } = object as unknown as Binding
        const pod = objects.get(`pods/${metadata.name}`) as Pod | undefined
        if (pod === undefined) return missing({ resource, name: metadata.name ?? '' })
        put('pods', { ...pod, spec: { ...pod.spec, nodeName: target.name } } as Pod)
        return ok(object)
      }
      if (options.subresource === 'token') {
        return ok({ ...object, status: { token: `token of ${object.metadata.name}` } })
      }
      return ok(put(resource, object) as T)
    },
    update: async <T extends KubeObject>(resource: string, object: T) => {
      writes.push({ verb: 'update', resource, object })
      const ref = { resource, name: object.metadata.name ?? '' }
      const old = objects.get(keyOf(ref))
      if (old === undefined) return missing(ref)
      const { resourceVersion } = object.metadata
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
        return fail(conflict({ resource, group: '', name: ref.name }, 'modified'))
      }
      return ok(put(resource, object) as T)
    },
    patch: async <T extends KubeObject>(ref: Ref, type: string, patch: unknown) => {
      const old = objects.get(keyOf(ref))
      if (old === undefined && type === 'apply') return ok(put(ref.resource, patch as T) as T)
      if (old === undefined) return missing(ref)
      const { status } = patch as { status?: object }
      // As far as a strategic merge goes here: the status is merged, its lists are replaced.
      const merged = { ...(old as Pod).status, ...status }
      const object = {
        ...old,
        ...(patch as object),
        ...(type === 'strategic' ? { status: merged } : {}),
      } as unknown as T
      writes.push({ verb: 'patch', resource: ref.resource, object })
      return ok(put(ref.resource, object) as T)
    },
    delete: async (ref, request = {}) => {
      const found = objects.get(keyOf(ref)) as Pod | undefined
      if (found === undefined) return missing(ref)
      writes.push({ verb: 'delete', resource: ref.resource, object: found })
      const isOver = found.status?.phase === 'Succeeded' || found.status?.phase === 'Failed'
      const grace = request.gracePeriodSeconds ?? (isOver ? 0 : (found.spec?.terminationGracePeriodSeconds ?? 30))
      if (ref.resource !== 'pods' || grace === 0 || !found.spec.nodeName) return remove(ref, found)
      const deletionTimestamp = formatTime(instant(Date.now() + 1000 * grace))
      return ok(
        put(ref.resource, {
          ...found,
          metadata: { ...found.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace },
        }),
      )
    },
  }
  const wait = <T>(check: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const attempt = () => {
        const value = check()
        if (value === undefined) return
        waiting.delete(attempt)
        resolve(value)
      }
      waiting.add(attempt)
      attempt()
    })
  return {
    client,
    writes,
    put,
    find: <T extends KubeObject>(resource: string, name: string) => objects.get(`${resource}/${name}`) as T | undefined,
    all: <T extends KubeObject>(resource: string) =>
      [...objects].flatMap(([key, object]) => (key.startsWith(`${resource}/`) ? [object as T] : [])),
    until: <T extends KubeObject>(resource: string, name: string, holds: (object: T) => boolean) =>
      wait(() => {
        const object = objects.get(`${resource}/${name}`) as T | undefined
        return object !== undefined && holds(object) ? object : undefined
      }),
    untilGone: (resource, name) =>
      wait(() => (objects.has(`${resource}/${name}`) ? undefined : true)).then(() => undefined),
  }
}

function matches(object: KubeObject, { fieldSelector, namespace }: Selection): boolean {
  if (namespace !== undefined && object.metadata.namespace !== namespace) return false
  return (fieldSelector ?? '').split(',').every((term) => {
    if (!term.startsWith('spec.nodeName=')) return true
    return ((object as Pod).spec?.nodeName ?? '') === term.slice('spec.nodeName='.length)
  })
}
