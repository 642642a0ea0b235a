/**
 * What the API server can do, as values in and values out: the HTTP layer turns requests into these calls and their
 * results into bytes; the in-process client calls the same functions. Nothing here knows HTTP.
 *
 * Resources are named as clients name them: `jobs.batch`, `pods`, `events.events.k8s.io`. Objects handed out are shared
 * and never mutated; `textOf` gives the JSON of one, made once per revision and shared by everybody.
 */
import type { DeleteOptions, KindSchema, KubeObject, Status } from '../../apimachinery/index.ts'
import type { TableDefinition } from '../../apis/index.ts'
import type { Instant, Result, Revision } from '../../base/index.ts'
import type { PatchType, ResourceName } from '../../client/index.ts'

/** Who asks. */
export type User = {
  readonly name: string
  readonly uid?: string | undefined
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
}

/** Facts of one request besides its target. Query parameters stand here raw; the registry validates them (422). */
export type RequestContext = {
  readonly user: User
  /** The default field manager is what stands before its first `/`. */
  readonly userAgent: string
  readonly fieldManager?: string | undefined
  /** `fieldValidation`: absent or '' means Warn. */
  readonly fieldValidation?: string | undefined
  /** `dryRun` parameters as given, e.g. `['All']`. */
  readonly dryRun?: readonly string[] | undefined
  /** `force` as given; only apply patches may have it. */
  readonly force?: boolean | undefined
  /** Takes one text for a `Warning:` header, also of requests that fail. Repeated texts are dropped by the receiver. */
  readonly warn: (text: string) => void
}

/** What a request is about. `name` is absent for collections; `namespace` for cluster scope and for all namespaces. */
export type Target = {
  readonly resource: ResourceName
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/**
 * A request body after its media type was dealt with. JSON comes as text so that duplicate fields can be told; YAML and
 * protobuf come as plain values (`problems`: duplicate keys met while parsing, told as strict decoding errors).
 */
export type RequestBody =
  | { readonly kind: 'Text'; readonly text: string }
  | { readonly kind: 'Value'; readonly value: unknown; readonly problems?: readonly string[] | undefined }
  /** Made by trusted code of this process: of the right type already, and shared from now on. */
  | { readonly kind: 'Typed'; readonly object: KubeObject }

export type PatchBody = { readonly type: PatchType; readonly body: RequestBody }

/** Query parameters of list, watch and deletecollection as given; the registry judges them. */
export type ListQuery = {
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly resourceVersionMatch?: string | undefined
  /** 0 or absent: everything. */
  readonly limit?: number | undefined
  readonly continue?: string | undefined
  readonly allowWatchBookmarks?: boolean | undefined
  readonly sendInitialEvents?: boolean | undefined
  /** Of a watch: when the caller will end it. Only used to send a last bookmark in time. */
  readonly timeoutSeconds?: number | undefined
}

export type Listing = {
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
  readonly items: readonly KubeObject[]
}

/** The outcome of a write. `created` tells 201 from 200 for PUT and PATCH. */
export type Written = { readonly object: KubeObject; readonly created: boolean }

/**
 * The outcome of a delete: the object (pending deletion, or a kind that answers with it) or a Status Success.
 * `pending`: the object is still there, waiting for finalizers or its grace period.
 */
export type Deleted = { readonly object: KubeObject | Status; readonly pending: boolean }

export type ApiWatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  /** A bookmark's object has only kind, apiVersion and metadata (resourceVersion, perhaps annotations). */
  readonly object: KubeObject
}
export type ApiWatchObserver = {
  /** In order; one or more events. Never called inside the call of `watch`. */
  readonly onEvents: (events: readonly ApiWatchEvent[]) => void
  /** Nothing follows. With a status: send it as an ERROR event, then end the stream. */
  readonly onEnd: (status?: Status) => void
}
/** A reader that cannot keep up is the caller's to end. */
export type ApiWatch = { readonly stop: () => void }

/** A create on something that is not stored: `pods/binding`, `serviceaccounts/token`, reviews. The name is as in schema.kinds. */
export type CreateHandler = (
  target: Target,
  body: KubeObject,
  context: RequestContext,
) => Promise<Result<KubeObject | Status, Status>>

export type Api = {
  /** The kind behind a resource or subresource (`jobs.batch`, `pods.status` is `{resource: 'pods', subresource: 'status'}`). */
  readonly kindOf: (resource: ResourceName, subresource?: string) => KindSchema | undefined
  readonly tableOf: (resource: ResourceName) => TableDefinition<KubeObject> | undefined

  readonly get: (
    target: Target,
    query: { readonly resourceVersion?: string | undefined },
    context: RequestContext,
  ) => Promise<Result<KubeObject, Status>>
  readonly list: (target: Target, query: ListQuery, context: RequestContext) => Promise<Result<Listing, Status>>
  /**
   * Starts a watch. Fails before streaming where upstream answers an error status; later failures reach `onEnd`.
   * The caller stops it after `timeoutSeconds`.
   */
  readonly watch: (
    target: Target,
    query: ListQuery,
    observer: ApiWatchObserver,
    context: RequestContext,
  ) => Promise<Result<ApiWatch, Status>>
  /** POST, of a collection or a create-only subresource or virtual resource (answers of those have `created: true`). */
  readonly create: (
    target: Target,
    body: RequestBody,
    context: RequestContext,
  ) => Promise<Result<Written | { readonly object: Status; readonly created: true }, Status>>
  readonly update: (target: Target, body: RequestBody, context: RequestContext) => Promise<Result<Written, Status>>
  readonly patch: (target: Target, patch: PatchBody, context: RequestContext) => Promise<Result<Written, Status>>
  readonly delete: (target: Target, options: DeleteOptions, context: RequestContext) => Promise<Result<Deleted, Status>>
  readonly deleteCollection: (
    target: Target,
    options: DeleteOptions,
    query: ListQuery,
    context: RequestContext,
  ) => Promise<Result<Listing, Status>>

  /** The JSON text of an object that this Api handed out; of any other object, its plain JSON. */
  readonly textOf: (object: KubeObject) => string
  /** `textOf` for the objects of one list: a long one does not drive out the texts that are kept for others. */
  readonly textsOfList: () => (object: KubeObject) => string
  /** The newest revision that reads see. */
  readonly revision: () => Revision
  readonly now: () => Instant
}
