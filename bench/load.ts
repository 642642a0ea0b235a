/**
 * A small HTTP/1.1 load generator over TLS: N connections, one request after the other on each, as kubectl-like clients
 * do. It runs as its own process, so that its CPU is not the server's.
 *
 *     node bench/load.ts URL KUBECONFIG CONNECTIONS COUNT METHOD PATH [BODY-TEMPLATE]
 *
 * `{i}` in path and body becomes the number of the request. Prints one line of JSON: count, seconds, perSecond, p50 and
 * p99 in milliseconds, failures.
 */
import { readFileSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'
import { parse } from 'yaml'

const [url = '', kubeconfig = '', connections = '32', count = '1000', method = 'GET', path = '/', template = ''] =
  process.argv.slice(2)
const { hostname, port } = new URL(url)
const config = parse(readFileSync(kubeconfig, 'utf8')) as {
  clusters: [{ cluster: Record<string, string> }]
  users: [{ user: Record<string, string> }]
}
const decode = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text, 'base64')
const { user } = config.users[0]
const tls = {
  host: hostname,
  port: Number(port),
  ca: decode(config.clusters[0].cluster['certificate-authority-data']),
  cert: decode(user['client-certificate-data']),
  key: decode(user['client-key-data']),
  servername: 'localhost',
}
const authorization = user['token'] === undefined ? '' : `Authorization: Bearer ${user['token']}\r\n`

const total = Number(count)
const times: number[] = []
let next = 0
let failures = 0

function requestText(i: number): string {
  const body = template.replaceAll('{i}', String(i))
  const head = `${method} ${path.replaceAll('{i}', String(i))} HTTP/1.1\r\nHost: ${hostname}\r\nAccept: application/json\r\n${authorization}`
  if (body === '') return `${head}\r\n`
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Bytes of a whole answer at the head of the buffer, or undefined while it is not all there. */
function answerLength(buffer: Buffer): number | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = buffer.toString('latin1', 0, end).toLowerCase()
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1]
  if (length !== undefined) {
    const whole = end + 4 + Number(length)
    return buffer.length >= whole ? whole : undefined
  }
  const last = buffer.indexOf('\r\n0\r\n\r\n', end)
  return last < 0 && !buffer.subarray(end + 4).equals(Buffer.from('0\r\n\r\n')) ? undefined : buffer.length
}

function worker(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(tls, () => send())
    let buffer: Buffer = Buffer.alloc(0)
    let started = 0
    const send = (): void => {
      if (next >= total) {
        socket.end()
        resolve()
        return
      }
      started = performance.now()
      socket.write(requestText(next++))
    }
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      const length = answerLength(buffer)
      if (length === undefined) return
      if (!/^HTTP\/1\.1 2/.test(buffer.toString('latin1', 0, 10))) failures++
      buffer = buffer.subarray(length)
      times.push(performance.now() - started)
      send()
    })
  })
}

const begin = performance.now()
await Promise.all(Array.from({ length: Number(connections) }, worker))
const seconds = (performance.now() - begin) / 1000
times.sort((a, b) => a - b)
const at = (share: number): number =>
  Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2))
console.log(
  JSON.stringify({
    count: times.length,
    seconds: Number(seconds.toFixed(2)),
    perSecond: Math.round(times.length / seconds),
    p50: at(0.5),
    p99: at(0.99),
    failures,
  }),
)
