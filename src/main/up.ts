/** `jobd up`: the server in the foreground, until it is told to stop. */
import { dirname, join, resolve } from 'node:path'
import { parseQuantity, quantityMilliValue } from '../apimachinery/index.ts'
import { knowsAdmissionPlugin } from '../apiserver/admission/index.ts'
import { type Certificates, writeKubeconfig } from '../apiserver/auth/index.ts'
import { fail, type Millis, millis, ok, type Result, reasonOf } from '../base/index.ts'
import { type DirectoryWatch, type WatchOptions, watchDirectory } from '../cli/index.ts'
import { parseGoDuration } from '../cron/index.ts'
import { dataDirectory, makeDataDirectory, makeDirectories, readHolder, removeHolder, writeHolder } from './data-dir.ts'
import { imagePolicyOf } from './image-policy.ts'
import { addressOf } from './listen-address.ts'
import { type LogLevel, stderrLog } from './log.ts'
import { type StoreFlags, storeOf } from './open-store.ts'
import { realClock, realTerminal } from './real.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'
import { tellReady } from './systemd.ts'
import { localZoneOf } from './zone.ts'

export type UpFlags = StoreFlags & {
  readonly dataDir?: string
  readonly listen: string
  readonly runtime: 'process' | 'docker' | 'none'
  readonly kubeconfig?: string
  readonly resource?: readonly string[]
  readonly imagePolicy?: 'ignore' | 'map' | 'refuse'
  readonly imageMap?: string
  readonly exact: boolean
  readonly tokenFile?: string
  readonly auditLog?: string
  readonly disableAdmissionPlugins?: string
  readonly watch?: string
  readonly maxPodBackoff?: string
  readonly tooManyMissed?: 'skip' | 'start-latest'
  readonly timeZone?: string
  readonly runHistoryDays?: string
  readonly runHistoryLimit?: string
  readonly eventTtl?: string
  readonly podPidsLimit?: string
  readonly hostFiles?: 'writable' | 'read-only'
  readonly logMaxSize?: string
  readonly logRetentionDays?: string
  readonly logRetentionSize?: string
  readonly logLevel: LogLevel
}

export async function up(flags: UpFlags): Promise<number> {
  const terminal = realTerminal()
  const directory = dataDirectory(flags.dataDir)
  const options = await optionsOf(flags, directory)
  if (!options.ok) {
    terminal.err(`${options.error}\n`)
    return 2
  }
  const made = makeDataDirectory(directory)
  if (!made.ok) {
    terminal.err(`${made.error}\n`)
    return 1
  }
  const stopped = untilSignal()
  const holder = readHolder(directory)
  if (holder !== undefined && flags.store !== 'sqlite') {
    terminal.err(`${directory} is in use by process ${holder.pid} at ${holder.url}: choose another --data-dir\n`)
    return 1
  }
  const kubeconfig = resolve(flags.kubeconfig ?? join(directory, 'kubeconfig'))
  const { log } = options.value
  const onRenewed = (certificates: Certificates): void => {
    const { url } = (server.ok ? server.value.http?.address : undefined) ?? {}
    if (url === undefined) return
    const written = attempt(() => writeAccess(kubeconfig, url, certificates))
    if (!written.ok) log.error('the kubeconfig cannot be renewed', { file: kubeconfig, because: written.error })
  }
  const server = await startServer({ ...options.value, onRenewed })
  if (!server.ok) {
    terminal.err(`${server.error}\n`)
    return 1
  }
  const announced = announce(server.value, directory, kubeconfig)
  const watching = announced.ok ? startWatch(server.value, flags) : announced
  if (announced.ok && watching.ok) terminal.out(announced.value)
  if (!watching.ok) terminal.err(`${watching.error}\n`)
  const told = watching.ok ? await tellReady(server.value.http?.address.url ?? '') : ok(undefined)
  if (!told.ok) log.error(told.error)
  if (watching.ok) await stopped
  if (watching.ok) await watching.value?.stop()
  await server.value.stop()
  removeHolder(directory)
  return watching.ok ? 0 : 1
}

