/**
 * pods/exec, pods/attach and pods/portforward over WebSocket. SPDY, which older kubectl speaks, is refused with a
 * sentence that names the version to use; see docs/decisions/0003-spdy.md.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/remotecommand (facts: order of checks, statuses, closing codes)
 */
import type { WebSocket } from 'ws'
import { badRequest, plainError, type Status, serviceUnavailable } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { type Authorize, forbiddenStatus, websocketTokenPrefix } from '../auth/index.ts'
import {
  type ChannelProtocol,
  channels,
  chooseProtocol,
  frameMessage,
  offeredProtocols,
  readMessage,
} from './channel-protocol.ts'
import { contextOf, type Exchange, sendStatus } from './exchange.ts'
import {
  containerOf,
  type ExecEnd,
  type ExecSession,
  hostOf,
  noHost,
  type PodStreams,
  type PortSession,
} from './pods.ts'
import { boolOf, first } from './query.ts'
import type { Presenter } from './representation.ts'
import type { Route } from './routes.ts'

/** Turns an upgrade request into a WebSocket that speaks `protocol`. */
export type AcceptWebSocket = (protocol: string) => Promise<WebSocket>

export type StreamParts = {
  readonly presenter: Presenter
  readonly authorize: Authorize
  readonly streams: PodStreams | undefined
}

const subresourceVersions: Readonly<Record<string, string>> = { exec: '1.30', attach: '1.30', portforward: '1.31' }

const spdyRefused = (route: Route): Status =>
  badRequest(
    `${route.subresource} is served over WebSocket only, not over SPDY: use kubectl ${subresourceVersions[route.subresource ?? ''] ?? '1.30'} or newer`,
  )

type Prepared = { readonly pod: Pod; readonly container: string }

/** What must be right before any stream is opened. */
async function prepare(x: Exchange, { presenter }: StreamParts, route: Route): Promise<Result<Prepared, Status>> {
  const { namespace = '', name = '' } = route
  const pod = await presenter.api.get({ resource: 'pods', namespace, name }, {}, contextOf(x))
  if (!pod.ok) return pod
  let container = ''
  if (route.subresource !== 'portforward') {
    const found = containerOf(pod.value as Pod, first(x.query, 'container') ?? '')
    if (!found.ok) return found
    container = found.value
  }
  return hostOf(pod.value as Pod) === '' ? fail(noHost(name)) : ok({ pod: pod.value as Pod, container })
}

/** Answers a stream request that is no WebSocket: what is wrong with the Pod first, then how to ask. */
export async function refuseStream(x: Exchange, parts: StreamParts, route: Route): Promise<void> {
  const prepared = await prepare(x, parts, route)
  if (!prepared.ok) return sendStatus(x, prepared.error)
  const spdy = x.req.headers.upgrade?.toLowerCase().startsWith('spdy/') === true
  sendStatus(x, spdy ? spdyRefused(route) : badRequest('Upgrade request required'))
}

/** A WebSocket comes as GET, but does what POST does: the right to create is needed as well. */
function mayConnect(x: Exchange, { authorize }: StreamParts): Status | undefined {
  const attributes = { ...x.info, verb: 'create' }
  const decision = authorize(x.user, attributes)
  return decision.allowed ? undefined : forbiddenStatus(x.user, attributes, decision.reason)
}

const success = JSON.stringify({ metadata: {}, status: 'Success' })

/** How a command ended, for the error channel. */
function endText(end: ExecEnd, version: number): string {
  if (end.kind === 'Exited' && end.exitCode === 0) return version >= 4 ? success : ''
  const message =
    end.kind === 'Exited'
      ? `command terminated with non-zero exit code: exit status ${end.exitCode}`
      : `Internal error occurred: error executing command in container: ${end.message}`
  if (version < 4) return message
  const failure = { metadata: {}, status: 'Failure', message }
  return JSON.stringify(
    end.kind === 'Exited'
      ? {
          ...failure,
          reason: 'NonZeroExitCode',
          details: { causes: [{ reason: 'ExitCode', message: String(end.exitCode) }] },
        }
      : { ...failure, reason: 'InternalError', details: { causes: [{ message: end.message }] }, code: 500 },
  )
}

/** Bytes that may wait in a socket before the process is asked to pause. */
const maxBuffered = 1024 * 1024
const closeNormal = 1000
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

function resizeOf(bytes: Uint8Array): { width: number; height: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { Width: unknown; Height: unknown }
    if (typeof Width !== 'number' || typeof Height !== 'number') return undefined
    return { width: Width, height: Height }
  } catch {
    return undefined
  }
}

function takeInput(session: ExecSession, channel: number, bytes: Uint8Array, stdin: boolean): void {
  if (channel === channels.stdin && stdin) session.write(bytes)
  else if (channel === channels.close && bytes[0] === channels.stdin) session.endStdin()
  else if (channel === channels.resize) {
    const size = resizeOf(bytes)
    if (size !== undefined) session.resize(size)
  }
}

const messageBytes = (data: unknown): Uint8Array =>
  data instanceof Uint8Array
    ? data
    : Array.isArray(data)
      ? Buffer.concat(data as Buffer[])
      : Buffer.from(data as ArrayBuffer)

