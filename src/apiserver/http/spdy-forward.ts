/**
 * portforward over SPDY/3.1: by itself for kubectl up to 1.29, within the binary messages of a WebSocket for newer ones.
 * The client opens two streams for each connection, one for data and one for what went wrong.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/portforward/httpstream.go (facts: headers, time to open streams,
 * texts)
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/index.ts'
import { type SpdyConnection, type SpdyStream, type StreamHandlers, serveSpdy } from '../spdy/index.ts'
import type { Exchange } from './exchange.ts'
import { nowhere, type PodStreams, type PortEnd, type PortSession } from './pods.ts'
import type { Route } from './routes.ts'
import { streamsDeadline, typeOf } from './spdy-streams.ts'
import type { AcceptWebSocket } from './websocket-streams.ts'

export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'

type Parts = { readonly streams: PodStreams; readonly clock: Clock }

type Forward = {
  readonly parts: Parts
  readonly route: Route
  /** Connections of which one stream is there, by the number that the client gave them. */
  readonly halves: Map<string, Link>
  readonly sessions: Set<PortSession>
  /** Bytes that the pod has not taken yet. */
  waiting: number
}

/** One connection to a port. */
type Link = {
  error?: SpdyStream
  data?: SpdyStream
  session?: PortSession
  /** What the client did before the port was reached. */
  readonly early: ((session: PortSession) => void)[]
  readonly cancel: () => void
}

/** Bytes that may wait for the pod before the client is asked to pause. */
const maxWaiting = 1024 * 1024

/** Forwards the ports that the client's streams name, until it goes. */
export function forwardOverSpdy(x: Exchange, parts: Parts, route: Route, duplex: Duplex): void {
  const forward: Forward = { parts, route, halves: new Map(), sessions: new Set(), waiting: 0 }
  const connection = serveSpdy(duplex, {
    clock: parts.clock,
    log: x.log,
    open: (stream) => openHalf(forward, stream, connection),
    drained() {
      for (const session of forward.sessions) session.resume()
    },
    closed() {
      for (const { cancel } of forward.halves.values()) cancel()
      for (const session of forward.sessions) session.close()
    },
  })
}

export async function forwardTunnelled(
  x: Exchange,
  parts: Parts,
  route: Route,
  accept: AcceptWebSocket,
): Promise<void> {
  const { createWebSocketStream } = await import('ws')
  forwardOverSpdy(x, parts, route, createWebSocketStream(await accept(tunnelProtocol)))
}

/** Old clients give no number: the stream of data follows that of errors at once. */
const numberOf = ({ id, headers }: SpdyStream, type: 'data' | 'error'): string =>
  headers.get('requestid') ?? String(type === 'error' ? id : id - 2)

function openHalf(forward: Forward, stream: SpdyStream, connection: SpdyConnection): StreamHandlers | undefined {
  const type = typeOf(stream)
  const port = Number(stream.headers.get('port'))
  if ((type !== 'error' && type !== 'data') || !(Number.isInteger(port) && port > 0 && port < 65_536)) return undefined
  const number = numberOf(stream, type)
  const link = forward.halves.get(number) ?? newLink(forward, number)
  if (link[type] !== undefined) return undefined
  link[type] = stream
  const { error, data } = link
  if (error !== undefined && data !== undefined) {
    link.cancel()
    forward.halves.delete(number)
    void start(forward, link, port, error, data)
  }
  return type === 'data' ? fromClient(forward, link, connection) : { data: ignore, end: ignore, broken: ignore }
}

const ignore = (): void => undefined

function newLink(forward: Forward, number: string): Link {
  const link: Link = {
    early: [],
    cancel: forward.parts.clock.wake(streamsDeadline, () => {
      forward.halves.delete(number)
      link.error?.reset()
      link.data?.reset()
      connect(link, nowhere)
    }),
  }
  forward.halves.set(number, link)
  return link
}

function connect(link: Link, session: PortSession): void {
  link.session = session
  for (const what of link.early.splice(0)) what(session)
}

function fromClient(forward: Forward, link: Link, { pause, resume }: SpdyConnection): StreamHandlers {
  const tell = (what: (session: PortSession) => void): void => {
    if (link.session === undefined) link.early.push(what)
    else what(link.session)
  }
  return {
    data(bytes) {
      forward.waiting += bytes.length
      if (forward.waiting > maxWaiting) pause()
      tell((session) =>
        session.write(bytes, () => {
          forward.waiting -= bytes.length
          if (forward.waiting <= maxWaiting / 2) resume()
        }),
      )
    },
    end: () => tell((session) => session.end()),
    broken: () => tell((session) => session.close()),
  }
}

async function start(
  { parts, route, sessions }: Forward,
  link: Link,
  port: number,
  error: SpdyStream,
  data: SpdyStream,
): Promise<void> {
  const { namespace = '', name = '' } = route
  const end = (how: PortEnd): void => {
    if (link.session !== undefined) sessions.delete(link.session)
    if (how.kind === 'Failed') {
      const text = `error forwarding port ${port} to pod ${name}, uid : ${how.message}`
      error.write(Buffer.from(text, 'utf8'))
    }
    error.end()
    if (how.kind === 'Broken') data.reset()
    else data.end()
  }
  const opened = await parts.streams.portForward({ namespace, pod: name, port }, { data: data.write, end })
  if (!opened.ok) {
    end({ kind: 'Failed', message: opened.error.message ?? 'unknown failure' })
    return connect(link, nowhere)
  }
  sessions.add(opened.value)
  connect(link, opened.value)
}
