// Run with: node --test examples/library/client-node.test.mjs
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { startTestCluster } from 'jobd/testing'

test('the official client talks to a test cluster', async () => {
  await using cluster = await startTestCluster()
  const config = new KubeConfig()
  config.loadFromString(cluster.kubeconfig)
  const batch = config.makeApiClient(BatchV1Api)
  await batch.createNamespacedJob({
    namespace: 'default',
    body: {
      metadata: { name: 'made-by-client' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] } } },
    },
  })
  const pod = await cluster.runningPod('made-by-client')
  pod.log('hello\n')
  const log = await config.makeApiClient(CoreV1Api).readNamespacedPodLog({ name: pod.name, namespace: 'default' })
  assert.equal(log, 'hello\n')
  await pod.succeed()
  const job = await batch.readNamespacedJob({ name: 'made-by-client', namespace: 'default' })
  assert.equal(job.status?.succeeded, 1)
})
