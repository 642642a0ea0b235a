/** Pods leave a node with a NoExecute taint, by real kubectl: at once, in time, or not at all. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { anyKubectl, kubectlOn, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const file = anyKubectl()
const skip = file === undefined ? 'no kubectl on the PATH' : false

const toleration = (tolerationSeconds?: number): object => ({
  key: 'upkeep',
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})
const podSpec = (script: string, tolerations: readonly object[] = []): object => ({
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 60,
  tolerations,
  containers: [{ name: 'main', image: 'host', command: ['sh', '-c', script] }],
})
const pod = (name: string, tolerations: readonly object[] = [], script = 'exec sleep 600'): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: podSpec(script, tolerations),
})

describe('a node with a NoExecute taint', { skip, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  let node: string

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await kubectlOn(server, file ?? '')(...args)
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${out}${err}`)
    return out
  }
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const manifest = join(path, 'manifest.json')
    writeFileSync(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await kubectl('apply', '-f', manifest)
  }
  const taint = (change: string): Promise<string> => kubectl('taint', 'nodes', node, change)
  const wait = (what: string, ...names: readonly string[]): Promise<string> =>
    kubectl('wait', `--for=${what}`, '--timeout=120s', ...names)
  const get = (of: string, path: string): Promise<string> => kubectl('get', of, '-o', `jsonpath=${path}`)
  /** Watches until a line of what is asked for matches; answers it. */
  async function seen(pattern: RegExp, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.directory }
    const child = spawn(file ?? '', ['get', ...args, '--watch'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      for await (const line of createInterface({ input: child.stdout })) if (pattern.test(line)) return line
      throw new Error(`kubectl get ${args.join(' ')} --watch ended without ${pattern}`)
    } finally {
      child.kill()
    }
  }
  const evicted = (name: string, message: RegExp): Promise<string> => {
    const about = `involvedObject.name=${name},reason=TaintManagerEviction`
    return seen(message, 'events', '--field-selector', about, '-o', 'jsonpath={.message}{"\\n"}')
  }

  before(async () => {
    server = await startServer(path)
    node = await get('nodes', '{.items[0].metadata.name}')
  })
  after(async () => {
    await server.stop()
    dispose()
  })

  test('ends at once what does not tolerate it, and leaves alone what has ended or tolerates it', async () => {
    await apply(pod('bare'), pod('tolerant', [toleration()]), pod('ended', [], 'echo done'))
    await wait('jsonpath={.status.phase}=Running', 'pod/bare', 'pod/tolerant')
    await wait('jsonpath={.status.phase}=Succeeded', 'pod/ended')
    assert.match(await taint('upkeep=now:NoExecute'), /tainted/)
    await wait('delete', 'pod/bare')
    await evicted('bare', /^Marking for deletion Pod default\/bare$/)
    assert.equal(await get('pods', '{.items[*].metadata.name}'), 'ended tolerant')
    assert.equal(await get('pod/tolerant', '{.status.phase}'), 'Running')
    assert.equal(await kubectl('logs', 'ended'), 'done\n')
    await taint('upkeep-')
    await kubectl('delete', 'pod', 'tolerant', 'ended', '--grace-period=1')
  })

  test('takes a pod of a Job that ignores disruptions: nothing is charged, and the next pod waits for the node', async () => {
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }]
    const gate = join(path, 'gate')
    const script = `trap 'exit 9' TERM; while [ ! -e ${gate} ]; do sleep 0.1; done`
    const spec = { backoffLimit: 0, podFailurePolicy: { rules }, template: { spec: podSpec(script) } }
    await apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'careful' }, spec })
    await wait('jsonpath={.status.ready}=1', 'job/careful')
    const first = await get('pods', '{.items[0].metadata.name}')
    await taint('upkeep=now:NoExecute')
    await wait('delete', `pod/${first}`)
    const scheduled = '.status.conditions[?(@.type=="PodScheduled")]'
    const columns = `jsonpath={.status.phase} {${scheduled}.reason} {.metadata.name} {${scheduled}.message}{"\\n"}`
    const line = await seen(/ Unschedulable /, 'pods', '--selector=job-name=careful', '-o', columns)
    const [phase, , second, ...message] = line.split(' ')
    assert.notEqual(second, first)
    assert.deepEqual(
      [phase, message.join(' ')],
      [
        'Pending',
        '0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
      ],
    )
    assert.equal(await get('job/careful', '{.status.failed}{.status.conditions}'), '')
    writeFileSync(gate, '')
    await taint('upkeep-')
    await wait('condition=complete', 'job/careful')
    assert.equal(await get('job/careful', '{.status.succeeded} {.status.failed}'), '1 ')
    await kubectl('delete', 'job', 'careful')
  })

  test('keeps a pod for its time, also over a restart of the server, unless the taint goes', async () => {
    await apply(pod('patient', [toleration(600)]), pod('hasty', [toleration(5)]))
    await wait('jsonpath={.status.phase}=Running', 'pod/patient', 'pod/hasty')
    await taint('upkeep=now:NoExecute')
    const added = await get(`node/${node}`, '{.spec.taints[0].timeAdded}')
    assert.match(added, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    await server.stop()
    server = await startServer(path)
    assert.equal(await get(`node/${node}`, '{.spec.taints[0].timeAdded}'), added)
    await wait('delete', 'pod/hasty')
    await evicted('hasty', /^Marking for deletion Pod default\/hasty$/)
    await taint('upkeep-')
    await evicted('patient', /^Cancelling deletion of Pod default\/patient$/)
    assert.equal(await get('pod/patient', '{.status.phase}'), 'Running')
    assert.equal(await get('pod/patient', '{.status.containerStatuses[0].restartCount}'), '0')
    await kubectl('delete', 'pod', 'patient', '--grace-period=1')
  })
})
