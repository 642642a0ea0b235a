/** Puts the HTTPS server together from its parts. */
import { ownKinds } from '../../apimachinery/index.ts'
import type { ApiOptions } from '../../apis/index.ts'
import { type Clock, instant, type Log, type Random } from '../../base/index.ts'
import { type Auth, type Certificates, impersonate, wantsImpersonation } from '../auth/index.ts'
import { newRecent } from '../cache/index.ts'
import { proxyKinds } from '../discovery/index.ts'
import { type Labels, type Metrics, newMetrics, type Sample } from '../metrics/index.ts'
import type { OpenApi } from '../openapi/index.ts'
import type { Api } from '../registry/index.ts'
import { type AuditLog, auditLine } from './audit.ts'
import type { Exchange } from './exchange.ts'
import type { HealthCheck } from './health.ts'
import type { Maintenance } from './maintenance.ts'
import { messageOf } from './media.ts'
import { newServePath } from './paths.ts'
import { serveLog } from './pod-log.ts'
import { refuseStream, type StreamParts, serveStream, type Upgrade } from './pod-streams.ts'
import type { PodLogs, PodStreams } from './pods.ts'
import type { Presenter } from './representation.ts'
import type { Route } from './routes.ts'
import { type HttpServer, type Listen, type ServerParts, startServer } from './server.ts'

export type HttpServerConfig = {
  readonly api: Api
  /** The switches that table columns depend on. */
  readonly options: ApiOptions
  readonly auth: Auth
  readonly certificates: Certificates
  /** The document of `/version`. */
  readonly version: object
  readonly openapi?: OpenApi | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly listen: Listen
  /** Logs and streams of Pods, where a node agent is in this process. */
  readonly logs?: PodLogs | undefined
  readonly streams?: PodStreams | undefined
  /** Checks besides `ping`, e.g. of the store. */
  readonly health?: readonly HealthCheck[] | undefined
  readonly metrics?: Metrics | undefined
  /** What can be done to the store; without it there are no such paths. */
  readonly maintenance?: Maintenance | undefined
  /** Where the audit log goes; there is none when absent. */
  readonly audit?: AuditLog | undefined
}

const ping: HealthCheck = { name: 'ping', check: () => undefined, roots: ['healthz', 'livez', 'readyz'] }

/** Of requests that lead nowhere only the verb and the code are counted. */
const labelsOf = ({ info, code, routed }: Exchange) => ({
  verb: info.verb,
  group: routed ? info.group : '',
  version: routed ? info.version : '',
  resource: routed ? info.resource : '',
  subresource: routed ? info.subresource : '',
  code,
})

function countOf(open: readonly Exchange[]): readonly Sample[] {
  const samples = new Map<string, { readonly labels: Labels; value: number }>()
  for (const { info } of open) {
    const { verb, group, version, resource, subresource } = info
    const labels = { verb: verb.toUpperCase(), group, version, resource, subresource }
    const key = JSON.stringify(labels)
    const sample = samples.get(key) ?? { labels, value: 0 }
    sample.value++
    samples.set(key, sample)
  }
  return [...samples.values()]
}

async function serveConnect(
  x: Exchange,
  parts: StreamParts & { readonly logs: PodLogs | undefined },
  route: Route,
  upgrade: Upgrade | undefined,
): Promise<void> {
  if (route.subresource === 'log') return serveLog(x, parts.presenter, route, parts.logs)
  return upgrade === undefined ? refuseStream(x, parts, route) : serveStream(x, parts, route, upgrade)
}

/** Room for a list of 10,000 Jobs. Twice as many bytes are kept at most, and nothing while nobody asks for protobuf. */
const messagesBound = 16 * 1024 * 1024

/** Listens and serves until `close`. Rejects when the address cannot be had. */
export async function createHttpServer(config: HttpServerConfig): Promise<HttpServer> {
  const { api, options, auth, audit, certificates, clock, random, log, listen } = config
  const presenter: Presenter = { api, options, messages: newRecent(messageOf, messagesBound) }
  const metrics = config.metrics ?? newMetrics()
  const abandoned = new Set<() => void>()
  const { streams, logs } = config
  const streamParts = { presenter, authorize: auth.authorize, streams, logs, clock, abandoned }
  let address = `${listen.host}:${listen.port}`
  const parts: ServerParts = {
    presenter,
    authenticate: auth.authenticate,
    authorize: auth.authorize,
    impersonate: (x) =>
      wantsImpersonation(x.req.headers)
        ? impersonate(x.user, x.req.headers, x.req.rawHeaders, auth.authorize)
        : undefined,
    servePath: newServePath({
      version: config.version,
      health: [ping, ...(config.health ?? [])],
      openapi: config.openapi,
      // Upstream lists proxies; here they lead nowhere, which only --exact may say so. Kinds of ours are not upstream's.
      addedKinds: options.exact ? proxyKinds : ownKinds,
      metrics: metrics.text,
      issuer: auth.issuer,
      maintenance: config.maintenance,
      serverAddress: () => address,
    }),
    serveConnect: (x, route, upgrade) => serveConnect(x, streamParts, route, upgrade),
    clock,
    random,
    log,
    tls: { ...certificates.server, ca: certificates.ca },
    onDone: (x, seconds) => {
      metrics.request(labelsOf(x), seconds, x.longRunning)
      if (audit === undefined) return
      const now = clock.now()
      const line = auditLine(x, instant(now - seconds * 1000), now)
      if (line !== undefined) audit(line)
    },
  }
  const server = await startServer(parts, listen)
  address = server.address.url.slice('https://'.length)
  metrics.add({
    name: 'apiserver_longrunning_requests',
    help: 'Watches and streams that are open.',
    type: 'gauge',
    read: () => countOf(server.longRunning()),
  })
  metrics.add({
    name: 'jobd_connections_total',
    help: 'Connections made, by protocol.',
    type: 'counter',
    read: () => Object.entries(server.connections()).map(([protocol, value]) => ({ labels: { protocol }, value })),
  })
  return {
    ...server,
    close(grace) {
      for (const end of [...abandoned]) end()
      return server.close(grace)
    },
  }
}
