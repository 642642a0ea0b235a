/** The server is killed at random moments while 200 pods with mounts run: each is judged right, and none runs twice. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Pod } from '../../src/apis/core/index.ts'
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { type Connection, connect, createPods, isOver } from '../support/many-pods.ts'
import { requestsTo } from '../support/requests.ts'

const COUNT = 200
const exitCode = (index: number): number => (index % 3 === 0 ? 1 + (index % 100) : 0)

test('200 pods while the server is killed again and again', { timeout: 300_000 }, async () => {
  const { path, dispose } = temporaryDirectory()
  const data = join(path, 'data')
  const gate = join(path, 'gate')
  const starts = join(path, 'starts')
  execFileSync('mkfifo', [gate])
  let server: Server = await startServer(data)
  let connection: Connection = await connect(server)
  const killed = async (): Promise<void> => {
    await connection.close()
    await server.kill()
    server = await startServer(data)
    connection = await connect(server)
  }
  /** Asks for the Job until `isSo`; each look takes the time that a request takes. */
  const until = async (isSo: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const found = await connection.client.get<Job>({ resource: 'jobs.batch', namespace: 'default', name: 'many' })
      if (found.ok && isSo(found.value)) return found.value
      open(gate)
    }
  }
  let isReleased = false
  /** Lets go of those who wait at the gate now. */
  const open = (file: string): void => {
    if (!isReleased) return
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK))
    } catch (error) {
      // Nobody waits at this moment.
      assert.equal((error as NodeJS.ErrnoException).code, 'ENXIO')
    }
  }
  const script = `echo $JOB_COMPLETION_INDEX >> ${starts}; echo out $JOB_COMPLETION_INDEX; read line < ${gate}; echo end >&2
    i=$JOB_COMPLETION_INDEX; [ $((i % 3)) = 0 ] && exit $((1 + i % 100)); exit 0`
  try {
    await createPods(connection.client, {
      name: 'many',
      count: COUNT,
      parallelism: COUNT,
      mayFail: true,
      command: ['sh', '-c', script],
      spec: {
        volumes: [
          { name: 'work', emptyDir: {} },
          { name: 'host', hostPath: { path } },
        ],
        containers: [
          {
            name: 'main',
            resources: {},
            volumeMounts: [
              { name: 'work', mountPath: '/work' },
              { name: 'host', mountPath: path },
            ],
          },
        ],
      },
    })
    const moment = Math.floor(Math.random() * COUNT)
    await until(({ status }) => (status.ready ?? 0) >= moment)
    await killed()
    await until(({ status }) => (status.ready ?? 0) === COUNT)
    await killed()
    isReleased = true
    await until(({ status }) => (status.succeeded ?? 0) + (status.failed ?? 0) >= moment / 2)
    await killed()
    const { status } = await until(isOver)
    const failing = [...Array(COUNT).keys()].filter((index) => exitCode(index) !== 0)
    assert.deepEqual([status.succeeded, status.failed], [COUNT - failing.length, failing.length], `killed at ${moment}`)
    const indexes = readFileSync(starts, 'utf8').trimEnd().split('\n').map(Number)
    assert.deepEqual(
      indexes.sort((one, other) => one - other),
      [...Array(COUNT).keys()],
      'each ran once',
    )
    await judgePods(connection, server)
  } finally {
    await connection.close()
    await server.stop()
    dispose()
  }
})

async function judgePods({ client }: Connection, server: Server): Promise<void> {
  const pods = await client.list<Pod>('pods', { namespace: 'default' })
  assert.ok(pods.ok)
  const requests = requestsTo(server)
  const wrong: string[] = []
  for (const { metadata, status } of pods.value.items) {
    const index = Number(metadata.labels?.['batch.kubernetes.io/job-completion-index'])
    const code = status.containerStatuses?.[0]?.state?.terminated?.exitCode
    const log = await requests.send({ path: `/api/v1/namespaces/default/pods/${metadata.name}/log` })
    if (code !== exitCode(index) || log.text !== `out ${index}\nend\n`) wrong.push(`${index}: ${code} ${log.text}`)
  }
  requests.close()
  assert.deepEqual([pods.value.items.length, wrong], [COUNT, []])
}
