/** Pods leave nothing behind. The long form, ten thousand of them, is the bench case `clean-pods`. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratchDirectory } from '../../src/agent/process/index.ts'
import { jobd, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'
import { grown, killAll, leftoversOf, MARK } from '../support/leftovers.ts'
import { connect, createPods, deletePods, isOver, type ManyPods, whenJob } from '../support/many-pods.ts'

test('300 pods with mounts, limits and children that detach leave nothing', { timeout: 300_000 }, async () => {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  const { client, close } = await connect(server)
  // Leaves a process in a session of its own, fails now and then, and writes into its volume.
  const script = 'setsid sleep 1000 & echo $JOB_COMPLETION_INDEX > /in/file; exit $((JOB_COMPLETION_INDEX % 7 == 3))'
  const pods = (name: string, count: number, command: readonly string[]): ManyPods => ({
    name,
    count,
    parallelism: 32,
    mayFail: true,
    command,
    spec: {
      activeDeadlineSeconds: 250,
      volumes: [{ name: 'in', emptyDir: {} }],
      containers: [
        {
          name: 'main',
          env: [{ name: MARK, value: path }],
          resources: { limits: { memory: '64Mi' }, requests: { memory: '1Mi' } },
          volumeMounts: [{ name: 'in', mountPath: '/in' }],
        },
      ],
    },
  })
  const play = async (name: string, count: number, command = ['sh', '-c', script]): Promise<void> => {
    const created = await createPods(client, pods(name, count, command))
    const done = await whenJob(client, created, isOver)
    assert.equal((done.status.succeeded ?? 0) + (done.status.failed ?? 0), count)
    await deletePods(client, done)
  }
  try {
    await play('first', 10)
    const before = leftoversOf(server)
    assert.deepEqual([before.processes, before.cgroups], [3, 0])
    await play('many', 300)
    await play('missing', 4, ['/nowhere/program'])
    assert.deepEqual(await grown(() => leftoversOf(server), before), [])
  } finally {
    await close()
    await server.stop()
    dispose()
  }
})

/** What is mounted in a place, seen from here. */
const mountsIn = (place: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(` ${place}/`))

const inMemory = process.getuid?.() === 0 ? false : 'needs root, which alone has places outside the data directory'

test('what a killed server has in memory serves the next one, and goes with it', { skip: inMemory }, async () => {
  const { path, dispose } = temporaryDirectory()
  const place = scratchDirectory(join(path, 'pods'))
  try {
    await (await startServer(path)).kill()
    assert.equal(existsSync(place), true)
    const mounted = mountsIn(place).length
    const next = await startServer(path)
    assert.equal(await next.stop(), 0)
    assert.deepEqual([existsSync(place), mountsIn(place)], [false, []], `${mounted} before`)
  } finally {
    dispose()
  }
})

test('what a killed server has in memory goes when its data are gone', { skip: inMemory }, async () => {
  const { path, dispose } = temporaryDirectory()
  const place = scratchDirectory(join(path, 'killed', 'pods'))
  try {
    await (await startServer(join(path, 'killed'))).kill()
    const other = await startServer(join(path, 'first'))
    await other.stop()
    assert.equal(existsSync(place), true, 'its data are still there')
    rmSync(join(path, 'killed'), { recursive: true })
    const next = await startServer(join(path, 'second'))
    await next.stop()
    assert.deepEqual([existsSync(place), mountsIn(place)], [false, []])
  } finally {
    dispose()
  }
})

test('what a killed jobd run leaves goes with a later one, once nothing of it runs', { timeout: 300_000 }, async () => {
  const { path, dispose } = temporaryDirectory()
  const [temporary, data] = [join(path, 'tmp'), join(path, 'data')]
  mkdirSync(temporary)
  const env = { TMPDIR: temporary, JOBD_DATA_DIR: data }
  const left = () => readdirSync(temporary).map((name) => join(temporary, name))
  try {
    const script = `echo ready; exec env ${MARK}=${path} sleep 1000`
    const child = spawn(jobd, ['run', '--', 'sh', '-c', script], { env: { ...process.env, ...env } })
    for await (const text of child.stdout.setEncoding('utf8')) if (text.includes('ready')) break
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    const [directory = ''] = left()
    assert.equal((await runProgram(jobd, ['run', '--', 'true'], { env })).code, 0)
    assert.deepEqual(left(), [directory], 'its program still runs')
    await killAll(directory)
    await killAll(path)
    assert.equal((await runProgram(jobd, ['run', '--', 'true'], { env })).code, 0)
    assert.deepEqual(left(), [])
    assert.equal(existsSync(scratchDirectory(join(directory, 'pods'))), false)
  } finally {
    dispose()
  }
})
