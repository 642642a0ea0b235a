/**
 * The server's side of one SPDY/3.1 connection over any pair of byte streams: what Kubernetes' clients call streams of an
 * upgraded request. Clients open the streams. As Kubernetes' own implementation, it slows peers down by TCP as a whole,
 * not stream by stream, and answers pings.
 *
 * @source SPDY protocol, draft 3.1; kubernetes v1.36 moby/spdystream connection.go (facts: which frames are in use)
 */
import type { Duplex } from 'node:stream'
import { type Clock, type Log, millis } from '../../base/index.ts'
import {
  dataFrame,
  type Frame,
  goAwayFrame,
  goAwayStatus,
  maxDataBytes,
  newFrameReader,
  pingFrame,
  readFrames,
  resetFrame,
  resetStatus,
  synReplyFrame,
} from './frames.ts'
import { emptyHeaders, type Headers, newHeaderReader, readHeaders } from './header-block.ts'

/** One stream, as the server uses it. After its end, writing does nothing. */
export type SpdyStream = {
  readonly id: number
  readonly headers: Headers
  /** False asks to wait until the connection tells that it has drained. */
  readonly write: (bytes: Uint8Array) => boolean
  /** Nothing more will be written; the peer may go on. */
  readonly end: () => void
  /** Breaks the stream off, both ways. */
  readonly reset: () => void
}

/** What the peer does with a stream. */
export type StreamHandlers = {
  readonly data: (bytes: Uint8Array) => void
  /** The peer has written its last. */
  readonly end: () => void
  /** The peer broke the stream off, or the connection is gone. */
  readonly broken: () => void
}

export type SpdyParts = {
  /** A new stream, or undefined to refuse it. */
  readonly open: (stream: SpdyStream) => StreamHandlers | undefined
  /** What was written has gone out. */
  readonly drained: () => void
  /** The connection is gone; streams that were open are told before. */
  readonly closed: () => void
  readonly clock: Clock
  readonly log: Log
}

export type SpdyConnection = {
  /** Stops and goes on reading, of all streams together. */
  readonly pause: () => void
  readonly resume: () => void
  /** All is said: the peer should close now, and is cut off when it does not do so soon. */
  readonly finish: () => void
}

const maxStreams = 1000
/** How long a peer may take to close its side. */
const lingering = millis(5000)

type Open = {
  readonly handlers: StreamHandlers
  isLocalOver: boolean
  isPeerOver: boolean
}

type State = {
  readonly duplex: Duplex
  readonly parts: SpdyParts
  readonly streams: Map<number, Open>
  lastStream: number
  hasReplied: boolean
  /** The peer opens no more streams and goes when those that are open have ended. */
  isLeaving: boolean
  isOver: boolean
}

/** Speaks SPDY on `duplex` until one side closes it. */
export function serveSpdy(duplex: Duplex, parts: SpdyParts): SpdyConnection {
  const state: State = {
    duplex,
    parts,
    streams: new Map(),
    lastStream: 0,
    hasReplied: false,
    isLeaving: false,
    isOver: false,
  }
  const frameReader = newFrameReader()
  const headerReader = newHeaderReader()
  const take = (bytes: Buffer): string | undefined => {
    const frames = readFrames(frameReader, bytes)
    if (!frames.ok) return frames.error
    for (const frame of frames.value) {
      if (frame.kind !== 'SynStream' && frame.kind !== 'Headers') takeFrame(state, frame)
      else {
        // Also those that nobody wants: the next ones refer to them.
        const headers = readHeaders(headerReader, frame.block)
        if (!headers.ok) return headers.error
        if (frame.kind === 'SynStream') openStream(state, frame, headers.value)
        else if (frame.isLast) takeEnd(state, frame.stream)
      }
    }
    return undefined
  }
  duplex.on('data', (bytes: Buffer) => {
    if (state.isOver) return
    const problem = take(bytes)
    if (problem === undefined) return
    parts.log.debug('a SPDY connection broke off', { problem })
    send(state, goAwayFrame(state.lastStream, goAwayStatus.protocolError))
    close(state)
  })
  duplex.on('drain', parts.drained)
  duplex.on('error', (error) => parts.log.debug('a SPDY connection broke off', { error: error.message }))
  duplex.on('end', () => close(state))
  duplex.once('close', () => {
    state.isOver = true
    for (const { handlers } of state.streams.values()) handlers.broken()
    state.streams.clear()
    parts.closed()
  })
  return {
    pause: () => void duplex.pause(),
    resume: () => void duplex.resume(),
    finish() {
      state.isLeaving = true
      duplex.resume()
      const cancel = parts.clock.wake(lingering, () => close(state))
      duplex.once('close', cancel)
    },
  }
}

