/**
 * Questions and streams to the members of an etcd, over HTTP or HTTPS. Whoever does not answer is passed over for the
 * next member; what was asked is asked again until somebody answers or patience ends.
 */
import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as SecureAgent } from 'node:https'
import { type Clock, fail, later, millis, ok, pause, type Result } from '../../base/index.ts'
import type { EtcdTarget } from './target.ts'

/** PEM texts: who may sign for the members, and who we are to them. */
export type EtcdTls = {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
}

export type ConnectionOptions = {
  readonly members: EtcdTarget['members']
  /** Plain HTTP when absent. */
  readonly tls?: EtcdTls | undefined
  readonly clock: Clock
}

/** `isSilent`: nobody has answered, so that nobody knows whether what was asked has been done. */
export type Refusal = { readonly message: string; readonly isSilent: boolean }

export type Stream = {
  readonly send: (message: unknown) => void
  readonly stop: () => void
}

/** How to ask: until there is an answer or patience ends, unless something else is said. */
export type Manner = {
  /** Each member at most once. */
  readonly once?: boolean
  /** Told before each repetition. */
  readonly again?: () => void
}

export type Connection = {
  readonly ask: <Answer>(path: string, body: unknown, manner?: Manner) => Promise<Result<Answer, Refusal>>
  /** Opens a stream of messages in both directions. `onEnd` is called once, and not after `stop`. */
  readonly stream: (
    path: string,
    first: unknown,
    onMessage: (message: unknown) => void,
    onEnd: (refusal: Refusal) => void,
  ) => Stream
  readonly close: () => void
}

/** How long a member may think about one question. */
const answerWithin = millis(5_000)
/** How long to ask all members in turn. */
const patience = millis(20_000)
const askAgain = millis(200)
/** Questions on the way at once: etcd gathers those that come together into one write of its disk. */
const connections = 128

export function openConnection(options: ConnectionOptions): Connection {
  const { clock, tls } = options
  const secure = tls === undefined ? undefined : { ca: tls.ca, cert: tls.certificate, key: tls.key }
  const pool = { keepAlive: true, maxSockets: connections }
  const agent = secure === undefined ? new Agent(pool) : new SecureAgent({ ...pool, ...secure })
  const streams = new Set<ClientRequest>()
  let current = 0
  const post = (path: string, through: Agent | false): { readonly request: ClientRequest; readonly member: number } => {
    const member = current
    const { host, port } = options.members[member % options.members.length] as EtcdTarget['members'][number]
    const headers = { 'content-type': 'application/json' }
    const shape = { host, port, path, method: 'POST', headers, agent: through }
    return { request: secure === undefined ? requestHttp(shape) : requestHttps({ ...shape, ...secure }), member }
  }
  const passOver = (member: number): void => {
    // Others may have passed over it already.
    if (current === member) current += 1
  }

  return {
    async ask(path, body, { once = false, again } = {}) {
      const text = JSON.stringify(body)
      const end = later(clock.monotonic(), patience)
      for (let tries = 1; ; tries++) {
        const { request, member } = post(path, agent)
        const answered = await answerOf(request, text, clock)
        if (answered.ok || !answered.error.isSilent) return answered as Result<never, Refusal>
        passOver(member)
        if (once ? tries >= options.members.length : clock.monotonic() >= end) return answered
        await pause(clock, askAgain)
        again?.()
      }
    },
    stream(path, first, onMessage, onEnd) {
      const { request, member } = post(path, false)
      request.on('socket', (socket) => socket.setKeepAlive(true, 10_000))
      streams.add(request)
      const finish = (refusal: Refusal): void => {
        if (!streams.delete(request)) return
        request.destroy()
        passOver(member)
        onEnd(refusal)
      }
      request.on('error', (error) => finish(silent(wordsOf(error))))
      request.on('response', (response) => readLines(response, onMessage, finish))
      const send = (message: unknown): void => void request.write(`${JSON.stringify(message)}\n`)
      send(first)
      return {
        send,
        stop() {
          streams.delete(request)
          request.destroy()
        },
      }
    },
    close() {
      for (const request of streams) request.destroy()
      streams.clear()
      agent.destroy()
    },
  }
}

/** Of a failed handshake the reason; its message is one for programmers. */
const wordsOf = (error: Error): string => ('reason' in error ? String(error.reason) : error.message)

const silent = (why: string): Refusal => ({ message: `etcd does not answer: ${why}`, isSilent: true })

/** gRPC's codes of a member that cannot do now what another, or it itself a little later, can. */
const passing: ReadonlySet<unknown> = new Set([4, 14])

function refusalOf(status: number, text: string): Refusal {
  let said: { readonly error?: unknown; readonly message?: unknown; readonly code?: unknown } = {}
  try {
    said = JSON.parse(text)
  } catch {
    // No etcd, or a proxy before it: its status is all there is to tell.
  }
  const message = String(said.message ?? said.error ?? `HTTP status ${status}`)
  return { message: `etcd refuses: ${message}`, isSilent: status >= 500 && passing.has(said.code) }
}

function answerOf(request: ClientRequest, body: string, clock: Clock): Promise<Result<unknown, Refusal>> {
  return new Promise((resolve) => {
    const settle = (result: Result<unknown, Refusal>): void => {
      cancel()
      resolve(result)
    }
    const cancel = clock.wake(answerWithin, () => {
      settle(fail(silent(`not within ${answerWithin / 1000} s`)))
      request.destroy()
    })
    request.on('error', (error) => settle(fail(silent(wordsOf(error)))))
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (error) => settle(fail(silent(wordsOf(error)))))
      response.on('end', () => settle(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))))
    })
    request.end(body)
  })
}

function readAnswer(status: number, text: string): Result<unknown, Refusal> {
  if (status !== 200) return fail(refusalOf(status, text))
  try {
    return ok(JSON.parse(text))
  } catch {
    return fail({ message: 'what answers is no etcd', isSilent: false })
  }
}

type Line = { readonly result?: unknown; readonly error?: { readonly message?: string } }

/** Messages of a stream, one on each line. */
function readLines(
  response: IncomingMessage,
  onMessage: (message: unknown) => void,
  finish: (refusal: Refusal) => void,
): void {
  let pieces: Buffer[] = []
  const take = (line: Buffer): void => {
    const text = line.toString('utf8')
    if (text.trim() === '') return
    const parsed = readAnswer(response.statusCode ?? 0, text)
    const { result, error } = (parsed.ok ? parsed.value : { error: parsed.error }) as Line
    if (error !== undefined) finish(silent(error.message ?? 'the stream ended'))
    else onMessage(result)
  }
  response.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      take(Buffer.concat([...pieces, chunk.subarray(start, end)]))
      pieces = []
      start = end + 1
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start))
  })
  response.on('error', (error) => finish(silent(wordsOf(error))))
  response.on('end', () => finish(silent('the stream ended')))
}
