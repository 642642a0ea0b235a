/**
 * pods/exec, pods/attach and pods/portforward: what must be right before a stream is opened, and which of the transports
 * serves it. kubectl up to 1.29 asks for SPDY/3.1, from 1.30 on for WebSocket, and then for SPDY/3.1 within a WebSocket to
 * forward ports; see docs/decisions/0005-own-spdy.md.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/remotecommand (facts: order of checks, statuses)
 */
import { badRequest, plainError, type Status, serviceUnavailable } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { type Clock, fail, ok, type Result } from '../../base/index.ts'
import { type Authorize, forbiddenStatus, websocketTokenPrefix } from '../auth/index.ts'
import { chooseProtocol, offeredProtocols } from './channel-protocol.ts'
import { contextOf, type Exchange, sendStatus } from './exchange.ts'
import { runExec, type SessionParts } from './exec-session.ts'
import { containerOf, hostOf, noHost, type PodStreams } from './pods.ts'
import { first } from './query.ts'
import type { Presenter } from './representation.ts'
import type { Route } from './routes.ts'
import { forwardOverSpdy, forwardTunnelled, tunnelProtocol } from './spdy-forward.ts'
import { type AcceptSpdy, execOverSpdy, spdyProtocol } from './spdy-streams.ts'
import { type AcceptWebSocket, execOverWebSocket, forwardOverWebSocket } from './websocket-streams.ts'

/** How a request may leave HTTP. */
export type Upgrade =
  | { readonly kind: 'WebSocket'; readonly accept: AcceptWebSocket }
  | { readonly kind: 'Spdy'; readonly accept: AcceptSpdy }

export type StreamParts = {
  readonly presenter: Presenter
  readonly authorize: Authorize
  readonly streams: PodStreams | undefined
  readonly clock: Clock
  readonly abandoned: SessionParts['abandoned']
}

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

/** Answers a stream request that does not ask to leave HTTP: what is wrong with the Pod first, then how to ask. */
export async function refuseStream(x: Exchange, parts: StreamParts, route: Route): Promise<void> {
  const prepared = await prepare(x, parts, route)
  sendStatus(x, prepared.ok ? badRequest('Upgrade request required') : prepared.error)
}

/** A WebSocket comes as GET, but does what POST does: the right to create is needed as well. */
function mayConnect(x: Exchange, { authorize }: StreamParts): Status | undefined {
  const attributes = { ...x.info, verb: 'create' }
  const decision = authorize(x.user, attributes)
  return decision.allowed ? undefined : forbiddenStatus(x.user, attributes, decision.reason)
}

const noAgent = serviceUnavailable('no node agent runs in this server: it cannot reach containers')

function portsOf(x: Exchange): Result<readonly number[], Status> {
  const texts = (x.query.get('ports') ?? []).flatMap((text) => text.split(','))
  if (texts.length === 0) return fail(badRequest('query parameter "ports" is required'))
  const ports = texts.map(Number)
  const wrong = ports.findIndex((port) => !Number.isInteger(port) || port < 1 || port > 65_535)
  return wrong < 0 ? ok(ports) : fail(badRequest(`ports ${JSON.stringify(texts[wrong])} is no port number`))
}

/** Answers a request for a stream of a Pod. */
export async function serveStream(x: Exchange, parts: StreamParts, route: Route, upgrade: Upgrade): Promise<void> {
  const refusal = mayConnect(x, parts)
  if (refusal !== undefined) return sendStatus(x, refusal)
  const prepared = await prepare(x, parts, route)
  if (!prepared.ok) return sendStatus(x, prepared.error)
  const { streams } = parts
  if (streams === undefined) return sendStatus(x, noAgent)
  const served = { ...parts, streams }
  const { container } = prepared.value
  return upgrade.kind === 'Spdy'
    ? serveSpdyStream(x, served, route, container, upgrade.accept)
    : serveWebSocket(x, served, route, container, upgrade.accept)
}

type Served = StreamParts & { readonly streams: PodStreams }

async function serveWebSocket(
  x: Exchange,
  parts: Served,
  route: Route,
  container: string,
  accept: AcceptWebSocket,
): Promise<void> {
  const { streams } = parts
  const offered = offeredProtocols(x.req.headers['sec-websocket-protocol'], websocketTokenPrefix)
  if (route.subresource !== 'portforward') {
    const protocol = chooseProtocol(offered, 'exec')
    if (protocol === undefined) return sendStatus(x, unknownProtocol(offered))
    return runExec(x, parts, route, container, execOverWebSocket(x, protocol, accept))
  }
  if (offered.includes(tunnelProtocol)) return forwardTunnelled(x, parts, route, accept)
  const protocol = chooseProtocol(offered, 'portforward')
  if (protocol === undefined) return sendStatus(x, unknownProtocol(offered))
  const ports = portsOf(x)
  if (!ports.ok) return sendStatus(x, ports.error)
  return forwardOverWebSocket(x, streams, route, ports.value, protocol, accept)
}

async function serveSpdyStream(
  x: Exchange,
  parts: Served,
  route: Route,
  container: string,
  accept: AcceptSpdy,
): Promise<void> {
  const offered = offeredProtocols(
    x.req.headers['x-stream-protocol-version'] as string | undefined,
    websocketTokenPrefix,
  )
  const use = route.subresource === 'portforward' ? 'portforward' : 'exec'
  const protocol = spdyProtocol(offered, use)
  if (protocol === undefined) return sendStatus(x, unknownProtocol(offered))
  if (use === 'portforward') return forwardOverSpdy(x, parts, route, accept(protocol.name))
  return runExec(x, parts, route, container, execOverSpdy(x, parts.clock, protocol, accept))
}

const unknownProtocol = (offered: readonly string[]): Status =>
  plainError(`none of the offered protocols is spoken: ${offered.join(', ')}`, 400)
