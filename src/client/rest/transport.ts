/** Requests over HTTP and HTTPS with kept connections; failures of the network become Status values. */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import * as https from 'node:https'
import { plainError, type Status, serviceUnavailable } from '../../apimachinery/index.ts'
import { type Clock, fail, millis, ok, pause, type Result } from '../../base/index.ts'
import { warningTexts } from './warnings.ts'

/** How to reach a server, and as whom. */
export type RestConfig = {
  /** `https://host:port`, perhaps with a path in front of the API. */
  readonly server: string
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string | undefined
  /** PEM of a client certificate and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** A bearer token; a function is asked for every request, so that a renewed one is used. */
  readonly token?: string | (() => string) | undefined
  /** Takes any certificate. Only for tests. */
  readonly insecureSkipTlsVerify?: boolean | undefined
  readonly tlsServerName?: string | undefined
  /** The default field manager of writes is what stands before the first `/`. */
  readonly userAgent: string
  /** Takes what the server warns of, of every answer, refusals included; dropped when absent. */
  readonly warn?: ((text: string) => void) | undefined
  readonly clock: Clock
}

export type RestRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly accept?: string | undefined
  readonly contentType?: string | undefined
  readonly body?: string | undefined
  /** The answer has no end of its own. */
  readonly stream?: boolean | undefined
}

export type RestResponse = { readonly code: number; readonly contentType: string; readonly text: string }

export type Transport = {
  /** The head of an answer of any code; the caller reads the body. */
  readonly open: (request: RestRequest) => Promise<Result<IncomingMessage, Status>>
  /** A whole answer of any code. Asks again where the server says when (429 and 5xx with Retry-After). */
  readonly send: (request: RestRequest) => Promise<Result<RestResponse, Status>>
  readonly close: () => void
}

/** What requests go through: of Node's HTTP or HTTPS. */
type Wire = {
  readonly request: (options: RequestOptions) => ClientRequest
  readonly agent: Agent
  readonly streams: Agent
}

const maxSockets = 64
const idleLimit = millis(70_000)
const keepAliveProbe = millis(30_000)
const maxRetries = 10

async function readText(res: IncomingMessage): Promise<string> {
  res.setEncoding('utf8')
  let text = ''
  for await (const chunk of res) text += chunk as string
  return text
}

function retryAfter(code: number, header: string | undefined): number | undefined {
  if (header === undefined || (code !== 429 && code < 500) || !/^\d+$/.test(header)) return undefined
  return Number(header)
}

export function newTransport(config: RestConfig): Transport {
  const base = new URL(config.server)
  const secure = base.protocol === 'https:'
  const tls = {
    ca: config.ca,
    cert: config.cert,
    key: config.key,
    rejectUnauthorized: config.insecureSkipTlsVerify !== true,
    ...(config.tlsServerName === undefined ? {} : { servername: config.tlsServerName }),
  }
  const shared = { keepAlive: true, ...(secure ? tls : {}) }
  let wire: Promise<Wire> | undefined
  const connect = async (): Promise<Wire> => {
    // Loaded late: `node:http` brings all of Node's own HTTP client along, 15 ms of every start and 3 MB.
    const { Agent, request } = secure ? https : await import('node:http')
    return {
      request,
      agent: new Agent({ ...shared, maxSockets, timeout: idleLimit }),
      // Watches may be silent for long and must not take the places of requests.
      streams: new Agent(shared),
    }
  }
  const prefix = base.pathname.replace(/\/$/, '')
  const unreachable = (error: Error): Status => serviceUnavailable(`cannot reach ${config.server}: ${error.message}`)

  const headersOf = ({ accept, contentType, body }: RestRequest): Record<string, string | number> => {
    const token = typeof config.token === 'function' ? config.token() : config.token
    return {
      Accept: accept ?? 'application/json',
      'User-Agent': config.userAgent,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined
        ? {}
        : { 'Content-Type': contentType ?? 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    }
  }
  const once = async (request: RestRequest): Promise<Result<IncomingMessage, { status: Status; stale: boolean }>> => {
    wire ??= connect()
    const { request: begin, agent, streams } = await wire
    return new Promise((resolve) => {
      const req = begin({
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || (secure ? 443 : 80),
        method: request.method,
        path: prefix + request.path,
        headers: headersOf(request),
        agent: request.stream ? streams : agent,
      })
      req.on('response', (res) => {
        if (config.warn !== undefined) warningTexts(res.headersDistinct['warning'] ?? []).forEach(config.warn)
        resolve(ok(res))
      })
      req.on('timeout', () => req.destroy(new Error('no answer in time')))
      req.on('error', (error) => resolve(fail({ status: unreachable(error), stale: req.reusedSocket })))
      if (request.stream) req.setSocketKeepAlive(true, keepAliveProbe)
      req.end(request.body)
    })
  }
  const open = async (request: RestRequest): Promise<Result<IncomingMessage, Status>> => {
    const opened = await once(request)
    if (opened.ok) return opened
    // A kept connection that the server had closed meanwhile: only reads may be sent twice.
    const again = opened.error.stale && request.method === 'GET' ? await once(request) : opened
    return again.ok ? again : fail(again.error.status)
  }
  return {
    open,
    async send(request) {
      for (let attempt = 0; ; attempt++) {
        const opened = await open(request)
        if (!opened.ok) return opened
        const res = opened.value
        const code = res.statusCode ?? 0
        let text: string
        try {
          text = await readText(res)
        } catch (error) {
          return fail(plainError(`the answer of ${config.server} broke off: ${(error as Error).message}`, 503))
        }
        const seconds = retryAfter(code, res.headers['retry-after'])
        if (seconds === undefined || attempt >= maxRetries) {
          return ok({ code, contentType: res.headers['content-type'] ?? '', text })
        }
        await pause(config.clock, millis(seconds * 1000))
      }
    },
    close() {
      void wire?.then(({ agent, streams }) => {
        agent.destroy()
        streams.destroy()
      })
    },
  }
}
