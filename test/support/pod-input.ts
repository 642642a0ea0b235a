/** What the life cycle of a pod is asked about, where nothing is known but what a test says. */
import type { PodInput } from '../../src/agent/pod/index.ts'
import { newWorker } from '../../src/agent/worker.ts'

export const podInput = (given: Pick<PodInput, 'pod' | 'runs' | 'now'> & Partial<PodInput>): PodInput => ({
  ...newWorker(given.pod),
  isPrepared: true,
  node: { name: 'n', hostIP: '127.0.0.1', podIP: '127.0.0.1' },
  ...given,
})
