import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { whenObject } from '../../test/support/many-pods.ts'
import { memoryClient } from '../../test/support/memory-client.ts'
import { realClock as clock } from '../../test/support/real-clock.ts'
import type { Event, Pod } from '../apis/core/index.ts'
import { type Clock, silentLog } from '../base/index.ts'
import { startAgent } from './agent.ts'
import { createProcessRuntime } from './process/index.ts'

for (const [moment, endsFirst] of [
  ['of a container that ends by itself', true],
  ['while the agent stops', false],
] as const) {
  test(`nothing waits on for a preStop pause ${moment}`, async (t) => {
    const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
    const api = memoryClient()
    const hostEnv = process.env
    const waiting = new Set<number>()
    const counting: Clock = {
      ...clock,
      wake(delay, callback) {
        const cancel = clock.wake(delay, () => {
          waiting.delete(delay)
          callback()
        })
        waiting.add(delay)
        return () => {
          waiting.delete(delay)
          cancel()
        }
      },
    }
    const shape = { clock: counting, log: silentLog, version: '0', hostEnv }
    const runtime = await createProcessRuntime({ ...shape, dir: `${dir}/run` })
    const random = { bits: () => 0 }
    const agent = startAgent({ ...shape, random, dataDir: dir, nodeName: 'here', client: api.client, runtime })
    t.after(async () => {
      await agent.stop()
      for (const uid of await runtime.podUids()) await runtime.remove(uid)
      await runtime.close()
      rmSync(dir, { recursive: true })
    })
    await agent.ready
    const fifo = `${dir}/fifo`
    execFileSync('mkfifo', [fifo])
    const lifecycle = { preStop: { sleep: { seconds: 5000 } } }
    const command = ['sh', '-c', `read word <${fifo}`]
    const containers = [{ name: 'main', image: 'host', resources: {}, command, lifecycle }]
    const name = 'patient'
    api.put('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', uid: `h${process.pid}-${endsFirst}`, generation: 1 },
      spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 6000, containers },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    } as Pod)
    await api.until<Pod>('pods', name, ({ status }) => status.phase === 'Running')
    // The hook has begun once it is told that the container is to end.
    const begun = whenObject<Event>(api.client, 'events', {}, ({ reason }) => reason === 'Killing')
    await api.client.delete({ resource: 'pods', namespace: 'default', name })
    await begun
    if (endsFirst) {
      writeFileSync(fifo, 'go\n')
      await api.untilGone('pods', name)
    } else await agent.stop()
    assert.deepEqual(
      [...waiting].filter((delay) => delay > 1_000_000),
      [],
    )
  })
}
