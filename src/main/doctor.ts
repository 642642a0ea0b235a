/** `jobd doctor`: gathers the facts of this machine; what they mean is decided in src/cli. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { hostAbilities } from '../agent/process/index.ts'
import type { Node } from '../apis/core/index.ts'
import { versionInfo } from '../apiserver/discovery/index.ts'
import { type Instant, instant, isFileTrouble, millis, pause, reasonOf } from '../base/index.ts'
import { diagnose, exitCodeOfFindings, formatFindings, type HostFacts } from '../cli/index.ts'
import { dataDirectory, dataDirectoryProblem, readHolder } from './data-dir.ts'
import { addressOf } from './listen-address.ts'
import { ask, onPath } from './programs.ts'
import { realClock, realTerminal } from './real.ts'
import { localZoneOf } from './zone.ts'

type Flags = { readonly dataDir?: string | undefined; readonly listen: string; readonly output?: 'json' | undefined }

/** Prints what was found; exit code 1 when something keeps jobd from working. */
export async function doctor(flags: Flags): Promise<number> {
  const terminal = realTerminal()
  const address = addressOf(flags.listen)
  if (!address.ok) {
    terminal.err(`${address.error}\n`)
    return 2
  }
  const { host, port } = address.value
  const findings = diagnose(await gather(dataDirectory(flags.dataDir), flags.listen, host, port))
  terminal.out(flags.output === 'json' ? `${JSON.stringify({ findings }, undefined, 2)}\n` : formatFindings(findings))
  return exitCodeOfFindings(findings)
}

async function gather(directory: string, address: string, host: string, port: number): Promise<HostFacts> {
  const path = process.env['PATH'] ?? ''
  const { gitVersion } = versionInfo({ commit: '', date: '', platform: '', node: '' })
  const zone = localZoneOf(undefined)
  const socket = dockerSocket()
  return {
    now: realClock.now(),
    nodeVersion: process.versions.node,
    oldestNode: 24,
    dataDirectory: await dataFacts(directory),
    listen: { address, problem: await listenProblem(host, port) },
    ...(await hostAbilities(path)),
    limitsOfServer: await limitsOfServer(directory),
    zone: {
      controller: zone.ok ? zone.value : undefined,
      problem: zone.ok ? undefined : zone.error,
      machine: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    tzdata: process.versions['tz'] ?? 'unknown',
    kubectl: await kubectlFacts(),
    served: gitVersion.replace(/^v/, ''),
    docker: { socket, problem: await socketProblem(socket) },
    certificates: certificatesIn(join(directory, 'pki')),
  }
}

const longestAnswer = millis(3000)

/** As the node of the running server tells it; undefined when that does not answer. */
async function limitsOfServer(directory: string): Promise<HostFacts['limitsOfServer']> {
  if (readHolder(directory) === undefined) return undefined
  const { connect: connectToServer } = await import('./connect.ts')
  const connection = await connectToServer(directory)
  if (!connection.ok) return undefined
  const { client, close } = connection.value
  const listed = client.list<Node>('nodes')
  const nodes = await Promise.race([listed, pause(realClock, longestAnswer, listed).then(() => undefined)])
  await close()
  if (nodes === undefined || !nodes.ok) return undefined
  const conditions = nodes.value.items.flatMap(({ status }) => status?.conditions ?? [])
  const found = conditions.find(({ type }) => type === 'LimitsEnforced')
  return found === undefined ? undefined : { areEnforced: found.status === 'True', message: found.message ?? '' }
}

async function dataFacts(path: string): Promise<HostFacts['dataDirectory']> {
  const stats = statSync(path, { throwIfNoEntry: false })
  const holder = readHolder(path)
  const file = join(path, 'jobd.db')
  return {
    path,
    exists: stats !== undefined,
    mode: stats === undefined ? undefined : stats.mode & 0o777,
    problem: dataDirectoryProblem(path),
    freeBytes: freeBytes(nearest(path)),
    holder,
    database: holder === undefined && existsSync(file) ? await databaseProblem(file) : undefined,
    newestWrite: newestOf(path),
  }
}

/** The path itself or the nearest folder above it that exists. */
const nearest = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearest(dirname(path)))

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return undefined
  }
}

/** Opens a database that no server has, as a server would, and lets go of it. */
async function databaseProblem(file: string): Promise<HostFacts['dataDirectory']['database']> {
  const { openSqliteStore } = await import('../storage/sqlite/index.ts')
  const opened = await openSqliteStore(file)
  if (!opened.ok) return opened.error
  await opened.value.close()
  return undefined
}

function newestOf(path: string): Instant | undefined {
  const times = ['jobd.db', 'jobd.db-wal', 'server.json'].flatMap((name) => {
    const stats = statSync(join(path, name), { throwIfNoEntry: false })
    return stats === undefined ? [] : [stats.mtimeMs]
  })
  return times.length === 0 ? undefined : instant(Math.max(...times))
}

const listenProblem = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'EADDRINUSE' ? 'it is in use' : error.code === 'EACCES' ? 'permission denied' : error.message,
      ),
    )
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })

const dockerSocket = (): string =>
  (process.env['DOCKER_HOST'] ?? '').replace(/^unix:\/\//, '') || '/var/run/docker.sock'

const socketProblem = (path: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error) => resolve(reasonOf(error)))
  })

async function kubectlFacts(): Promise<HostFacts['kubectl']> {
  const path = onPath('kubectl')
  if (path === undefined) return undefined
  const { code, out } = await ask(path, ['version', '--client', '--output=json'])
  const version = code === 0 ? /"gitVersion":\s*"v([^"]+)"/.exec(out)?.[1] : undefined
  return { path, version }
}

function certificatesIn(folder: string): HostFacts['certificates'] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith('.crt'))
  return files.map((name) => ({ file: join(folder, name), until: validUntil(join(folder, name)) }))
}

function validUntil(file: string): Instant | undefined {
  try {
    return instant(new X509Certificate(readFileSync(file)).validToDate.getTime())
  } catch {
    // Not readable, or no certificate: either way it is told so.
    return undefined
  }
}
