/**
 * Everything that is no resource: discovery, version, OpenAPI, health, metrics, the index of the root.
 */
import { type KindSchema, methodNotAllowed, type Status } from '../../apimachinery/index.ts'
import { fail, type Result } from '../../base/index.ts'
import type { Auth } from '../auth/index.ts'
import {
  aggregatedContentType,
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  etagOf,
  rootPaths,
} from '../discovery/index.ts'
import type { OpenApi } from '../openapi/index.ts'
import { sendCacheable } from './cacheable.ts'
import { type Document, type Exchange, send, sendDefect, sendDocument, sendStatus } from './exchange.ts'
import { type HealthCheck, healthPaths, serveHealth } from './health.ts'
import { type Maintenance, serveTask, taskOf } from './maintenance.ts'
import {
  acceptedByRoute,
  contentTypes,
  mediaTypes,
  negotiate,
  type Representation,
  routeNotAcceptable,
} from './negotiate.ts'
import { newServeOpenApi } from './openapi.ts'

export type PathParts = {
  /** The document of `/version`. */
  readonly version: object
  readonly health: readonly HealthCheck[]
  readonly openapi: OpenApi | undefined
  /** Kinds that discovery lists besides those of the schema. */
  readonly addedKinds: readonly KindSchema[]
  /** The text of `/metrics` in Prometheus' format; absent where metrics are off. */
  readonly metrics: (() => Promise<string>) | undefined
  /** What can be done to the store; absent where nothing can. */
  readonly maintenance: Maintenance | undefined
  readonly issuer: Auth['issuer']
  /** `host:port` as clients reach the server; known once it listens. */
  readonly serverAddress: () => string
}

const noMethod: Status = methodNotAllowed('the server does not allow this method on the requested resource')
const plainTypes: readonly string[] = mediaTypes

const documentOf = (value: object): Document => ({ value: () => value, text: () => JSON.stringify(value) })

/** Documents are made when they are first asked for, and kept: they never change while the server runs. */
function remembered<Key, Value>(
  make: (key: Key, added: readonly KindSchema[]) => Value,
): (key: Key, added: readonly KindSchema[]) => Value {
  const known = new Map<readonly KindSchema[], Map<Key, Value>>()
  return (key, added) => {
    const values = known.get(added) ?? new Map<Key, Value>()
    known.set(added, values)
    let value = values.get(key)
    if (value === undefined) {
      value = make(key, added)
      values.set(key, value)
    }
    return value
  }
}

function plainForm(x: Exchange): Result<Representation, Status> {
  if (x.req.method !== 'GET') return fail(noMethod)
  if (!acceptedByRoute(x.req.headers.accept, plainTypes)) return fail(routeNotAcceptable(plainTypes))
  return negotiate(x.req.headers.accept, 'plain')
}

function plainDocument(x: Exchange, value: object): void {
  const form = plainForm(x)
  if (form.ok) sendDocument(x, 200, form.value, documentOf(value))
  else sendStatus(x, form.error)
}

/** Values of no kind have no other form than indented JSON. */
const rawJson = (x: Exchange, value: object): void =>
  send(x, 200, contentTypes.json, JSON.stringify(value, undefined, 2))

const jsonOnly: readonly string[] = [contentTypes.json]

function versionDocument(x: Exchange, version: object): void {
  if (x.req.method !== 'GET') sendStatus(x, noMethod)
  else if (!acceptedByRoute(x.req.headers.accept, jsonOnly)) sendStatus(x, routeNotAcceptable(jsonOnly))
  else rawJson(x, version)
}

const aggregated = remembered((root: 'api' | 'apis', added: readonly KindSchema[]) => {
  const text = JSON.stringify(aggregatedDiscovery(root, added))
  return { text, etag: etagOf(text) }
})