function startWatch({ core }: Server, { watch, logLevel }: UpFlags): Result<DirectoryWatch | undefined, string> {
  if (watch === undefined) return ok(undefined)
  const directory = resolve(watch)
  const log = stderrLog(logLevel)
  const clientFor: WatchOptions['clientFor'] = (warn) => core.clientForPeople('jobd-watch', warn)
  return watchDirectory({ directory, clientFor, clock: realClock, log, namespace: 'default' })
}

async function optionsOf(flags: UpFlags, directory: string): Promise<Result<ServerOptions, string>> {
  const address = addressOf(flags.listen)
  if (!address.ok) return address
  const { host, port } = address.value
  const store = await storeOf(flags)
  if (!store.ok) return store
  const backoff = flags.maxPodBackoff === undefined ? undefined : Number(flags.maxPodBackoff)
  if (backoff !== undefined && !(Number.isFinite(backoff) && backoff >= 0)) {
    return fail(`--max-pod-backoff takes a number of seconds, not ${flags.maxPodBackoff}`)
  }
  const disabledAdmission = (flags.disableAdmissionPlugins ?? '').split(',').filter((name) => name !== '')
  const unknown = disabledAdmission.find((name) => !knowsAdmissionPlugin(name))
  if (unknown !== undefined) {
    return fail(`--disable-admission-plugins takes names such as ServiceAccount, not ${unknown}`)
  }
  const images = await imagePolicyOf(flags)
  if (!images.ok) return images
  const zone = localZoneOf(flags.timeZone)
  if (!zone.ok) return zone
  if (flags.hostFiles !== undefined && flags.runtime !== 'process') {
    return fail(
      '--host-files goes with --runtime process only: elsewhere pods see no files of the host but their volumes',
    )
  }
  const runs = keptRunsOf(flags.runHistoryDays, flags.runHistoryLimit)
  if (!runs.ok) return runs
  const eventTtl = eventTtlOf(flags.eventTtl)
  if (!eventTtl.ok) return eventTtl
  const podPidsLimit = podPidsLimitOf(flags.podPidsLimit)
  if (!podPidsLimit.ok) return podPidsLimit
  const logLimits = logLimitsOf(flags)
  if (!logLimits.ok) return logLimits
  const resources = resourcesOf(flags.resource ?? [])
  if (!resources.ok) return resources
  return ok({
    directory,
    eventTtl: eventTtl.value,
    podPidsLimit: podPidsLimit.value,
    hostFiles: flags.hostFiles,
    logLimits: logLimits.value,
    store: store.value,
    runtime: flags.runtime,
    resources: resources.value,
    images: images.value,
    listen: { host, port },
    exact: flags.exact,
    tokenFile: flags.tokenFile,
    auditLog: flags.auditLog === undefined ? undefined : resolve(flags.auditLog),
    disabledAdmission,
    maxPodBackoff: backoff,
    tooManyMissed: flags.tooManyMissed,
    timeZone: zone.value,
    runs: runs.value,
    log: stderrLog(flags.logLevel),
  })
}

/** Below each container has a shell of ours besides its program. */
const LEAST_PIDS = 8
/** What Linux counts to on machines of 64 bits; control groups refuse more. */
const MOST_PIDS = 4_194_304

/** A kubelet's setting of this name: -1 is any number. */
function podPidsLimitOf(text: string | undefined): Result<number | undefined, string> {
  if (text === undefined) return ok(undefined)
  const limit = Number(text)
  if (limit === -1 || (Number.isInteger(limit) && limit >= LEAST_PIDS && limit <= MOST_PIDS)) return ok(limit)
  const range = `${LEAST_PIDS} to ${MOST_PIDS}`
  return fail(`--pod-pids-limit takes a whole number from ${range}, or -1 for any number, not ${text}`)
}

/** How much of logs is kept; what is not given stays as it is by default. */
export function logLimitsOf({
  logMaxSize,
  logRetentionDays,
  logRetentionSize,
}: Pick<UpFlags, 'logMaxSize' | 'logRetentionDays' | 'logRetentionSize'>): Result<
  NonNullable<ServerOptions['logLimits']>,
  string
