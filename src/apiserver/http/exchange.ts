/**
 * One request and its answer, and the only functions that write answers. Every failure becomes bytes in `sendStatus`.
 */
import { pipeline, type Writable } from 'node:stream'
import { setImmediate } from 'node:timers'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { internalError, type Status } from '../../apimachinery/index.ts'
import type { Instant, Log } from '../../base/index.ts'
import { yamlText } from '../../yaml/text/index.ts'
import type { RequestContext, User } from '../registry/index.ts'
import { protobufOf } from './media.ts'
import { contentTypes, negotiate, type Representation, wantsPretty } from './negotiate.ts'
import type { Request, Response } from './protocol.ts'
import { boolOf, first, type Query } from './query.ts'
import type { RequestInfo } from './request-info.ts'
import { warningHeaders } from './warnings.ts'

export type Exchange = {
  readonly req: Request
  readonly res: Response
  readonly info: RequestInfo
  readonly query: Query
  readonly auditId: string
  readonly log: Log
  readonly now: () => Instant
  /** Texts for `Warning:` headers, in order. */
  readonly warnings: string[]
  /** The `Cache-Control` of the answer; documents that never change say otherwise. */
  cacheControl: string
  user: User
  /** Who sent the request, where it counts as from somebody else. */
  authenticated: User | undefined
  /** Why it was allowed or refused. */
  reason: string
  /** Whether the request was let in and its route exists; words of other URLs are a stranger's. */
  routed: boolean
  /** Set when the answer has no end of its own: watches, logs, streams. */
  longRunning: boolean
  /** The code of the answer once it is known; for metrics and the audit log. */
  code: number
}

export const userAgentOf = (x: Exchange): string => x.req.headers['user-agent'] ?? ''

/** What the registry needs to know of a request. */
export function contextOf(x: Exchange): RequestContext {
  const { query, warnings } = x
  return {
    user: x.user,
    userAgent: userAgentOf(x),
    fieldManager: first(query, 'fieldManager'),
    fieldValidation: first(query, 'fieldValidation'),
    dryRun: query.get('dryRun'),
    force: query.has('force') ? boolOf(query, 'force') : undefined,
    warn: (text) => {
      warnings.push(text)
    },
  }
}

const noHeaders: readonly string[] = []

/** The headers of every answer, as node's flat list of names and values. */
function headersOf(x: Exchange, contentType: string, extra: readonly string[]): string[] {
  const headers = ['Audit-Id', x.auditId, 'Cache-Control', x.cacheControl, 'Content-Type', contentType]
  for (const text of extra) headers.push(text)
  if (x.warnings.length > 0) for (const text of warningHeaders(x.warnings)) headers.push('Warning', text)
  return headers
}

/** Texts of protobuf have a character for each byte, see `messageText`. */
export const encodingOf = (contentType: string): 'latin1' | 'utf8' =>
  contentType.startsWith(contentTypes.protobuf) ? 'latin1' : 'utf8'

const gzipped = promisify(gzip)
const compressFrom = 128 * 1024

const takesGzip = (x: Exchange): boolean => String(x.req.headers['accept-encoding'] ?? '').includes('gzip')

/** Writes a whole answer. Nothing is written when the client has gone or an answer was begun. */
export function send(
  x: Exchange,
  code: number,
  contentType: string,
  body: string | Uint8Array,
  extra: readonly string[] = noHeaders,
): void {
  const { res } = x
  if (res.isBegun() || res.isGone()) return
  x.code = code
  const encoding = encodingOf(contentType)
  const bytes = typeof body === 'string' ? Buffer.byteLength(body, encoding) : body.byteLength
  if (bytes > compressFrom && takesGzip(x)) {
    void sendCompressed(x, code, contentType, typeof body === 'string' ? Buffer.from(body, encoding) : body, extra)
    return
  }
  const headers = headersOf(x, contentType, extra)
  headers.push('Content-Length', String(bytes))
  res.begin(code, headers)
  if (x.req.method === 'HEAD') res.body.end()
  else if (typeof body === 'string') res.body.end(body, encoding)
  else res.body.end(body)
}

async function sendCompressed(
  x: Exchange,
  code: number,
  contentType: string,
  body: Uint8Array,
  extra: readonly string[],
): Promise<void> {
  const packed = await gzipped(body, { level: 1 })
  if (x.res.isBegun() || x.res.isGone()) return
  const headers = headersOf(x, contentType, extra)
  headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding', 'Content-Length', String(packed.byteLength))
  x.res.begin(code, headers)
  x.res.body.end(x.req.method === 'HEAD' ? undefined : packed)
}

/** Lets everything else that is due run first. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Writes an answer whose pieces are made one by one. A short one is written at once; a long one as its reader takes it,
 * with a turn for everybody else after each piece. When the reader goes away no more pieces are made.
 */
