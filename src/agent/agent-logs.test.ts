import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { appears, whenFiles } from '../../test/support/files.ts'
import { memoryClient } from '../../test/support/memory-client.ts'
import { realClock as clock } from '../../test/support/real-clock.ts'
import type { Pod } from '../apis/core/index.ts'
import { silentLog } from '../base/index.ts'
import { startAgent } from './agent.ts'
import { createProcessRuntime } from './process/index.ts'
import type { Runtime } from './runtime/index.ts'

const programs = new URL('../../test/fixtures/programs/', import.meta.url).pathname

test('who follows a log before it is known what runs here gets the whole of it', async (t) => {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
  const api = memoryClient()
  const hostEnv = process.env
  const shape = {
    clock,
    random: { bits: () => 0 },
    log: silentLog,
    dataDir: dir,
    nodeName: 'here',
    version: '0',
    hostEnv,
  }
  const open = () => createProcessRuntime({ dir: `${dir}/run`, version: '0', clock, log: silentLog, hostEnv })
  const first = await open()
  const before = startAgent({ ...shape, client: api.client, runtime: first })
  const [name, uid] = ['follows', `follows-${process.pid}`]
  const command = [`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`]
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'host', resources: {}, command }] },
    status: { phase: 'Pending' },
  }
  api.put('pods', pod)
  await api.until<Pod>('pods', name, ({ status }) => status.phase === 'Running')
  await before.stop()
  await first.close()
  const runtime = await open()
  const answer = Promise.withResolvers<void>()
  const observe: Runtime['observe'] = async (podUid) => {
    await answer.promise
    return runtime.observe(podUid)
  }
  const agent = startAgent({ ...shape, client: api.client, runtime: { ...runtime, observe } })
  t.after(async () => {
    await agent.stop()
    await runtime.remove(uid)
    await runtime.close()
    rmSync(dir, { recursive: true })
  })
  const followed = agent.logs.open({ namespace: 'default', pod: name, follow: true })
  answer.resolve()
  const opened = await followed
  assert.ok(opened.ok)
  writeFileSync(`${dir}/go`, '')
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.value) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), 'started\ndone\n')
})

test('the log of a pod that was deleted when its server had just ended outlives it', async (t) => {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
  t.after(() => rmSync(dir, { recursive: true }))
  const api = memoryClient()
  const open = async () => {
    const runtime = await createProcessRuntime({
      ...{ dir: `${dir}/run`, version: '0', clock, log: silentLog, hostEnv: process.env },
    })
    const agent = startAgent({
      ...{ clock, random: { bits: () => 0 }, log: silentLog, dataDir: dir, nodeName: 'here', version: '0' },
      ...{ hostEnv: process.env, client: api.client, runtime, keptLogsDir: `${dir}/logs` },
    })
    return { agent, runtime }
  }
  const before = await open()
  const [name, uid] = ['pi-a', `kept-${process.pid}`]
  mkdirSync(`${dir}/run/pods/${uid}`, { recursive: true })
  const noted = appears(`${dir}/run/pods/${uid}/pod.json`)
  api.put('pods', {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: { name, namespace: 'default', uid, labels: { 'batch.kubernetes.io/job-name': 'pi' } },
    spec: {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'host', resources: {}, command: ['echo', '3.14'] }],
    },
    status: { phase: 'Pending' },
  } as Pod)
  await api.until<Pod>('pods', name, ({ status }) => status.phase === 'Succeeded')
  await noted
  await before.agent.stop()
  await before.runtime.close()
  await api.client.delete({ resource: 'pods', namespace: 'default', name }, { gracePeriodSeconds: 0 })
  const cleared = whenFiles(`${dir}/run/pods`, () => !existsSync(`${dir}/run/pods/${uid}`))
  const after = await open()
  await cleared
  const opened = await after.agent.logs.openJob({ namespace: 'default', job: 'pi' })
  assert.ok(opened.ok)
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.value) chunks.push(chunk)
  assert.equal(Buffer.concat(chunks).toString(), '3.14\n')
  await after.agent.stop()
  await after.runtime.close()
})
