/** The HTTPS server of a whole server, with what runs beside it: the audit log, and certificates that are renewed. */
import type { Agent } from '../agent/index.ts'
import { servedKinds } from '../apimachinery/index.ts'
import { type Auth, type Certificates, keepCertificates } from '../apiserver/auth/index.ts'
import type { AuditLog, HttpServer } from '../apiserver/http/index.ts'
import { fail, type Log, millis, ok, type Result } from '../base/index.ts'
import { formatMetrics } from '../manager/index.ts'
import { openAuditFile } from './audit-file.ts'
import type { Core } from './core.ts'
import { maintenanceOf } from './maintenance.ts'
import { realClock, realRandom } from './real.ts'

export type ServeOptions = {
  /** The data directory. */
  readonly directory: string
  readonly listen?: { readonly host: string; readonly port: number } | undefined
  readonly exact: boolean
  /** The file in which requests are written down, one line each; nowhere when absent. */
  readonly auditLog?: string | undefined
  /** Called when the certificates were made anew, as they are before they expire. */
  readonly onRenewed?: ((certificates: Certificates) => void) | undefined
  readonly log: Log
}

/** `hosts`: the names under which the server is reached, besides the usual ones. */
export type Secured = { readonly auth: Auth; readonly certificates: Certificates; readonly hosts: readonly string[] }

export type Served = {
  readonly http: HttpServer
  /** Ends requests in order, then what ran beside. */
  readonly stop: () => Promise<void>
}

/** Listens and serves. Fails with a sentence when the address or the audit log cannot be had. */
export async function serve(
  options: ServeOptions,
  core: Core,
  secured: Secured,
  agent: Agent | undefined,
): Promise<Result<Served, string>> {
  const { log } = options
  const audit = options.auditLog === undefined ? ok(undefined) : openAuditFile(options.auditLog, log)
  if (!audit.ok) return audit
  const http = await listen(options, core, secured, agent, audit.value?.write)
  if (!http.ok) {
    await audit.value?.close()
    return http
  }
  const stopKeeping = keepCertificates({
    dataDir: options.directory,
    hosts: secured.hosts,
    clock: realClock,
    log,
    current: secured.certificates,
    onRenewed(certificates) {
      http.value.renew({ ...certificates.server, ca: certificates.ca })
      options.onRenewed?.(certificates)
    },
  })
  return ok({
    http: http.value,
    async stop() {
      stopKeeping()
      await http.value.close(millis(1000))
      await audit.value?.close()
    },
  })
}

async function listen(
  options: ServeOptions,
  core: Core,
  { auth, certificates }: Secured,
  agent: Agent | undefined,
  audit: AuditLog | undefined,
): Promise<Result<HttpServer, string>> {
  const { createHttpServer } = await import('../apiserver/http/index.ts')
  const { createOpenApi } = await import('../apiserver/openapi/index.ts')
  const { versionInfo } = await import('../apiserver/discovery/index.ts')
  const { newMetrics } = await import('../apiserver/metrics/index.ts')
  const metrics = newMetrics()
  const { platform, arch, versions } = process
  const build = versionInfo({
    commit: '',
    date: '1970-01-01T00:00:00Z',
    platform: `${platform}/${arch}`,
    node: versions.node,
  })
  const address = options.listen ?? { host: '127.0.0.1', port: 0 }
  try {
    return ok(
      await createHttpServer({
        api: core.api,
        options: core.api.registry.options,
        auth,
        certificates,
        version: build,
        openapi: createOpenApi({ title: 'Kubernetes', version: build.gitVersion }, servedKinds(options.exact)),
        clock: realClock,
        random: realRandom,
        log: options.log,
        listen: address,
        logs: agent?.logs,
        streams: agent?.streams,
        audit,
        health: [{ name: 'store', check: core.api.registry.store.problem, roots: ['healthz', 'livez', 'readyz'] }],
        metrics: { ...metrics, text: async () => (await metrics.text()) + formatMetrics(core.manager.metrics) },
        maintenance: maintenanceOf(core.api.registry.store, options.directory),
      }),
    )
  } catch (error) {
    return fail(listenProblem(error, address))
  }
}

function listenProblem(error: unknown, { host, port }: { readonly host: string; readonly port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `port ${port} of ${host} is in use: stop what listens there, or choose another with --listen ${host}:0`
  if (code === 'EACCES') return `port ${port} of ${host} may not be used: choose one above 1023 with --listen`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is not an address of this machine: choose another with --listen`
  throw error
}
