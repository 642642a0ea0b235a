/** Pods leave nothing behind. The long form, ten thousand of them, is the bench case `clean-pods`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, temporaryDirectory } from '../support/executable.ts'
import { grown, leftoversOf, MARK } from '../support/leftovers.ts'
import { connect, createPods, deletePods, isOver, type ManyPods, whenJob } from '../support/many-pods.ts'

test('300 pods with mounts, limits and children that detach leave nothing', { timeout: 300_000 }, async () => {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  const { client, close } = await connect(server)
  // Leaves a process in a session of its own, fails now and then, and writes into its volume.
  const script = 'setsid sleep 1000 & echo $JOB_COMPLETION_INDEX > /in/file; exit $((JOB_COMPLETION_INDEX % 7 == 3))'
  const pods = (name: string, count: number): ManyPods => ({
    name,
    count,
    parallelism: 32,
    mayFail: true,
    command: ['sh', '-c', script],
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
  const play = async (name: string, count: number): Promise<void> => {
    const created = await createPods(client, pods(name, count))
    const done = await whenJob(client, created, isOver)
    assert.equal((done.status.succeeded ?? 0) + (done.status.failed ?? 0), count)
    await deletePods(client, done)
  }
  try {
    await play('first', 10)
    const before = leftoversOf(server)
    assert.deepEqual([before.processes, before.cgroups], [2, 0])
    await play('many', 300)
    assert.deepEqual(
      grown(() => leftoversOf(server), before),
      [],
    )
  } finally {
    await close()
    await server.stop()
    dispose()
  }
})