function discoveryRoot(x: Exchange, parts: PathParts, root: 'api' | 'apis', legacy: () => object): void {
  const form = negotiate(x.req.headers.accept, 'discovery')
  if (!form.ok) sendStatus(x, form.error)
  else if (form.value.as === undefined) sendDocument(x, 200, form.value, documentOf(legacy()))
  else {
    const { text, etag } = aggregated(root, parts.addedKinds)
    sendCacheable(x, aggregatedContentType, etag, () => text, 'public')
  }
}

const resourceLists = remembered((groupVersion: string, added: readonly KindSchema[]) => {
  const [group = '', version = ''] = groupVersion.split('/')
  return apiResourceList(group, version, added)
})

function discovery(x: Exchange, parts: PathParts, words: readonly string[]): boolean {
  const [root, first, second] = words
  if (root === 'api') {
    if (first === undefined) {
      if (x.req.method !== 'GET') sendStatus(x, noMethod)
      else discoveryRoot(x, parts, 'api', () => apiVersions(parts.serverAddress()))
      return true
    }
    const list = second === undefined ? resourceLists(`/${first}`, parts.addedKinds) : undefined
    if (list !== undefined) plainDocument(x, list)
    return list !== undefined
  }
  if (first === undefined) {
    // The aggregator answers here, whatever the method.
    discoveryRoot(x, parts, 'apis', () => apiGroupList(parts.addedKinds))
    return true
  }
  const document =
    second === undefined
      ? apiGroup(first, parts.addedKinds)
      : words.length === 3
        ? resourceLists(`${first}/${second}`, parts.addedKinds)
        : undefined
  if (document !== undefined) plainDocument(x, document)
  return document !== undefined
}

function metrics(x: Exchange, parts: PathParts): boolean {
  if (parts.metrics === undefined) return false
  void parts.metrics().then(
    (text) => send(x, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
    (error: unknown) => {
      x.log.error('metrics cannot be shown', { error: String(error) })
      send(x, 500, 'text/plain; charset=utf-8', 'metrics cannot be shown, see the log\n')
    },
  )
  return true
}

/** How others check tokens of ServiceAccounts. */
function issuer(x: Exchange, { issuer: { configuration, keys }, serverAddress }: PathParts, path: string): boolean {
  if (path === configurationPath) {
    send(x, 200, 'application/json', JSON.stringify(configuration(serverAddress())))
    return true
  }
  if (path !== keysPath) return false
  send(x, 200, 'application/jwk-set+json', JSON.stringify(keys))
  return true
}

const configurationPath = '/.well-known/openid-configuration'
const keysPath = '/openid/v1/jwks'

const otherPaths = (parts: PathParts): readonly string[] => [
  configurationPath,
  keysPath,
  ...healthPaths(parts.health),
  ...(parts.metrics === undefined ? [] : ['/metrics', '/metrics/slis']),
]

/** Makes the function that answers these paths; it is false for a path that is none of them. */
export function newServePath(parts: PathParts): (x: Exchange) => boolean {
  const serveOpenApi = parts.openapi === undefined ? undefined : newServeOpenApi(parts.openapi)
  return (x) => {
    const words = x.info.path.split('/').filter((word) => word !== '')
    switch (words[0]) {
      case undefined:
        // Whatever the method and whatever was asked for.
        rawJson(x, rootPaths(otherPaths(parts), parts.addedKinds))
        return true
      case 'api':
      case 'apis':
        return discovery(x, parts, words)
      case 'version':
        if (words.length > 1) return false
        versionDocument(x, parts.version)
        return true
      case 'openapi':
        return serveOpenApi?.(x) === true
      case '.well-known':
      case 'openid':
        return issuer(x, parts, `/${words.join('/')}`)
      case 'metrics':
        if (words.length > 2 || (words.length === 2 && words[1] !== 'slis')) return false
        return metrics(x, parts)
      case 'jobd': {
        const task = taskOf(parts.maintenance, x.info.path)
        if (task === undefined) return false
        serveTask(x, task).catch((error: unknown) => sendDefect(x, error))
        return true
      }
      default:
        return serveHealth(x, parts.health)
    }
  }
}
