/**
 * A small load generator: N connections, one request after the other on each, as kubectl-like clients do. It runs as its
 * own process, so that its CPU is not the server's.
 *
 *     node bench/load.ts URL KUBECONFIG [--connections 32] [--count 1000] [--method GET] --path PATH
 *         [--body TEMPLATE [--protobuf]] [--accept MEDIA] [--http2]
 *
 * With `--http2` the connections are streams of one connection, as Go's clients have it.
 * `{i}` in path and body becomes the number of the request. The body is JSON; with `--protobuf` it is sent as protobuf.
 * Prints one line of JSON: count, seconds, perSecond, p50 and p99 in milliseconds, failures.
 */
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect, type TLSSocket } from 'node:tls'
import { parseArgs } from 'node:util'
import { decodeObject, encodeProtobuf, type KubeObject, typeOfKind } from '../src/apimachinery/index.ts'
import { accessOf, newReader } from './connection.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    connections: { type: 'string', default: '32' },
    count: { type: 'string', default: '1000' },
    method: { type: 'string', default: 'GET' },
    path: { type: 'string', default: '/' },
    body: { type: 'string', default: '' },
    protobuf: { type: 'boolean', default: false },
    accept: { type: 'string', default: 'application/json' },
    http2: { type: 'boolean', default: false },
  },
})
const [url = '', kubeconfig = ''] = positionals
const { tls, headers, authorization } = accessOf(url, kubeconfig)
const total = Number(values.count)
const times: number[] = []
let next = 0
let failures = 0

/** Bodies are made before the clock starts: the client has better things to do than the server's work. */
const bodies = values.body === '' ? [] : Array.from({ length: total }, (_, i) => bodyOf(i))

function bodyOf(i: number): Buffer {
  const text = values.body.replaceAll('{i}', String(i))
  if (!values.protobuf) return Buffer.from(text)
  const object = JSON.parse(text) as KubeObject
  const { apiVersion = '', kind = '' } = object
  const type = typeOfKind(apiVersion, kind)
  if (type === undefined) throw new Error(`no type is known of ${apiVersion} ${kind}`)
  const decoded = decodeObject(type, object, 'Strict')
  if (!decoded.ok) throw new Error(decoded.error.message)
  return Buffer.from(encodeProtobuf(type, { apiVersion, kind }, decoded.value.object))
}

function requestOf(i: number): Buffer | string {
  const path = values.path.replaceAll('{i}', String(i))
  const head = `${values.method} ${path} HTTP/1.1\r\n${headers}Accept: ${values.accept}\r\n`
  const body = bodies[i]
  if (body === undefined) return `${head}\r\n`
  const type = values.protobuf ? 'application/vnd.kubernetes.protobuf' : 'application/json'
  return Buffer.concat([Buffer.from(`${head}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`), body])
}

function worker(): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0
    const socket: TLSSocket = connect(tls, () => send())
    const send = (): void => {
      if (next >= total) {
        socket.end()
        resolve()
        return
      }
      const request = requestOf(next++)
      started = performance.now()
      socket.write(request)
    }
    const read = newReader((status) => {
      if (status < 200 || status > 299) failures++
      times.push(performance.now() - started)
      send()
    })
    socket.setNoDelay(true)
    socket.on('error', reject)
    socket.on('data', read)
  })
}

/** Sends one request after the other, as `worker` does, on streams of a connection that others share. */
async function streamWorker(session: ClientHttp2Session): Promise<void> {
  const type = values.protobuf ? 'application/vnd.kubernetes.protobuf' : 'application/json'
  while (next < total) {
    const i = next++
    const started = performance.now()
    const stream = session.request({
      ':method': values.method,
      ':path': values.path.replaceAll('{i}', String(i)),
      accept: values.accept,
      ...authorization,
      ...(bodies[i] === undefined ? {} : { 'content-type': type }),
    })
    stream.on('response', ({ ':status': status = 0 }) => {
      if (status < 200 || status > 299) failures++
    })
    stream.resume()
    stream.end(bodies[i])
    await once(stream, 'close')
    times.push(performance.now() - started)
  }
}

async function allStreams(count: number): Promise<void> {
  // Windows as Go's clients have them.
  const session = connectHttp2(url, { ...tls, settings: { initialWindowSize: 4 << 20 } })
  await once(session, 'connect')
  session.setLocalWindowSize(1 << 30)
  await Promise.all(Array.from({ length: count }, () => streamWorker(session)))
  session.close()
}

const begin = performance.now()
const count = Number(values.connections)
await (values.http2 ? allStreams(count) : Promise.all(Array.from({ length: count }, worker)))
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
    max: at(1),
    failures,
  }),
)
