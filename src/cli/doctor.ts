/** `jobd doctor`: what the facts of a machine mean for jobd, and what to do about them. */
import { formatTime, type Instant } from '../base/index.ts'
import { alignColumns } from './printing.ts'

export type HostFacts = {
  readonly now: Instant
  readonly nodeVersion: string
  readonly oldestNode: number
  readonly dataDirectory: {
    readonly path: string
    readonly exists: boolean
    /** Permission bits; undefined when it does not exist. */
    readonly mode: number | undefined
    /** Why it cannot be used; undefined when it can. */
    readonly problem: string | undefined
    readonly freeBytes: number | undefined
    /** Who serves from it. */
    readonly holder: { readonly pid: number; readonly url: string } | undefined
    /** What is wrong with its database, or who else has it. */
    readonly database: { readonly kind: string; readonly message: string } | undefined
    /** When something in it was last written. */
    readonly newestWrite: Instant | undefined
  }
  /** Why `address` cannot be listened on; undefined when it can. */
  readonly listen: { readonly address: string; readonly problem: string | undefined }
  readonly controllers: readonly string[]
  /** What the server that runs says of the limits of its pods; undefined where none does. It may have other rights than we. */
  readonly limitsOfServer: { readonly areEnforced: boolean; readonly message: string } | undefined
  readonly namespacesMissing: string | undefined
  readonly missingPrograms: readonly string[]
  /** The zone of schedules that name none, or why there is none; the zone of the machine; the version of the rules. */
  readonly zone: {
    readonly controller: string | undefined
    readonly problem?: string | undefined
    readonly machine: string
  }
  readonly tzdata: string
  readonly kubectl: { readonly path: string; readonly version: string | undefined } | undefined
  readonly served: string
  readonly docker: { readonly socket: string; readonly problem: string | undefined }
  /** Certificates of the data directory and until when they hold; undefined for what is no certificate. */
  readonly certificates: readonly { readonly file: string; readonly until: Instant | undefined }[]
}

/** `warn`: jobd works, but not all of it. `fail`: it does not start, or loses something. */
export type Finding = {
  readonly check: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly found: string
  readonly remedy?: string | undefined
}

const megabyte = 1 << 20
const enoughSpace = 1024 * megabyte
const leastSpace = 100 * megabyte
const day = 24 * 3_600_000
/** A server makes a certificate anew when less than this is left, the next time it starts or looks. */
const renewedBefore = 30 * day
const steadyClock = 60_000

const good = (check: string, found: string): Finding => ({ check, level: 'ok', found })

export function diagnose(facts: HostFacts): readonly Finding[] {
  return [
    node(facts),
    ...dataDirectory(facts),
    listen(facts),
    limits(facts),
    namespaces(facts),
    programs(facts),
    clock(facts),
    zone(facts),
    kubectl(facts),
    docker(facts),
    ...certificates(facts),
  ]
}

function node({ nodeVersion, oldestNode }: HostFacts): Finding {
  const isOld = Number(nodeVersion.split('.')[0]) < oldestNode
  if (!isOld) return good('node', nodeVersion)
  return { check: 'node', level: 'fail', found: nodeVersion, remedy: `install Node.js ${oldestNode} or newer` }
}

function dataDirectory({ dataDirectory: data }: HostFacts): readonly Finding[] {
  const { path, exists, mode = 0, problem, freeBytes, holder, database } = data
  const findings: Finding[] = []
  if (problem !== undefined) {
    const remedy = `make ${path} yours and writable, or choose another with --data-dir`
    findings.push({ check: 'data directory', level: 'fail', found: `${path}: ${problem}`, remedy })
  } else if (!exists) findings.push(good('data directory', `${path} does not exist yet and can be made`))
  else if ((mode & 0o077) !== 0) {
    const found = `${path} has mode ${mode.toString(8).padStart(4, '0')}: others of this machine can look into it`
    findings.push({ check: 'data directory', level: 'warn', found, remedy: `chmod 700 ${path}` })
  } else findings.push(good('data directory', path))
  if (freeBytes !== undefined) findings.push(space(freeBytes))
  if (holder !== undefined) findings.push(good('server', `process ${holder.pid} serves at ${holder.url}`))
  else if (database !== undefined) {
    findings.push({ check: 'database', level: 'fail', found: database.message, remedy: remedyOf(database.kind) })
  } else findings.push(good('server', 'none runs'))
  return findings
}

function remedyOf(databaseKind: string): string {
  switch (databaseKind) {
    case 'Locked':
      return 'end the process that has it'
    case 'Newer':
      return 'install the jobd that wrote it, or put a backup of before the upgrade in its place with jobd restore --force'
    default:
      return 'put a good copy in its place with jobd restore --force'
  }
}

function space(free: number): Finding {
  const found = `${Math.floor(free / megabyte)} MiB free`
  if (free >= enoughSpace) return good('disk', found)
  const level = free < leastSpace ? 'fail' : 'warn'
  return { check: 'disk', level, found, remedy: 'free some space: writes are refused when the disk is full' }
}

function listen({ listen: { address, problem }, dataDirectory: { holder } }: HostFacts): Finding {
  if (problem === undefined) return good('port', `${address} is free`)
  if (holder?.url === `https://${address}`) return good('port', `${address} is this server's`)
  const remedy = 'choose another with --listen HOST:PORT; port 0 takes a free one'
  return { check: 'port', level: holder === undefined ? 'fail' : 'ok', found: `${address}: ${problem}`, remedy }
}