> {
  const sizes = { '--log-max-size': logMaxSize, '--log-retention-size': logRetentionSize }
  for (const [flag, text] of Object.entries(sizes)) {
    if (text !== undefined && !(bytesOf(text) >= 65_536))
      return fail(`${flag} takes a size of at least 64Ki such as 100Mi, not ${text}`)
  }
  const age = daysOf('--log-retention-days', logRetentionDays)
  if (!age.ok) return age
  return ok({
    ...(logMaxSize === undefined ? {} : { runBytes: bytesOf(logMaxSize) }),
    ...(logRetentionSize === undefined ? {} : { keptBytes: bytesOf(logRetentionSize) }),
    ...(age.value === undefined ? {} : { age: age.value }),
  })
}

/** A span that a flag gives in days; undefined when the flag is not given. */
function daysOf(flag: string, text: string | undefined): Result<Millis | undefined, string> {
  if (text === undefined) return ok(undefined)
  const days = Number(text)
  if (!(Number.isFinite(days) && days > 0)) return fail(`${flag} takes a number above 0, not ${text}`)
  return ok(millis(days * 24 * 3_600_000))
}

/** Upstream's flag of this name, as Go writes durations. */
export function eventTtlOf(text: string | undefined): Result<Millis | undefined, string> {
  if (text === undefined) return ok(undefined)
  const nanos = parseGoDuration(text)
  if (!nanos.ok || nanos.value < minute)
    return fail(`--event-ttl takes a duration of at least 1m such as 30m or 1h, not ${text}`)
  return ok(millis(Number(nanos.value / 1_000_000n)))
}

/** In nanoseconds. Old Events are looked for once a minute. */
const minute = 60_000_000_000n

/** A size as Kubernetes writes it: `100Mi`, `1G`; NaN for anything else. */
function bytesOf(text: string): number {
  const quantity = parseQuantity(text)
  return quantity.ok ? Number(quantityMilliValue(quantity.value) / 1000n) : Number.NaN
}

/** `nvidia.com/gpu=2` and the like. cpu, memory and pods are the machine's own. */
export function resourcesOf(words: readonly string[]): Result<Readonly<Record<string, string>>, string> {
  const resources: Record<string, string> = {}
  for (const word of words) {
    const [, name = '', amount = ''] =
      /^((?:[a-z0-9-]+\.)+[a-z0-9-]+\/[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)=(\d{1,9})$/.exec(word) ?? []
    if (name === '' || /(^|\.)kubernetes\.io\//.test(name)) {
      return fail(`--resource takes NAME=COUNT such as nvidia.com/gpu=2, with a domain of your own, not ${word}`)
    }
    resources[name] = String(Number(amount))
  }
  return ok(resources)
}

/** How much history is kept, in days and in runs of one CronJob; what is not given stays as it is by default. */
export function keptRunsOf(
  days: string | undefined,
  limit: string | undefined,
): Result<NonNullable<ServerOptions['runs']>, string> {
  const age = daysOf('--run-history-days', days)
  if (!age.ok) return age
  const count = Number(limit ?? 1)
  if (!(Number.isInteger(count) && count > 0))
    return fail(`--run-history-limit takes a whole number above 0, not ${limit}`)
  return ok({
    ...(age.value === undefined ? {} : { age: age.value }),
    ...(limit === undefined ? {} : { count }),
  })
}

/** Writes how to reach the server, then answers the line that says so. */
function announce({ http, certificates }: Server, directory: string, kubeconfig: string): Result<string, string> {
  if (http === undefined || certificates === undefined) throw new Error('a server without a listener was announced')
  const { url } = http.address
  const written = attempt(() => {
    makeDirectories(dirname(kubeconfig))
    writeAccess(kubeconfig, url, certificates)
    writeHolder(directory, { url, kubeconfig })
  })
  if (!written.ok) return fail(`cannot write ${kubeconfig}: ${written.error}; choose another with --kubeconfig`)
  return ok(`ready ${url} kubeconfig=${kubeconfig}\n`)
}

const writeAccess = (file: string, server: string, { ca, admin }: Certificates): void =>
  writeKubeconfig(file, { server, ca, cert: admin.cert, key: admin.key })

/** Writes files; fails with the reason in words. */
function attempt(write: () => void): Result<undefined, string> {
  try {
    write()
    return ok(undefined)
  } catch (error) {
    return fail(reasonOf(error))
  }
}

/** Resolves at the first SIGTERM or SIGINT. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
