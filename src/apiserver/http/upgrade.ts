/**
 * Requests that want to leave HTTP for WebSocket: streams of Pods, and watches in browsers.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { websocketTokenPrefix } from '../auth/index.ts'
import type { Exchange } from './exchange.ts'
import type { Upgrade } from './pod-streams.ts'
import type { AcceptSpdy } from './spdy-streams.ts'
import type { AcceptWebSocket } from './websocket-streams.ts'

type Asking = {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Whether a request asks for a WebSocket. */
const isWebSocket = (req: Asking): boolean => req.headers.upgrade?.toLowerCase() === 'websocket' && req.method === 'GET'

/** Whether a request asks for SPDY, and for something that is served over it. */
const isSpdy = (req: Asking): boolean =>
  req.headers.upgrade?.toLowerCase() === 'spdy/3.1' && /\/(?:exec|attach|portforward)(?:\?|$)/.test(req.url ?? '')

/** Whether a request is to leave HTTP; other upgrades (h2c) are answered as if they had not asked. */
export const isUpgrade = (req: Asking): boolean => isWebSocket(req) || isSpdy(req)

/**
 * Whether a page of another origin opens a WebSocket without showing a token. Browsers send a client certificate by
 * themselves, to whichever page asks: that must not be enough to run commands.
 */
export function isForeignPage(req: Asking): boolean {
  const { origin, host, authorization } = req.headers
  if (origin === undefined || authorization !== undefined || !isWebSocket(req)) return false
  if (req.headers['sec-websocket-protocol']?.includes(websocketTokenPrefix) === true) return false
  return URL.parse(origin)?.host !== host
}

/** How long a client that was refused may take to close its side. */
const lingering = 5000

/** A request to leave HTTP, which only HTTP/1.1 knows: until the handshake it is answered with `res`. */
export type Asked = {
  readonly message: IncomingMessage
  readonly res: ServerResponse
  readonly socket: Socket
  /** What the client has sent since. */
  readonly head: Buffer
}

/** A response for a request whose socket has been handed over; used until the handshake. */
export async function responseFor(req: IncomingMessage, socket: Socket): Promise<ServerResponse> {
  // Loaded late: `node:http` brings all of Node's own HTTP client along, 15 ms of every start and 3 MB.
  const { ServerResponse } = await import('node:http')
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket)
  res.on('finish', () => {
    res.detachSocket(socket)
    socket.end()
    // Nobody reads from it any more: its end has to be read for it to close.
    socket.resume()
    socket.setTimeout(lingering, () => socket.destroy())
  })
  return res
}

/** One message of a client is at most this long. */
const maxMessage = 32 * 1024 * 1024

/** Completes the handshake when it is called, with the protocol that was chosen. */
function webSocketAcceptor(x: Exchange, asked: Asked): AcceptWebSocket {
  return async (protocol) => {
    const { WebSocketServer } = await import('ws')
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessage,
      perMessageDeflate: false,
    })
    leaveHttp(x, asked)
    const { message, socket, head } = asked
    // Chosen already. The library would refuse `SPDY/3.1+portforward.k8s.io`, in which RFC 6455 forbids the slash.
    delete message.headers['sec-websocket-protocol']
    if (protocol !== '') server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`))
    return new Promise<WebSocket>((resolve) => server.handleUpgrade(message, socket, head, resolve))
  }
}

function spdyAcceptor(x: Exchange, asked: Asked): AcceptSpdy {
  return (protocol) => {
    leaveHttp(x, asked)
    const { socket, head } = asked
    const named = protocol === '' ? '' : `X-Stream-Protocol-Version: ${protocol}\r\n`
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${named}\r\n`)
    if (head.length > 0) socket.unshift(head)
    return socket
  }
}

function leaveHttp(x: Exchange, { res, socket }: Asked): void {
  x.code = 101
  x.longRunning = true
  res.detachSocket(socket)
}

/** How the request may leave HTTP. */
export function upgradeOf(x: Exchange, asked: Asked): Upgrade {
  return isSpdy(x.req)
    ? { kind: 'Spdy', accept: spdyAcceptor(x, asked) }
    : { kind: 'WebSocket', accept: webSocketAcceptor(x, asked) }
}
