/**
 * The HTTPS server: accepts connections, makes an exchange of every request, and sends it where it belongs.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createDoor, type Server as NetServer, type Socket } from 'node:net'
import {
  badRequest,
  type Status,
  serviceUnavailable,
  timeout,
  tooManyRequests,
  unauthorized,
} from '../../apimachinery/index.ts'
import { type Clock, type Log, type Millis, millis, type Random, type Result } from '../../base/index.ts'
import { type Attributes, type Authenticate, type Authorize, anonymous, forbiddenStatus } from '../auth/index.ts'
import type { User } from '../registry/index.ts'
import { type Exchange, pageNotFound, sendDefect, sendStatus } from './exchange.ts'
import { enter, type FairShare, isShort, leave, newFairShare } from './fair-share.ts'
import { byProtocol, type Connections, newHttp2 } from './http2.ts'
import type { Upgrade } from './pod-streams.ts'
import { http1Request, http1Response, type Request, type Response } from './protocol.ts'
import { first, parseQuery } from './query.ts'
import type { Presenter } from './representation.ts'
import { type RequestInfo, requestInfo } from './request-info.ts'
import { serveResource } from './resources.ts'
import { isServed, type Route, routeOf } from './routes.ts'
import { type Asked, isForeignPage, isUpgrade, responseFor, upgradeOf } from './upgrade.ts'
import { serveWatchSocket } from './watch-socket.ts'
import { serveWatch } from './watch-stream.ts'

/** Serves paths outside of resources; false when it knows nothing of the path. */
export type ServePath = (x: Exchange) => boolean
/** Serves logs and streams of pods. `upgrade` is there when the request asks to leave HTTP. */
export type ServeConnect = (x: Exchange, route: Route, upgrade?: Upgrade) => Promise<void>

export type ServerParts = {
  readonly presenter: Presenter
  readonly authenticate: Authenticate
  readonly authorize: Authorize
  /** Who the request is to count as from; undefined when it does not ask for anybody. */
  readonly impersonate: (x: Exchange) => Result<User, Status> | undefined
  readonly servePath: ServePath
  readonly serveConnect: ServeConnect
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string }
  readonly onDone?: ((x: Exchange, seconds: number) => void) | undefined
}

export type Listen = { readonly host: string; readonly port: number }

export type HttpServer = {
  readonly address: { readonly host: string; readonly port: number; readonly url: string }
  /** Answers new requests with 503, lets running ones end within `grace`, ends watches, then closes. */
  readonly close: (grace?: Millis) => Promise<void>
  /** How many connections were made so far, by the protocol that they speak. */
  readonly connections: () => Connections
  /** The watches and streams that are open now. */
  readonly longRunning: () => readonly Exchange[]
  /**
   * Takes connections at one more address, from those whom `accepts` lets in by theirs. Answers the port, rejects when the
   * address cannot be had.
   */
  readonly listenAlso: (listen: Listen, accepts: (address: string) => boolean) => Promise<number>
  /** Serves with other certificates from the next connection on. */
  readonly renew: (tls: ServerParts['tls']) => void
}

const maxHeaderBytes = 64 * 1024
const maxHeaders = 200
const maxConnections = 10_000
const requestDeadline = millis(60_000)
/**
 * For the handshake, and for the headers of a request. Node looks at its timers before it looks at what has come: a server that is
 * kept from running for so long cuts off those who connect meanwhile.
 *
 * @source kubernetes v1.36 apiserver/pkg/server/secure_serving.go (fact: 32 s for the headers)
 */
const headersDeadline = millis(32_000)
/** Longer than the idle time of usual clients and proxies, so that they close first. */
const keepAlive = millis(180_000)

const switchingProtocols = 101
const unauthorizedStatus: Status = unauthorized()
const tooMany: Status = tooManyRequests('too many requests, please try again later', 1)
const shuttingDown: Status = serviceUnavailable('apiserver is shutting down')
const foreignPage: Status = badRequest('a web page of another origin must send a token to open a WebSocket')
const outOfTime: Status = timeout('request did not complete within the allotted timeout')

type State = {
  readonly parts: ServerParts
  closing: boolean
  readonly open: Set<Exchange>
  readonly share: FairShare
}

const attributesOf = (info: RequestInfo): Attributes => info

/** A duration as Go writes it, in milliseconds; undefined when it is none. */
export function durationOf(text: string): Millis | undefined {
  if (text === '0' || text === '+0' || text === '-0') return millis(0)
  const units: Readonly<Record<string, number>> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    μs: 1e-3,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
  }
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)
  if (match === null) return undefined
  let total = 0
  for (const [, value, unit] of (match[2] as string).matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(value) * (units[unit as string] as number)
  }
  return millis(match[1] === '-' ? -total : total)
}

