/** Real processes through the whole system: API, store, controllers, agent, spawner. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Pod, PodSpec } from '../../src/apis/core/index.ts'
import { type Dockerd, dockerdMissing, startDockerd } from '../../test/support/dockerd.ts'
import { type Server, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { grown, leftoversOf } from '../../test/support/leftovers.ts'
import { type Connection, connect, createPods, deletePods, isOver, whenJob } from '../../test/support/many-pods.ts'
import { requestsTo } from '../../test/support/requests.ts'
import { type Case, type Figures, median, memoryOf, processTree, rounded, usageOf } from '../measure.ts'

type World = Connection & { readonly server: Server }

/** A server of its own for one measurement. */
async function withServer<T>(flags: readonly string[], act: (world: World) => Promise<T>): Promise<T> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, ...flags)
  const connection = await connect(server)
  try {
    return await act({ ...connection, server })
  } finally {
    await connection.close()
    await server.stop()
    dispose()
  }
}

type TruePods = {
  readonly count: number
  readonly parallelism: number
  readonly image?: string
  readonly spec?: Partial<PodSpec>
}

const plain: Partial<PodSpec> = { automountServiceAccountToken: false }

function truePods(
  { count, parallelism, image, spec = plain }: TruePods,
  ...flags: readonly string[]
): Promise<Figures> {
  return withServer(flags, async ({ client, server }) => {
    const before = usageOf([server.pid]).cpuSeconds
    const begin = performance.now()
    const job = await createPods(client, { name: 'true', count, parallelism, image, spec, command: ['/bin/true'] })
    await whenJob(client, job, isOver)
    const seconds = (performance.now() - begin) / 1000
    const cpu = usageOf([server.pid]).cpuSeconds - before
    return {
      count,
      parallelism,
      seconds: rounded(seconds, 2),
      podsPerSecond: rounded(count / seconds, 1),
      serverCpuMsPerPod: rounded((1000 * cpu) / count, 2),
    }
  })
}

/** GNU parallel on the same command, as often and as many at once, just before. */
async function besideParallel(): Promise<Figures> {
  const [count, parallelism] = [2000, 64]
  const numbers = Array.from({ length: count }, (_, i) => String(i)).join('\n')
  const begin = performance.now()
  const isThere = await new Promise<boolean>((resolve) => {
    const child = execFile('parallel', [`-j${parallelism}`, '/bin/true'], (error) => resolve(error === null))
    child.stdin?.on('error', () => resolve(false))
    child.stdin?.end(numbers)
  })
  const seconds = (performance.now() - begin) / 1000
  const figures = await truePods({ count, parallelism })
  return { ...figures, parallelPerSecond: isThere ? rounded(count / seconds, 1) : 'needs GNU parallel' }
}

/** The same in Docker, one after another and several at once, beside `docker run` on the same engine. */
async function dockerTruePods(): Promise<Figures> {
  const missing = dockerdMissing()
  if (missing !== undefined) return { skipped: missing }
  const engine = await startDockerd()
  process.env['DOCKER_HOST'] = engine.host
  try {
    const { image } = engine
    const serial = await besideDockerRun(engine)
    const figures = await truePods({ count: 40, parallelism: 8, image }, '--runtime', 'docker')
    return { ...figures, ...serial }
  } finally {
    await engine.stop()
  }
}

/**
 * By turns `docker run` and a Job of one pod, from its creation until it is known to be complete. Both in a network, as
 * containers are by default: this engine has none until one is made.
 */
function besideDockerRun({ cli, image }: Dockerd): Promise<Figures> {
  cli('network', 'create', 'bench')
  return withServer(['--runtime', 'docker'], async ({ client }) => {
    const runs: number[] = []
    const pods: number[] = []
    for (let turn = 0; turn < 20; turn++) {
      const begin = performance.now()
      cli('run', '--rm', '--network', 'bench', image, '/bin/true')
      runs.push(performance.now() - begin)
      const created = performance.now()
      const only = { count: 1, parallelism: 1, image, spec: plain, command: ['/bin/true'] }
      await whenJob(client, await createPods(client, { name: `serial-${turn}`, ...only }), isOver)
      pods.push(performance.now() - created)
    }
    const [run, pod] = [median(runs), median(pods)]
    return { dockerRunMs: rounded(run), serialPodMs: rounded(pod), serialRatio: rounded(pod / run, 2) }
  })
}

