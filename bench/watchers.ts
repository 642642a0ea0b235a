/**
 * Many watches of ConfigMaps: `node bench/watchers.ts URL KUBECONFIG COUNT [STREAMS]`. Over HTTP/1.1 each has a connection
 * of its own; with STREAMS, so many of them share one of HTTP/2.
 * Prints a line when all are open; for each line of its input it creates one ConfigMap and prints how many
 * milliseconds passed until the last watch had it.
 */
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { createInterface } from 'node:readline'
import { connect, type TLSSocket } from 'node:tls'
import { accessOf, newReader } from './connection.ts'

const [url = '', kubeconfig = '', count = '1000', streams = '0'] = process.argv.slice(2)
const { tls, headers, authorization } = accessOf(url, kubeconfig)
const path = '/api/v1/namespaces/default/configmaps'
const watching = `${path}?watch=1&timeoutSeconds=3600`
const total = Number(count)
const perConnection = Number(streams)

type Closable = { readonly destroy: () => void }

let told = 0
let onAll: () => void = () => {}

function take(bytes: Buffer): void {
  if (!bytes.includes('"told-')) return
  told++
  if (told === total) onAll()
}

/** Connects and resolves when the answer's head is there; counts every event that comes later. */
function watch(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(tls, () => {
      socket.write(`GET ${watching} HTTP/1.1\r\n${headers}Accept: application/json\r\n\r\n`)
    })
    let open = false
    socket.on('error', reject)
    socket.on('data', (bytes: Buffer) => {
      if (!open) {
        open = true
        resolve(socket)
      }
      take(bytes)
    })
  })
}

/** The same with so many watches on one connection. */
async function watchShared(): Promise<ClientHttp2Session> {
  const session = connectHttp2(url, tls)
  await once(session, 'remoteSettings')
  const open = Array.from({ length: perConnection }, async () => {
    const stream = session.request({ ':path': watching, accept: 'application/json', ...authorization })
    stream.on('data', take)
    await once(stream, 'response')
  })
  await Promise.all(open)
  return session
}

async function openAll(): Promise<readonly Closable[]> {
  const opened: Closable[] = []
  const connections = perConnection === 0 ? total : total / perConnection
  const some = perConnection === 0 ? 50 : 5
  while (opened.length < connections) {
    const next = Math.min(some, connections - opened.length)
    opened.push(
      ...(await Promise.all(Array.from({ length: next }, () => (perConnection === 0 ? watch() : watchShared())))),
    )
  }
  return opened
}

function connected(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(tls, () => resolve(socket))
    socket.on('error', reject)
  })
}

const connections = await openAll()
const writer = await connected()
writer.on(
  'data',
  newReader((status) => {
    if (status !== 201) throw new Error(`a create was answered with ${status}`)
  }),
)
console.log(JSON.stringify({ open: connections.length }))
let number = 0
for await (const _ of createInterface({ input: process.stdin })) {
  told = 0
  const all = new Promise<void>((resolve) => {
    onAll = resolve
  })
  const body = JSON.stringify({ metadata: { name: `told-${number++}` } })
  const begin = performance.now()
  writer.write(
    `POST ${path} HTTP/1.1\r\n${headers}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await all
  console.log(JSON.stringify({ ms: performance.now() - begin }))
}
for (const connection of [...connections, writer]) connection.destroy()
