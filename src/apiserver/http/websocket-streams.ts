/**
 * exec, attach and portforward over WebSocket, in the protocols that number their channels.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming (facts: closing codes, begin of a connection)
 */
import type { WebSocket } from 'ws'
import { type ChannelProtocol, channels, frameMessage, readMessage } from './channel-protocol.ts'
import type { Exchange } from './exchange.ts'
import type { ExecTransport, OpenExec } from './exec-session.ts'
import { nowhere, type PodStreams, type PortEnd, type PortSession } from './pods.ts'
import type { Route } from './routes.ts'

/** Turns an upgrade request into a WebSocket that speaks `protocol`. */
export type AcceptWebSocket = (protocol: string) => Promise<WebSocket>

/** Bytes that may wait in a socket before the process is asked to pause. */
const maxBuffered = 1024 * 1024
const closeNormal = 1000
/** What the library says of a connection that ended without a closing frame. */
const closeAbnormal = 1006
const noBytes = new Uint8Array(0)

/** Writes to channels and tells when the reader has caught up. */
function writerOf(socket: WebSocket, protocol: ChannelProtocol, onDrain: () => void) {
  let paused = false
  return (channel: number, bytes: Uint8Array): boolean => {
    if (socket.readyState !== socket.OPEN) return true
    socket.send(frameMessage(protocol, channel, bytes), { binary: !protocol.base64 }, () => {
      if (!paused || socket.bufferedAmount > maxBuffered / 2) return
      paused = false
      onDrain()
    })
    if (socket.bufferedAmount > maxBuffered) paused = true
    return !paused
  }
}

/** A message as bytes, however the library has it. */
const messageBytes = (data: unknown): Uint8Array =>
  data instanceof Uint8Array
    ? data
    : Array.isArray(data)
      ? Buffer.concat(data as Buffer[])
      : Buffer.from(data as ArrayBuffer)

/** exec and attach over a WebSocket. */
export function execOverWebSocket(x: Exchange, protocol: ChannelProtocol, accept: AcceptWebSocket): OpenExec {
  return async (input): Promise<ExecTransport> => {
    const socket = await accept(protocol.name)
    const write = writerOf(socket, protocol, input.drained)
    // Upstream begins with an empty message, by which clients see that the connection stands.
    write(channels.stdout, noBytes)
    socket.on('message', (data) => {
      const message = readMessage(protocol, messageBytes(data))
      if (message === undefined) return
      const { channel, bytes } = message
      if (channel === channels.stdin) input.stdin(bytes)
      else if (channel === channels.close && bytes[0] === channels.stdin) input.endStdin()
      else if (channel === channels.resize) input.resize(bytes)
    })
    socket.on('error', (error) => x.log.debug('a stream broke off', { error: error.message }))
    socket.on('close', (code) => input.closed(code !== closeAbnormal))
    return {
      version: protocol.version,
      stdout: (bytes) => write(channels.stdout, bytes),
      stderr: (bytes) => write(channels.stderr, bytes),
      end(text) {
        if (text !== '') write(channels.error, Buffer.from(text, 'utf8'))
        socket.close(closeNormal)
      },
      pause: () => socket.pause(),
      resume: () => socket.resume(),
    }
  }
}

/** Two channels for each port: data and errors; each begins with the port's number, low byte first. */
export async function forwardOverWebSocket(
  x: Exchange,
  streams: PodStreams,
  route: Route,
  ports: readonly number[],
  protocol: ChannelProtocol,
  accept: AcceptWebSocket,
): Promise<void> {
  const socket = await accept(protocol.name)
  const links = ports.map((port): Link => ({ port, session: undefined, early: [] }))
  const write = writerOf(socket, protocol, () => {
    for (const { session } of links) session?.resume()
  })
  let waiting = 0
  socket.on('message', (data) => {
    const message = readMessage(protocol, messageBytes(data))
    const link = message === undefined ? undefined : links[message.channel / 2]
    if (message === undefined || link === undefined) return
    const { bytes } = message
    waiting += bytes.length
    if (waiting > maxBuffered) socket.pause()
    const give = (session: PortSession): void =>
      session.write(bytes, () => {
        waiting -= bytes.length
        if (waiting <= maxBuffered / 2) socket.resume()
      })
    if (link.session === undefined) link.early.push(give)
    else give(link.session)
  })
  socket.on('error', (error) => x.log.debug('a port forward broke off', { error: error.message }))
  socket.on('close', () => {
    for (const { session } of links) session?.close()
  })
  let open = ports.length
  const openPort = async (link: Link, index: number): Promise<void> => {
    const { port } = link
    const number = Uint8Array.of(port & 255, port >> 8)
    write(2 * index, number)
    write(2 * index + 1, number)
    const end = (how: PortEnd): void => {
      if (how.kind === 'Failed') write(2 * index + 1, Buffer.from(how.message, 'utf8'))
      open--
      if (open === 0) socket.close(closeNormal)
    }
    const opened = await streams.portForward(
      { namespace: route.namespace ?? '', pod: route.name ?? '', port },
      { data: (bytes) => write(2 * index, bytes), end },
    )
    if (!opened.ok) end({ kind: 'Failed', message: opened.error.message ?? 'unknown failure' })
    link.session = opened.ok ? opened.value : nowhere
    for (const give of link.early.splice(0)) give(link.session)
    // The client may have gone meanwhile.
    if (socket.readyState !== socket.OPEN) link.session.close()
  }
  await Promise.all(links.map(openPort))
}

/** One port, and what the client sent before it was reached. */
type Link = {
  readonly port: number
  session: PortSession | undefined
  readonly early: ((session: PortSession) => void)[]
}
