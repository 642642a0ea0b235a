/** The two ways in which a command reaches a server. */
import { readFileSync } from 'node:fs'
import type { Agent } from '../agent/index.ts'
import type { KubeObject, Status } from '../apimachinery/index.ts'
import { fail, isFileTrouble, ok, type Result, reasonOf, silentLog } from '../base/index.ts'
import { type Connection, type Table, warnsOn } from '../cli/index.ts'
import type { InputEnd, InputRequest, InputSession, RestClient } from '../client/index.ts'
import { dataDirectory, nobodyServes, readHolder } from './data-dir.ts'
import { stderrLog } from './log.ts'
import { realClock, realTerminal } from './real.ts'
import { type Server, startServer } from './server.ts'

/** Connects to the server that holds the data directory, as its administrator. What it warns of is told on standard error. */
export async function connect(given: string | undefined): Promise<Result<RestClient, string>> {
  const directory = dataDirectory(given)
  const holder = readHolder(directory)
  if (holder === undefined) return fail(nobodyServes(directory))
  const { createRestClient, loadKubeconfig } = await import('../client/index.ts')
  const text = textOf(holder.kubeconfig)
  if (!text.ok) return fail(`${holder.kubeconfig}: ${text.error}; jobd writes it when it starts`)
  const config = await loadKubeconfig(text.value)
  if (!config.ok) return fail(`${holder.kubeconfig}: ${config.error}`)
  return ok(createRestClient({ ...config.value, clock: realClock, userAgent: 'jobd', warn: warnsOn(realTerminal()) }))
}

function textOf(file: string): Result<string, string> {
  try {
    return ok(readFileSync(file, 'utf8'))
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail(reasonOf(error))
  }
}

/** Starts a private server in this process, which ends with the connection. Nothing listens; what it warns of is told. */
export async function connectEmbedded(directory: string): Promise<Result<Connection, string>> {
  const server = await startServer({
    directory,
    store: 'memory',
    runtime: 'process',
    exact: false,
    // Nothing listens that a token could be shown to.
    disabledAdmission: ['ServiceAccount'],
    endsPods: true,
    log: process.env['JOBD_DEBUG'] === undefined ? silentLog : stderrLog('debug'),
  })
  if (!server.ok) return server
  const { core, agent } = server.value
  if (agent === undefined) throw new Error('the embedded server has no node')
  return ok({
    client: core.clientForPeople('jobd-run', warnsOn(realTerminal())),
    table: (resource, request) => tableOf(server.value, resource, request),
    logs: (request) => agent.logs.open(request),
    jobLogs: (request) => agent.logs.openJob(request),
    input: (request) => inputOf(agent, request),
    close: () => server.value.stop(),
  })
}

/** What `input` of the client is over HTTPS. */
async function inputOf({ streams }: Agent, request: InputRequest): Promise<Result<InputSession, Status>> {
  const { promise: ended, resolve: end } = Promise.withResolvers<InputEnd>()
  const attached = await streams.exec(
    { ...request, kind: 'attach', command: [], stdin: true, stdout: false, stderr: false, tty: false },
    {
      stdout: () => true,
      stderr: () => true,
      end: (how) => end(how.kind === 'Exited' ? { kind: 'Over' } : { kind: 'Refused', message: how.message }),
    },
  )
  if (!attached.ok) {
    end({ kind: 'Refused', message: attached.error.message ?? '' })
    return ok({ write: async () => {}, end: () => {}, close: () => {}, ended })
  }
  const { write, endStdin, close } = attached.value
  return ok({
    write: (bytes) => new Promise((taken) => write(bytes, taken)),
    end: endStdin,
    close: () => {
      close()
      end({ kind: 'Over' })
    },
    ended,
  })
}

/** A table of this process's own server. */
async function tableOf(
  { core }: Server,
  resource: string,
  request: Parameters<Connection['table']>[1],
): Promise<Result<Table, Status>> {
  const { api } = core
  const definition = api.tableOf(resource)
  const client = core.clientFor('jobd-run')
  const listed = await client.list<KubeObject>(resource, request)
  if (!listed.ok) return listed
  const { items, ...metadata } = listed.value
  if (definition === undefined) return ok({ metadata, columnDefinitions: [], rows: [] })
  const { options } = api.registry
  return ok({
    metadata,
    columnDefinitions: definition.columns(options).map((column) => ({ ...column, format: column.format ?? '' })),
    rows: items.map((object) => ({ cells: definition.row(object, api.now(), options).cells, object })),
  })
}