/** Whether the bytes went out at once. */
const send = ({ duplex }: State, bytes: Buffer): boolean => !duplex.writable || duplex.write(bytes)

function close(state: State): void {
  const { duplex, parts } = state
  if (state.isOver) return
  state.isOver = true
  duplex.end()
  // What still comes is read, so that the end is seen, and dropped.
  duplex.resume()
  const cancel = parts.clock.wake(lingering, () => duplex.destroy())
  duplex.once('close', cancel)
}

function takeFrame(state: State, frame: Exclude<Frame, { kind: 'SynStream' | 'Headers' }>): void {
  switch (frame.kind) {
    case 'Data': {
      const open = state.streams.get(frame.stream)
      // What is still under way for a stream that has ended is nobody's.
      if (open === undefined || open.isPeerOver) return
      if (frame.bytes.length > 0) open.handlers.data(frame.bytes)
      if (frame.isLast) takeEnd(state, frame.stream)
      return
    }
    case 'Reset': {
      const open = state.streams.get(frame.stream)
      state.streams.delete(frame.stream)
      open?.handlers.broken()
      leaveWhenDone(state)
      return
    }
    case 'Ping':
      // Even numbers are answers to pings of ours, which there are none of.
      if (frame.id % 2 === 1) send(state, pingFrame(frame.id))
      return
    case 'GoAway':
      state.isLeaving = true
      leaveWhenDone(state)
  }
}

function takeEnd(state: State, id: number): void {
  const open = state.streams.get(id)
  if (open === undefined || open.isPeerOver) return
  open.isPeerOver = true
  open.handlers.end()
  forgetWhenDone(state, id, open)
}

function forgetWhenDone(state: State, id: number, open: Open): void {
  if (open.isLocalOver && open.isPeerOver) state.streams.delete(id)
  leaveWhenDone(state)
}

function leaveWhenDone(state: State): void {
  if (state.isLeaving && state.streams.values().every(({ isLocalOver }) => isLocalOver)) close(state)
}

function openStream(state: State, { stream: id, isLast }: { stream: number; isLast: boolean }, headers: Headers): void {
  // Clients count up in odd numbers; a number that was there is a defect of theirs.
  const isOwn = id % 2 === 1 && id > state.lastStream
  const stream: SpdyStream = {
    id,
    headers,
    write: (bytes) => writeData(state, id, bytes),
    end: () => {
      const open = state.streams.get(id)
      if (open === undefined || open.isLocalOver) return
      send(state, dataFrame(id, Buffer.alloc(0), true))
      open.isLocalOver = true
      forgetWhenDone(state, id, open)
    },
    reset: () => {
      if (state.streams.delete(id)) send(state, resetFrame(id, resetStatus.cancel))
      leaveWhenDone(state)
    },
  }
  const isRefused = state.isLeaving || state.streams.size >= maxStreams
  const handlers = isOwn && !isRefused ? state.parts.open(stream) : undefined
  if (isOwn) state.lastStream = id
  if (handlers === undefined) {
    send(state, resetFrame(id, isOwn ? resetStatus.refusedStream : resetStatus.protocolError))
    return
  }
  state.streams.set(id, { handlers, isLocalOver: false, isPeerOver: false })
  send(state, synReplyFrame(id, emptyHeaders(!state.hasReplied)))
  state.hasReplied = true
  if (isLast) takeEnd(state, id)
}

function writeData(state: State, id: number, bytes: Uint8Array): boolean {
  const open = state.streams.get(id)
  if (open === undefined || open.isLocalOver) return true
  let isOut = true
  for (let at = 0; at < bytes.length; at += maxDataBytes) {
    isOut = send(state, dataFrame(id, bytes.subarray(at, at + maxDataBytes), false))
  }
  return isOut
}
