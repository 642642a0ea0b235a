/** What the life cycle of a pod is asked about, where nothing is known but what a test says. */
import { newMemory, type PodInput } from '../../src/agent/pod/index.ts'

export const podInput = (given: Pick<PodInput, 'pod' | 'runs' | 'now'> & Partial<PodInput>): PodInput => ({
  starting: new Map(),
  failedStarts: new Map(),
  probes: new Map(),
  unhealthy: new Map(),
  hooking: new Set(),
  asked: new Set(),
  isPrepared: true,
  memory: newMemory,
  node: { name: 'n', hostIP: '127.0.0.1', podIP: '127.0.0.1' },
  ...given,
})
