import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { appears, whenFiles } from '../../test/support/files.ts'
import { memoryClient } from '../../test/support/memory-client.ts'
import { realClock as clock } from '../../test/support/real-clock.ts'
import type { Pod } from '../apis/core/index.ts'
import { silentLog } from '../base/index.ts'
import { type Agent, startAgent } from './agent.ts'
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

type World = {
  readonly dir: string
  readonly uid: string
  readonly api: ReturnType<typeof memoryClient>
  /** An agent on the directory. `change` gives it another runtime than its own. */
  readonly open: (change?: (runtime: Runtime) => Runtime) => Promise<{ agent: Agent; runtime: Runtime }>
  /** The pod of a Job that has printed a line and is over, which its agent has noted. */
  readonly finished: () => Promise<void>
  /** Fulfilled once nothing is left of the pod. */
  readonly cleared: () => Promise<void>
}

function jobWorld(t: TestContext): World {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
  t.after(() => rmSync(dir, { recursive: true }))
  const api = memoryClient()
  const [name, uid] = ['pi-a', `kept-${process.pid}-${dir.slice(-6)}`]
  return {
    dir,
    uid,
    api,
    open: async (change = (runtime) => runtime) => {
      const runtime = await createProcessRuntime({
        ...{ dir: `${dir}/run`, version: '0', clock, log: silentLog, hostEnv: process.env },
      })
      const agent = startAgent({
        ...{ clock, random: { bits: () => 0 }, log: silentLog, dataDir: dir, nodeName: 'here', version: '0' },
        ...{ hostEnv: process.env, client: api.client, runtime: change(runtime), keptLogsDir: `${dir}/logs` },
      })
      return { agent, runtime }
    },
    finished: async () => {
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
    },
    cleared: () => whenFiles(`${dir}/run/pods`, () => !existsSync(`${dir}/run/pods/${uid}`)),
  }
}

const deletePod = ({ api }: World) =>
  api.client.delete({ resource: 'pods', namespace: 'default', name: 'pi-a' }, { gracePeriodSeconds: 0 })

/** Opened now, read when called. */
async function jobLog({ logs }: Agent): Promise<() => Promise<string>> {
  const opened = await logs.openJob({ namespace: 'default', job: 'pi' })
  assert.ok(opened.ok)
  return async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
}

test('the log of a pod that was deleted when its server had just ended outlives it', async (t) => {
  const world = jobWorld(t)
  const before = await world.open()
  await world.finished()
  await before.agent.stop()
  await before.runtime.close()
  await deletePod(world)
  const cleared = world.cleared()
  const after = await world.open()
  await cleared
  assert.equal(await (await jobLog(after.agent))(), '3.14\n')
  await after.agent.stop()
  await after.runtime.close()
})

test('the log of a Job has the lines of a pod once, also while they are being moved', async (t) => {
  const world = jobWorld(t)
  const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { agent, runtime } = await world.open((own) => ({
    ...own,
    remove: async (podUid, beforeFiles) => {
      asked.resolve()
      await go.promise
      await own.remove(podUid, beforeFiles)
    },
  }))
  await world.finished()
  const early = await jobLog(agent)
  await deletePod(world)
  await asked.promise
  assert.equal(await (await jobLog(agent))(), '3.14\n', 'gone, and not yet moved')
  const between = await jobLog(agent)
  const cleared = world.cleared()
  go.resolve()
  await cleared
  assert.equal(await early(), '3.14\n', 'opened while it was there')
  assert.equal(await between(), '3.14\n', 'opened while it was being moved')
  assert.equal(await (await jobLog(agent))(), '3.14\n', 'kept')
  await agent.stop()
  await runtime.close()
})
