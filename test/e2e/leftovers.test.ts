/** Pods leave nothing behind. The long form, ten thousand of them, is the bench case `clean-pods`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer, temporaryDirectory } from '../support/executable.ts'
import { type Leftovers, leftoversOf, MARK } from '../support/leftovers.ts'
import { connect, createPods, deletePods, isOver, type ManyPods, whenJob } from '../support/many-pods.ts'

/** What has grown; looks again and again, for a minute at most, since files go a moment after their pod. */
function grown(look: () => Leftovers, before: Leftovers): readonly string[] {
  const end = Date.now() + 60_000
  for (;;) {
    const now = look()
    const names = Object.keys(before) as readonly (keyof Leftovers)[]
    const more = names
      .filter((name) => now[name] > before[name])
      .map((name) => `${name}: ${before[name]}, now ${now[name]}`)
    if (more.length === 0 || Date.now() > end) return more
  }
}

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