/** A volume, and a container that has it at `/in`. */
const emptyDir: Partial<PodSpec> = {
  ...plain,
  volumes: [{ name: 'in', emptyDir: {} }],
  containers: [{ name: 'main', resources: {}, volumeMounts: [{ name: 'in', mountPath: '/in' }] }],
}

/** Ten thousand pods, a thousand at a time: counts what the host has of the server's before and after. */
function cleanPods(): Promise<Figures> {
  return withServer([], async ({ client, server }) => {
    const play = async (name: string, count: number): Promise<void> => {
      const command = ['sh', '-c', 'setsid sleep 1000 & echo > /in/file']
      const job = await createPods(client, { name, count, parallelism: 64, command, spec: emptyDir })
      await deletePods(client, await whenJob(client, job, isOver))
    }
    await play('first', 64)
    const before = leftoversOf(server)
    const begin = performance.now()
    for (let round = 0; round < 10; round++) await play(`round-${round}`, 1000)
    const seconds = (performance.now() - begin) / 1000
    const left = await grown(() => leftoversOf(server), before)
    return { count: 10_000, seconds: rounded(seconds, 1), left: left.length === 0 ? 'nothing' : left.join('; ') }
  })
}

/** From the answer to the creation of a pod to the first line of its log in the hands of a client that asks for it. */
function firstLogLine(): Promise<Figures> {
  return withServer([], async ({ client, server }) => {
    const requests = requestsTo(server)
    const times: number[] = []
    for (let index = 0; index < 30; index++) {
      const name = `p-${index}`
      const containers = [{ name: 'main', image: 'host', command: ['sh', '-c', 'echo line; sleep 1'], resources: {} }]
      const made = await client.create<Pod>('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default' },
        spec: { restartPolicy: 'Never', containers },
        status: {},
      } as Pod)
      if (!made.ok) throw new Error(made.error.message)
      const begin = performance.now()
      for (;;) {
        const { code, text } = await requests.send({ path: `/api/v1/namespaces/default/pods/${name}/log` })
        if (code === 200 && text !== '') break
      }
      times.push(performance.now() - begin)
    }
    requests.close()
    return {
      unit: 'ms',
      median: rounded(median(times)),
      best: rounded(Math.min(...times)),
      worst: rounded(Math.max(...times)),
    }
  })
}

/** What 200 running pods add to the memory of ours: to the server, the spawner and the shells that see to each pod. */
function podMemory(): Promise<Figures> {
  return withServer([], async ({ client, server }) => {
    const ours = () => processTree(server.pid).filter((pid) => !isProgram(pid))
    const idle = memoryOf(ours())
    const count = 200
    const command = ['sleep', '1000']
    const job = await createPods(client, { name: 'sleep', count, parallelism: count, command, spec: {} })
    const running = await whenJob(client, job, ({ status }) => status.ready === count)
    const pids = ours()
    const mib = memoryOf(pids)
    const serverMiB = memoryOf([server.pid])
    await deletePods(client, running)
    return {
      count,
      processesEach: rounded(pids.length / count, 1),
      idleMiB: rounded(idle),
      serverMiB: rounded(serverMiB),
      allMiB: rounded(mib),
      mibPerPod: rounded((mib - idle) / count, 2),
    }
  })
}

const isProgram = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep'

export const podCases: readonly Case[] = [
  { name: 'true-pods', run: besideParallel },
  { name: 'image-pods', run: () => truePods({ count: 2000, parallelism: 64, image: 'busybox' }) },
  { name: 'empty-dir-pods', run: () => truePods({ count: 2000, parallelism: 64, spec: emptyDir }) },
  { name: 'first-log-line', run: firstLogLine },
  { name: 'pod-memory', run: podMemory },
  { name: 'clean-pods', run: cleanPods },
  { name: 'docker-true-pods', run: dockerTruePods },
]
