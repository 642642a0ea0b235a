/**
 * A request and the way to answer it, whichever version of HTTP carries them, and how HTTP/1.1 does.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export type Request = {
  readonly method: string
  /** Path and query as they were sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Names and values by turns, as they were sent: headers that stand more than once are apart here. */
  readonly rawHeaders: readonly string[]
  /** What the request came over; under HTTP/2 many share it. */
  readonly connection: Socket
  readonly body: Readable
  /** Whether the headers are all of it. */
  readonly isBodiless: boolean
  /** Whether the client gave up before the end of the body, though the body seems to have ended. */
  readonly isCutShort: () => boolean
}

export type Response = {
  /** Where the body goes, once the answer has begun. Closes when the client has all of it, or is gone. */
  readonly body: Writable
  readonly isBegun: () => boolean
  /** Whether there is nobody left to answer. */
  readonly isGone: () => boolean
  /** Sends code and headers, names and values by turns: with the first of the body, or at once with `atOnce`. */
  readonly begin: (code: number, headers: string[], atOnce?: boolean) => void
  /** Breaks the answer off, so that the client does not take it for whole. Other requests of its connection go on. */
  readonly cut: () => void
}

const never = (): boolean => false

const isBodiless = (headers: IncomingHttpHeaders): boolean => {
  const length = headers['content-length']
  return length === '0' || (length === undefined && headers['transfer-encoding'] === undefined)
}

export const http1Request = (message: IncomingMessage): Request => ({
  method: message.method ?? 'GET',
  url: message.url ?? '/',
  headers: message.headers,
  rawHeaders: message.rawHeaders,
  connection: message.socket,
  body: message,
  isBodiless: isBodiless(message.headers),
  isCutShort: never,
})

export const http1Response = (res: ServerResponse): Response => ({
  body: res,
  isBegun: () => res.headersSent,
  isGone: () => res.destroyed,
  begin(code, headers, atOnce = false) {
    res.writeHead(code, headers)
    if (atOnce) res.flushHeaders()
  },
  cut: () => void res.destroy(),
})
