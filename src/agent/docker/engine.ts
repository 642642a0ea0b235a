/** Speaking to a Docker Engine, or to Podman, which answers the same API: HTTP over a socket of this machine. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { type Clock, fail, type Millis, millis, ok, type Result } from '../../base/index.ts'
import { apiVersion, isNewer } from './api-version.ts'

/** `Refused` is the engine's own answer; `Unreachable` means that there was none, or none in time. */
export type EngineError =
  | { readonly kind: 'Refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'Unreachable'; readonly message: string }

export type Answer<T> = Promise<Result<T, EngineError>>
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export type Call = {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'HEAD'
  /** Without the version: `/containers/json`. */
  readonly path: string
  readonly query?: Query | undefined
  /** Sent as JSON, bytes as a tar archive. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** How long the engine may take until its answer begins; half a minute when absent. */
  readonly timeout?: Millis | undefined
}

export type Engine = {
  readonly socketPath: string
  /** One question with an answer in JSON; `undefined` for an answer without a body. */
  readonly call: <T>(call: Call) => Answer<T>
  /** The answer as it comes. It has no end in time; whoever asked destroys it. */
  readonly stream: (call: Call) => Answer<Readable>
  /** Turns the connection into one that goes both ways. */
  readonly hijack: (call: Call) => Answer<Socket>
  /** Whether that version of the API, or a newer one, is spoken; false while the engine is away. */
  readonly isAtLeast: (version: string) => Promise<boolean>
  /** Questions that are under way fail, and so does whatever is asked later. */
  readonly close: () => void
}

export type EngineOptions = { readonly socketPath: string; readonly clock: Clock }

type State = {
  readonly options: EngineOptions
  readonly agent: Agent
  /** Asked once, and again after the engine was away: it may have come back as another version. */
  prefix?: Answer<string> | undefined
  isClosed: boolean
}

const PATIENCE = millis(30_000)
/** Much more than any answer that we ask for. */
const ANSWER_LIMIT = 64 * 1024 * 1024

export function openEngine(options: EngineOptions): Engine {
  const state: State = { options, agent: new Agent({ keepAlive: true, maxFreeSockets: 16 }), isClosed: false }
  return {
    socketPath: options.socketPath,
    call: async <T>(call: Call) => {
      const answer = await begin(state, call)
      if (!answer.ok) return answer
      const text = await textOf(state, answer.value, call)
      return text.ok ? ok((text.value === '' ? undefined : JSON.parse(text.value)) as T) : text
    },
    stream: (call) => begin(state, call),
    hijack: (call) => hijack(state, call),
    isAtLeast: async (version) => {
      const prefix = await prefixOf(state)
      return prefix.ok && !isNewer(version, prefix.value.slice(2))
    },
    close: () => {
      state.isClosed = true
      state.agent.destroy()
    },
  }
}

/** `/v1.41`, as the engine and this client both speak it. */
async function prefixOf(state: State): Answer<string> {
  if (state.isClosed) return fail(unreachableAt(state.options.socketPath, 'it is no longer asked'))
  state.prefix ??= send(state, { method: 'GET', path: '/_ping' }).then((answer) => {
    if (!answer.ok) return answer
    answer.value.resume()
    return ok(`/v${apiVersion(answer.value.headers['api-version'])}`)
  })
  const prefix = await state.prefix
  if (!prefix.ok) state.prefix = undefined
  return prefix
}

async function begin(state: State, call: Call): Answer<IncomingMessage> {
  const prefix = await prefixOf(state)
  if (!prefix.ok) return prefix
  const answer = await send(state, { ...call, path: `${prefix.value}${call.path}${queryText(call.query)}` })
  if (!answer.ok) {
    state.prefix = undefined
    return answer
  }
  const { statusCode = 0 } = answer.value
  if (statusCode < 400) return answer
  return refusal(state, answer.value, call)
}

async function refusal(state: State, message: IncomingMessage, call: Call): Answer<never> {
  const text = await textOf(state, message, call)
  if (!text.ok) return text
  return fail({ kind: 'Refused', status: message.statusCode ?? 0, message: messageIn(text.value) })
}

/** Engines explain themselves in `{"message": …}`; Podman adds a cause. */
function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: string }
    return message ?? text.trim()
  } catch {
    return text.trim()
  }
}

