/** Plain requests by either version of HTTP, as no client library would send them. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import { request } from 'node:https'

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>
export type HttpAnswer = {
  readonly code: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
  readonly text: string
}
export type HttpAsk = {
  readonly method: string
  readonly path: string
  readonly headers?: HttpHeaders
  readonly body?: string | Buffer | undefined
}
export type HttpCalls = {
  /** Rejects when the connection or the stream breaks before the answer is whole. */
  readonly call: (ask: HttpAsk) => Promise<HttpAnswer>
  readonly close: () => void
}
export type HttpAccess = {
  readonly url: string
  readonly ca: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}
export type OpenHttpCalls = (access: HttpAccess) => HttpCalls

async function answerOf(code: number, headers: HttpAnswer['headers'], body: AsyncIterable<unknown>) {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  const whole = Buffer.concat(chunks)
  return { code, headers, body: whole, text: whole.toString('utf8') }
}

/** Each request on a connection of its own. */
export const http1Calls: OpenHttpCalls = ({ url, ...tls }) => ({
  async call({ method, path, headers = {}, body }) {
    const req = request(`${url}${path}`, { method, ...tls, agent: false, headers })
    req.end(body)
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    return answerOf(res.statusCode ?? 0, res.headers as HttpAnswer['headers'], res)
  },
  close() {},
})

/** All requests on one connection, as Go's clients have it. */
export const http2Calls: OpenHttpCalls = ({ url, ...tls }) => {
  let session: ClientHttp2Session | undefined
  return {
    async call({ method, path, headers = {}, body }) {
      session ??= connect(url, tls)
      const stream = session.request({ ':method': method, ':path': path, ...headers })
      const answered = once(stream, 'response')
      stream.end(body)
      const [{ ':status': code, ...others }] = (await answered) as [Record<string, string> & { ':status': number }]
      return answerOf(code, others, stream)
    },
    close: () => session?.destroy(),
  }
}
