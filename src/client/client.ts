/**
 * Talking to an API server. Two forms, one type: in process (no bytes, shared immutable objects) and over HTTPS.
 * Controllers, the node agent and the command line know nothing else of the server.
 *
 * A resource is named `jobs.batch`, `pods`, `cronjobs.batch`: plural and group, the served version is implied.
 */
import type { KubeObject, Status } from '../apimachinery/index.ts'
import type { Result } from '../base/index.ts'

export type ResourceName = string
export type Ref = { readonly resource: ResourceName; readonly namespace?: string | undefined; readonly name: string }

export type Selection = {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}
export type ListRequest = Selection & {
  readonly resourceVersion?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}
export type ObjectList<T extends KubeObject> = {
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly items: readonly T[]
}

export type WatchEvent<T extends KubeObject> = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}
export type WatchRequest = Selection & { readonly resourceVersion: string }
export type WatchObserver<T extends KubeObject> = {
  /** In order; a call may carry many events. */
  readonly onEvents: (events: readonly WatchEvent<T>[]) => void
  /** Nothing follows. With a status: why (410 Expired: list again). Without: the server closed the stream, resume. */
  readonly onEnd: (status?: Status) => void
}
export type WatchHandle = { readonly stop: () => void }

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'
export type WriteOptions = {
  readonly subresource?: string | undefined
  readonly fieldManager?: string | undefined
  readonly force?: boolean | undefined
  readonly dryRun?: boolean | undefined
}
export type DeleteRequest = {
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined
  readonly gracePeriodSeconds?: number | undefined
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined
}

export type Client = {
  readonly get: <T extends KubeObject>(ref: Ref) => Promise<Result<T, Status>>
  readonly list: <T extends KubeObject>(
    resource: ResourceName,
    request?: ListRequest,
  ) => Promise<Result<ObjectList<T>, Status>>
  readonly watch: <T extends KubeObject>(
    resource: ResourceName,
    request: WatchRequest,
    observer: WatchObserver<T>,
  ) => WatchHandle
  readonly create: <T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options?: WriteOptions,
  ) => Promise<Result<T, Status>>
  /** PUT. `metadata.resourceVersion`, when set, makes it conditional. */
  readonly update: <T extends KubeObject>(
    resource: ResourceName,
    object: T,
    options?: WriteOptions,
  ) => Promise<Result<T, Status>>
  readonly patch: <T extends KubeObject>(
    ref: Ref,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ) => Promise<Result<T, Status>>
  readonly delete: (ref: Ref, request?: DeleteRequest) => Promise<Result<KubeObject | Status, Status>>
}