function dispatch(state: State, x: Exchange, upgrade?: Upgrade): void | Promise<void> {
  const { parts } = state
  const { info, req } = x
  if (!info.isResource) {
    if (!parts.servePath(x)) pageNotFound(x)
    return
  }
  if (!isServed(info.group, info.version, parts.presenter.options.exact)) return pageNotFound(x)
  const route = routeOf(req.method, info, req.headers['content-type'])
  if (!route.ok) return sendStatus(x, route.error)
  x.routed = true
  switch (route.value.action) {
    case 'watch':
      x.longRunning = true
      if (upgrade?.kind === 'WebSocket') return serveWatchSocket(x, parts.presenter, route.value, parts, upgrade.accept)
      return serveWatch(x, parts.presenter, route.value, parts)
    case 'connect':
      x.longRunning = true
      return parts.serveConnect(x, route.value, upgrade)
    default:
      return serveResource(x, parts.presenter, route.value)
  }
}

/** Answers in time what has an end: at the client's own deadline where it named one, else after a minute. */
function limitTime(state: State, x: Exchange): Status | undefined {
  const asked = first(x.query, 'timeout')
  if (asked === undefined || asked === '') return undefined
  const span = durationOf(asked)
  if (span === undefined) {
    const why = /^[+-]?[\d.]+$/.test(asked) ? 'missing unit in duration' : 'invalid duration'
    return badRequest(`invalid timeout specified in the request URL - time: ${why} ${JSON.stringify(asked)}`)
  }
  if (span > 0 && span < requestDeadline) {
    const cancel = state.parts.clock.wake(span, () => expire(x))
    x.res.body.once('close', cancel)
  }
  return undefined
}

/** Answers that time is over; an answer that is under way has a client that does not take it, and is cut off. */
function expire(x: Exchange): void {
  if (x.longRunning) return
  if (x.res.isBegun()) x.res.cut()
  else sendStatus(x, outOfTime)
}

function newExchange(state: State, req: Request, res: Response): Exchange {
  const { url } = req
  const mark = url.indexOf('?')
  const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1))
  let path = mark < 0 ? url : url.slice(0, mark)
  if (path.includes('%')) {
    try {
      path = decodeURIComponent(path)
    } catch {
      // Left as it is: no name has a percent sign, so it will not be found.
    }
  }
  return {
    req,
    res,
    query,
    info: requestInfo(req.method, path, query),
    auditId: auditIdOf(req),
    log: state.parts.log,
    now: state.parts.clock.now,
    warnings: [],
    cacheControl: 'no-cache, private',
    user: anonymous,
    authenticated: undefined,
    reason: '',
    routed: false,
    longRunning: false,
    code: 0,
  }
}

function auditIdOf(req: Request): string {
  const given = req.headers['audit-id']
  return typeof given === 'string' && /^[\x21-\x7e]{1,64}$/.test(given) ? given : randomUUID()
}

/** A client that went away in the middle of its answer is no news. */
function ignoreBroken(): void {}

/** The whole way of one request. */
function handle(state: State, req: Request, res: Response, asked?: Asked): void {
  const started = performance.now()
  const x = newExchange(state, req, res)
  state.open.add(x)
  res.body.on('error', ignoreBroken)
  const connection = asked?.socket ?? res.body
  connection.on('close', () => {
    state.open.delete(x)
    state.parts.onDone?.(x, (performance.now() - started) / 1000)
  })
  try {
    const failure = admit(state, x)
    if (failure !== undefined) {
      sendStatus(x, failure)
      return
    }
    if (isShort(x.info)) {
      const { name } = x.user
      if (!enter(state.share, name)) {
        sendStatus(x, tooMany)
        return
      }
      connection.on('close', () => leave(state.share, name))
    }
    const upgrade = asked === undefined ? undefined : upgradeOf(x, asked)
    const work = dispatch(state, x, upgrade)
    if (work !== undefined) work.catch((error: unknown) => sendDefect(x, error))
  } catch (error) {
    sendDefect(x, error)
  }
}

/** A request to leave HTTP goes the same way; until the handshake it can be answered like any other. */
async function handleUpgrade(state: State, message: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy())
  const res = await responseFor(message, socket)
  handle(state, http1Request(message), http1Response(res), { message, res, socket, head })
}

