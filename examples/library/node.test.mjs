// Run with: node --test examples/library/node.test.mjs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestCluster } from 'jobd/testing'

const report = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'report' },
  spec: {
    schedule: '0 9 * * 1-5',
    timeZone: 'Asia/Tokyo',
    concurrencyPolicy: 'Forbid',
    jobTemplate: {
      spec: {
        backoffLimit: 1,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'report', command: ['report'] }] },
        },
      },
    },
  },
}

test('the report runs on workdays at nine in Tokyo', async () => {
  await using cluster = await startTestCluster({ startTime: '2026-01-02T12:00:00Z' })
  await cluster.apply(report)
  // Friday evening: nothing before Monday morning.
  await cluster.clock.advance('2d')
  assert.equal((await cluster.jobs()).length, 0)
  await cluster.clock.advanceTo('2026-01-05T00:00:00Z')
  const [job] = await cluster.jobs()
  const pod = await cluster.runningPod(job.metadata.name)
  assert.deepEqual(pod.containers[0].command, ['report'])
  await pod.succeed()
  assert.equal((await cluster.cronJob('report')).status.lastSuccessfulTime, '2026-01-05T00:00:00Z')
})

test('a report that fails twice is given up', async () => {
  await using cluster = await startTestCluster({ startTime: '2026-01-05T00:00:00Z', run: () => ({ duration: '1m', exitCode: 1 }) })
  await cluster.apply(report)
  await cluster.clock.advance('25h')
  const [first] = await cluster.jobs()
  assert.equal(first.status.conditions.at(-1).reason, 'BackoffLimitExceeded')
})
