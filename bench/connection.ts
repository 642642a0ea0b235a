/** The way to a server, and plain HTTP/1.1 over TLS as the load programs speak it: as little work for each answer as can be. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { parse } from 'yaml'

export type Access = {
  readonly tls: ConnectionOptions
  /** The headers of every request: `Host` and who asks. */
  readonly headers: string
  /** Who asks, as a header of HTTP/2. */
  readonly authorization: { readonly authorization?: string }
}

/** The way to a server whose admin credential is in a kubeconfig that jobd wrote. */
export function accessOf(url: string, kubeconfig: string): Access {
  const { hostname, port } = new URL(url)
  const config = parse(readFileSync(kubeconfig, 'utf8')) as {
    clusters: [{ cluster: Record<string, string> }]
    users: [{ user: Record<string, string> }]
  }
  const decode = (text: string | undefined): Buffer | undefined =>
    text === undefined ? undefined : Buffer.from(text, 'base64')
  const { user } = config.users[0]
  const { token } = user
  return {
    tls: {
      host: hostname,
      port: Number(port),
      ca: decode(config.clusters[0].cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
      servername: 'localhost',
    },
    headers: `Host: ${hostname}\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}`,
    authorization: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }
}

type Answer = { readonly status: number; readonly chunked: boolean; left: number }

const lastChunk = Buffer.from('0\r\n\r\n')

/**
 * Takes the bytes of one connection and calls `onAnswer` with the status of each whole answer. Bodies are counted and
 * not kept, so that a large one costs the client no more than its reading.
 */
export function newReader(onAnswer: (status: number) => void): (bytes: Buffer) => void {
  let answer: Answer | undefined
  let start: Buffer = Buffer.alloc(0)
  const done = (status: number): void => {
    answer = undefined
    start = Buffer.alloc(0)
    onAnswer(status)
  }
  return (bytes) => {
    let body = bytes
    if (answer === undefined) {
      const all = start.length === 0 ? bytes : Buffer.concat([start, bytes])
      const end = all.indexOf('\r\n\r\n')
      if (end < 0) {
        start = all
        return
      }
      const head = all.toString('latin1', 0, end)
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
      answer = { status: Number(head.slice(9, 12)), chunked: length === undefined, left: Number(length ?? 0) }
      body = all.subarray(end + 4)
    }
    answer.left -= body.length
    if (answer.chunked ? body.subarray(-lastChunk.length).equals(lastChunk) : answer.left <= 0) done(answer.status)
  }
}
