/** A rule of one container has all of its pod start anew where they are: in a Job, and over the end of the server. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Pod, PodSpec } from '../../src/apis/core/index.ts'
import { anyKubectl, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { connect, whenObject } from '../support/many-pods.ts'

const kubectl = anyKubectl()

/** Whether all containers run for the second time, as the init container has noted it. */
const AGAIN = '[ "$(wc -l </work/inits)" -gt 1 ]'

/** `main` asks for the restart once it is let go, the others are in the midst of something; the second time all go well. */
function specOf(host: string, { isDeaf }: { readonly isDeaf: boolean }): PodSpec {
  const volumeMounts = [
    { name: 'work', mountPath: '/work' },
    { name: 'host', mountPath: host },
  ]
  const full = (name: string, script: string, own: object = {}) => ({
    name,
    image: 'host',
    command: ['sh', '-c', script],
    resources: {},
    volumeMounts,
    ...own,
  })
  const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }
  const onTerm = (what: string): string => `trap '${what}' TERM; while :; do sleep 0.1; done`
  return {
    restartPolicy: 'Never',
    volumes: [
      { name: 'work', emptyDir: {} },
      { name: 'host', hostPath: { path: host } },
    ],
    initContainers: [
      full('init', 'echo init >>/work/inits'),
      full('side', onTerm('exit 0'), { restartPolicy: 'Always' }),
    ],
    containers: [
      full('main', `${AGAIN} && exec cat /work/inits; echo first; read line <${host}/gate; exit 42`, {
        restartPolicy: 'Never',
        restartPolicyRules: [rule],
      }),
      full('other', `${AGAIN} && exit 0; ${onTerm(isDeaf ? '' : 'exit 3')}`, {
        lifecycle: { preStop: { exec: { command: ['touch', `${host}/hook`] } } },
      }),
    ],
  }
}

const countsOf = ({ status }: Pod) =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
    ({ name, restartCount }) => `${name} ${restartCount}`,
  )
const conditionOf = ({ status }: Pod) => status.conditions?.find(({ type }) => type === 'AllContainersRestarting')
const isRestarting = (pod: Pod): boolean => conditionOf(pod)?.status === 'True'

describe('a pod all of whose containers start anew', { skip: kubectl === undefined ? 'needs kubectl' : false }, () => {
  const { path, dispose } = temporaryDirectory()
  const data = join(path, 'data')
  const gate = join(path, 'gate')
  let server: Server
  before(async () => {
    execFileSync('mkfifo', [gate])
    server = await startServer(data)
  })
  after(async () => {
    await server.stop()
    dispose()
  })
  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const env = { KUBECONFIG: server.kubeconfig, HOME: path, KUBECACHEDIR: join(path, 'kubectl-cache') }
    const { code, out, err } = await runProgram(kubectl ?? '', args, { env, input })
    assert.equal(code, 0, `kubectl ${args.join(' ')}\n${out}\n${err}`)
    assert.doesNotMatch(err, /Warning/)
    return out
  }
  const getPod = async (name: string): Promise<Pod> => JSON.parse(await run(['get', 'pod', name, '-o', 'json']))

  test('its Job takes no notice: nothing has failed', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'again' },
      spec: {
        backoffLimit: 0,
        podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
        template: { spec: specOf(path, { isDeaf: false }) },
      },
    }
    await run(['apply', '-f', '-'], JSON.stringify(job))
    await run(['wait', '--for=jsonpath={.status.ready}=1', 'job/again', '--timeout=120s'])
    const before = (await run(['get', 'pod', '-l', 'job-name=again', '-o', 'name'])).trim().replace('pod/', '')
    writeFileSync(gate, 'go\n')
    await run(['wait', '--for=condition=complete', 'job/again', '--timeout=120s'])
    assert.equal((await run(['get', 'pod', '-l', 'job-name=again', '-o', 'name'])).trim(), `pod/${before}`)
    const pod = await getPod(before)
    assert.deepEqual(countsOf(pod), ['init 1', 'side 1', 'main 1', 'other 1'])
    assert.deepEqual(
      pod.status.containerStatuses?.map(({ lastState }) => lastState.terminated?.reason),
      ['RestartingAllContainers', 'RestartingAllContainers'],
    )
    assert.equal(conditionOf(pod)?.reason, 'PodCompleted')
    assert.equal(await run(['logs', before, '-c', 'main']), 'init\ninit\n', 'volumes are kept')
    assert.equal(await run(['logs', before, '-c', 'main', '--previous']), 'first\n')
    assert.equal(existsSync(join(path, 'hook')), false, 'no preStop hook is run')
  })

  test('goes on with it on a server that was killed meanwhile', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'killed' }, spec: specOf(path, { isDeaf: true }) }
    await run(['apply', '-f', '-'], JSON.stringify(pod))
    await run(['wait', '--for=condition=Ready', 'pod/killed', '--timeout=120s'])
    const ready = await getPod('killed')
    const connection = await connect(server)
    const { namespace, resourceVersion = '' } = ready.metadata
    const selection = { namespace, fieldSelector: 'metadata.name=killed', resourceVersion }
    const restarting = whenObject<Pod>(connection.client, 'pods', selection, isRestarting)
    writeFileSync(gate, 'go\n')
    await restarting
    await connection.close()
    await server.kill()
    server = await startServer(data)
    await run(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/killed', '--timeout=120s'])
    const over = await getPod('killed')
    assert.equal(over.metadata.uid, ready.metadata.uid)
    assert.equal(over.status.podIP, ready.status.podIP)
    assert.deepEqual(countsOf(over), ['init 1', 'side 1', 'main 1', 'other 1'])
    assert.equal(await run(['logs', 'killed', '-c', 'main']), 'init\ninit\n')
  })
})
