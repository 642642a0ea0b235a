/**
 * The client in process: the same calls as over HTTP, with objects shared instead of bytes copied.
 *
 * What a caller hands in to create, update or merge is taken as it is: trusted code makes typed objects, so they are not
 * decoded, only given their defaults. It must not change them afterwards. Objects of others are untyped: they are read like
 * the body of a request.
 */
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import { ok, type Result } from '../../base/index.ts'
import type {
  Client,
  DeleteRequest,
  ListRequest,
  ObjectList,
  PatchType,
  Ref,
  ResourceName,
  WatchEvent,
  WatchHandle,
  WatchObserver,
  WatchRequest,
  WriteOptions,
} from '../../client/index.ts'
import type { RequestBody, RequestContext, RunningApi, Target, User } from '../registry/index.ts'

export type InProcessOptions = {
  readonly user: User
  /** The field manager of writes that name none: what stands before its first `/`. */
  readonly userAgent: string
  /** Whether objects come from outside of this code; they are of their types when absent. */
  readonly isUntyped?: boolean | undefined
  /** Takes warnings; they are dropped when absent. */
  readonly warn?: ((text: string) => void) | undefined
}

/** A client that is `user` to the registry. */
export function inProcessClient(api: RunningApi, options: InProcessOptions): Client {
  const base: RequestContext = { user: options.user, userAgent: options.userAgent, warn: options.warn ?? (() => {}) }
  const contextOf = (write?: WriteOptions): RequestContext =>
    write === undefined
      ? base
      : {
          ...base,
          ...(write.fieldManager === undefined ? {} : { fieldManager: write.fieldManager }),
          ...(write.dryRun === true ? { dryRun: ['All'] } : {}),
          ...(write.force === undefined ? {} : { force: write.force }),
        }
  const bodyOf = (object: KubeObject): RequestBody =>
    options.isUntyped === true ? { kind: 'Text', text: JSON.stringify(object) } : { kind: 'Typed', object }
  return {
    get: <T extends KubeObject>(ref: Ref) => api.get(ref, {}, base) as Promise<Result<T, Status>>,
    list: <T extends KubeObject>(resource: ResourceName, request: ListRequest = {}) =>
      list<T>(api, resource, request, base),
    watch: <T extends KubeObject>(resource: ResourceName, request: WatchRequest, observer: WatchObserver<T>) =>
      watch(api, resource, request, observer),
    create: async <T extends KubeObject>(resource: ResourceName, object: T, write?: WriteOptions) => {
      const { namespace, name } = object.metadata
      const target: Target =
        write?.subresource === undefined
          ? { resource, namespace }
          : { resource, namespace, name, subresource: write.subresource }
      const made = await api.create(target, bodyOf(object), contextOf(write))
      return made.ok ? ok(made.value.object as T) : made
    },
    update: async <T extends KubeObject>(resource: ResourceName, object: T, write?: WriteOptions) => {
      const { namespace, name } = object.metadata
      const target: Target = { resource, namespace, name, subresource: write?.subresource }
      const written = await api.update(target, bodyOf(object), contextOf(write))
      return written.ok ? ok(written.value.object as T) : written
    },
    patch: async <T extends KubeObject>(ref: Ref, type: PatchType, patch: unknown, write?: WriteOptions) => {
      const target: Target = { ...ref, subresource: write?.subresource }
      const body: RequestBody = type === 'merge' ? bodyOf(patch as KubeObject) : { kind: 'Value', value: patch }
      const written = await api.patch(target, { type, body }, contextOf(write))
      return written.ok ? ok(written.value.object as T) : written
    },
    delete: async (ref: Ref, request: DeleteRequest = {}) => {
      const deleted = await api.delete(ref, request, base)
      return deleted.ok ? ok(deleted.value.object as KubeObject | Status) : deleted
    },
  }
}

async function list<T extends KubeObject>(
  api: RunningApi,
  resource: ResourceName,
  { namespace, ...query }: ListRequest,
  context: RequestContext,
): Promise<Result<ObjectList<T>, Status>> {
  const listed = await api.list({ resource, namespace }, query, context)
  return listed.ok ? ok({ ...listed.value, items: listed.value.items as readonly T[] }) : listed
}

function watch<T extends KubeObject>(
  api: RunningApi,
  resource: ResourceName,
  { namespace, ...query }: WatchRequest,
  observer: WatchObserver<T>,
): WatchHandle {
  const started = api.watchSoon({ resource, namespace }, query, {
    onEvents: (events) => observer.onEvents(events as readonly WatchEvent<T>[]),
    onEnd: observer.onEnd,
  })
  if (started.ok) return started.value
  let stopped = false
  queueMicrotask(() => {
    if (!stopped) observer.onEnd(started.error)
  })
  return {
    stop() {
      stopped = true
    },
  }
}
