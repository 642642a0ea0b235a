/** A whole server in this process: store, core, node agent and, when it is asked to listen, HTTPS. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  type Agent,
  engineWarnings,
  type ImagePolicy,
  type LogLimits,
  nodeNameOf,
  noEphemeralContainers,
  processWarnings,
  startAgent,
} from '../agent/index.ts'
import type { Runtime } from '../agent/runtime/index.ts'
import type { ApiOptions } from '../apis/strategy.ts'
import {
  authObjects,
  type Certificates,
  createAuth,
  ensureCertificates,
  ensureDefaultRoles,
  parseTokenFile,
} from '../apiserver/auth/index.ts'
import type { HttpServer } from '../apiserver/http/index.ts'
import { fail, isFileTrouble, type Log, type Millis, millis, ok, type Result, reasonOf } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { isTimeZone, timeZone, utc } from '../cron/index.ts'
import type { ManagerOptions } from '../manager/index.ts'
import type { Store } from '../storage/revision/index.ts'
import { type Core, startCore } from './core.ts'
import { openStore, type StoreChoice } from './open-store.ts'
import { realClock, realRandom, realSurroundings, type Surroundings } from './real.ts'
import { acceptsPods, type OpenRuntime, openRuntime } from './runtimes.ts'
import { type Secured, type ServeOptions, serve } from './serve.ts'
import { version } from './version.ts'

export type ServerOptions = ServeOptions & {
  readonly store: StoreChoice
  readonly runtime: 'process' | 'docker' | 'none'
  /** Absent: nothing listens, the server is reached in process only. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined
  readonly tokenFile?: string | undefined
  readonly disabledAdmission: readonly string[]
  readonly maxPodBackoff?: number | undefined
  /** What becomes of a CronJob that missed more than 100 starts: none is started, or the newest; as documented when absent. */
  readonly tooManyMissed?: 'skip' | 'start-latest' | undefined
  /** How much of the history of each CronJob is kept; the defaults of the controllers when absent. */
  readonly runs?: ManagerOptions['runs']
  /** How long Events are kept after they were last told; an hour when absent. */
  readonly eventTtl?: Millis | undefined
  /** The IANA zone of schedules that name none; UTC when absent. */
  readonly timeZone?: string | undefined
  /** How many processes a container may have at once, -1 for any number; the default of the agent when absent. */
  readonly podPidsLimit?: number | undefined
  /** Whether pods may write files of the host outside of volumes, unless they say themselves; they may when absent. */
  readonly hostFiles?: 'writable' | 'read-only' | undefined
  /** How much of logs is kept; the defaults of the agent when absent. */
  readonly logLimits?: Partial<LogLimits> | undefined
  /** The time, chance and names that objects see; the real ones when absent. Connections live in real time in any case. */
  readonly surroundings?: Surroundings | undefined
  /** What the node has besides cpu and memory: `nvidia.com/gpu` and the like. */
  readonly resources?: Readonly<Record<string, string>> | undefined
  /** What images mean to pods that are processes; nothing when absent. */
  readonly images?: ImagePolicy | undefined
  /** Whether pods end with the server; they run on when absent. */
  readonly endsPods?: boolean | undefined
  /** Starts the node in the place of the built-in runtimes. */
  readonly startNode?: StartNode | undefined
}

/** `serviceEnv` is filled once the server listens. */
export type StartNode = (client: Client, serviceEnv: Readonly<Record<string, string>>) => Promise<Agent>

export type Server = {
  readonly core: Core
  readonly agent: Agent | undefined
  readonly http: HttpServer | undefined
  readonly certificates: Certificates | undefined
  /** Ends the server in order; pods run on. */
  readonly stop: () => Promise<void>
}

/** What the built-in node does not do; of another nothing is known. */
function warningsOf(
  { runtime, images, hostFiles }: ServerOptions,
  opened: OpenRuntime | undefined,
): ApiOptions['nodeWarnings'] {
  if (runtime === 'none') return undefined
  const known = { isReadOnly: hostFiles !== 'writable' }
  void opened?.runtime.hostFiles?.().then(({ isPossible }) => {
    known.isReadOnly = hostFiles === 'read-only' || (hostFiles !== 'writable' && isPossible)
  })
  return runtime === 'docker' ? engineWarnings : processWarnings(imagesAs({ images }), () => known.isReadOnly)
}

