// Run with: npx vitest run examples/library/vitest.test.mjs
import { startTestCluster } from 'jobd/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

let cluster
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(() => cluster.stop())

test('two of three indexes succeed', async () => {
  await cluster.apply({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'shards' },
    spec: {
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimitPerIndex: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] } },
    },
  })
  for (const pod of await cluster.runningPods({ job: 'shards' })) await (pod.index === 1 ? pod.fail(3) : pod.succeed())
  const { status } = await cluster.finished('shards')
  expect(status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1' })
})
