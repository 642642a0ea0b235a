/**
 * Many watches of ConfigMaps, each on a connection of its own: `node bench/watchers.ts URL KUBECONFIG COUNT`.
 * Prints a line when all are open; for each line of its input it creates one ConfigMap and prints how many
 * milliseconds passed until the last watch had it.
 */
import { createInterface } from 'node:readline'
import { connect, type TLSSocket } from 'node:tls'
import { accessOf, newReader } from './connection.ts'

const [url = '', kubeconfig = '', count = '1000'] = process.argv.slice(2)
const { tls, headers } = accessOf(url, kubeconfig)
const path = '/api/v1/namespaces/default/configmaps'
const total = Number(count)

let told = 0
let onAll: () => void = () => {}

/** Connects and resolves when the answer's head is there; counts every event that comes later. */
function watch(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(tls, () => {
      socket.write(`GET ${path}?watch=1&timeoutSeconds=3600 HTTP/1.1\r\n${headers}Accept: application/json\r\n\r\n`)
    })
    let open = false
    socket.on('error', reject)
    socket.on('data', (bytes: Buffer) => {
      if (!open) {
        open = true
        resolve(socket)
      }
      if (!bytes.includes('"told-')) return
      told++
      if (told === total) onAll()
    })
  })
}

async function openAll(): Promise<readonly TLSSocket[]> {
  const sockets: TLSSocket[] = []
  const some = 50
  while (sockets.length < total) {
    sockets.push(...(await Promise.all(Array.from({ length: Math.min(some, total - sockets.length) }, watch))))
  }
  return sockets
}

function connected(): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(tls, () => resolve(socket))
    socket.on('error', reject)
  })
}

const sockets = await openAll()
const writer = await connected()
writer.on(
  'data',
  newReader((status) => {
    if (status !== 201) throw new Error(`a create was answered with ${status}`)
  }),
)
console.log(JSON.stringify({ open: sockets.length }))
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
for (const socket of [...sockets, writer]) socket.destroy()
