/** Puts the registry together: store, cache, kinds and admission as one Api. */
import { setImmediate } from 'node:timers'
import {
  allKinds,
  apiVersionOf,
  type DeleteOptions,
  type KindSchema,
  type KubeObject,
  qualified,
  routeNotFound,
  type Status,
  schema,
  type TypeName,
  trackUpdate,
} from '../../apimachinery/index.ts'
import type { ApiOptions, Strategy } from '../../apis/index.ts'
import { type Clock, fail, type Instant, type Log, ok, type Random, type Result } from '../../base/index.ts'
import type { ResourceName } from '../../client/index.ts'
import type { Store, StoreError } from '../../storage/revision/index.ts'
import { type AdmissionPlugin, type AdmissionWorld, admissionChain, admissionPlugins } from '../admission/index.ts'
import { type Cache, openCache } from '../cache/index.ts'
import type {
  Api,
  ApiWatch,
  ApiWatchObserver,
  CreateHandler,
  ListQuery,
  PatchBody,
  RequestBody,
  RequestContext,
  Target,
  Written,
} from './api.ts'
import { applyObject } from './apply.ts'
import { bindingHandler } from './binding.ts'
import { decodeBody } from './body.ts'
import { type Bookmarks, newBookmarks } from './bookmarks.ts'
import { createObject } from './create.ts'
import { deleteCollection, deleteObject } from './delete.ts'
import { type EventLimits, expireEvents } from './event-expiry.ts'
import { evictionHandler } from './eviction.ts'
import { trackFields } from './fields.ts'
import { makeInitialObjects } from './initial-objects.ts'
import { getObject, listObjects } from './list.ts'
import { checkName, fillNamespace } from './metadata.ts'
import { modifyObject } from './modify.ts'
import { patchSettings, writeSettings } from './options.ts'
import { patchObject } from './patch.ts'
import { type Handled, type Registry, type Resource, root } from './registry.ts'
import { resourceTable } from './resources.ts'
import { unbuiltProblem } from './unbuilt.ts'
import { updateObject } from './update.ts'
import { beginWatch, prepareWatch } from './watch.ts'
import { updateStrategyOf, type WriteRequest } from './write.ts'

export type ApiConfig = EventLimits & {
  readonly store: Store
  readonly strategies: ReadonlyMap<TypeName, Strategy>
  readonly clock: Clock
  readonly random: Random
  /** A new UUID (version 4) with every call. */
  readonly newUid: () => string
  readonly options: ApiOptions
  readonly log: Log
  /** As `--disable-admission-plugins`. */
  readonly disabledAdmission?: readonly string[] | undefined
  /** Creates that are not stored: `serviceaccounts/token`, `selfsubjectreviews.authentication.k8s.io`. */
  readonly handlers?: Readonly<Record<string, CreateHandler>> | undefined
  /** Admission besides the registry's own, asked last. */
  readonly plugins?: readonly AdmissionPlugin[] | undefined
}

export type RunningApi = Api & {
  readonly registry: Registry
  /** As `watch`, for callers in process: answers at once, and tells in the next microtask. */
  readonly watchSoon: (target: Target, query: ListQuery, observer: ApiWatchObserver) => Result<ApiWatch, Status>
  /** Ends all watches. The store stays open. */
  readonly close: () => void
}

/** How often an unconditional PUT is tried again on a newer state. */
const updateTries = 100

/** Fills the cache from the store, makes the objects that are always there, and answers the Api. */
export async function createApi(config: ApiConfig): Promise<Result<RunningApi, StoreError | Status>> {
  const resources = resourceTable(config.strategies)
  const stored = [...resources.values()].filter(({ view }) => view === undefined)
  const byStored = new Map(stored.map((resource) => [resource.stored.name, resource]))
  const cache = await openCache({
    store: config.store,
    root,
    resources: stored.map((resource) => resource.stored),
    decode: (name, text) => (byStored.get(name) as Resource).strategy.defaults(JSON.parse(text) as KubeObject),
    log: config.log,
  })
  if (!cache.ok) return cache
  const registry: Registry = {
    store: config.store,
    cache: cache.value,
    clock: config.clock,
    random: config.random,
    newUid: config.newUid,
    options: config.options,
    log: config.log,
    resources,
    lateDefaults: new WeakSet(),
    remainders: new Map(),
    admission: admissionChain(
      [
        ...admissionPlugins(
          admissionWorld(config, cache.value, () => registry),
          config.options.exact,
        ),
        ...(config.plugins ?? []),
      ],
      config.disabledAdmission ?? [],
    ),
  }
  const made = await makeInitialObjects(registry)
  if (!made.ok) return made
  const stopExpiry = expireEvents(registry, config)
  return ok(apiOf(registry, stopExpiry, handledKinds(registry, config), newBookmarks(config.clock)))
}

