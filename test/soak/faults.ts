/** What goes wrong around a server that is to go on: each fault again and again, after a pause of its own. */
import type { TLSSocket } from 'node:tls'
import type { SeededRandom } from '../sim/seeded-random.ts'
import type { Server } from '../support/executable.ts'
import { helpersOf, killOne } from '../support/leftovers.ts'
import type { Requests } from '../support/requests.ts'
import { jobObject, jobsOf } from './load.ts'
import { newPauses } from './pauses.ts'

type Around = {
  readonly server: Server
  readonly requests: Requests
  readonly random: SeededRandom
  readonly starts: string
  readonly pause: (ms: number) => Promise<void>
  readonly isOver: () => boolean
}

type Fault = {
  readonly name: string
  /** What is done. Answers false when there was nothing that it could be done to. */
  readonly act: (around: Around, count: number) => Promise<boolean>
  readonly everySeconds: number
}

const json = { 'Content-Type': 'application/json', Accept: 'application/json' }

/** A connection that is lost in the middle of a request. */
async function halfRequest({ requests, random }: Around): Promise<boolean> {
  const socket = await quiet(requests)
  const head = `POST ${jobsOf('default')} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"kind":`
  socket.write(head.slice(0, random.between(1, head.length)))
  socket.destroy()
  return true
}

/** A watch whose client goes away without a word. */
async function cutWatch(around: Around): Promise<boolean> {
  const socket = await openWatch(around)
  socket.destroy()
  return true
}

/** A watch whose client does not read for a while, and what comes meanwhile must wait. */
async function slowWatch(around: Around): Promise<boolean> {
  const socket = await openWatch(around)
  socket.pause()
  await around.pause(20_000)
  socket.destroy()
  return true
}

async function openWatch({ requests }: Around): Promise<TLSSocket> {
  const socket = await quiet(requests)
  const begun = new Promise((resolve) => socket.once('data', resolve))
  socket.write('GET /api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0 HTTP/1.1\r\nHost: x\r\n\r\n')
  await begun
  return socket
}

async function quiet(requests: Requests): Promise<TLSSocket> {
  const socket = await requests.open()
  socket.on('error', () => {})
  return socket
}

/** What must be refused, and is. */
async function refused({ requests }: Around): Promise<boolean> {
  const path = '/api/v1/namespaces/default/configmaps'
  const metadata = { name: 'stale', resourceVersion: '1' }
  const stale = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
  const asked = [
    { method: 'POST', path, body: '{"kind":', codes: [400] },
    { method: 'PUT', path: `${path}/stale`, body: JSON.stringify(stale), codes: [404, 409] },
    {
      method: 'POST',
      path: jobsOf('default'),
      body: JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job' }),
      codes: [422],
    },
    { method: 'GET', path: `${path}?continue=x`, body: undefined, codes: [400] },
    { method: 'GET', path: '/apis/none/v9/nothing', body: undefined, codes: [404] },
  ]
  for (const { codes, ...ask } of asked) {
    const { code, text } = await requests.send({ ...ask, headers: json })
    if (!codes.includes(code))
      throw new Error(`${ask.method} ${ask.path} was answered with ${code}: ${text.slice(0, 300)}`)
  }
  return true
}

/** A namespace with what belongs into one, deleted at once. */
async function namespace({ requests, starts }: Around, count: number): Promise<boolean> {
  const name = `soak-${count}`
  await made(requests, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const hard = { hard: { pods: '1' } }
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: hard }
  await made(requests, `/api/v1/namespaces/${name}/resourcequotas`, quota)
  for (const job of ['one', 'two']) await made(requests, jobsOf(name), jobObject(job, starts))
  const { template } = jobObject('each', starts).spec
  const spec = { schedule: '* * * * *', jobTemplate: { spec: { template } } }
  const cronJob = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'each' }, spec }
  await made(requests, `/apis/batch/v1/namespaces/${name}/cronjobs`, cronJob)
  const { code, text } = await requests.send({ method: 'DELETE', path: `/api/v1/namespaces/${name}`, headers: json })
  if (code !== 200) throw new Error(`the namespace ${name} was not deleted: ${code} ${text.slice(0, 300)}`)
  return true
}

async function made(requests: Requests, path: string, object: object): Promise<void> {
  const { code, value } = await requests.json('POST', path, object)
  if (code !== 201) throw new Error(`POST ${path} was answered with ${code}: ${JSON.stringify(value).slice(0, 300)}`)
}

/** Somebody deletes a pod under its Job. */
async function deletePod({ requests, random }: Around): Promise<boolean> {
  const path = '/api/v1/namespaces/default/pods'
  const { value } = await requests.json('GET', path)
  const { items } = value as { readonly items: readonly { readonly metadata: { readonly name: string } }[] }
  if (items.length === 0) return false
  const { name } = random.pick(items).metadata
  const { code } = await requests.send({ method: 'DELETE', path: `${path}/${name}`, headers: json })
  // It may have gone while we chose.
  return code === 200
}

/** Of whatever container runs at that moment; there may be none, and then the next is waited for. */
async function killSupervisor({ server, random, pause, isOver }: Around): Promise<boolean> {
  while (!isOver()) {
    if (killOne(helpersOf(server).supervisors, random)) return true
    await pause(100)
  }
  return false
}

/** The server stands still for a moment. */
async function stopServer({ server, pause }: Around): Promise<boolean> {
  process.kill(server.pid, 'SIGSTOP')
  await pause(200)
  process.kill(server.pid, 'SIGCONT')
  return true
}

const faults: readonly Fault[] = [
  { name: 'halfRequest', everySeconds: 2, act: halfRequest },
  { name: 'cutWatch', everySeconds: 3, act: cutWatch },
  { name: 'slowWatch', everySeconds: 10, act: slowWatch },
  { name: 'refused', everySeconds: 1, act: refused },
  { name: 'namespace', everySeconds: 15, act: namespace },
  { name: 'deletePod', everySeconds: 5, act: deletePod },
  { name: 'killSupervisor', everySeconds: 45, act: killSupervisor },
  {
    name: 'killSpawner',
    everySeconds: 70,
    act: async ({ server, random }) => killOne(helpersOf(server).spawners, random),
  },
  { name: 'stopServer', everySeconds: 60, act: stopServer },
]

/** Begins; stop answers how often each fault happened, and rejects with the first that could not be. */
export function startFaults(around: Omit<Around, 'pause' | 'isOver'>): {
  readonly stop: () => Promise<Readonly<Record<string, number>>>
} {
  const counts: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]))
  const { pause, isOver, end } = newPauses()
  const repeat = async ({ name, everySeconds, act }: Fault): Promise<void> => {
    for (let count = 0; !isOver(); count++) {
      await pause(1000 * everySeconds)
      if (!isOver() && (await act({ ...around, pause, isOver }, count))) counts[name] = (counts[name] ?? 0) + 1
    }
  }
  const ended = Promise.all(faults.map(repeat))
  // Told to whoever stops the faults: until then it must not end the process.
  ended.catch(() => {})
  return {
    async stop() {
      end()
      await ended
      return counts
    },
  }
}
