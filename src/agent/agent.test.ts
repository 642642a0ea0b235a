import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { whenFiles } from '../../test/support/files.ts'
import { type MemoryClient, memoryClient } from '../../test/support/memory-client.ts'
import { realClock as clock } from '../../test/support/real-clock.ts'
import type { KubeObject } from '../apimachinery/index.ts'
import type { Container, Event, Pod, PodSpec } from '../apis/core/index.ts'
import { silentLog } from '../base/index.ts'
import { type Agent, startAgent } from './agent.ts'
import type { LogRequest } from './logs/index.ts'
import { createProcessRuntime } from './process/index.ts'
import type { ExecEnd, Runtime } from './runtime/index.ts'

/** Fulfilled once there is something in the file; its directory must be there. */
const saysSomething = (path: string): Promise<void> =>
  whenFiles(dirname(path), () => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0)

const programs = new URL('../../test/fixtures/programs/', import.meta.url).pathname
let serial = 0

type Containers = readonly Partial<Container>[]
type Spec = Omit<Partial<PodSpec>, 'containers' | 'initContainers'> & {
  readonly containers: Containers
  readonly initContainers?: Containers
}

function podOf(spec: Spec): Pod {
  serial += 1
  const full = (container: Partial<Container>) => ({ name: 'main', image: 'host', resources: {}, ...container })
  const { containers, initContainers = [], ...rest } = spec
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${serial}`, namespace: 'default', uid: `a${process.pid}-${serial}`, generation: 1 },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      ...rest,
      ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(full) }),
      containers: containers.map(full),
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  }
}

type World = {
  readonly api: MemoryClient
  readonly dir: string
  readonly run: (spec: Spec) => { readonly name: string; readonly uid: string }
  /** The pod once it is in one of the phases; rejects when it has ended in another. */
  readonly phase: (name: string, ...phases: readonly string[]) => Promise<Pod>
  readonly events: (name: string) => readonly string[]
  readonly log: (request: Partial<LogRequest> & { pod: string }) => Promise<string>
  readonly exec: (
    pod: string,
    command: readonly string[],
    stdin?: string,
    tty?: boolean,
  ) => Promise<{ readonly out: string; readonly err: string; readonly end: ExecEnd }>
  /** Stops the agent and its runtime as a crash would, and starts new ones on the same files. */
  readonly restart: (meanwhile?: () => Promise<void>) => Promise<void>
}

test("a pod that comes while the runtime is asked what it has is nobody's leftover", async (t) => {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
  const api = memoryClient()
  const hostEnv = process.env
  const runtime = await createProcessRuntime({ dir: `${dir}/run`, version: '0', clock, log: silentLog, hostEnv })
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow: Runtime = {
    ...runtime,
    async podUids() {
      asked.resolve()
      await answer.promise
      return runtime.podUids()
    },
  }
  const random = { bits: () => 0 }
  const shape = { clock, random, log: silentLog, dataDir: dir, nodeName: 'here', version: '0', hostEnv }
  const agent = startAgent({ ...shape, client: api.client, runtime: slow })
  t.after(async () => {
    await agent.stop()
    for (const uid of await runtime.podUids()) await runtime.remove(uid)
    await runtime.close()
    rmSync(dir, { recursive: true })
  })
  await asked.promise
  const fifo = `${dir}/fifo`
  execFileSync('mkfifo', [fifo])
  const pod = podOf({ containers: [{ command: ['sh', '-c', `read word <${fifo}`] }] })
  api.put('pods', pod)
  const { name = '' } = pod.metadata
  const is = (phase: string) => api.until<Pod>('pods', name, ({ status }) => status.phase === phase)
  await is('Running')
  answer.resolve()
  await agent.ready
  writeFileSync(fifo, 'go\n')
  assert.equal((await is('Succeeded')).status.phase, 'Succeeded')
})

async function world(t: TestContext, namespaces: 'auto' | 'never' = 'auto'): Promise<World> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-agent-`)
  const api = memoryClient()
  let runtime: Runtime
  let agent: Agent
  const start = async () => {
    const hostEnv = process.env
    runtime = await createProcessRuntime({
      dir: `${dir}/run`,
      version: '0',
      clock,
      log: silentLog,
      hostEnv,
      namespaces,
    })
    agent = startAgent({
      client: api.client,
      clock,
      random: { bits: () => 0 },
      log: silentLog,
      runtime,
      dataDir: dir,
      nodeName: 'here',
      version: '0',
      hostEnv,
    })
    await agent.ready
  }
  const stop = async () => {
    await agent.stop()
    await runtime.close()
  }
  await start()
  t.after(async () => {
    await agent.stop()
    for (const uid of await runtime.podUids()) await runtime.remove(uid)
    await runtime.close()
    rmSync(dir, { recursive: true })
  })
  return {
    api,
    dir,
    run: (spec) => {
      const pod = podOf(spec)
      api.put('pods', pod)
      return { name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' }
    },
    phase: async (name, ...phases) => {
      const wanted = [...phases, 'Succeeded', 'Failed']
      const pod = await api.until<Pod>('pods', name, ({ status }) => wanted.includes(status.phase ?? ''))
      assert.ok(phases.includes(pod.status.phase ?? ''), JSON.stringify(pod.status))
      return pod
    },
    events: (name) =>
      api
        .all<Event>('events')
        .filter(({ involvedObject }) => involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`),
    log: async (request) => {
      const opened = await agent.logs.open({ namespace: 'default', ...request })
      if (!opened.ok) return `${opened.error.code} ${opened.error.message}`
      const chunks: Uint8Array[] = []
      for await (const chunk of opened.value) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    },
    exec: async (pod, command, stdin, tty = false) => {
      const said = { out: '', err: '' }
      const request = { kind: 'exec', namespace: 'default', pod, container: 'main', command, tty } as const
      const end = await new Promise<ExecEnd>((resolve, reject) => {
        const output = {
          stdout: (bytes: Uint8Array) => {
            said.out += Buffer.from(bytes).toString()
            return true
          },
          stderr: (bytes: Uint8Array) => {
            said.err += Buffer.from(bytes).toString()
            return true
          },
          end: resolve,
        }
        void agent.streams
          .exec({ ...request, stdin: stdin !== undefined, stdout: true, stderr: true }, output)
          .then((handle) => {
            if (!handle.ok) return reject(new Error(handle.error.message))
            if (stdin !== undefined) handle.value.write(Buffer.from(stdin), () => {})
            handle.value.endStdin()
          })
      })
      return { ...said, end }
    },
    restart: async (meanwhile) => {
      await stop()
      await meanwhile?.()
      await start()
    },
  }
}

/** The phases that an agent has written of its pods, but for those of pods that had not begun. */
const phasesTold = ({ writes }: MemoryClient): readonly string[] =>
  writes.flatMap(({ verb, resource, object }) => {
    const { phase = '' } = (object as Pod).status ?? {}
    return verb === 'update' && resource === 'pods' && phase !== 'Pending' ? [phase] : []
  })

const stateOf = (pod: Pod, name = 'main') =>
  [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find((c) => c.name === name)

describe('a pod', () => {
  test('of one program that ends well succeeds with few writes', async (t) => {
    const { api, run, phase, log, events } = await world(t)
    const { name } = run({
      containers: [{ command: ['echo', 'hello $(GREETED)'], env: [{ name: 'GREETED', value: 'you' }] }],
    })
    const pod = await phase(name, 'Succeeded')
    const status = stateOf(pod)
    assert.equal(status?.state.terminated?.reason, 'Completed')
    assert.equal(status?.state.terminated?.exitCode, 0)
    assert.equal(status?.imageID, 'host')
    assert.equal(pod.status.qosClass, 'BestEffort')
    assert.deepEqual(
      pod.status.conditions?.map((condition) =>
        `${condition.type} ${condition.status} ${condition.reason ?? ''}`.trim(),
      ),
      [
        'PodReadyToStartContainers False',
        'Initialized True PodCompleted',
        'Ready False PodCompleted',
        'ContainersReady False PodCompleted',
        'PodScheduled True',
      ],
    )
    assert.equal(await log({ pod: name }), 'hello you\n')
    // One where nothing else goes on; a busy machine may have had time to tell that it ran.
    assert.ok(phasesTold(api).length <= 2)
    assert.deepEqual(events(name), [
      `Normal Scheduled Successfully assigned default/${name} to here`,
      'Normal Pulled No image is needed: the container runs a program of this host',
      'Normal Created Container created',
      'Normal Started Container started',
    ])
  })

  test('that fails tells its exit code', async (t) => {
    const { run, phase } = await world(t)
    const { name } = run({ containers: [{ command: ['sh', '-c', 'exit 9'] }] })
    const terminated = stateOf(await phase(name, 'Failed'))?.state.terminated
    assert.equal(terminated?.exitCode, 9)
    assert.equal(terminated?.reason, 'Error')
  })

  test('without a command fails at once and says why', async (t) => {
    const { run, phase, events, log } = await world(t)
    const { name } = run({ containers: [{}] })
    const terminated = stateOf(await phase(name, 'Failed'))?.state.terminated
    assert.equal(terminated?.reason, 'StartError')
    assert.equal(terminated?.exitCode, 128)
    assert.match(terminated?.message ?? '', /no command specified: .*does not use the image "host"/)
    assert.match(events(name).at(-1) ?? '', /^Warning Failed Error: no command specified/)
    assert.equal(await log({ pod: name }), '')
  })

  test('that cannot start tells its Job why', async (t) => {
    const { api, phase } = await world(t)
    const pod = podOf({ containers: [{ command: ['no-such-program'] }] })
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'job', controller: true }
    api.put('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } } as Pod)
    await phase(pod.metadata.name ?? '', 'Failed')
    const [event] = api.all<Event>('events').filter(({ involvedObject }) => involvedObject.kind === 'Job')
    assert.match(event?.message ?? '', /^Error: exec: "no-such-program": executable file not found in \$PATH/)
  })

  test('that runs is shown as running and ready', async (t) => {
    const { run, phase } = await world(t)
    const { name } = run({ containers: [{ command: ['sleep', '1000'] }] })
    const pod = await phase(name, 'Running')
    const status = stateOf(pod)
    assert.equal(status?.ready, true)
    assert.equal(status?.started, true)
    assert.ok(status?.state.running?.startedAt)
    const ready = pod.status.conditions?.find(({ type }) => type === 'Ready')
    assert.equal(ready?.status, 'True')
  })

  test('with restartPolicy OnFailure is restarted in place', async (t) => {
    const { run, phase, dir, log } = await world(t)
    const script = `echo try; test -e ${dir}/once || { touch ${dir}/once; exit 1; }`
    const { name } = run({ restartPolicy: 'OnFailure', containers: [{ command: ['sh', '-c', script] }] })
    const status = stateOf(await phase(name, 'Succeeded'))
    assert.equal(status?.restartCount, 1)
    assert.equal(status?.lastState.terminated?.exitCode, 1)
    assert.equal(await log({ pod: name, previous: true }), 'try\n')
  })

  test('that keeps failing waits in CrashLoopBackOff', async (t) => {
    const { api, run, events } = await world(t)
    const { name, uid } = run({ restartPolicy: 'OnFailure', containers: [{ command: ['false'] }] })
    const pod = await api.until<Pod>(
      'pods',
      name,
      (each) => stateOf(each)?.state.waiting?.reason === 'CrashLoopBackOff',
    )
    assert.equal(pod.status.phase, 'Running')
    assert.equal(stateOf(pod)?.restartCount, 1)
    const where = `${name}_default(${uid})`
    assert.equal(stateOf(pod)?.state.waiting?.message, `back-off 10s restarting failed container=main pod=${where}`)
    assert.ok(events(name).includes(`Warning BackOff Back-off restarting failed container main in pod ${where}`))
  })

  test('runs init containers one after the other, and its sidecar until the end', async (t) => {
    const { run, phase, dir } = await world(t)
    const say = (text: string) => ['sh', '-c', `echo ${text} >>${dir}/order`]
    const { name } = run({
      initContainers: [
        { name: 'one', command: say('one') },
        { name: 'side', restartPolicy: 'Always', command: [`${programs}end-on-term.sh`] },
        { name: 'two', command: say('two') },
      ],
      containers: [{ command: say('main') }],
    })
    const pod = await phase(name, 'Succeeded')
    assert.equal(readFileSync(`${dir}/order`, 'utf8'), 'one\ntwo\nmain\n')
    // 143 when it was asked before it had begun to listen.
    assert.ok([42, 143].includes(stateOf(pod, 'side')?.state.terminated?.exitCode ?? 0))
    assert.equal(stateOf(pod, 'one')?.ready, true)
  })

  test('whose init container fails never starts the rest', async (t) => {
    const { run, phase } = await world(t)
    const { name } = run({
      initContainers: [{ name: 'one', command: ['false'] }],
      containers: [{ command: ['true'] }],
    })
    const pod = await phase(name, 'Failed')
    assert.equal(stateOf(pod, 'one')?.state.terminated?.exitCode, 1)
  })

  test('that is deleted gets SIGTERM, its final status, and is gone', async (t) => {
    const { api, dir, run, phase, events } = await world(t)
    const { name, uid } = run({ containers: [{ command: [`${programs}end-on-term.sh`] }] })
    await phase(name, 'Running')
    await saysSomething(`${dir}/run/pods/${uid}/main.0.log`)
    await api.client.delete({ resource: 'pods', namespace: 'default', name })
    await api.untilGone('pods', name)
    const last = api.writes.filter(({ verb, resource }) => verb === 'update' && resource === 'pods').at(-1)
      ?.object as Pod
    assert.equal(last.status.phase, 'Failed')
    assert.equal(stateOf(last)?.state.terminated?.exitCode, 42)
    assert.ok(events(name).includes('Normal Killing Stopping container main'))
  })

  test('that is deaf to SIGTERM is killed when its grace period is over', async (t) => {
    const { api, dir, run, phase } = await world(t)
    const { name, uid } = run({
      terminationGracePeriodSeconds: 1,
      containers: [{ command: [`${programs}ignore-term.sh`] }],
    })
    await phase(name, 'Running')
    await saysSomething(`${dir}/run/pods/${uid}/main.0.log`)
    await api.client.delete({ resource: 'pods', namespace: 'default', name })
    await api.untilGone('pods', name)
    const last = api.writes.filter(({ verb, resource }) => verb === 'update' && resource === 'pods').at(-1)
      ?.object as Pod
    assert.equal(stateOf(last)?.state.terminated?.exitCode, 137)
  })

  test('that outlives its activeDeadlineSeconds fails with DeadlineExceeded', async (t) => {
    const { run, phase } = await world(t)
    const { name } = run({ activeDeadlineSeconds: 1, containers: [{ command: ['sleep', '1000'] }] })
    const pod = await phase(name, 'Failed')
    assert.equal(pod.status.reason, 'DeadlineExceeded')
    assert.equal(pod.status.message, 'Pod was active on the node longer than the specified deadline')
  })

  test('runs on while no agent lives, and is judged once', async (t) => {
    const { run, phase, restart, dir, log, api } = await world(t)
    const { name } = run({ containers: [{ command: [`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`] }] })
    await phase(name, 'Running')
    await restart()
    writeFileSync(`${dir}/go`, '')
    await phase(name, 'Succeeded')
    assert.equal(readFileSync(`${dir}/runs`, 'utf8'), 'run\n')
    assert.equal(await log({ pod: name }), 'started\ndone\n')
    // Nothing is told twice. On a machine that needs seconds for a start, it is told that the pod is pending, too.
    assert.deepEqual(phasesTold(api), ['Running', 'Succeeded'])
  })

  test('whose object went while no agent lived is ended and its files removed', async (t) => {
    const { run, phase, restart, dir, api } = await world(t)
    const { name, uid } = run({ containers: [{ command: ['sleep', '1000'] }] })
    await phase(name, 'Running')
    await restart(async () => {
      await api.client.delete({ resource: 'pods', namespace: 'default', name }, { gracePeriodSeconds: 0 })
    })
    await whenFiles(`${dir}/run/pods`, () => !existsSync(`${dir}/run/pods/${uid}`))
  })
})

describe('a node that is full', () => {
  test('lets pods wait, says why, and takes them as others end', async (t) => {
    const { api, run, phase, dir, events } = await world(t)
    const cpu = String(cpus().length)
    const resources = { requests: { cpu } }
    const first = run({
      containers: [{ command: [`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`], resources }],
    })
    await phase(first.name, 'Running')
    const second = run({ containers: [{ command: ['true'], resources }] })
    await api.until<Pod>('pods', second.name, (pod) => pod.status.conditions?.[0]?.reason === 'Unschedulable')
    assert.match(
      events(second.name)[0] ?? '',
      /^Warning FailedScheduling 0\/1 nodes are available: 1 Insufficient cpu\. /,
    )
    writeFileSync(`${dir}/go`, '')
    await phase(second.name, 'Succeeded')
  })
})

describe('a node that somebody deletes', () => {
  test('is registered again, every time, and goes on taking pods', async (t) => {
    const { api, run, phase } = await world(t)
    for (const _time of [1, 2, 3]) {
      const resourceVersion = api.find('nodes', 'here')?.metadata.resourceVersion
      assert.ok(resourceVersion !== undefined)
      await api.client.delete({ resource: 'nodes', name: 'here' })
      await api.until('nodes', 'here', ({ metadata }) => metadata.resourceVersion !== resourceVersion)
    }
    const uid = api.find('nodes', 'here')?.metadata.uid
    await api.until('leases.coordination.k8s.io', 'here', ({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid)
    const { name } = run({ containers: [{ command: ['true'] }] })
    await phase(name, 'Succeeded')
  })
})

describe('a limit of memory', () => {
  test('ends a program that wants more', async (t) => {
    const { run, phase, events } = await world(t)
    // Ends by itself where nobody ends it.
    const script = 'const all = []; while (all.length < 48) all.push(Buffer.alloc(8 << 20, 1))'
    const limits = { memory: '128Mi', cpu: '2' }
    const { name } = run({ containers: [{ command: [process.execPath, '-e', script], resources: { limits } }] })
    await phase(name, 'Succeeded', 'Failed')
    if (events(name).some((text) => text.includes('LimitsNotEnforced'))) return t.skip('no control groups here')
    const terminated = stateOf(await phase(name, 'Failed'))?.state.terminated
    assert.equal(terminated?.reason, 'OOMKilled')
    assert.equal(terminated?.exitCode, 137)
  })
})

describe('environment and volumes', () => {
  const settings = {
    metadata: { name: 'settings', namespace: 'default' },
    data: { color: 'blue', 'app.conf': 'a=1\n' },
  }
  const secret = {
    metadata: { name: 'keys', namespace: 'default' },
    data: { password: Buffer.from('s3').toString('base64') },
  }

  test('come from ConfigMaps, Secrets and the pod itself', async (t) => {
    const { api, run, phase, log } = await world(t)
    api.put('configmaps', settings)
    api.put('secrets', secret)
    const { name } = run({
      containers: [
        {
          command: ['sh', '-c', 'echo $color $PASSWORD $NAME $LIMIT $BOTH $HOSTNAME'],
          envFrom: [{ configMapRef: { name: 'settings' } }],
          resources: { limits: { memory: '2Gi' } },
          env: [
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
            { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
            { name: 'BOTH', value: '$(NAME)-$(PASSWORD)-$(MISSING)' },
          ],
        },
      ],
    })
    await phase(name, 'Succeeded')
    assert.equal(await log({ pod: name }), `blue s3 ${name} 2048 ${name}-s3-$(MISSING) ${name}\n`)
  })

  test('that are missing keep the container waiting with the reason', async (t) => {
    const { api, run, events, log } = await world(t)
    const { name } = run({ containers: [{ command: ['true'], envFrom: [{ configMapRef: { name: 'none' } }] }] })
    const pod = await api.until<Pod>('pods', name, (each) => stateOf(each)?.state.waiting?.message !== undefined)
    assert.deepEqual(stateOf(pod)?.state.waiting, {
      reason: 'CreateContainerConfigError',
      message: 'configmap "none" not found',
    })
    assert.ok(events(name).includes('Warning Failed Error: configmap "none" not found'))
    const text = `400 container "main" in pod "${name}" is waiting to start: CreateContainerConfigError`
    assert.equal(await log({ pod: name }), text)
  })

  test('are mounted where the pod wants them and nowhere on the host', async (t) => {
    const { api, run, phase, log, dir } = await world(t)
    api.put('configmaps', settings)
    api.put('secrets', secret)
    writeFileSync(`${dir}/of-the-host`, 'host\n')
    const { name } = run({
      volumes: [
        { name: 'settings', configMap: { name: 'settings', defaultMode: 0o640 } },
        { name: 'keys', secret: { secretName: 'keys', items: [{ key: 'password', path: 'deep/er' }] } },
        { name: 'work', emptyDir: {} },
        { name: 'host', hostPath: { path: dir } },
        { name: 'pod', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      ],
      initContainers: [
        {
          name: 'first',
          command: ['sh', '-c', 'echo made >/jobd-work/file'],
          volumeMounts: [{ name: 'work', mountPath: '/jobd-work' }],
        },
      ],
      containers: [
        {
          command: [
            'sh',
            '-c',
            'cat /jobd-test/conf/color /etc/jobd-test/app.conf /jobd-test/keys/deep/er /jobd-work/file /mnt/of-the-host /jobd-pod/name; echo; stat -Lc %a /jobd-test/conf/color; touch /mnt/x 2>/dev/null || echo read-only; ls /etc/passwd /bin/sh',
          ],
          volumeMounts: [
            { name: 'settings', mountPath: '/jobd-test/conf' },
            { name: 'settings', mountPath: '/etc/jobd-test/app.conf', subPath: 'app.conf' },
            { name: 'keys', mountPath: '/jobd-test/keys' },
            { name: 'work', mountPath: '/jobd-work' },
            { name: 'host', mountPath: '/mnt', readOnly: true },
            { name: 'pod', mountPath: '/jobd-pod' },
          ],
        },
      ],
    })
    const pod = await phase(name, 'Succeeded', 'Failed')
    const text = await log({ pod: name })
    assert.equal(
      text,
      `bluea=1\ns3made\nhost\n${name}\n640\nread-only\n/bin/sh\n/etc/passwd\n`,
      JSON.stringify(pod.status.containerStatuses),
    )
    for (const path of ['/jobd-test', '/jobd-work', '/jobd-pod', '/etc/jobd-test'])
      assert.equal(existsSync(path), false, path)
  })

  test('belong to the group of the pod', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
    const { api, run, phase, log } = await world(t)
    api.put('secrets', secret)
    const { name } = run({
      securityContext: { fsGroup: 4321, runAsUser: 1234 },
      volumes: [
        { name: 'work', emptyDir: {} },
        { name: 'keys', secret: { secretName: 'keys', defaultMode: 0o400 } },
      ],
      containers: [
        {
          command: [
            'sh',
            '-c',
            'touch /jobd-work/f && stat -c %g:%a /jobd-work /jobd-work/f; cat /jobd-keys/password; id -G',
          ],
          volumeMounts: [
            { name: 'work', mountPath: '/jobd-work' },
            { name: 'keys', mountPath: '/jobd-keys' },
          ],
        },
      ],
    })
    await phase(name, 'Succeeded', 'Failed')
    assert.equal(await log({ pod: name }), '4321:2777\n4321:644\ns30 4321\n')
  })

  test('give in-pod clients their credentials', async (t) => {
    const { api, run, phase, log } = await world(t)
    api.put('configmaps', { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': 'CA' } } as KubeObject)
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ]
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
    const { name } = run({
      serviceAccountName: 'default',
      volumes: [{ name: 'kube-api-access-x', projected: { defaultMode: 420, sources } }],
      containers: [
        {
          command: ['sh', '-c', `cd ${mountPath} && cat token ca.crt namespace`],
          volumeMounts: [{ name: 'kube-api-access-x', mountPath, readOnly: true }],
        },
      ],
    })
    const pod = await phase(name, 'Succeeded', 'Failed')
    assert.equal(await log({ pod: name }), 'token of defaultCAdefault', JSON.stringify(pod.status.containerStatuses))
  })

  test('are there for other users, with the ways to them', {
    skip: process.getuid?.() === 0 ? false : 'needs root',
  }, async (t) => {
    const { run, phase, log } = await world(t)
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
    const item = { path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }
    for (const securityContext of [{ runAsUser: 1234 }, { capabilities: { drop: ['ALL'] } }]) {
      const { name } = run({
        volumes: [
          { name: 'kube-api-access-x', projected: { sources: [{ downwardAPI: { items: [item] } }] } },
          { name: 'work', emptyDir: {} },
        ],
        containers: [
          {
            securityContext,
            command: ['sh', '-c', `cat ${mountPath}/namespace && touch /jobd-deep/er/work/file`],
            volumeMounts: [
              { name: 'kube-api-access-x', mountPath },
              { name: 'work', mountPath: '/jobd-deep/er/work' },
            ],
          },
        ],
      })
      const pod = await phase(name, 'Succeeded', 'Failed')
      assert.equal(await log({ pod: name }), 'default')
      assert.equal(pod.status.phase, 'Succeeded')
    }
  })

  test('that the host refuses keep their pod waiting, and harm nobody else', async (t) => {
    const { run, phase, api, events, dir } = await world(t)
    writeFileSync(`${dir}/file`, '')
    const { name } = run({
      volumes: [{ name: 'v', hostPath: { path: `${dir}/file/below`, type: 'DirectoryOrCreate' } }],
      containers: [{ command: ['true'] }],
    })
    await api.until<Pod>('pods', name, () => events(name).some((event) => event.includes('ENOTDIR')))
    const other = run({ containers: [{ command: ['true'] }] })
    await phase(other.name, 'Succeeded')
  })

  test('without a mount namespace refuse only what somebody asked for', async (t) => {
    const { api, run, phase } = await world(t, 'never')
    const { name } = run({
      volumes: [{ name: 'work', emptyDir: {} }],
      containers: [{ command: ['true'], volumeMounts: [{ name: 'work', mountPath: '/jobd-work' }] }],
    })
    const pod = await api.until<Pod>('pods', name, (each) => stateOf(each)?.state.waiting?.message !== undefined)
    assert.equal(stateOf(pod)?.state.waiting?.reason, 'CreateContainerConfigError')
    assert.match(stateOf(pod)?.state.waiting?.message ?? '', /need a private mount namespace.*run jobd as root/)
    const injected = run({
      volumes: [{ name: 'kube-api-access-x', projected: { sources: [] } }],
      containers: [
        {
          command: ['true'],
          volumeMounts: [{ name: 'kube-api-access-x', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
        },
      ],
    })
    await phase(injected.name, 'Succeeded')
  })

  test('in memory are as large as they may be, and stay while containers and agents come and go', {
    skip: process.getuid?.() === 0 ? false : 'needs root',
  }, async (t) => {
    const { run, phase, log, restart, api, events, dir } = await world(t)
    const volumeMounts = [{ name: 'work', mountPath: '/jobd-work' }]
    const fill = 'cd /jobd-work; [ -e full ] || head -c 2000000 /dev/zero >full'
    const look = `cd /jobd-work; wc -c <full; until [ -e ${dir}/go ]; do sleep 0.05; done; wc -c <full`
    const { name } = run({
      restartPolicy: 'OnFailure',
      volumes: [{ name: 'work', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }],
      initContainers: [{ name: 'first', volumeMounts, command: ['sh', '-c', fill] }],
      containers: [{ volumeMounts, command: ['sh', '-c', look] }],
    })
    const pod = await api.until<Pod>('pods', name, (each) => stateOf(each)?.ready === true)
    assert.equal(stateOf(pod, 'first')?.lastState.terminated?.exitCode, 1)
    await restart(async () => writeFileSync(`${dir}/go`, ''))
    assert.equal(stateOf(await phase(name, 'Succeeded'))?.imageID, 'host')
    assert.equal(await log({ pod: name }), '1048576\n1048576\n')
    assert.deepEqual(
      events(name).filter((event) => event.includes('LimitsNotEnforced')),
      [],
    )
  })

  test('in memory that can only be directories are told of', async (t) => {
    const { run, api, events } = await world(t, 'never')
    const { name } = run({
      volumes: [{ name: 'work', emptyDir: { medium: 'Memory' } }],
      containers: [{ command: ['true'] }],
    })
    await api.until<Pod>('pods', name, ({ status }) => status.phase === 'Succeeded')
    const told = events(name).find((event) => event.includes('LimitsNotEnforced'))
    assert.match(told ?? '', /medium Memory are plain directories.*: work: .*run jobd as root/)
  })

  test('let a program leave its last word', async (t) => {
    const { run, phase, dir } = await world(t)
    const cases: readonly (readonly [Partial<Container>, string | undefined])[] = [
      [{ command: ['sh', '-c', 'echo why >/dev/termination-log; exit 3'] }, 'why\n'],
      [{ command: ['sh', '-c', `echo why >${dir}/word`], terminationMessagePath: `${dir}/word` }, 'why\n'],
      [{ command: ['sh', '-c', 'echo log; exit 3'], terminationMessagePolicy: 'FallbackToLogsOnError' }, 'log\n'],
      [{ command: ['sh', '-c', 'echo log'], terminationMessagePolicy: 'FallbackToLogsOnError' }, undefined],
    ]
    for (const [container, message] of cases) {
      const { name } = run({ containers: [container] })
      const pod = await phase(name, 'Succeeded', 'Failed')
      assert.equal(stateOf(pod)?.state.terminated?.message, message)
    }
    assert.equal(existsSync(`${dir}/word`), false)
  })
})

describe('logs', () => {
  test('are read from any place', async (t) => {
    const { run, phase, log } = await world(t)
    const { name } = run({ containers: [{ command: ['sh', '-c', 'echo one; echo two; printf three'] }] })
    await phase(name, 'Succeeded')
    assert.equal(await log({ pod: name }), 'one\ntwo\nthree')
    assert.equal(await log({ pod: name, tailLines: 2 }), 'two\nthree')
    assert.equal(await log({ pod: name, tailLines: 0 }), '')
    assert.equal(await log({ pod: name, tailLines: 9 }), 'one\ntwo\nthree')
    assert.equal(await log({ pod: name, limitBytes: 5 }), 'one\nt')
    assert.equal(await log({ pod: name, sinceSeconds: 3600 }), 'one\ntwo\nthree')
    assert.match(
      await log({ pod: name, timestamps: true, tailLines: 1 }),
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three$/,
    )
  })

  test('are followed to the end of the run', async (t) => {
    const { run, phase, log, dir } = await world(t)
    const { name } = run({ containers: [{ command: [`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`] }] })
    await phase(name, 'Running')
    const followed = log({ pod: name, follow: true })
    writeFileSync(`${dir}/go`, '')
    assert.equal(await followed, 'started\ndone\n')
  })

  test('that cannot be opened say why', async (t) => {
    const { run, phase, log } = await world(t)
    const { name } = run({
      containers: [
        { name: 'a', command: ['true'] },
        { name: 'b', command: ['true'] },
      ],
    })
    await phase(name, 'Succeeded')
    const cases: readonly (readonly [Partial<LogRequest>, string])[] = [
      [{}, `400 a container name must be specified for pod ${name}, choose one of: [a b]`],
      [{ container: 'c' }, `400 container c is not valid for pod ${name}`],
      [{ container: 'a', previous: true }, `400 previous terminated container "a" in pod "${name}" not found`],
      [
        { container: 'a', tailLines: -1 },
        `422 PodLogOptions "${name}" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0`,
      ],
    ]
    for (const [request, text] of cases) assert.equal(await log({ pod: name, ...request }), text)
    assert.equal(await log({ pod: 'none' }), '404 pods "none" not found')
  })
})

describe('probes and hooks', () => {
  test('a container is ready once its readiness probe succeeds', async (t) => {
    const { api, run, dir } = await world(t)
    const readinessProbe = { exec: { command: ['test', '-e', `${dir}/ready`] }, periodSeconds: 1 }
    const { name } = run({ containers: [{ command: ['sleep', '1000'], readinessProbe }] })
    const pod = await api.until<Pod>('pods', name, (each) => stateOf(each)?.started === true)
    assert.equal(stateOf(pod)?.ready, false)
    writeFileSync(`${dir}/ready`, '')
    await api.until<Pod>('pods', name, (each) => stateOf(each)?.ready === true)
  })

  test('a container is ready while its program says so over gRPC', async (t) => {
    const { api, run, events } = await world(t)
    let status = 2
    const server = createServer()
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const grpc = { port: (server.address() as AddressInfo).port }
    const readinessProbe = { grpc, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10 }
    const { name } = run({ containers: [{ command: ['sleep', '1000'], readinessProbe }] })
    await api.until<Pod>('pods', name, () =>
      events(name).includes(
        'Warning Unhealthy Readiness probe failed: service unhealthy (responded with "NOT_SERVING")',
      ),
    )
    status = 1
    await api.until<Pod>('pods', name, (each) => stateOf(each)?.ready === true)
  })

  test('a container that fails its liveness probe is ended and, by its policy, restarted', async (t) => {
    const { api, run, events } = await world(t)
    const livenessProbe = {
      exec: { command: ['sh', '-c', 'echo sick; exit 1'] },
      periodSeconds: 1,
      failureThreshold: 1,
    }
    const { name } = run({ restartPolicy: 'OnFailure', containers: [{ command: ['sleep', '1000'], livenessProbe }] })
    const pod = await api.until<Pod>('pods', name, (each) => stateOf(each)?.restartCount === 1)
    assert.equal(stateOf(pod)?.lastState.terminated?.exitCode, 143)
    assert.ok(events(name).includes('Warning Unhealthy Liveness probe failed: sick\n'))
    assert.ok(events(name).includes('Normal Killing Container main failed liveness probe, will be restarted'))
  })

  test('a failed hook and a probe that ends a pod for good are told as by a kubelet', async (t) => {
    const { run, phase, events } = await world(t)
    const failing = { exec: { command: ['sh', '-c', 'echo secret; exit 1'] } }
    const hooked = run({ containers: [{ command: ['sleep', '1000'], lifecycle: { postStart: failing } }] })
    await phase(hooked.name, 'Failed')
    assert.ok(events(hooked.name).includes('Warning FailedPostStartHook PostStartHook failed'))
    const livenessProbe = { ...failing, periodSeconds: 1, failureThreshold: 1 }
    const probed = run({ containers: [{ command: ['sleep', '1000'], livenessProbe }] })
    await phase(probed.name, 'Failed')
    assert.ok(events(probed.name).includes('Normal Killing Container main failed liveness probe'))
  })

  test('a program has two seconds for SIGTERM after a preStop hook that never ends', async (t) => {
    const { api, run, phase, dir } = await world(t)
    const lifecycle = { preStop: { exec: { command: ['sleep', '1000'] } } }
    const program = `trap 'echo asked >${dir}/said; exit 0' TERM; echo up; while :; do sleep 0.1; done`
    const container = { command: ['sh', '-c', program], lifecycle }
    const { name } = run({ terminationGracePeriodSeconds: 1, containers: [container] })
    await phase(name, 'Running')
    await api.client.delete({ resource: 'pods', namespace: 'default', name }, { gracePeriodSeconds: 1 })
    await api.untilGone('pods', name)
    assert.equal(readFileSync(`${dir}/said`, 'utf8'), 'asked\n')
  })

  test('the next container starts when the postStart hook of the one before has ended', async (t) => {
    const { run, phase, dir } = await world(t)
    const say = (text: string) => ['sh', '-c', `echo ${text} >>${dir}/order`]
    const hook = { exec: { command: ['sh', '-c', `sleep 0.3; echo hook >>${dir}/order`] } }
    const first = { name: 'first', command: ['sleep', '1000'], restartPolicy: 'Always', lifecycle: { postStart: hook } }
    const { name } = run({ initContainers: [first], containers: [{ command: say('main') }] })
    await phase(name, 'Succeeded')
    assert.equal(readFileSync(`${dir}/order`, 'utf8'), 'hook\nmain\n')
  })

  test('hooks run after the start and before the end', async (t) => {
    const { api, run, phase, dir } = await world(t)
    const say = (text: string) => ({ exec: { command: ['sh', '-c', `echo ${text} >>${dir}/order`] } })
    const lifecycle = { postStart: say('started'), preStop: say('stopping') }
    const { name } = run({ containers: [{ command: [`${programs}end-on-term.sh`], lifecycle }] })
    await phase(name, 'Running')
    await saysSomething(`${dir}/order`)
    await api.client.delete({ resource: 'pods', namespace: 'default', name })
    await api.untilGone('pods', name)
    assert.equal(readFileSync(`${dir}/order`, 'utf8'), 'started\nstopping\n')
  })
})

describe('commands in a running container', () => {
  for (const namespaces of ['auto', 'never'] as const) {
    test(`see what it sees (namespaces: ${namespaces})`, async (t) => {
      const { run, phase, exec } = await world(t, namespaces)
      const { name } = run({ containers: [{ command: ['sleep', '1000'], env: [{ name: 'WHO', value: "it's me" }] }] })
      await phase(name, 'Running')
      assert.deepEqual(await exec(name, ['sh', '-c', 'echo "$WHO"; cat; echo no >&2; exit 5'], 'given'), {
        out: "it's me\ngiven",
        err: 'no\n',
        end: { kind: 'Exited', exitCode: 5 },
      })
    })
  }

  test('may have a terminal', async (t) => {
    const { run, phase, exec } = await world(t)
    const { name } = run({ containers: [{ command: ['sleep', '1000'] }] })
    await phase(name, 'Running')
    const { out, end } = await exec(name, ['sh', '-c', 'test -t 1 && echo terminal; exit 4'], undefined, true)
    assert.deepEqual({ out, end }, { out: 'terminal\r\n', end: { kind: 'Exited', exitCode: 4 } })
  })
})