/** What plugins see of the registry, which is there when the first of them is asked. */
function admissionWorld({ clock, random }: ApiConfig, cache: Cache, registry: () => Registry): AdmissionWorld {
  return {
    get: (resource, namespace, name) =>
      cache.resource(resource).objects.get(namespace === '' ? name : `${namespace}/${name}`),
    list: (resource, namespace) => cache.resource(resource).objects.list(namespace === '' ? '' : `${namespace}/`),
    modify(name, namespace, object, change) {
      const resource = registry().resources.get(name)
      if (resource === undefined) throw new Error(`${name} is not served`)
      return modifyObject(registry(), resource, namespace, object, change)
    },
    clock,
    random,
  }
}

/** By name, all that is created without being stored: the server's own, and those of the configuration. */
function handledKinds(registry: Registry, { handlers = {} }: ApiConfig): ReadonlyMap<string, Handled> {
  const binding = bindingHandler(registry)
  const all: Readonly<Record<string, CreateHandler>> = {
    'pods/binding': binding,
    bindings: binding,
    'pods/eviction': evictionHandler(registry),
    ...handlers,
  }
  return new Map(
    schema.kinds.flatMap((kind) => {
      const handle = all[handledName(kind)]
      return handle === undefined ? [] : [[handledName(kind), { kind, handle }]]
    }),
  )
}

/** `serviceaccounts/token`, `tokenreviews.authentication.k8s.io`, `jobs.batch/status`. */
function handledName({ resource, group }: KindSchema): string {
  const [main = '', subresource] = resource.split('/')
  return subresource === undefined ? qualified(main, group) : `${qualified(main, group)}/${subresource}`
}

function apiOf(
  registry: Registry,
  stopExpiry: () => void,
  handled: ReadonlyMap<string, Handled>,
  bookmarks: Bookmarks,
): RunningApi {
  const { resources, cache } = registry
  return {
    registry,
    kindOf: (resource, subresource) => kindOf(registry, resource, subresource),
    tableOf: (resource) => resources.get(resource)?.strategy.table,
    get: async (target, query) => {
      const found = stored(registry, target)
      return found.ok ? getObject(registry, found.value, target, query.resourceVersion) : found
    },
    list: async (target, query) => {
      const found = stored(registry, target)
      return found.ok ? listObjects(registry, found.value, target, query) : found
    },
    watch: async (target, query, observer) => startWatch(registry, target, query, observer, bookmarks, setImmediate),
    watchSoon: (target, query, observer) => startWatch(registry, target, query, observer, bookmarks, queueMicrotask),
    create: (target, body, context) => create(registry, handled, target, body, context),
    update: (target, body, context) => update(registry, target, body, context),
    patch: (target, patch, context) => patchTarget(registry, target, patch, context),
    delete: async (target, options, context) => {
      const found = stored(registry, target)
      return found.ok ? deleteObject(registry, found.value, target, options, context) : found
    },
    deleteCollection: async (target, options: DeleteOptions, query, context) => {
      const found = stored(registry, target)
      return found.ok ? deleteCollection(registry, found.value, target, options, query, context) : found
    },
    textOf: (object) => cache.texts.of(object),
    textsOfList: () => cache.texts.ofList(),
    revision: () => cache.revision(),
    now: () => registry.clock.now(),
    close() {
      stopExpiry()
      cache.close()
    },
  }
}

function kindOf(registry: Registry, name: ResourceName, subresource = ''): KindSchema | undefined {
  const resource = registry.resources.get(name)
  if (resource !== undefined) return subresource === '' ? resource.kind : resource.subresources.get(subresource)
  const wanted = subresource === '' ? name : `${name}/${subresource}`
  return allKinds.find((kind) => handledName(kind) === wanted)
}

/** The resource of a target, which may be a subresource that shows the same object. */
function stored(registry: Registry, { resource, subresource = '' }: Target): Result<Resource, Status> {
  const found = registry.resources.get(resource)
  if (found === undefined || updateStrategyOf(found, subresource) === undefined) return fail(routeNotFound())
  return ok(found)
}

/** Starts telling when `later` calls back: after the caller has got its answer. */
function startWatch(
  registry: Registry,
  target: Target,
  query: ListQuery,
  observer: ApiWatchObserver,
  bookmarks: Bookmarks,
  later: (begin: () => void) => void,
): Result<ApiWatch, Status> {
  const found = stored(registry, target)
  if (!found.ok) return found
  const start = prepareWatch(registry, found.value, target, query)
  if (!start.ok) return start
  let stop: (() => void) | undefined
  let stopped = false
  later(() => {
    if (!stopped) stop = beginWatch(registry, found.value, start.value, observer, bookmarks).stop
  })
  return ok({
    stop() {
      stopped = true
      stop?.()
    },
  })
}