async function sendPieces(
  x: Exchange,
  contentType: string,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  const { res } = x
  const waiting: string[] = []
  let length = 0
  let sink: Writable | undefined
  for await (const piece of pieces) {
    waiting.push(piece)
    length += piece.length
    if (length <= compressFrom) continue
    // The reader went away, or time was over and it has been told so.
    if (res.isGone() || (sink === undefined && res.isBegun())) return
    sink ??= beginLong(x, contentType)
    const next = Buffer.from(waiting.join(''), encodingOf(contentType))
    waiting.length = 0
    // As bytes: of a text beyond ASCII node may say that it waits for the reader, and never that it went on.
    const took = sink.write(next)
    if (took) await turn()
    else await drained(sink, res)
  }
  if (sink === undefined) send(x, 200, contentType, waiting.join(''))
  else sink.end()
}

/** The headers of a long answer, and where its body is written to. */
function beginLong(x: Exchange, contentType: string): Writable {
  const { res } = x
  x.code = 200
  const packed = takesGzip(x)
  const extra = packed ? ['Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding'] : noHeaders
  res.begin(x.code, headersOf(x, contentType, extra))
  if (!packed) return res.body
  const gzip = createGzip({ level: 1 })
  // A reader that goes away ends both; there is nobody left to tell.
  pipeline(gzip, res.body, () => {})
  return gzip
}

/** Resolves when more may be written, or when the reader has gone. */
export function drained(sink: Writable, res: Response): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      sink.off('drain', settle)
      res.body.off('close', settle)
      resolve()
    }
    sink.on('drain', settle)
    res.body.on('close', settle)
    if (res.isGone()) settle()
  })
}

/** The headers of an answer without a known end; the caller writes and ends the body. */
export function beginStream(
  x: Exchange,
  code: number,
  contentType: string,
  extra: readonly string[] = noHeaders,
): void {
  x.code = code
  x.longRunning = true
  x.res.begin(code, headersOf(x, contentType, extra), true)
}

/** JSON of a value as this request wants to see it. `text` is its compact form where that is known already. */
function jsonFor(x: Exchange, form: Representation, value: () => unknown, text: () => string): string {
  if (form.pretty || wantsPretty(first(x.query, 'pretty'), userAgentOf(x))) {
    return `${JSON.stringify(value(), undefined, 2)}`
  }
  return `${text()}\n`
}

export type Document = {
  /** The value; evaluated only for YAML, protobuf and indented JSON. */
  readonly value: () => object
  /** Its compact JSON. */
  readonly text: () => string
  /** Its protobuf message, where that is kept. */
  readonly message?: () => string
}

/** A document that may be long. */
export type LongDocument = {
  readonly value: () => object
  /** Its compact JSON in pieces. */
  readonly texts: () => Iterable<string>
  /** Its protobuf body in pieces; undefined when it has none. */
  readonly messages: (() => AsyncIterable<string>) | undefined
}

/** Writes an object in the negotiated form. */
export function sendDocument(
  x: Exchange,
  code: number,
  form: Representation,
  document: Document,
  extra = noHeaders,
): void {
  if (form.media === 'json') {
    send(x, code, contentTypes.json, jsonFor(x, form, document.value, document.text), extra)
  } else if (form.media === 'yaml') {
    send(x, code, contentTypes.yaml, yamlText(document.value()), extra)
  } else {
    send(x, code, contentTypes.protobuf, protobufOf(document.value(), document.message?.()), extra)
  }
}

/** Writes a list in the negotiated form. */
export async function sendLong(x: Exchange, form: Representation, document: LongDocument): Promise<void> {
  const { value, texts, messages } = document
  if (form.media === 'protobuf' && messages !== undefined) return sendPieces(x, contentTypes.protobuf, messages())
  const isIndented = form.pretty || wantsPretty(first(x.query, 'pretty'), userAgentOf(x))
  if (form.media === 'json' && !isIndented) return sendPieces(x, contentTypes.json, withNewline(texts()))
  return sendDocument(x, 200, form, { value, text: () => JSON.stringify(value()) })
}

function* withNewline(texts: Iterable<string>): Generator<string, void, undefined> {
  yield* texts
  yield '\n'
}

/** Writes a failure (or a Status success) in the form that the request accepts, JSON when it accepts none. */
export function sendStatus(x: Exchange, status: Status, code = status.code ?? 500): void {
  const form = negotiate(x.req.headers.accept, 'plain')
  const retry = status.details?.retryAfterSeconds
  const extra = retry === undefined || retry === 0 ? noHeaders : ['Retry-After', String(retry)]
  const text = (): string => JSON.stringify(status)
  sendDocument(x, code, form.ok ? form.value : { media: 'json', pretty: true }, { value: () => status, text }, extra)
}

/** Answers a defect: told in the log with its stack, to the client without. */
export function sendDefect(x: Exchange, error: unknown): void {
  x.log.error('a request ended in a defect', {
    method: x.req.method,
    path: x.info.path,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  })
  if (x.res.isBegun()) {
    x.res.cut()
    return
  }
  sendStatus(x, internalError('unexpected defect, see the log of the server'))
}

/** Plain text, as health checks and unknown root paths have it. */
export const sendText = (x: Exchange, code: number, text: string): void =>
  send(x, code, 'text/plain; charset=utf-8', text, ['X-Content-Type-Options', 'nosniff'])

export const pageNotFound = (x: Exchange): void => sendText(x, 404, '404 page not found\n')