function limits({ controllers, limitsOfServer: served }: HostFacts): Finding {
  const check = 'control groups'
  const remedy =
    "run jobd as root, or with control groups of version 2 as a service with Delegate=yes: 'jobd service install'"
  if (served !== undefined) {
    const found = `limits of pods, says the server: ${served.message}`
    return served.areEnforced ? good(check, found) : { check, level: 'warn', found, remedy }
  }
  const missing = ['memory', 'cpu', 'pids'].filter((name) => !controllers.includes(name))
  if (missing.length === 0) return good(check, 'limits of memory, cpu and pids are enforced')
  const isWatched = controllers.length === 0
  const found = isWatched
    ? 'containers are looked at each second, and killed beyond their limits of memory and pids; cpu is not limited'
    : `limits of ${missing.join(', ')} are not enforced`
  return { check, level: 'warn', found, remedy }
}

function namespaces({ namespacesMissing }: HostFacts): Finding {
  if (namespacesMissing === undefined)
    return good(
      'namespaces',
      'pods get their own PID and mount namespace; files of the host are read-only to those whose image is not host',
    )
  const found = `pods get no namespaces of their own: ${namespacesMissing}`
  const remedy =
    'install util-linux and permit user namespaces, or run jobd as root; without, volumes cannot be mounted, and all pods can write to files of the host'
  return { check: 'namespaces', level: 'warn', found, remedy }
}

function programs({ missingPrograms }: HostFacts): Finding {
  if (missingPrograms.length === 0) return good('programs', 'all there')
  const found = `not on the PATH: ${missingPrograms.join(', ')}`
  return { check: 'programs', level: 'warn', found, remedy: 'install util-linux' }
}

function clock({ now, dataDirectory: { newestWrite } }: HostFacts): Finding {
  const time = formatTime(now)
  if (newestWrite === undefined || newestWrite - now < steadyClock) return good('clock', time)
  const found = `${time}, but the data directory was written at ${formatTime(newestWrite)}: the clock went back`
  return { check: 'clock', level: 'fail', found, remedy: 'set the clock, e.g. with NTP: schedules follow it' }
}

function zone({ zone: { controller, problem, machine }, tzdata }: HostFacts): Finding {
  if (controller === undefined) {
    return {
      check: 'time zone',
      level: 'fail',
      found: problem ?? 'unknown',
      remedy: 'set TZ or --time-zone to an IANA zone',
    }
  }
  const found = `schedules without a zone follow ${controller}; tzdata ${tzdata}`
  if (controller === machine || (controller === 'UTC' && machine === 'Etc/UTC')) return good('time zone', found)
  const remedy = `if they should follow the machine: jobd up --time-zone ${machine}`
  return { check: 'time zone', level: 'ok', found: `${found}; this machine is in ${machine}`, remedy }
}

/** kubectl is supported within one minor version of the server, in both directions. */
function kubectl({ kubectl: found, served }: HostFacts): Finding {
  const remedy = `install kubectl ${served.split('.').slice(0, 2).join('.')}`
  if (found === undefined) {
    const instead = 'jobd get, describe, logs and delete work without it'
    return { check: 'kubectl', level: 'ok', found: `not on the PATH: ${instead}`, remedy }
  }
  const { path, version } = found
  if (version === undefined)
    return { check: 'kubectl', level: 'warn', found: `${path} does not tell its version`, remedy }
  const skew = Number(version.split('.')[1]) - Number(served.split('.')[1])
  const text = `${path} ${version}, the server speaks ${served}`
  if (Math.abs(skew) <= 1) return good('kubectl', text)
  return { check: 'kubectl', level: 'warn', found: `${text}: more than one minor version apart`, remedy }
}

function docker({ docker: { socket, problem } }: HostFacts): Finding {
  if (problem === undefined) return good('docker', `${socket} answers`)
  const remedy = 'only --runtime docker needs it: start Docker, and join its group'
  return { check: 'docker', level: 'ok', found: `${socket}: ${problem}`, remedy }
}

function certificates({ now, certificates: all }: HostFacts): readonly Finding[] {
  return all.map(({ file, until }) => {
    const check = 'certificate'
    if (until === undefined) return { check, level: 'warn', found: `${file} cannot be read`, remedy: 'restart jobd' }
    const found = `${file} holds until ${formatTime(until)}`
    if (until - now > renewedBefore) return good(check, found)
    const remedy = 'restart jobd: it is made anew when less than 30 days are left'
    return { check, level: until <= now ? 'fail' : 'warn', found, remedy }
  })
}

const marks = { ok: 'ok', warn: 'WARN', fail: 'FAIL' } as const

export function formatFindings(findings: readonly Finding[]): string {
  return alignColumns([
    ['CHECK', '', 'FOUND'],
    ...findings.flatMap(({ check, level, found, remedy }) => [
      [check, marks[level], found],
      ...(remedy === undefined ? [] : [['', '', `→ ${remedy}`]]),
    ]),
  ])
}

/** Not 0 when anything failed. */
export const exitCodeOfFindings = (findings: readonly Finding[]): number =>
  findings.some(({ level }) => level === 'fail') ? 1 : 0