function send(state: State, call: Call): Answer<IncomingMessage> {
  return new Promise((resolve) => attempt(state, call, resolve, 'First'))
}

type Resolve = (answer: Result<IncomingMessage, EngineError>) => void

function attempt(state: State, call: Call, resolve: Resolve, which: 'First' | 'Again'): void {
  const { request, silence } = open(state, call, state.agent, (error) => {
    // The engine had closed a connection that was kept for later, and has not seen the question.
    const wasUnseen = request.reusedSocket && which === 'First' && codeOf(error) === 'ECONNRESET'
    if (wasUnseen && !state.isClosed) {
      attempt(state, call, resolve, 'Again')
    } else resolve(fail(unreachable(state, error)))
  })
  request.once('response', (message) => {
    silence()
    resolve(ok(message))
  })
}

function hijack(state: State, call: Call): Answer<Socket> {
  return new Promise((resolve) => {
    void prefixOf(state).then((prefix) => {
      if (!prefix.ok) return resolve(prefix)
      const headers = { ...call.headers, Connection: 'Upgrade', Upgrade: 'tcp' }
      const path = `${prefix.value}${call.path}${queryText(call.query)}`
      const { request, silence } = open(state, { ...call, path, headers }, undefined, (error) =>
        resolve(fail(unreachable(state, error))),
      )
      request.once('upgrade', (_message, socket: Socket, head) => {
        silence()
        if (head.length > 0) socket.unshift(head)
        resolve(ok(socket))
      })
      request.once('response', (message) => {
        silence()
        void refusal(state, message, call).then(resolve)
      })
    })
  })
}

function open(
  { options }: State,
  { method, path, body, headers, timeout = PATIENCE }: Call,
  agent: Agent | undefined,
  onError: (error: Error) => void,
): { readonly request: ClientRequest; readonly silence: () => void } {
  const bytes = body === undefined ? undefined : body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
  const request = httpRequest({
    socketPath: options.socketPath,
    agent: agent ?? false,
    method,
    path,
    headers: {
      Host: 'docker',
      ...(bytes === undefined
        ? {}
        : {
            'Content-Type': body instanceof Uint8Array ? 'application/x-tar' : 'application/json',
            'Content-Length': bytes.length,
          }),
      ...headers,
    },
  })
  const silence = options.clock.wake(timeout, () => {
    request.destroy(new Error(`it did not answer within ${Math.round(timeout / 1000)} s`))
  })
  request.on('error', (error) => {
    silence()
    onError(error)
  })
  request.end(bytes)
  return { request, silence }
}

/** The whole body, which has as much time again as the answer had to begin. */
function textOf({ options }: State, message: IncomingMessage, { timeout = PATIENCE }: Call): Answer<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    let size = 0
    const silence = options.clock.wake(timeout, () => message.destroy(new Error('its answer did not end')))
    message.on('data', (part: Buffer) => {
      parts.push(part)
      size += part.length
      if (size > ANSWER_LIMIT) message.destroy(new Error('its answer is too long'))
    })
    const end = (answer: Result<string, EngineError>) => {
      silence()
      resolve(answer)
    }
    const broken = (error: Error) => end(fail(unreachableAt(options.socketPath, error.message)))
    message.once('error', broken)
    message.once('aborted', () => broken(new Error('the connection broke')))
    message.once('end', () => end(ok(Buffer.concat(parts).toString())))
  })
}

const queryText = (query: Query = {}): string => {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

const codeOf = (error: Error): string | undefined => ('code' in error ? String(error.code) : undefined)

function unreachable({ options }: State, error: Error): EngineError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such socket; is Docker running?',
    ECONNREFUSED: 'nothing listens there; is Docker running?',
    EACCES: 'permission denied; run jobd as a user who may use Docker',
    ECONNRESET: 'the connection broke',
  }
  return unreachableAt(options.socketPath, reasons[codeOf(error) ?? ''] ?? error.message)
}

const unreachableAt = (socketPath: string, because: string): EngineError => ({
  kind: 'Unreachable',
  message: `the container engine at ${socketPath} cannot be reached: ${because}`,
})
