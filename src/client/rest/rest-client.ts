/**
 * The client over HTTPS, for programs that are not in the server's process; and what only people need: tables and logs.
 */
import type { IncomingMessage } from 'node:http'
import { apiVersionOf, type KindSchema, type KubeObject, plainError, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type {
  Client,
  DeleteRequest,
  ListRequest,
  ObjectList,
  PatchType,
  Ref,
  ResourceName,
  WatchHandle,
  WatchObserver,
  WatchRequest,
  WriteOptions,
} from '../client.ts'
import { type InputRequest, type InputSession, openInput } from './input.ts'
import { locate, type Parameters, type Place, queryText } from './paths.ts'
import { newTransport, type RestConfig, type RestRequest, type RestResponse, type Transport } from './transport.ts'
import { readWatch } from './watch.ts'

/** A server-side table; `object` of a row has the metadata of what it is about. */
export type Table = {
  readonly metadata: { readonly resourceVersion?: string | undefined; readonly continue?: string | undefined }
  readonly columnDefinitions: readonly {
    readonly name: string
    readonly type: string
    readonly format: string
    readonly description: string
    readonly priority: number
  }[]
  readonly rows: readonly {
    readonly cells: readonly unknown[]
    readonly object?: { readonly metadata?: KubeObject['metadata'] } | undefined
  }[]
}

export type LogRequest = {
  readonly namespace: string
  readonly pod: string
  readonly container?: string | undefined
  readonly follow?: boolean | undefined
  readonly previous?: boolean | undefined
  readonly timestamps?: boolean | undefined
  readonly tailLines?: number | undefined
  readonly sinceSeconds?: number | undefined
  readonly limitBytes?: number | undefined
}
export type JobLogRequest = Omit<LogRequest, 'pod' | 'follow' | 'previous'> & { readonly job: string }

export type RestClient = {
  readonly client: Client
  readonly table: (
    resource: ResourceName,
    request: ListRequest & { readonly name?: string },
  ) => Promise<Result<Table, Status>>
  /** The bytes of a log as they come. Fails before the first byte where there is no log. */
  readonly logs: (request: LogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  /** What all pods of a Job wrote, gone ones included; 404 from a server that does not keep it. */
  readonly jobLogs: (request: JobLogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  /** Gives bytes to the main process of a container that keeps its input open. */
  readonly input: (request: InputRequest) => Promise<Result<InputSession, Status>>
  /** Any request; answers of every code are values, only an unreachable server is a failure. */
  readonly raw: (method: RestRequest['method'], path: string, body?: string) => Promise<Result<RestResponse, Status>>
  /** Lets go of all connections; watches end. */
  readonly close: () => Promise<void>
}

const tableTypes = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

function statusOf({ code, text }: RestResponse): Status {
  try {
    const value = JSON.parse(text) as Status
    if (value.kind === 'Status') return value
  } catch {
    // Not from an API server: told as it is.
  }
  return plainError(text.trim().slice(0, 500) || `the server answered ${code} without a word`, code)
}

function resultOf<T>(response: RestResponse): Result<T, Status> {
  if (response.code < 200 || response.code > 299) return fail(statusOf(response))
  try {
    return ok(JSON.parse(response.text) as T)
  } catch {
    return fail(plainError('the server answered with something that is no JSON'))
  }
}

/** Items of lists come without kind and apiVersion; they get them, so that both forms of the client give the same. */
function typed<T extends KubeObject>(item: T, kind: KindSchema): T {
  if (item.kind !== undefined) return item
  return { kind: kind.kind, apiVersion: apiVersionOf(kind.group, kind.version), ...item }
}

const writeParameters = (options: WriteOptions = {}): Parameters => ({
  fieldManager: options.fieldManager,
  force: options.force,
  dryRun: options.dryRun === true ? 'All' : undefined,
})

const listParameters = ({
  labelSelector,
  fieldSelector,
  resourceVersion,
  limit,
  ...rest
}: ListRequest): Parameters => ({
  labelSelector,
  fieldSelector,
  resourceVersion,
  limit,
  continue: rest.continue,
})

type Call = Omit<RestRequest, 'path'> & { readonly parameters?: Parameters | undefined }

async function call<T>(transport: Transport, place: Place, request: Call): Promise<Result<T, Status>> {
  const located = locate(place)
  if (!located.ok) return located
  const path = located.value.path + queryText(request.parameters ?? {})
  const response = await transport.send({ ...request, path })
  return response.ok ? resultOf<T>(response.value) : response
}

async function list<T extends KubeObject>(
  transport: Transport,
  resource: ResourceName,
  request: ListRequest,
): Promise<Result<ObjectList<T>, Status>> {
  const located = locate({ resource, namespace: request.namespace })
  if (!located.ok) return located
  const { kind, path } = located.value
  const response = await transport.send({ method: 'GET', path: path + queryText(listParameters(request)) })
  if (!response.ok) return response
  const value = resultOf<{ readonly metadata: { resourceVersion?: string; continue?: string }; items?: readonly T[] }>(
    response.value,
  )
  if (!value.ok) return value
  const { metadata, items } = value.value
  return ok({
    resourceVersion: metadata.resourceVersion ?? '',
    continue: metadata.continue,
    items: (items ?? []).map((item) => typed(item, kind)),
  })
}

function watch<T extends KubeObject>(
  transport: Transport,
  resource: ResourceName,
  { namespace, labelSelector, fieldSelector, resourceVersion }: WatchRequest,
  observer: WatchObserver<T>,
): WatchHandle {
  let stopped = false
  let stop = (): void => {}
  const begin = async (): Promise<void> => {
    const located = locate({ resource, namespace })
    if (!located.ok) return observer.onEnd(located.error)
    const parameters = { watch: true, allowWatchBookmarks: true, labelSelector, fieldSelector, resourceVersion }
    const path = located.value.path + queryText(parameters)
    const opened = await transport.open({ method: 'GET', path, stream: true })
    if (stopped) {
      if (opened.ok) opened.value.destroy()
      return
    }
    if (!opened.ok) return observer.onEnd(opened.error)
    if (opened.value.statusCode === 200) stop = readWatch(opened.value, observer)
    else observer.onEnd(await refusalOf(opened.value))
  }
  void begin()
  return {
    stop() {
      stopped = true
      stop()
    },
  }
}

async function refusalOf(res: IncomingMessage): Promise<Status> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of res) chunks.push(chunk as Buffer)
  } catch {
    // What has come is told.
  }
  return statusOf({ code: res.statusCode ?? 0, contentType: '', text: Buffer.concat(chunks).toString('utf8') })
}

