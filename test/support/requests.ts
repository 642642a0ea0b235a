/** Plain requests to a running server, as its administrator: what no client library would send. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { parse } from 'yaml'
import type { Server } from './executable.ts'

export type Answer = {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly text: string
}

export type Ask = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array | undefined
}

export type Requests = {
  /** Rejects when the connection breaks without an answer. */
  readonly send: (ask: Ask) => Promise<Answer>
  readonly json: (method: string, path: string, body?: unknown) => Promise<Answer & { readonly value: unknown }>
  /** A TLS connection that bytes of any kind can be written to. */
  readonly open: () => Promise<TLSSocket>
  readonly close: () => void
}

type Kubeconfig = {
  readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[]
  readonly users: readonly {
    readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string }
  }[]
}

/** The administrator's way in, out of the kubeconfig that the server wrote. */
function identity(kubeconfig: string): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const bytes = (text = ''): Buffer => Buffer.from(text, 'base64')
  return {
    ca: bytes(clusters[0]?.cluster['certificate-authority-data']),
    cert: bytes(users[0]?.user['client-certificate-data']),
    key: bytes(users[0]?.user['client-key-data']),
  }
}

export function requestsTo(server: Pick<Server, 'url' | 'kubeconfig'>): Requests {
  const tls = identity(server.kubeconfig)
  const { hostname, port } = new URL(server.url)
  const agent = new Agent({ ...tls, keepAlive: true })
  const send = ({ method = 'GET', path, headers = {}, body }: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ agent, hostname, port, method, path, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const whole = Buffer.concat(chunks)
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            text: whole.toString('utf8'),
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  return {
    send,
    async json(method, path, body) {
      const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
      const answer = await send({ method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) })
      return { ...answer, value: JSON.parse(answer.text) as unknown }
    },
    open: () =>
      new Promise((resolve, reject) => {
        const socket = connect({ ...tls, host: hostname, port: Number(port) }, () => resolve(socket))
        socket.once('error', reject)
      }),
    close: () => agent.destroy(),
  }
}
