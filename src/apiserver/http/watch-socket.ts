/** Watches over WebSocket, for browsers: one message per event. */
import type { WebSocket } from 'ws'
import type { Status } from '../../apimachinery/index.ts'
import { seconds, toMillis } from '../../base/index.ts'
import { websocketTokenPrefix } from '../auth/index.ts'
import type { ApiWatch, ApiWatchEvent } from '../registry/index.ts'
import { offeredProtocols } from './channel-protocol.ts'
import { contextOf, type Exchange, encodingOf, sendStatus } from './exchange.ts'
import type { Presenter } from './representation.ts'
import { targetOf } from './resources.ts'
import type { Route } from './routes.ts'
import { framerOf, newFeed, type Sink, type WatchOptions, watchRequest } from './watch-stream.ts'
import type { AcceptWebSocket } from './websocket-streams.ts'

const maxBuffered = 1024 * 1024

function socketSink(socket: WebSocket, contentType: string, onDrain: () => void): Sink {
  const binary = encodingOf(contentType) === 'latin1'
  return {
    write(frames) {
      for (const frame of frames) {
        const data = binary ? Buffer.from(frame, 'latin1') : frame.trimEnd()
        socket.send(data, { binary }, () => {
          if (socket.bufferedAmount < maxBuffered / 2) onDrain()
        })
      }
      return socket.bufferedAmount < maxBuffered
    },
    end: () => socket.close(1000),
    destroy: () => socket.terminate(),
  }
}

/** Starts a watch whose events are messages; refusals are answered before the handshake. */
export async function serveWatchSocket(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  { clock, random }: WatchOptions,
  accept: AcceptWebSocket,
): Promise<void> {
  const framer = framerOf(x, presenter, route)
  if (!framer.ok) return sendStatus(x, framer.error)
  const request = watchRequest(x, route, random)
  if (!request.ok) return sendStatus(x, request.error)
  const early: ApiWatchEvent[] = []
  let take: ((events: readonly ApiWatchEvent[]) => void) | undefined
  let finish: ((status?: Status) => void) | undefined
  let ended: { readonly status: Status | undefined } | undefined
  const observer = {
    onEvents: (events: readonly ApiWatchEvent[]) => (take === undefined ? void early.push(...events) : take(events)),
    onEnd: (status?: Status) => {
      ended = { status }
      finish?.(status)
    },
  }
  const target = { ...targetOf(route), name: undefined }
  const started = await presenter.api.watch(target, request.value.query, observer, contextOf(x))
  if (!started.ok) return sendStatus(x, started.error)
  const watch: ApiWatch = started.value
  const offered = offeredProtocols(x.req.headers['sec-websocket-protocol'], websocketTokenPrefix)
  const socket = await accept(offered[0] ?? '')
  let cancel: (() => void) | undefined
  const feed = newFeed(
    framer.value,
    socketSink(socket, framer.value.contentType, () => feed.drained()),
    clock,
    () => {
      cancel?.()
      watch.stop()
    },
  )
  cancel = clock.wake(toMillis(seconds(request.value.timeoutSeconds)), () => feed.finish())
  socket.on('close', feed.close)
  socket.on('error', () => socket.terminate())
  take = feed.push
  finish = feed.finish
  if (early.length > 0) feed.push(early)
  if (ended !== undefined) feed.finish((ended as { readonly status: Status | undefined }).status)
}