type LogPlace = { readonly resource: ResourceName; readonly namespace: string; readonly name: string }

async function logs(
  transport: Transport,
  place: LogPlace,
  parameters: Omit<LogRequest, 'namespace' | 'pod'>,
): Promise<Result<AsyncIterable<Uint8Array>, Status>> {
  const located = locate({ ...place, subresource: 'log' })
  if (!located.ok) return located
  const path = located.value.path + queryText(parameters)
  const opened = await transport.open({ method: 'GET', path, accept: '*/*', stream: true })
  if (!opened.ok) return opened
  if (opened.value.statusCode === 200 || opened.value.statusCode === 204) return ok(opened.value)
  return fail(await refusalOf(opened.value))
}

function clientOf(transport: Transport): Client {
  return {
    get: <T extends KubeObject>(ref: Ref) => call<T>(transport, ref, { method: 'GET' }),
    list: <T extends KubeObject>(resource: ResourceName, request: ListRequest = {}) =>
      list<T>(transport, resource, request),
    watch: (resource, request, observer) => watch(transport, resource, request, observer),
    create: <T extends KubeObject>(resource: ResourceName, object: T, options?: WriteOptions) => {
      const { namespace, name } = object.metadata
      const subresource = options?.subresource
      const place: Place =
        subresource === undefined ? { resource, namespace } : { resource, namespace, name, subresource }
      return call<T>(transport, place, {
        method: 'POST',
        body: JSON.stringify(object),
        parameters: writeParameters(options),
      })
    },
    update: <T extends KubeObject>(resource: ResourceName, object: T, options?: WriteOptions) => {
      const { namespace, name } = object.metadata
      const place: Place = { resource, namespace, name, subresource: options?.subresource }
      return call<T>(transport, place, {
        method: 'PUT',
        body: JSON.stringify(object),
        parameters: writeParameters(options),
      })
    },
    patch: <T extends KubeObject>(ref: Ref, type: PatchType, patch: unknown, options?: WriteOptions) =>
      call<T>(
        transport,
        { ...ref, subresource: options?.subresource },
        {
          method: 'PATCH',
          contentType: patchTypes[type],
          body: JSON.stringify(patch),
          parameters: writeParameters(options),
        },
      ),
    delete: (ref: Ref, request: DeleteRequest = {}) => {
      const body = JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...request })
      return call<KubeObject | Status>(transport, ref, { method: 'DELETE', body })
    },
  }
}

/** A client of one server. Nothing is sent before it is used. */
export function createRestClient(config: RestConfig): RestClient {
  const transport = newTransport(config)
  return {
    client: clientOf(transport),
    table: (resource, { namespace, name, ...request }) =>
      call<Table>(
        transport,
        { resource, namespace, name },
        {
          method: 'GET',
          accept: tableTypes,
          parameters: name === undefined ? listParameters(request) : {},
        },
      ),
    logs: ({ namespace, pod, ...rest }) => logs(transport, { resource: 'pods', namespace, name: pod }, rest),
    jobLogs: ({ namespace, job, ...rest }) =>
      logs(transport, { resource: 'runs.jobs.jobd.dev', namespace, name: job }, rest),
    input: (request) => openInput(config, request),
    raw: (method, path, body) => transport.send({ method, path, body, accept: '*/*' }),
    close: () => {
      transport.close()
      return Promise.resolve()
    },
  }
}
