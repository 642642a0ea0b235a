/**
 * Watches as answers without end: one frame per event, headers at once, a bounded backlog for slow readers.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/watch.go (facts: frames, content types, timeouts)
 */
import { badRequest, type Status, watchFrameText } from '../../apimachinery/index.ts'
import { below, type Clock, fail, ok, type Random, type Result, seconds, toMillis } from '../../base/index.ts'
import type { ApiWatch, ApiWatchEvent, ListQuery } from '../registry/index.ts'
import { beginStream, contextOf, type Exchange, encodingOf, sendStatus } from './exchange.ts'
import { protobufOf } from './media.ts'
import { acceptedByRoute, negotiate, type Representation, routeNotAcceptable, streamTypes } from './negotiate.ts'
import { first, type ListParameters, listParameters } from './query.ts'
import {
  type IncludeObject,
  includeObjectOf,
  mismatch,
  objectDocument,
  type Presenter,
  tableOf,
  tableValue,
} from './representation.ts'
import { nameOfFieldSelector } from './request-info.ts'
import { targetOf } from './resources.ts'
import type { Route } from './routes.ts'

/** The least time a watch stays open when the request names none; up to as much again is added by chance. */
const leastOpen = seconds(1800)
/** A reader that takes nothing for this long is cut off. */
const stallLimit = seconds(30)
/** Events that may wait for a slow reader beyond the first batch. */
const maxPending = 20_000
/** Bytes that are encoded ahead of the reader. */
const maxAhead = 256 * 1024
const chunkLength = 64 * 1024

export type WatchOptions = { readonly clock: Clock; readonly random: Random }

/** Turns events into the frames of one stream. */
export type Framer = {
  readonly contentType: string
  readonly frame: (event: ApiWatchEvent) => string
  readonly errorFrame: (status: Status) => string
}

/** What the rows of all kinds take for given, and a bookmark does not have. */
const pod = { containers: [] }
export const emptyParts = {
  spec: { ...pod, template: { spec: pod }, jobTemplate: { spec: { template: { spec: pod } } } },
  template: { spec: pod },
  roleRef: {},
  involvedObject: {},
  regarding: {},
  status: {},
}

function jsonFramer(presenter: Presenter, route: Route, form: Representation, include: IncludeObject): Framer {
  const { api } = presenter
  const wrap = (type: string, text: string): string => `{"type":"${type}","object":${text}}\n`
  const errorFrame = (status: Status): string => wrap('ERROR', JSON.stringify(status))
  if (form.as === undefined) {
    return { contentType: 'application/json', frame: ({ type, object }) => wrap(type, api.textOf(object)), errorFrame }
  }
  if (form.as === 'Table') {
    const table = tableOf(presenter, route.resource)
    let columns = true
    const frame = ({ type, object }: ApiWatchEvent): string => {
      const meta = { resourceVersion: object.metadata.resourceVersion ?? '' }
      const shown = type === 'BOOKMARK' ? { ...emptyParts, ...object } : object
      const value = tableValue(presenter, table, [shown], meta, form, include, columns)
      columns = false
      return wrap(type, JSON.stringify(value))
    }
    return { contentType: 'application/json', frame, errorFrame }
  }
  const version = `meta.k8s.io/${form.asVersion ?? 'v1'}`
  const frame = ({ type, object }: ApiWatchEvent): string =>
    wrap(type, JSON.stringify({ kind: form.as, apiVersion: version, metadata: object.metadata }))
  return { contentType: 'application/json', frame, errorFrame }
}

function protobufFramer(presenter: Presenter, route: Route, form: Representation): Framer {
  return {
    contentType: streamTypes[1],
    frame: ({ type, object }) => {
      if (form.as === undefined) return watchFrameText(type, protobufOf(object, presenter.messages.of(object)))
      const document = objectDocument(presenter, route.kind, route.resource, object, form, 'Metadata')
      return watchFrameText(type, protobufOf(document.ok ? document.value.value() : object))
    },
    errorFrame: (status) => watchFrameText('ERROR', protobufOf(status)),
  }
}

/** The frames that the request asks for, or why they cannot be had. */
export function framerOf(x: Exchange, presenter: Presenter, route: Route): Result<Framer, Status> {
  const accept = x.req.headers.accept
  if (!acceptedByRoute(accept, route.produces)) return fail(routeNotAcceptable(route.produces))
  const form = negotiate(accept, 'resource', true)
  if (!form.ok) return form
  const { as, media } = form.value
  if (as === 'PartialObjectMetadataList') return fail(mismatch(as, route.kind, false))
  const include = includeObjectOf(as === 'Table' ? first(x.query, 'includeObject') : undefined)
  if (!include.ok) return include
  return ok(
    media === 'protobuf'
      ? protobufFramer(presenter, route, form.value)
      : jsonFramer(presenter, route, form.value, include.value),
  )
}

/** A name in the path is a field selector; one that is there already must say the same. */
function namedQuery(query: ListQuery, name: string | undefined): Result<ListQuery, Status> {
  if (name === undefined) return ok(query)
  const { fieldSelector } = query
  if (fieldSelector !== undefined && fieldSelector !== '' && nameOfFieldSelector(fieldSelector) !== name) {
    return fail(badRequest("fieldSelector metadata.name doesn't match requested name"))
  }
  return ok({ ...query, fieldSelector: fieldSelector || `metadata.name=${name}` })
}