async function runExec(
  x: Exchange,
  { streams }: StreamParts,
  route: Route,
  container: string,
  protocol: ChannelProtocol,
  accept: AcceptWebSocket,
): Promise<void> {
  if (streams === undefined) return sendStatus(x, noAgent)
  const { query } = x
  const tty = boolOf(query, 'tty')
  const stdin = boolOf(query, 'stdin')
  const socket = await accept(protocol.name)
  const early: Uint8Array[] = []
  let session: ExecSession | undefined
  let ended = false
  const write = writerOf(socket, protocol, () => session?.resume())
  // Upstream begins with an empty message, by which clients see that the connection stands.
  write(channels.stdout, noBytes)
  const take = (data: Uint8Array): void => {
    const message = readMessage(protocol, data)
    if (message === undefined) return
    if (session === undefined) early.push(data)
    else takeInput(session, message.channel, message.bytes, stdin)
  }
  socket.on('message', (data) => take(messageBytes(data)))
  socket.on('error', (error) => x.log.debug('a stream broke off', { error: error.message }))
  socket.on('close', () => {
    if (!ended) session?.close()
  })
  const end = (how: ExecEnd): void => {
    if (ended) return
    ended = true
    const text = endText(how, protocol.version)
    if (text !== '') write(channels.error, Buffer.from(text, 'utf8'))
    socket.close(closeNormal)
  }
  const opened = await streams.exec(
    {
      kind: route.subresource === 'attach' ? 'attach' : 'exec',
      namespace: route.namespace ?? '',
      pod: route.name ?? '',
      container,
      command: query.get('command') ?? [],
      stdin,
      stdout: boolOf(query, 'stdout'),
      stderr: boolOf(query, 'stderr') && !tty,
      tty,
    },
    {
      stdout: (bytes) => write(channels.stdout, bytes),
      stderr: (bytes) => write(channels.stderr, bytes),
      end,
    },
  )
  if (!opened.ok) return end({ kind: 'Failed', message: opened.error.message ?? 'unknown failure' })
  session = opened.value
  if (socket.readyState !== socket.OPEN && !ended) session.close()
  for (const data of early.splice(0)) take(data)
}

const noAgent = serviceUnavailable('no node agent runs in this server: it cannot reach containers')

function portsOf(x: Exchange): Result<readonly number[], Status> {
  const texts = (x.query.get('ports') ?? []).flatMap((text) => text.split(','))
  if (texts.length === 0) return fail(badRequest('query parameter "ports" is required'))
  const ports = texts.map(Number)
  const wrong = ports.findIndex((port) => !Number.isInteger(port) || port < 1 || port > 65_535)
  return wrong < 0 ? ok(ports) : fail(badRequest(`ports ${JSON.stringify(texts[wrong])} is no port number`))
}

/** Two channels for each port: data and errors; each begins with the port's number, low byte first. */
async function runPortForward(
  x: Exchange,
  { streams }: StreamParts,
  route: Route,
  protocol: ChannelProtocol,
  accept: AcceptWebSocket,
): Promise<void> {
  if (streams === undefined) return sendStatus(x, noAgent)
  const ports = portsOf(x)
  if (!ports.ok) return sendStatus(x, ports.error)
  const socket = await accept(protocol.name)
  const write = writerOf(socket, protocol, () => undefined)
  const sessions: (PortSession | undefined)[] = []
  const early = new Map<number, Uint8Array[]>()
  socket.on('message', (data) => {
    const message = readMessage(protocol, messageBytes(data))
    if (message === undefined || message.channel % 2 !== 0) return
    const session = sessions[message.channel / 2]
    if (session !== undefined) session.write(message.bytes)
    else early.set(message.channel / 2, [...(early.get(message.channel / 2) ?? []), message.bytes])
  })
  socket.on('error', (error) => x.log.debug('a port forward broke off', { error: error.message }))
  socket.on('close', () => {
    for (const session of sessions) session?.close()
  })
  let open = ports.value.length
  const finished = (): void => {
    open--
    if (open === 0) socket.close(closeNormal)
  }
  for (const [index, port] of ports.value.entries()) {
    const number = Uint8Array.of(port & 255, port >> 8)
    write(2 * index, number)
    write(2 * index + 1, number)
    const tell = (error: string): void => void write(2 * index + 1, Buffer.from(error, 'utf8'))
    const opened = await streams.portForward(
      { namespace: route.namespace ?? '', pod: route.name ?? '', port },
      {
        data: (bytes) => void write(2 * index, bytes),
        end: (error) => {
          if (error !== undefined) tell(error)
          finished()
        },
      },
    )
    if (!opened.ok) {
      tell(opened.error.message ?? 'unknown failure')
      finished()
      continue
    }
    sessions[index] = opened.value
    for (const bytes of early.get(index) ?? []) opened.value.write(bytes)
  }
}

/** Answers a WebSocket request for a stream of a Pod. */
export async function serveStream(
  x: Exchange,
  parts: StreamParts,
  route: Route,
  accept: AcceptWebSocket,
): Promise<void> {
  const refusal = mayConnect(x, parts)
  if (refusal !== undefined) return sendStatus(x, refusal)
  const prepared = await prepare(x, parts, route)
  if (!prepared.ok) return sendStatus(x, prepared.error)
  const offered = offeredProtocols(x.req.headers['sec-websocket-protocol'], websocketTokenPrefix)
  const use = route.subresource === 'portforward' ? 'portforward' : 'exec'
  const protocol = chooseProtocol(offered, use)
  if (protocol === undefined) {
    const tunnel = offered.some((name) => name.startsWith('SPDY/'))
    return sendStatus(x, tunnel ? spdyRefused(route) : unknownProtocol(offered))
  }
  if (use === 'portforward') return runPortForward(x, parts, route, protocol, accept)
  return runExec(x, parts, route, prepared.value.container, protocol, accept)
}

const unknownProtocol = (offered: readonly string[]): Status =>
  plainError(`none of the offered WebSocket protocols is spoken: ${offered.join(', ')}`, 400)
