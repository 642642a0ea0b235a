/** The input of a container's main process, over a WebSocket. What the process says comes by its log. */
import type { Status } from '../../apimachinery/index.ts'
import { plainError, serviceUnavailable } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { locate, queryText } from './paths.ts'
import type { RestConfig } from './transport.ts'

export type InputRequest = { readonly namespace: string; readonly pod: string; readonly container: string }

/** How a session ended: with the process, refused by the server, or in the middle. */
export type InputEnd =
  | { readonly kind: 'Over' }
  | { readonly kind: 'Refused'; readonly message: string }
  | { readonly kind: 'Broken'; readonly message: string }

export type InputSession = {
  /** Resolves when more may come, or nobody takes any more. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** The process reads the end of its input once it has read what was written. */
  readonly end: () => void
  /** Lets go of the process at once: what was written and not taken yet may be lost. */
  readonly close: () => void
  readonly ended: Promise<InputEnd>
}

/** Channels are numbered, and can be closed one by one in this version. */
const protocol = 'v5.channel.k8s.io'
const channel = { stdin: 0, error: 3, close: 255 } as const

export async function openInput(config: RestConfig, request: InputRequest): Promise<Result<InputSession, Status>> {
  const { namespace, pod, container } = request
  const located = locate({ resource: 'pods', namespace, name: pod, subresource: 'attach' })
  if (!located.ok) return located
  const { WebSocket } = await import('ws')
  const token = typeof config.token === 'function' ? config.token() : config.token
  const url = config.server.replace(/^http/, 'ws').replace(/\/$/, '') + located.value.path
  const socket = new WebSocket(
    url + queryText({ container, stdin: true, stdout: 'false', stderr: 'false' }),
    [protocol],
    {
      ca: config.ca,
      cert: config.cert,
      key: config.key,
      rejectUnauthorized: config.insecureSkipTlsVerify !== true,
      perMessageDeflate: false,
      ...(config.tlsServerName === undefined ? {} : { servername: config.tlsServerName }),
      headers: { 'User-Agent': config.userAgent, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    },
  )
  return await new Promise((resolve) => {
    socket.once('error', (error) =>
      resolve(fail(serviceUnavailable(`cannot reach ${config.server}: ${error.message}`))),
    )
    socket.once('unexpected-response', (_, { statusCode = 0, statusMessage }) => {
      socket.terminate()
      resolve(fail(plainError(`the server refused the input: ${statusMessage ?? ''}`, statusCode)))
    })
    const ended = endOf(socket)
    socket.once('open', () => resolve(ok(sessionOn(socket, ended))))
  })
}

type Socket = import('ws').WebSocket

function sessionOn(socket: Socket, ended: Promise<InputEnd>): InputSession {
  return {
    write: (bytes) =>
      new Promise((resolve) => {
        const message = new Uint8Array(bytes.length + 1)
        message[0] = channel.stdin
        message.set(bytes, 1)
        // Called with an error where the connection has gone, which its end tells.
        socket.send(message, () => resolve())
      }),
    end: () => socket.send(Uint8Array.of(channel.close, channel.stdin), () => undefined),
    close: () => socket.terminate(),
    ended,
  }
}

/** What the server tells last, before it closes. */
function endOf(socket: Socket): Promise<InputEnd> {
  let end: InputEnd = { kind: 'Broken', message: 'the connection broke off' }
  socket.on('message', (data: Buffer) => {
    if (data[0] !== channel.error) return
    const { status, message = '' } = JSON.parse(data.subarray(1).toString('utf8')) as Status
    end = status === 'Success' ? { kind: 'Over' } : { kind: 'Refused', message }
  })
  return new Promise((resolve) => {
    // An error is told as the end that follows it.
    socket.on('error', () => undefined)
    socket.once('close', () => resolve(end))
  })
}
