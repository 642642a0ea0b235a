/**
 * Which resource paths and methods exist, from the schema alone: 404 and 405 come from here, before anything is read.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/installer.go, registerResourceHandlers
 */
import {
  allKinds,
  type KindSchema,
  methodNotAllowed,
  ownKinds,
  qualified,
  routeNotFound,
  type Status,
  unsupportedMediaType,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { mediaTypes, streamTypes } from './negotiate.ts'
import type { RequestInfo } from './request-info.ts'

export type Action =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  /** Streams and logs: `pods/log`, `pods/exec` …; GET or POST. */
  | 'connect'

export type Route = {
  readonly action: Action
  readonly kind: KindSchema
  /** As clients name it: `jobs.batch`. */
  readonly resource: string
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly produces: readonly string[]
}

type ResourceRoutes = {
  readonly kind: KindSchema
  readonly resource: string
  readonly verbs: ReadonlySet<string>
  readonly subresources: Map<string, { readonly kind: KindSchema; readonly verbs: ReadonlySet<string> }>
}

const logs = new Set(['pods/log', 'runs/log'])
const connectors = new Set([...logs, 'pods/exec', 'pods/attach', 'pods/portforward'])

function buildTable(): ReadonlyMap<string, ReadonlyMap<string, ResourceRoutes>> {
  const table = new Map<string, Map<string, ResourceRoutes>>()
  for (const kind of allKinds) {
    const key = `${kind.group}/${kind.version}`
    const resources = table.get(key) ?? new Map<string, ResourceRoutes>()
    table.set(key, resources)
    const [resource = '', subresource] = kind.resource.split('/')
    if (subresource !== undefined) {
      resources.get(resource)?.subresources.set(subresource, { kind, verbs: new Set(kind.verbs) })
      continue
    }
    resources.set(resource, {
      kind,
      resource: qualified(resource, kind.group),
      verbs: new Set(kind.verbs),
      subresources: new Map(),
    })
  }
  return table
}

const table = buildTable()
const plainTypes: readonly string[] = mediaTypes
const listTypes: readonly string[] = [...mediaTypes, ...streamTypes]
const logTypes: readonly string[] = ['text/plain', ...mediaTypes]
const anyType: readonly string[] = ['*/*']

export const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

const noMethod: Result<never, Status> = fail(
  methodNotAllowed('the server does not allow this method on the requested resource'),
)
const noRoute: Result<never, Status> = fail(routeNotFound())
const badPatchType: Result<never, Status> = fail({
  ...unsupportedMediaType('415: Unsupported Media Type'),
  details: {},
})

const ownGroups: ReadonlySet<string> = new Set(ownKinds.map(({ group }) => group))

/**
 * Whether any path of this group and version exists; elsewhere the answer to everything is a plain 404 page. With
 * `exact` groups of ours do not exist.
 */
export const isServed = (group: string, version: string, exact: boolean): boolean =>
  table.has(`${group}/${version}`) && !(exact && ownGroups.has(group))

const itemActions: Readonly<Record<string, Action>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
const verbOf: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', PATCH: 'patch', POST: 'create' }

function collectionAction(method: string, info: RequestInfo, allNamespaces: boolean): Action | undefined {
  if (method === 'GET') return info.verb === 'watch' ? 'watch' : 'list'
  if (allNamespaces) return undefined
  return method === 'POST' ? 'create' : method === 'DELETE' ? 'deletecollection' : undefined
}

function subresourceRoute(method: string, info: RequestInfo, routes: ResourceRoutes): Result<Route, Status> {
  const found = routes.subresources.get(info.parts[2] as string)
  if (found === undefined || info.parts.length > 3) return noRoute
  const verb = verbOf[method]
  if (verb === undefined || !found.verbs.has(verb)) return noMethod
  const connect = connectors.has(found.kind.resource)
  return ok({
    action: connect ? 'connect' : (verb as Action),
    kind: found.kind,
    resource: routes.resource,
    subresource: info.parts[2],
    namespace: routes.kind.namespaced ? info.namespace : undefined,
    name: info.parts[1],
    produces: connect ? (logs.has(found.kind.resource) ? logTypes : anyType) : plainTypes,
  })
}

function collectionRoute(method: string, info: RequestInfo, routes: ResourceRoutes): Result<Route, Status> {
  const { kind, resource, verbs } = routes
  const allNamespaces = kind.namespaced && info.namespace === ''
  if (allNamespaces && !verbs.has('list')) return noRoute
  const action = info.watchPrefix && method !== 'GET' ? undefined : collectionAction(method, info, allNamespaces)
  if (action === undefined || !verbs.has(action)) return noMethod
  return ok({
    action,
    kind,
    resource,
    subresource: undefined,
    namespace: kind.namespaced && info.namespace !== '' ? info.namespace : undefined,
    name: undefined,
    produces: action === 'list' || action === 'watch' ? listTypes : plainTypes,
  })
}

function itemRoute(method: string, info: RequestInfo, routes: ResourceRoutes): Result<Route, Status> {
  const { kind, resource, verbs } = routes
  if ((kind.namespaced && info.namespace === '') || !verbs.has('get')) return noRoute
  const action = info.watchPrefix ? (method === 'GET' ? 'watch' : undefined) : itemActions[method]
  if (action === undefined || !verbs.has(action)) return noMethod
  return ok({
    action,
    kind,
    resource,
    subresource: undefined,
    namespace: kind.namespaced ? info.namespace : undefined,
    name: info.parts[1],
    produces: action === 'watch' ? listTypes : plainTypes,
  })
}

/** Finds the route of a resource request: 404 for unknown paths, 405 for known ones, 415 for a patch of unknown type. */
export function routeOf(method: string, info: RequestInfo, contentType: string | undefined): Result<Route, Status> {
  const routes = table.get(`${info.group}/${info.version}`)?.get(info.parts[0] ?? '')
  if (routes === undefined) return noRoute
  if (!routes.kind.namespaced && info.namespace !== '' && info.parts[0] !== 'namespaces') return noRoute
  // What was authorized is what is done: a path with an empty word, or a watch of a subresource, is no path.
  if (info.parts.includes('') || (info.watchPrefix && info.parts.length > 2)) return noRoute
  const named = info.parts.length > 1
  const found = !named
    ? collectionRoute(method, info, routes)
    : info.parts.length > 2
      ? subresourceRoute(method, info, routes)
      : itemRoute(method, info, routes)
  if (found.ok && method === 'PATCH' && !(mimeOf(contentType) in patchTypes)) return badPatchType
  return found
}

/** The media type without its parameters. */
export function mimeOf(contentType: string | undefined): string {
  if (contentType === undefined) return ''
  const semicolon = contentType.indexOf(';')
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim()
}
