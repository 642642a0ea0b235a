/**
 * HTTP/2: what one connection may take, and its streams as requests and responses.
 *
 * @source kubernetes v1.36 apiserver/pkg/server/secure_serving.go (facts: streams for each connection, windows, frame size)
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { type Clock, type Log, type Millis, millis } from '../../base/index.ts'
import type { Request, Response } from './protocol.ts'

export type Http2Parts = {
  readonly clock: Clock
  readonly log: Log
  readonly handle: (req: Request, res: Response) => void
  /** How long a connection without requests is kept. */
  readonly keepAlive: Millis
  /** The longest list of headers, in bytes and in headers. */
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
}

export type Http2 = {
  /** Speaks HTTP/2 on a connection whose handshake has chosen it. */
  readonly serve: (socket: TLSSocket) => void
  /** Takes no more requests; each connection ends with the last of those that it has. */
  readonly close: () => void
}

/**
 * Upstream's default is 100, at which Go's clients go to a further connection. Node counts streams that their client has reset until
 * the next turn of its loop, and resets those that come meanwhile with a code after which no client tries again: at 100 a program
 * that ends its watches as fast as it opens them loses a sixth of its requests. At this number nobody is.
 */
const maxStreams = 1000
/** Those of a tool that watches each of its Jobs to their end and then lets go; node's own 33 a second would close its connection. */
const resets = { streamResetBurst: 10_000, streamResetRate: 300 }
/** What a client may send ahead of its reader on one stream; 99 of 100 objects are smaller. */
const streamWindow = 256 * 1024
/** And on all of them together: a hundred do not wait for each other. */
const connectionWindow = 100 * streamWindow
/**
 * MiB that one connection's streams may hold in headers and frames before further ones are refused. Node's own 10 would refuse
 * streams beside a handful of large answers that the client is slow to take.
 */
const maxSessionMemory = 64
/** How long a client has to answer when it is asked whether it is still there. */
const pingLimit = millis(30_000)

type Connection = {
  readonly session: ServerHttp2Session
  readonly socket: TLSSocket
  /** Streams that are not closed. */
  open: number
  /** Whether the client is being asked for a sign of life. */
  isAsked: boolean
}

function requestOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  connection: TLSSocket,
): Request {
  return {
    method: headers[':method'] ?? 'GET',
    url: headers[':path'] ?? '/',
    headers,
    rawHeaders,
    connection,
    body: stream,
    isBodiless: stream.endAfterHeaders,
    isCutShort: () => stream.aborted,
  }
}

function outgoing(code: number, list: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':status': code }
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] as string
    const value = list[i + 1] as string
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value]
  }
  return headers
}

const isOver = (stream: ServerHttp2Stream): boolean => stream.closed || stream.destroyed

/** A client that goes away, or resets a stream with whatever code, is no news. */
function ignoreBroken(): void {}

const responseOf = (stream: ServerHttp2Stream, internalError: number, onCut: () => void): Response => ({
  body: stream,
  isBegun: () => stream.headersSent,
  isGone: () => isOver(stream),
  begin(code, headers, atOnce = false) {
    // Node takes it for a defect to answer a client that has just gone. Where it does not wait for trailers it ends a stream
    // that is cut in order first, and clients take what they have for the whole.
    if (!isOver(stream)) stream.respond(outgoing(code, headers), { waitForTrailers: atOnce })
  },
  cut() {
    stream.close(internalError)
    stream.destroy()
    onCut()
  },
})

/**
 * A stream was cut because its client takes nothing. Where that is so for the whole connection, what is queued for it would
 * stay for ever: one that does not answer a ping in time is closed.
 */
function askForLife({ clock, log }: Http2Parts, connection: Connection): void {
  const { session, socket } = connection
  if (connection.isAsked || session.destroyed) return
  connection.isAsked = true
  const cancel = clock.wake(pingLimit, () => {
    log.debug('a connection was cut off: its client takes nothing', { from: socket.remoteAddress ?? '' })
    session.destroy()
    socket.destroy()
  })
  session.once('close', cancel)
  session.ping(() => {
    connection.isAsked = false
    session.off('close', cancel)
    cancel()
  })
}

export function newHttp2(parts: Http2Parts): Http2 {
  const { log, handle, keepAlive, maxHeaderBytes, maxHeaders } = parts
  const sessions = new Set<ServerHttp2Session>()
  const options = {
    ...resets,
    maxSessionMemory,
    maxHeaderListPairs: maxHeaders,
    settings: {
      maxConcurrentStreams: maxStreams,
      initialWindowSize: streamWindow,
      maxFrameSize: streamWindow,
      maxHeaderListSize: maxHeaderBytes,
    },
  }
  const serve = (socket: TLSSocket): void => {
    // Loaded with the first such connection: 10 ms and some MB that nobody else pays for. Not awaited, since the client may go away
    // meanwhile.
    const { performServerHandshake, constants } = process.getBuiltinModule('node:http2')
    const session = performServerHandshake(socket, options)
    const connection: Connection = { session, socket, open: 0, isAsked: false }
    sessions.add(session)
    session.setLocalWindowSize(connectionWindow)
    session.setTimeout(keepAlive, () => {
      if (connection.open === 0) session.close()
    })
    session.on('error', (error) => log.debug('a connection broke', { error: error.message }))
    session.on('close', () => sessions.delete(session))
    session.on('stream', (stream, headers, _flags, rawHeaders) => {
      stream.on('error', ignoreBroken)
      if (isOver(stream)) return
      connection.open++
      stream.on('close', () => connection.open--)
      if (headers.expect?.toLowerCase() === '100-continue') stream.additionalHeaders({ ':status': 100 })
      const req = requestOf(stream, headers, rawHeaders, socket)
      handle(
        req,
        responseOf(stream, constants.NGHTTP2_INTERNAL_ERROR, () => askForLife(parts, connection)),
      )
    })
  }
  return {
    serve,
    close() {
      for (const session of sessions) session.close()
    },
  }
}

/** How many connections were made so far, by the protocol that they speak. */
export type Connections = { readonly h2: number; readonly 'http/1.1': number }

/** Gives connections that chose HTTP/2 to `serveHttp2`, the others to the server itself, and counts both. */
export function byProtocol(server: Server, serveHttp2: (socket: TLSSocket) => void): () => Connections {
  const others = server.listeners('secureConnection')
  const made = { h2: 0, 'http/1.1': 0 }
  server.removeAllListeners('secureConnection')
  server.on('secureConnection', (socket) => {
    const isHttp2 = socket.alpnProtocol === 'h2'
    made[isHttp2 ? 'h2' : 'http/1.1']++
    if (isHttp2) serveHttp2(socket)
    else for (const listener of others) listener.call(server, socket)
  })
  return () => made
}
