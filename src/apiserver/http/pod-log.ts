/**
 * GET pods/log, and GET runs/log of ours: the log of a Job, by its name.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/rest/log.go, pkg/registry/core/pod/strategy.go LogLocation, pkg/apis/core/validation ValidatePodLogOptions
 */
import {
  badRequest,
  canonicalTime,
  type FieldError,
  forbiddenField,
  invalid,
  invalidFields,
  type Status,
} from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, type Instant, ok, parseTime, type Result } from '../../base/index.ts'
import { beginStream, contextOf, drained, type Exchange, sendStatus } from './exchange.ts'
import { acceptedByRoute, negotiate, routeNotAcceptable } from './negotiate.ts'
import { containerOf, hostOf, type LogRequest, type PodLogs } from './pods.ts'
import { boolOf, first, intOf, type Query } from './query.ts'
import type { Presenter } from './representation.ts'
import type { Route } from './routes.ts'

type LogOptions = Omit<LogRequest, 'namespace' | 'pod' | 'container'> & { readonly container: string }

function timeOf(query: Query, name: string): Result<Instant | undefined, Status> {
  const text = first(query, name)
  if (text === undefined || text === '') return ok(undefined)
  const canonical = canonicalTime(text, 'time')
  if (!canonical.ok) return fail(badRequest(canonical.error))
  return ok(canonical.value === null ? undefined : parseTime(canonical.value))
}

/** Numbers and times are read first (400), then judged (422). */
function optionsOf(query: Query): Result<LogOptions, Status> {
  const numbers: Record<string, number | undefined> = {}
  for (const name of ['sinceSeconds', 'tailLines', 'limitBytes'] as const) {
    const value = intOf(query, name)
    if (!value.ok) return value
    numbers[name] = value.value
  }
  const sinceTime = timeOf(query, 'sinceTime')
  if (!sinceTime.ok) return sinceTime
  return ok({
    container: first(query, 'container') ?? '',
    previous: boolOf(query, 'previous'),
    follow: boolOf(query, 'follow'),
    timestamps: boolOf(query, 'timestamps'),
    sinceSeconds: numbers['sinceSeconds'],
    tailLines: numbers['tailLines'],
    limitBytes: numbers['limitBytes'],
    sinceTime: sinceTime.value,
    stream: 'All',
  })
}

function optionErrors(
  { tailLines, limitBytes, sinceSeconds, sinceTime }: LogOptions,
  stream: string | undefined,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (tailLines !== undefined && tailLines < 0) {
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'))
  }
  if (limitBytes !== undefined && limitBytes < 1) {
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'))
  }
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    errors.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  }
  // Telling the streams apart is behind a gate that is off.
  if (stream !== undefined) errors.push(forbiddenField('stream', 'may not be specified'))
  return errors
}

function validOptions(query: Query, name: string): Result<LogOptions, Status> {
  const options = optionsOf(query)
  if (!options.ok) return options
  const errors = optionErrors(options.value, first(query, 'stream'))
  return errors.length === 0 ? options : fail(invalidFields({ group: '', kind: 'PodLogOptions' }, name, errors))
}

/** Sends what the agent reads, no faster than the client takes it. */
async function pump(x: Exchange, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const { res } = x
  const { body } = res
  const iterator = chunks[Symbol.asyncIterator]()
  const stop = (): void => void iterator.return?.()
  body.on('close', stop)
  try {
    for (;;) {
      const coming = iterator.next()
      // A client that went before anybody listened for it would keep a silent log open for ever.
      if (res.isGone()) stop()
      const next = await coming
      if (next.done === true || res.isGone()) break
      if (!body.write(next.value)) await drained(body, res)
    }
  } finally {
    body.off('close', stop)
    stop()
  }
  body.end()
}

async function openLog(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  logs: PodLogs | undefined,
): Promise<Result<AsyncIterable<Uint8Array> | undefined, Status>> {
  const { namespace = '', name = '' } = route
  const options = validOptions(x.query, name)
  if (!options.ok) return options
  const pod = await presenter.api.get({ resource: 'pods', namespace, name }, {}, contextOf(x))
  if (!pod.ok) return pod
  const container = containerOf(pod.value as Pod, options.value.container)
  if (!container.ok) return container
  if (hostOf(pod.value as Pod) === '' || logs === undefined) return ok(undefined)
  return logs.open({ ...options.value, namespace, pod: name, container: container.value })
}

/** What all pods of a Job wrote, also when neither they nor the Job are there any more. */
async function openJobLog(
  x: Exchange,
  { namespace = '', name = '' }: Route,
  logs: PodLogs | undefined,
): Promise<Result<AsyncIterable<Uint8Array> | undefined, Status>> {
  const options = validOptions(x.query, name)
  if (!options.ok) return options
  if (logs === undefined) return ok(undefined)
  const { previous: _, follow: __, stream: ___, ...part } = options.value
  return logs.openJob({ ...part, namespace, job: name })
}

/** Answers with a log as text; 204 for a Pod that no node has yet, and for a Job where there is no node. */
export async function serveLog(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  logs: PodLogs | undefined,
): Promise<void> {
  const accept = x.req.headers.accept
  if (!acceptedByRoute(accept, route.produces)) return sendStatus(x, routeNotAcceptable(route.produces))
  const form = negotiate(accept, 'resource')
  if (!form.ok) return sendStatus(x, form.error)
  const isPod = route.resource === 'pods'
  const opened = await (isPod ? openLog(x, presenter, route, logs) : openJobLog(x, route, logs))
  if (!opened.ok) return sendStatus(x, opened.error)
  if (opened.value === undefined) {
    x.code = 204
    x.res.begin(204, ['Audit-Id', x.auditId, 'Cache-Control', x.cacheControl])
    x.res.body.end()
    return
  }
  beginStream(x, 200, 'text/plain')
  await pump(x, opened.value)
}