const imagesAs = ({ images }: Pick<ServerOptions, 'images'>): ImagePolicy => images ?? { kind: 'Ignore' }

export async function startServer(options: ServerOptions): Promise<Result<Server, string>> {
  const store = await openStore(options.store, options.directory)
  if (!store.ok) return store
  let started: Result<Server, string> | undefined
  try {
    started = await startOn(store.value, options)
    return started
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail(`cannot use the data directory ${options.directory}: ${reasonOf(error)}`)
  } finally {
    if (started?.ok !== true) await store.value.close()
  }
}

async function startOn(store: Store, options: ServerOptions): Promise<Result<Server, string>> {
  const opened =
    options.startNode === undefined ? await openRuntime({ ...options, images: imagesAs(options) }) : ok(undefined)
  if (!opened.ok) return opened
  const started = await startWith(store, options, opened.value)
  // Closing twice does no harm.
  if (!started.ok) await opened.value?.runtime.close()
  return started
}

async function startWith(
  store: Store,
  options: ServerOptions,
  opened: OpenRuntime | undefined,
): Promise<Result<Server, string>> {
  const { log } = options
  const hosts = [options.listen?.host ?? '', opened?.door?.address ?? '', hostname()]
  const secured = options.listen === undefined ? ok(undefined) : await secure(options, hosts)
  if (!secured.ok) return secured
  const core = await startCore({
    store,
    log,
    surroundings: options.surroundings,
    api: {
      exact: options.exact,
      nodeWarnings: warningsOf(options, opened),
      noEphemeralContainers: options.runtime === 'none' ? undefined : noEphemeralContainers,
      isTimeZone,
      localTimeZone: options.timeZone,
    },
    manager: {
      ...managerOptions(options),
      // Published for the tokens of pods; without those nobody reads it.
      rootCa: options.disabledAdmission.includes('ServiceAccount') ? undefined : secured.value?.certificates.ca,
    },
    disabledAdmission: options.disabledAdmission,
    eventTtl: options.eventTtl,
    handlers: secured.value?.auth.handlers,
    plugins: secured.value === undefined ? [] : [secured.value.auth.plugin],
  })
  if (!core.ok) return fail(`${options.directory}: ${core.error}`)
  const { clientFor } = core.value
  if (secured.value !== undefined) {
    secured.value.auth.connect(authObjects(core.value.api))
    const roles = await ensureDefaultRoles(clientFor('rbac'))
    if (!roles.ok) return fail(`the built-in roles cannot be made: ${roles.error.message}`)
  }
  // Filled once the server listens: pods that start before then are told nothing of it.
  const serviceEnv: Record<string, string> = {}
  const startsNode = options.startNode ?? builtInNode(options, opened)
  const agent = await startsNode?.(clientFor('node'), serviceEnv)
  const served = secured.value === undefined ? ok(undefined) : await serve(options, core.value, secured.value, agent)
  if (served.ok && served.value !== undefined) {
    const reached = await addressForPods(served.value.http, opened, log)
    if (reached !== undefined) Object.assign(serviceEnv, serviceVariables(reached))
  }
  if (!served.ok) {
    await agent?.stop()
    await core.value.stop()
    return served
  }
  return ok({
    core: core.value,
    agent,
    http: served.value?.http,
    certificates: secured.value?.certificates,
    async stop() {
      await served.value?.stop()
      await agent?.stop()
      await core.value.stop()
    },
  })
}

/** The switches of the controllers; those that are not given stay as `exact` has them. */
export function managerOptions({
  maxPodBackoff,
  tooManyMissed,
  timeZone: zone,
  runs,
}: ServerOptions): Omit<ManagerOptions, 'exact'> {
  const missed = tooManyMissed === 'start-latest' ? ('start-latest' as const) : ('start-none' as const)
  return {
    runs,
    ...(maxPodBackoff === undefined ? {} : { job: { maxPodBackoff: millis(maxPodBackoff * 1000) } }),
    cronJob: {
      ...(tooManyMissed === undefined ? {} : { tooManyMissed: missed }),
      localZone: timeZone(zone ?? 'UTC') ?? utc,
    },
  }
}

