/** Requests over HTTPS at 32 connections, and what they cost the server in CPU, which is steadier than time. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRestClient, loadKubeconfig } from '../../src/client/index.ts'
import { realClock } from '../../src/main/real.ts'
import { root, runProgram, type Server, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { type Case, type Figures, median, pause, processTree, rounded, usageOf } from '../measure.ts'

const job = JSON.stringify({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'load-{i}', labels: { app: 'load' } },
  spec: {
    suspend: true,
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'example.com/work:1',
            command: ['sh', '-c', 'true'],
            env: [{ name: 'A', value: 'b' }],
          },
        ],
      },
    },
  },
})
const jobs = '/apis/batch/v1/namespaces/default/jobs'
const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: '{i}' },
  data: { key: 'value' },
})
const protobuf = 'application/vnd.kubernetes.protobuf'

type Load = {
  readonly path: string
  readonly count: number
  readonly connections?: number
  readonly body?: string
  readonly accept?: string
  readonly protobuf?: boolean
}
type Loaded = {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly failures: number
  /** CPU of the server, all threads, for each request. */
  readonly cpuMicrosEach: number
}

/** Puts load on a server from a process of its own. */
async function load(server: Server, { path, count, connections = 32, body, accept, ...rest }: Load): Promise<Loaded> {
  const args = [server.url, server.kubeconfig, '--path', path, '--count', `${count}`, '--connections', `${connections}`]
  if (body !== undefined) args.push('--method', 'POST', '--body', body)
  if (accept !== undefined) args.push('--accept', accept)
  if (rest.protobuf === true) args.push('--protobuf')
  const before = usageOf(processTree(server.pid))
  const { code, out, err } = await runProgram(process.execPath, [join(root, 'bench/load.ts'), ...args])
  const after = usageOf(processTree(server.pid))
  if (code !== 0) throw new Error(`the load generator failed: ${err}`)
  const cpuMicrosEach = Math.round(((after.cpuSeconds - before.cpuSeconds) * 1e6) / count)
  return { ...(JSON.parse(out) as Loaded), cpuMicrosEach }
}

export async function onServer(act: (server: Server) => Promise<Figures>): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, '--runtime', 'none')
  try {
    return await act(server)
  } finally {
    await server.stop()
    dispose()
  }
}

/** Waits until nothing has been written for a second. */
async function settled(server: Server): Promise<void> {
  const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
  if (!access.ok) throw new Error(access.error)
  const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'bench' })
  let before = ''
  for (;;) {
    const listed = await rest.client.list('configmaps', { limit: 1 })
    if (!listed.ok) throw new Error(listed.error.message)
    if (listed.value.resourceVersion === before) break
    before = listed.value.resourceVersion
    await pause(1000)
  }
  await rest.close()
}

const forms = {
  json: 'application/json',
  protobuf,
  table: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
} as const

/**
 * Lists of so many Jobs when nothing else happens, one after the other; then again while ConfigMaps are created as fast
 * as they can be, and how long these then wait at most.
 */
async function lists(server: Server, count: number): Promise<Figures> {
  await load(server, { path: jobs, count, body: job })
  await settled(server)
  const figures: Record<string, number> = {}
  for (const [name, accept] of Object.entries(forms)) {
    const { p50, p99, cpuMicrosEach } = await load(server, { path: jobs, count: 15, connections: 1, accept })
    figures[`${name}P50`] = p50
    figures[`${name}P99`] = p99
    figures[`${name}CpuMs`] = rounded(cpuMicrosEach / 1000)
  }
  const body = configMap.replace('{i}', 'busy-{i}')
  const [busy, others] = await Promise.all([
    load(server, { path: jobs, count: 10, connections: 1 }),
    load(server, { path: configMaps, count: 8000, body }),
  ])
  return { ...figures, busyP50: busy.p50, createsMeanwhileP50: others.p50, createsMeanwhileMax: others.max }
}

/** The same requests in JSON and in protobuf by turns, so that both have the same machine. */
async function byTurns(server: Server, request: (turn: string, asProtobuf: boolean) => Load): Promise<Figures> {
  const turns = 5
  const found = { json: [] as Loaded[], protobuf: [] as Loaded[] }
  await load(server, request('warm', false))
  await load(server, request('warm-protobuf', true))
  for (let turn = 0; turn < turns; turn++) {
    found.json.push(await load(server, request(`json-${turn}`, false)))
    found.protobuf.push(await load(server, request(`protobuf-${turn}`, true)))
  }
  const middle = (loads: readonly Loaded[], field: keyof Loaded): number => median(loads.map((one) => one[field]))
  return {
    jsonPerSecond: middle(found.json, 'perSecond'),
    protobufPerSecond: middle(found.protobuf, 'perSecond'),
    jsonCpuMicros: middle(found.json, 'cpuMicrosEach'),
    protobufCpuMicros: middle(found.protobuf, 'cpuMicrosEach'),
    jsonP99: middle(found.json, 'p99'),
    protobufP99: middle(found.protobuf, 'p99'),
  }
}

export const requestCases: readonly Case[] = [
  {
    name: 'creates',
    run: () =>
      onServer(async (server) => {
        await load(server, { path: configMaps, count: 3000, body: configMap.replace('{i}', 'warm-{i}') })
        return await load(server, { path: configMaps, count: 20_000, body: configMap.replace('{i}', 'c-{i}') })
      }),
  },
  {
    name: 'creates-jobs',
    run: () =>
      onServer(async (server) => {
        await load(server, { path: jobs, count: 1000, body: job.replace('load-', 'warm-') })
        return await load(server, { path: jobs, count: 10_000, body: job })
      }),
  },
  {
    name: 'gets',
    run: () =>
      onServer(async (server) => {
        await load(server, { path: jobs, count: 100, body: job })
        await load(server, { path: `${jobs}/load-7`, count: 5000 })
        return await load(server, { path: `${jobs}/load-7`, count: 40_000 })
      }),
  },
  {
    name: 'protobuf-creates',
    run: () =>
      onServer((server) =>
        byTurns(server, (turn, asProtobuf) => ({
          path: jobs,
          count: 3000,
          body: job.replace('load-', `${turn}-`),
          accept: asProtobuf ? protobuf : 'application/json',
          protobuf: asProtobuf,
        })),
      ),
  },
  {
    name: 'protobuf-gets',
    run: () =>
      onServer(async (server) => {
        await load(server, { path: jobs, count: 1000, body: job })
        return await byTurns(server, (_, asProtobuf) => ({
          path: `${jobs}/load-{i}`,
          count: 1000,
          accept: asProtobuf ? protobuf : 'application/json',
        }))
      }),
  },
  { name: 'list-10000-jobs', run: () => onServer((server) => lists(server, 10_000)) },
]