export type WatchRequest = { readonly query: ListQuery; readonly timeoutSeconds: number }

/** The parameters of a watch; the time it stays open is drawn where the request names none. */
export function watchRequest(x: Exchange, route: Route, random: Random): Result<WatchRequest, Status> {
  const parameters: Result<ListParameters, Status> = listParameters(x.query)
  if (!parameters.ok) return parameters
  const query = namedQuery(parameters.value.query, route.name)
  if (!query.ok) return query
  const asked = parameters.value.timeoutSeconds ?? 0
  const timeoutSeconds = asked > 0 ? asked : leastOpen + below(random, leastOpen)
  return ok({ query: { ...query.value, timeoutSeconds }, timeoutSeconds })
}

/** What a stream of events is written to. */
export type Sink = {
  /** False when the reader is behind: wait for `onDrain`. */
  readonly write: (frames: readonly string[]) => boolean
  readonly end: () => void
  readonly destroy: () => void
}

/** Feeds a sink from a watch: keeps order, waits for slow readers, gives up on stuck ones. */
export type Feed = {
  readonly push: (events: readonly ApiWatchEvent[]) => void
  readonly finish: (status?: Status) => void
  readonly drained: () => void
  /** Stops without a word; for readers that went away. */
  readonly close: () => void
}

export function newFeed(framer: Framer, sink: Sink, clock: Clock, onClosed: () => void): Feed {
  let pending: ApiWatchEvent[] = []
  let at = 0
  let limit = maxPending
  let firstBatch = true
  let blocked = false
  let closed = false
  let finished = false
  let last: Status | undefined
  let cancelStall: (() => void) | undefined

  const close = (): void => {
    if (closed) return
    closed = true
    pending = []
    cancelStall?.()
    onClosed()
  }
  const cut = (): void => {
    sink.destroy()
    close()
  }
  const flush = (): void => {
    while (!blocked && !closed && at < pending.length) {
      const frames: string[] = []
      for (let length = 0; at < pending.length && length < chunkLength; at++) {
        const frame = framer.frame(pending[at] as ApiWatchEvent)
        frames.push(frame)
        length += frame.length
      }
      if (!sink.write(frames)) {
        blocked = true
        cancelStall = clock.wake(toMillis(stallLimit), cut)
      }
    }
    if (at >= pending.length) {
      pending = []
      at = 0
      if (finished && !closed) {
        if (last !== undefined) sink.write([framer.errorFrame(last)])
        sink.end()
        close()
      }
    }
  }
  return {
    push(events) {
      if (closed || finished) return
      if (firstBatch) limit += events.length
      firstBatch = false
      if (pending.length === 0) {
        pending = events as ApiWatchEvent[]
        at = 0
        // The batch belongs to others too: it is only read, and copied before anything is added to it.
        flush()
        if (pending.length > 0) pending = pending.slice(at)
        at = 0
        return
      }
      for (const event of events) pending.push(event)
      if (pending.length - at > limit) cut()
      else flush()
    },
    finish(status) {
      if (closed || finished) return
      finished = true
      last = status
      flush()
    },
    drained() {
      blocked = false
      cancelStall?.()
      cancelStall = undefined
      flush()
    },
    close,
  }
}

function responseSink(x: Exchange, contentType: string): Sink {
  const { body } = x.res
  const encoding = encodingOf(contentType)
  return {
    write(frames) {
      if (body.writableEnded || x.res.isGone()) return true
      body.write(frames.join(''), encoding)
      return body.writableLength < maxAhead
    },
    end: () => void body.end(),
    destroy: x.res.cut,
  }
}

/** Answers a watch: fails with a status before the stream begins, later with an ERROR event. */
export async function serveWatch(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  { clock, random }: WatchOptions,
): Promise<void> {
  const framer = framerOf(x, presenter, route)
  if (!framer.ok) return sendStatus(x, framer.error)
  const request = watchRequest(x, route, random)
  if (!request.ok) return sendStatus(x, request.error)
  let watch: ApiWatch | undefined
  let cancelTimeout: (() => void) | undefined
  let begun = false
  let over = false
  const begin = (): void => {
    if (begun) return
    begun = true
    beginStream(x, 200, framer.value.contentType)
  }
  const feed = newFeed(framer.value, responseSink(x, framer.value.contentType), clock, () => {
    over = true
    cancelTimeout?.()
    watch?.stop()
  })
  const target = { ...targetOf(route), name: undefined }
  const observer = {
    onEvents: (events: readonly ApiWatchEvent[]) => {
      begin()
      feed.push(events)
    },
    onEnd: (status?: Status) => {
      begin()
      feed.finish(status)
    },
  }
  const started = await presenter.api.watch(target, request.value.query, observer, contextOf(x))
  if (!started.ok) return sendStatus(x, started.error)
  watch = started.value
  if (over || x.res.isGone()) return watch.stop()
  begin()
  cancelTimeout = clock.wake(toMillis(seconds(request.value.timeoutSeconds)), () => feed.finish())
  x.res.body.on('drain', feed.drained)
  x.res.body.on('close', feed.close)
}