/** Why a request goes no further. */
function admit(state: State, x: Exchange): Status | undefined {
  const { parts } = state
  if (state.closing) return { ...shuttingDown, details: { retryAfterSeconds: 1 } }
  if (isForeignPage(x.req)) return foreignPage
  const user = parts.authenticate(x.req)
  if (!user.ok) return unauthorizedStatus
  x.user = user.value
  const other = parts.impersonate(x)
  if (other !== undefined) {
    if (!other.ok) return other.error
    x.authenticated = x.user
    x.user = other.value
  }
  const attributes = attributesOf(x.info)
  const decision = parts.authorize(x.user, attributes)
  x.reason = decision.reason
  if (!decision.allowed) return forbiddenStatus(x.user, attributes, decision.reason)
  return limitTime(state, x)
}

function serverOptions(parts: ServerParts): ServerOptions {
  return {
    ...parts.tls,
    requestCert: true,
    // A bad certificate is answered with 401, not with a broken handshake.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: headersDeadline,
    handshakeTimeout: headersDeadline,
    requestTimeout: requestDeadline,
    keepAliveTimeout: keepAlive,
    connectionsCheckingInterval: 10_000,
    noDelay: true,
    insecureHTTPParser: false,
    // Other upgrades are no reason to leave HTTP.
    shouldUpgradeCallback: isUpgrade,
  }
}

function listening(server: NetServer, listen: Listen): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(listen.port, listen.host, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/**
 * Watches end as if their time was over. Sockets that left HTTP are cut, and so are logs: one that ended would be taken for
 * the whole.
 */
function endLongRunning(x: Exchange): void {
  if (x.code === switchingProtocols) x.req.connection.destroy()
  else if (x.longRunning && x.info.verb === 'watch') x.res.body.end()
  else if (x.longRunning) x.res.cut()
}

/** Ends requests that have taken longer than the deadline. Runs only while requests are open. */
function sweep(state: State): () => void {
  let cancel: (() => void) | undefined
  let old = new Set<Exchange>()
  const tick = (): void => {
    for (const x of old) if (state.open.has(x)) expire(x)
    old = new Set([...state.open].filter((x) => !x.longRunning))
    cancel = state.parts.clock.wake(requestDeadline, tick)
  }
  cancel = state.parts.clock.wake(requestDeadline, tick)
  return () => cancel?.()
}

/** The host that a client of this machine names: "everywhere" is an address to listen on, and in no certificate. */
function dialled({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return family === 'IPv6' ? `[${address}]` : address
}

/** Listens and serves. Rejects when the address cannot be had. */
export async function startServer(parts: ServerParts, listen: Listen): Promise<HttpServer> {
  const state: State = { parts, closing: false, open: new Set(), share: newFairShare() }
  const server = createServer(serverOptions(parts), (message, res) => {
    if (state.closing) res.shouldKeepAlive = false
    handle(state, http1Request(message), http1Response(res))
  })
  server.on('upgrade', (message, socket, head) => {
    void handleUpgrade(state, message, socket as Socket, head)
  })
  const { clock, log } = parts
  const http2 = newHttp2({
    clock,
    log,
    handle: (req, res) => handle(state, req, res),
    keepAlive,
    maxHeaderBytes,
    maxHeaders,
  })
  const connections = byProtocol(server, http2.serve)
  server.maxHeadersCount = maxHeaders
  server.maxConnections = maxConnections
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', (error) => parts.log.debug('a TLS handshake failed', { error: error.message }))
  const bound = await listening(server, listen)
  server.on('error', (error) => parts.log.error('the listener failed', { error: error.message }))
  const stopSweep = sweep(state)
  const doors: NetServer[] = []
  return {
    address: { host: bound.address, port: bound.port, url: `https://${dialled(bound)}:${bound.port}` },
    connections,
    longRunning: () => [...state.open].filter((x) => x.longRunning),
    listenAlso: async (listen, accepts) => {
      const door = createDoor((socket) => {
        if (accepts(socket.remoteAddress ?? '')) server.emit('connection', socket)
        else socket.destroy()
      })
      doors.push(door)
      const { port } = await listening(door, listen)
      door.on('error', (error) => parts.log.error('a listener failed', { error: error.message }))
      return port
    },
    renew: ({ cert, key, ca }) => server.setSecureContext({ cert, key, ca }),
    close: (grace = millis(2000)) =>
      new Promise((resolve) => {
        state.closing = true
        stopSweep()
        for (const x of state.open) endLongRunning(x)
        http2.close()
        // Also those in the middle of a handshake, and those that have left HTTP.
        const cancel = parts.clock.wake(grace, () => {
          for (const socket of sockets) socket.destroy()
        })
        for (const door of doors) if (door.listening) door.close()
        server.close(() => {
          cancel()
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
