/**
 * `import { startJobd } from 'jobd'`: a whole server inside a program, whose pods are processes of the machine.
 *
 * See docs/library.md. `jobd/testing` has one whose pods and whose time a test decides on.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Log, silentLog } from '../base/index.ts'
import { dataDirectory, makeDataDirectory } from './data-dir.ts'
import { checkCommon, checkNames, checkValue, type NamesOf } from './given.ts'
import { JobdError, type Program } from './program.ts'
import { programOn } from './program-on.ts'
import { realClock } from './real.ts'
import { startServer } from './server.ts'
import { localZoneOf } from './zone.ts'

/** The types that programs name; those of the API are Kubernetes' own. */
export type { KubeObject, Status } from '../apimachinery/index.ts'
export type { CronJob, CronJobSpec, CronJobStatus, Job, JobSpec, JobStatus } from '../apis/batch/index.ts'
export type { ConfigMap, Container, Event, Node, Pod, PodSpec, PodStatus, Secret } from '../apis/core/index.ts'
export type { Log, LogFields, Result } from '../base/index.ts'
export type {
  Client,
  DeleteRequest,
  ListRequest,
  ObjectList,
  PatchType,
  Ref,
  Selection,
  WatchEvent,
  WatchHandle,
  WatchObserver,
  WatchRequest,
  WriteOptions,
} from '../client/index.ts'
export { JobdError, type Manifests, type Place, type Program, unwrap } from './program.ts'

export type JobdOptions = {
  /** Where everything is kept, as `--data-dir`; without it nothing outlives `stop`, pods included. */
  readonly dataDir?: string | undefined
  /** `'127.0.0.1'` and a free port when absent. */
  readonly listen?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined
  /** `'process'` (as when absent): pods are processes of the machine; `'none'`: nothing runs them. */
  readonly runtime?: 'process' | 'none' | undefined
  /** Behave as upstream Kubernetes v1.36 in every point. */
  readonly exact?: boolean | undefined
  /** The IANA time zone of schedules that name none; `$TZ`, else that of the machine when absent. */
  readonly timeZone?: string | undefined
  /** Takes what the server has to say, its warnings about what the program applies among it; nobody when absent. */
  readonly log?: Log | undefined
}

/** Starts a server; throws a JobdError that says why where it cannot. */
export async function startJobd(options: JobdOptions = {}): Promise<Program> {
  checkOptions(options)
  const zone = localZoneOf(options.timeZone, 'timeZone')
  if (!zone.ok) throw new JobdError(zone.error)
  const { directory, dispose } = await directoryFor(options.dataDir)
  const { log = silentLog } = options
  const server = await startServer({
    directory,
    store: options.dataDir === undefined ? 'memory' : 'sqlite',
    runtime: options.runtime ?? 'process',
    listen: { host: options.listen?.host ?? '127.0.0.1', port: options.listen?.port ?? 0 },
    exact: options.exact === true,
    disabledAdmission: [],
    endsPods: options.dataDir === undefined,
    timeZone: zone.value,
    log,
  })
  if (server.ok) return programOn(server.value, { clock: realClock, log, close: dispose })
  await dispose()
  throw new JobdError(server.error)
}

const optionNames: NamesOf<JobdOptions> = {
  dataDir: true,
  listen: true,
  runtime: true,
  exact: true,
  timeZone: true,
  log: true,
}
const listenNames: NamesOf<NonNullable<JobdOptions['listen']>> = { host: true, port: true }

function checkOptions(options: JobdOptions): void {
  checkNames('startJobd', options, optionNames)
  checkCommon(options)
  const { dataDir, listen, runtime } = options
  checkNames('listen', listen, listenNames)
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
  checkValue('dataDir', dataDir, 'the path of a directory', isText)
  checkValue('listen.host', listen?.host, 'an address such as 127.0.0.1', isText)
  checkValue(
    'listen.port',
    listen?.port,
    'a port, 0 to 65535',
    (port) => Number.isInteger(port) && isPort(Number(port)),
  )
  checkValue('runtime', runtime, "'process' or 'none'", (value) => value === 'process' || value === 'none')
}

const isPort = (port: number): boolean => port >= 0 && port <= 65_535

type Directory = { readonly directory: string; readonly dispose: () => Promise<void> }

async function directoryFor(given: string | undefined): Promise<Directory> {
  if (given === undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'jobd-'))
    return { directory, dispose: () => rm(directory, { recursive: true, force: true }) }
  }
  const directory = dataDirectory(given)
  const made = makeDataDirectory(directory)
  if (!made.ok) throw new JobdError(made.error)
  return { directory, dispose: async () => {} }
}
