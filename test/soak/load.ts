/** Clients that ask one server without end, each the next thing as soon as it may. */
import type { Job } from '../../src/apis/batch/index.ts'
import type { Client } from '../../src/client/index.ts'
import type { SeededRandom } from '../sim/seeded-random.ts'
import { CONTENT, type Ledger, perform, type Write } from '../support/crash-ledger.ts'
import { isOver as isJobOver, whenJob } from '../support/many-pods.ts'
import type { Requests } from '../support/requests.ts'
import { newPauses } from './pauses.ts'

export type Lane = {
  readonly name: string
  readonly clients: number
  /** One operation of a client. */
  readonly act: (client: number) => Promise<void>
}

export type Load = {
  /** Ends when the operations under way have ended; rejects with the first that failed. */
  readonly stop: () => Promise<void>
  /** Milliseconds of each operation that ended since the last call. */
  readonly taken: () => readonly number[]
  readonly count: () => number
  /** Operations that were passed over since their client had fallen behind by more than a second. */
  readonly missed: () => number
}

/** As fast as answers come when there is no rate, else so many operations a second of all clients together. */
export function startLoad({ clients, act }: Lane, perSecond: number | undefined): Load {
  const state = { count: 0, missed: 0, times: [] as number[] }
  const interval = perSecond === undefined ? 0 : (1000 * clients) / perSecond
  const { pause, isOver, end } = newPauses()
  const work = async (client: number): Promise<void> => {
    let due = performance.now() + (interval * client) / clients
    while (!isOver()) {
      const now = performance.now()
      if (due > now) await pause(due - now)
      if (isOver()) return
      const behind = interval === 0 ? 0 : Math.floor((performance.now() - due - 1000) / interval)
      if (behind > 0) {
        state.missed += behind
        due += behind * interval
      }
      const begin = performance.now()
      await act(client)
      state.times.push(performance.now() - begin)
      state.count++
      due += interval
    }
  }
  const ended = Promise.all(Array.from({ length: clients }, (_, client) => work(client)))
  // Told to whoever stops the load: until then it must not end the process.
  ended.catch(() => {})
  return {
    async stop() {
      end()
      await ended
    },
    taken() {
      const { times } = state
      state.times = []
      return times
    },
    count: () => state.count,
    missed: () => state.missed,
  }
}

/** ConfigMaps of one client: so many that lists are long, so few that all are changed often. */
const KEYS = 40

/** Reads, lists and writes of small objects; each client writes its own alone, and knows what they must be. */
export function requestLane(requests: Requests, ledger: Ledger, random: SeededRandom): Lane {
  const clients = 12
  const randoms = Array.from({ length: clients }, (_, client) => random.fork(`requests ${client}`))
  const path = '/api/v1/namespaces/default/configmaps'
  let count = 0
  const act = async (client: number): Promise<void> => {
    const mine = randoms[client] ?? random
    const name = `c${client}-${mine.between(1, KEYS)}`
    const key = `configmaps/${name}`
    const isThere = ledger.written.get(key)?.content !== undefined
    const what = mine.between(1, 100)
    if (what <= 5) await expectCode(requests, `${path}?limit=100`, 200)
    else if (what <= 45) await expectCode(requests, `${path}/${name}`, isThere ? 200 : 404)
    else await perform(ledger, requests, writeOf({ name, key, isThere, what, content: `w${count++}` }))
  }
  return { name: 'requests', clients, act }
}

type Draft = {
  readonly name: string
  readonly key: string
  readonly isThere: boolean
  readonly what: number
  readonly content: string
}

function writeOf({ name, key, isThere, what, content }: Draft): Write {
  if (isThere) return what <= 60 ? { kind: 'delete', key } : { kind: 'update', key, content }
  const metadata = { name, labels: { [CONTENT]: content } }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(500) } }
  return { kind: 'create', key, content, object }
}

async function expectCode(requests: Requests, path: string, expected: number): Promise<void> {
  const { code, text } = await requests.send({ path, headers: { Accept: 'application/json' } })
  if (code !== expected) throw new Error(`GET ${path} was answered with ${code}: ${text.slice(0, 500)}`)
}

export const jobsOf = (namespace: string): string => `/apis/batch/v1/namespaces/${namespace}/jobs`

/** A Job whose one pod says that it started and works for a moment. It is cleared away soon after. */
export function jobObject(name: string, starts: string): Job {
  const script = `echo $JOBD_POD_UID >> ${starts}; echo hello; sleep 0.05`
  const containers = [{ name: 'main', image: 'host', command: ['/bin/sh', '-c', script] }]
  const template = { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers } }
  const spec = { backoffLimit: 0, ttlSecondsAfterFinished: 2, template }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec } as unknown as Job
}

/** Jobs from their creation to their end, each watched by its own watch. */
export function jobLane(requests: Requests, client: Client, starts: string): Lane {
  let count = 0
  const act = async (): Promise<void> => {
    const { code, value } = await requests.json('POST', jobsOf('default'), jobObject(`job-${count++}`, starts))
    if (code !== 201) throw new Error(`a Job was refused: ${code} ${JSON.stringify(value)}`)
    await whenJob(client, value as Job, isJobOver)
  }
  return { name: 'jobs', clients: 3, act }
}