async function create(
  registry: Registry,
  handled: ReadonlyMap<string, Handled>,
  target: Target,
  body: RequestBody,
  context: RequestContext,
): Promise<Result<Written | { readonly object: Status; readonly created: true }, Status>> {
  const { resource: name, subresource = '', namespace = '' } = target
  const special = handled.get(subresource === '' ? name : `${name}/${subresource}`)
  if (special !== undefined) return createHandled(registry, special, target, body, context)
  const resource = registry.resources.get(name)
  if (resource === undefined || subresource !== '') return fail(routeNotFound())
  const settings = writeSettings('CreateOptions', context)
  if (!settings.ok) return settings
  const decoded = decodeBody(resource.kind, body, settings.value.validation, (value) =>
    unbuiltProblem(resource, registry.options, value),
  )
  if (!decoded.ok) return decoded
  for (const text of decoded.value.warnings) context.warn(text)
  const { object: requested, clear } = decoded.value
  const request: WriteRequest = { ...settings.value, resource, subresource, namespace, name: '', context }
  const created = await createObject(registry, request, resource.strategy.defaults(requested), requested, clear)
  return created.ok ? ok({ object: created.value, created: true }) : created
}

/** Hands a decoded body to who handles it; its answer counts as created. */
function ownedBy(object: KubeObject, kind: KindSchema, manager: string, now: Instant): KubeObject {
  const apiVersion = apiVersionOf(kind.group, kind.version)
  return trackUpdate(object, undefined, {
    type: kind.type as TypeName,
    manager,
    apiVersion,
    subresource: '',
    resetFields: noResets,
    now,
  })
}

const noResets: readonly (readonly string[])[] = []

async function createHandled(
  registry: Registry,
  { kind, handle }: Handled,
  target: Target,
  body: RequestBody,
  context: RequestContext,
) {
  const settings = writeSettings('CreateOptions', context)
  if (!settings.ok) return settings
  const decoded = decodeBody(kind, body, settings.value.validation)
  if (!decoded.ok) return decoded
  for (const text of decoded.value.warnings) context.warn(text)
  const { namespace = '', name = '', subresource = '' } = target
  const { dryRun, manager } = settings.value
  // A review is not stored, but its answer tells who wrote its fields, as for any object.
  const object =
    subresource === '' ? ownedBy(decoded.value.object, kind, manager, registry.clock.now()) : decoded.value.object
  const { user, warn } = context
  const main = { ...kind, resource: kind.resource.split('/', 1)[0] ?? '' }
  const answer = registry.admission.admit({
    operation: 'CREATE',
    kind: main,
    subresource,
    namespace,
    name,
    object,
    user,
    dryRun,
    warn,
  })
  const admitted = answer instanceof Promise ? await answer : answer
  if (!admitted.ok) return admitted
  const answered = await handle(target, admitted.value ?? object, context)
  return answered.ok ? ok({ object: answered.value as KubeObject, created: true as const }) : answered
}

async function patchTarget(registry: Registry, target: Target, { type, body }: PatchBody, context: RequestContext) {
  const { subresource = '', namespace = '', name = '' } = target
  const found = stored(registry, target)
  if (!found.ok) return found
  const settings = patchSettings(context, type === 'apply')
  if (!settings.ok) return settings
  const request: WriteRequest = { ...settings.value, resource: found.value, subresource, namespace, name, context }
  if (type === 'apply') return applyObject(registry, request, body)
  return patchObject(registry, request, { type, body })
}

async function update(registry: Registry, target: Target, body: RequestBody, context: RequestContext) {
  const { subresource = '', namespace = '', name = '' } = target
  const found = stored(registry, target)
  if (!found.ok) return found
  const resource = found.value
  const settings = writeSettings('UpdateOptions', context)
  if (!settings.ok) return settings
  const decoded = decodeBody(resource.kind, body, settings.value.validation, (value) =>
    unbuiltProblem(resource, registry.options, value),
  )
  if (!decoded.ok) return decoded
  for (const text of decoded.value.warnings) context.warn(text)
  const { object: requested, clear } = decoded.value
  const misnamed = checkName(requested, name, namespace)
  if (misnamed !== undefined) return fail(misnamed)
  const placed = fillNamespace(resource.strategy.defaults(requested), resource.kind.namespaced ? namespace : '')
  if (!placed.ok) return placed
  const request: WriteRequest = { ...settings.value, resource, subresource, namespace, name, context }
  return updateObject(
    registry,
    request,
    (current, now) => ok({ object: trackFields(placed.value, current, request, now, clear), requested }),
    { uid: requested.metadata.uid, tries: updateTries },
  )
}
