/**
 * Requests that want to leave HTTP for WebSocket: streams of Pods, and watches in browsers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { websocketTokenPrefix } from '../auth/index.ts'
import type { Exchange } from './exchange.ts'
import type { Upgrade } from './pod-streams.ts'
import type { AcceptSpdy } from './spdy-streams.ts'
import type { AcceptWebSocket } from './websocket-streams.ts'

/** Whether a request asks for a WebSocket. */
const isWebSocket = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === 'websocket' && req.method === 'GET'

/** Whether a request asks for SPDY, and for something that is served over it. */
const isSpdy = (req: IncomingMessage): boolean =>
  req.headers.upgrade?.toLowerCase() === 'spdy/3.1' && /\/(?:exec|attach|portforward)(?:\?|$)/.test(req.url ?? '')

/** Whether a request is to leave HTTP; other upgrades (h2c) are answered as if they had not asked. */
export const isUpgrade = (req: IncomingMessage): boolean => isWebSocket(req) || isSpdy(req)

/**
 * Whether a page of another origin opens a WebSocket without showing a token. Browsers send a client certificate by
 * themselves, to whichever page asks: that must not be enough to run commands.
 */
export function isForeignPage(req: IncomingMessage): boolean {
  const { origin, host, authorization } = req.headers
  if (origin === undefined || authorization !== undefined || !isWebSocket(req)) return false
  if (req.headers['sec-websocket-protocol']?.includes(websocketTokenPrefix) === true) return false
  return URL.parse(origin)?.host !== host
}

/** How long a client that was refused may take to close its side. */
const lingering = 5000

/** A response for a request whose socket has been handed over; used until the handshake. */
export async function responseFor(req: IncomingMessage, duplex: Duplex): Promise<ServerResponse> {
  const socket = duplex as Socket
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
function webSocketAcceptor(x: Exchange, socket: Socket, head: Buffer): AcceptWebSocket {
  return async (protocol) => {
    const { WebSocketServer } = await import('ws')
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessage,
      perMessageDeflate: false,
      handleProtocols: () => (protocol === '' ? false : protocol),
    })
    leaveHttp(x, socket)
    return new Promise<WebSocket>((resolve) => server.handleUpgrade(x.req, socket, head, resolve))
  }
}

function spdyAcceptor(x: Exchange, socket: Socket, head: Buffer): AcceptSpdy {
  return (protocol) => {
    leaveHttp(x, socket)
    const named = protocol === '' ? '' : `X-Stream-Protocol-Version: ${protocol}\r\n`
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${named}\r\n`)
    if (head.length > 0) socket.unshift(head)
    return socket
  }
}

function leaveHttp(x: Exchange, socket: Socket): void {
  x.code = 101
  x.longRunning = true
  x.res.detachSocket(socket)
}

/** How the request may leave HTTP. */
export function upgradeOf(x: Exchange, duplex: Duplex, head: Buffer): Upgrade {
  const socket = duplex as Socket
  return isSpdy(x.req)
    ? { kind: 'Spdy', accept: spdyAcceptor(x, socket, head) }
    : { kind: 'WebSocket', accept: webSocketAcceptor(x, socket, head) }
}
