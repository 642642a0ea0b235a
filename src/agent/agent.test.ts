import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { memoryClient } from '../../test/support/memory-client.ts'
import { realClock as clock } from '../../test/support/real-clock.ts'
import type { Pod, PodSpec } from '../apis/core/index.ts'
import { silentLog } from '../base/index.ts'
import { startAgent } from './agent.ts'
import { createProcessRuntime } from './process/index.ts'

let serial = 0
function podOf(spec: Partial<PodSpec>): Pod {
  serial += 1
  const name = `p${serial}`
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${process.pid}-${serial}`, generation: 1 },
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 30, containers: [], ...spec },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  }
}

async function world() {
  const dir = mkdtempSync(`${tmpdir()}/jobd-agent-`)
  const api = memoryClient()
  const runtime = await createProcessRuntime({ dir, version: '0', clock, log: silentLog, hostEnv: process.env })
  const agent = startAgent({
    client: api.client,
    clock,
    random: { bits: () => 0 },
    log: silentLog,
    runtime,
    dataDir: dir,
    nodeName: 'here',
    version: '0',
    hostEnv: process.env,
  })
  await agent.ready
  return {
    api,
    runtime,
    run: (pod: Pod) => api.put('pods', pod) as Pod,
    close: async () => {
      await agent.stop()
      for (const uid of await runtime.podUids()) await runtime.remove(uid)
      await runtime.close()
      rmSync(dir, { recursive: true })
    },
  }
}

test('a pod of one program that ends well succeeds', async () => {
  const { api, run, runtime, close } = await world()
  const pod = run(
    podOf({ containers: [{ name: 'main', image: 'x', command: ['echo'], args: ['hello'], resources: {} }] }),
  )
  await api.until<Pod>('pods', pod.metadata.name ?? '', ({ status }) => status.phase === 'Succeeded')
  const log = readFileSync(runtime.logPath({ podUid: pod.metadata.uid ?? '', container: 'main', attempt: 0 }), 'utf8')
  assert.equal(log, 'hello\n')
  await close()
})