async function secure(
  { directory, store, tokenFile, surroundings = realSurroundings }: ServerOptions,
  hosts: readonly string[],
): Promise<Result<Secured, string>> {
  const certificates = ensureCertificates({
    dataDir: directory,
    hosts,
    now: realClock.now(),
    // Where a power cut takes all objects, it may take what signs for them.
    isDurable: store !== 'memory',
  })
  const tokens = tokenFile === undefined ? ok(new Map()) : readTokens(tokenFile)
  if (!tokens.ok) return tokens
  const { serviceAccountKey } = certificates
  return ok({ hosts, certificates, auth: createAuth({ tokens: tokens.value, serviceAccountKey, ...surroundings }) })
}

function readTokens(file: string) {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(`the token file ${file} cannot be read: ${reasonOf(error)}`)
  }
  const parsed = parseTokenFile(text)
  return parsed.ok ? parsed : fail(`the token file ${file} is not valid: ${parsed.error}`)
}

type Reached = { readonly host: string; readonly port: number }

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::'

/**
 * Where pods reach the server. Those that do not share the host's network come in by a door of their own, which is open to
 * them only; undefined, and said so, when this machine has no such address.
 */
async function addressForPods(
  http: HttpServer,
  opened: OpenRuntime | undefined,
  log: Log,
): Promise<Reached | undefined> {
  const { host, port } = http.address
  if (opened === undefined || opened.runtime.isOnHost) return { host: isEverywhere(host) ? '127.0.0.1' : host, port }
  const { door } = opened
  if (door !== undefined && isEverywhere(host)) return { host: door.address, port }
  try {
    if (door !== undefined) {
      return { host: door.address, port: await http.listenAlso({ host: door.address, port }, acceptsPods(door)) }
    }
  } catch (error) {
    log.warn('pods cannot reach the API server: it cannot listen in their network', { because: reasonOf(error) })
    return undefined
  }
  log.warn('pods cannot reach the API server: their network has no address of this machine')
  return undefined
}

/** Where clients in pods find the API server, as every Kubernetes client reads it. */
function serviceVariables({ host, port: number }: Reached): Record<string, string> {
  const port = String(number)
  const url = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    KUBERNETES_SERVICE_HOST: host,
    KUBERNETES_SERVICE_PORT: port,
    KUBERNETES_SERVICE_PORT_HTTPS: port,
    KUBERNETES_PORT: url,
    [`KUBERNETES_PORT_${port}_TCP`]: url,
    [`KUBERNETES_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`KUBERNETES_PORT_${port}_TCP_PORT`]: port,
    [`KUBERNETES_PORT_${port}_TCP_ADDR`]: host,
  }
}

const builtInNode = (options: ServerOptions, opened: OpenRuntime | undefined): StartNode | undefined =>
  opened === undefined ? undefined : async (client, serviceEnv) => startRuntimeNode(options, opened, client, serviceEnv)

/** Looks again until there is none: one that was just being started may come meanwhile. */
async function removeAll(runtime: Runtime): Promise<void> {
  for (;;) {
    const podUids = await runtime.podUids()
    if (podUids.length === 0) return
    await Promise.all(podUids.map((podUid) => runtime.remove(podUid)))
  }
}

function startRuntimeNode(
  { directory, store, log, logLimits, podPidsLimit, hostFiles, endsPods, resources }: ServerOptions,
  { runtime, hostEnv }: OpenRuntime,
  client: Client,
  serviceEnv: Readonly<Record<string, string>>,
): Agent {
  const agent = startAgent({
    client,
    clock: realClock,
    random: realRandom,
    log,
    runtime,
    dataDir: join(directory, 'volumes'),
    nodeName: nodeNameOf(hostname()),
    version,
    hostEnv,
    extraResources: resources,
    serviceEnv: () => serviceEnv,
    logLimits,
    podPidsLimit,
    hostFiles,
    // Where objects end with the server nobody comes back to ask.
    keptLogsDir: store === 'memory' ? undefined : join(directory, 'logs'),
  })
  return {
    ...agent,
    async stop() {
      await agent.stop()
      if (endsPods === true) {
        await agent.idle()
        await removeAll(runtime)
      }
      await runtime.close()
    },
  }
}
