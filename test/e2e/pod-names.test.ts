/** By which names pods with an image go and find others, though all of them have the network of the host. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectTools } from '../../src/agent/process/tools.ts'
import type { Pod, PodSpec } from '../../src/apis/core/index.ts'
import {
  anyKubectl,
  jobd,
  kubectlOn,
  runProgram,
  type Server,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'
import { createPod, deletePod, isOver, logOf, whenPod } from '../support/lone-pods.ts'
import { type Connection, connect } from '../support/many-pods.ts'

const { unshare } = await detectTools({ path: '', namespaces: 'auto' })
const skip = unshare === undefined ? 'this host permits no mount namespaces' : false
const kubectl = anyKubectl()
const isRoot = process.getuid?.() === 0

describe('names of pods', { skip, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  let connection: Connection
  before(async () => {
    server = await startServer(path)
    connection = await connect(server)
    await createService('web')
  })
  after(async () => {
    await connection.close()
    await server.stop()
    dispose()
  })
  const own = { image: 'busybox' }
  const isReady = ({ status }: Pod): boolean => status.containerStatuses?.[0]?.ready === true
  const create = (name: string, script: string, spec: Partial<PodSpec> = {}, more: object = own) =>
    createPod(connection.client, name, script, spec, more)
  const text = async (name: string): Promise<string> => (await logOf(server, name)).toString()
  async function createService(name: string): Promise<void> {
    const metadata = { name, namespace: 'default' }
    const spec = { clusterIP: 'None', ports: [{ port: 80 }] }
    const made = await connection.client.create('services', { apiVersion: 'v1', kind: 'Service', metadata, spec })
    assert.ok(made.ok, made.ok ? '' : (made.error.message ?? ''))
  }
  async function logAtEnd(name: string, ...rest: [script: string, spec?: Partial<PodSpec>, own?: object]) {
    await create(name, ...rest)
    const { status } = await whenPod(connection.client, name, isOver)
    const log = await text(name)
    assert.equal(status.phase, 'Succeeded', log)
    return log
  }
  const show = 'cat /proc/sys/kernel/hostname; echo $HOSTNAME; cat /etc/hosts'
  const hosts = readFileSync('/etc/hosts', 'utf8')

  test('a pod is the machine of its name, and finds itself and Services by theirs', async () => {
    const log = await logAtEnd('plain', show)
    assert.ok(log.startsWith(`plain\nplain\n${hosts.trimEnd()}\n`), log)
    assert.match(log, /^127\.0\.0\.1\tplain$/m)
    assert.match(log, /^127\.0\.0\.1\tweb\.default\.svc\.cluster\.local\tweb\.default\.svc\tweb\.default\tweb$/m)
  })

  const unprivileged = { securityContext: { runAsUser: 65534 } }
  test('also one that runs as another user', { skip: isRoot ? false : 'takes root' }, async () => {
    assert.match(await logAtEnd('nobody', show, unprivileged), /^127\.0\.0\.1\tnobody$/m)
  })

  test('what it asks for itself is there: more names, a full name, a file of its own', async () => {
    const spec = {
      hostname: 'full',
      subdomain: 'web',
      setHostnameAsFQDN: true,
      hostAliases: [{ ip: '10.9.8.7', hostnames: ['old', 'older'] }],
    }
    const log = await logAtEnd('asking', show, spec)
    assert.ok(log.startsWith('full.web.default.svc.cluster.local\n'), log)
    assert.match(log, /^10\.9\.8\.7\told\tolder$/m)
    const volumes = [{ name: 'v', downwardAPI: { items: [{ path: 'f', fieldRef: { fieldPath: 'metadata.name' } }] } }]
    const volumeMounts = [{ name: 'v', mountPath: '/etc/hosts', subPath: 'f' }]
    assert.equal(await logAtEnd('mounted', 'cat /etc/hosts', { volumes }, { ...own, volumeMounts }), 'mounted')
  })

  test('a program of the host, and a pod of its network, go by the name of the host', async () => {
    const onHost = await logAtEnd('host', show, {}, {})
    assert.equal(onHost, `${hostname()}\nhost\n${hosts}`)
    const networked = await logAtEnd('networked', show, { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })
    assert.ok(networked.startsWith(`${hostname()}\n`), networked)
    assert.match(networked, /^127\.0\.0\.1\tweb\.default/m)
    assert.doesNotMatch(networked, /\tnetworked/)
  })

  test('a name that no machine can have is told', async () => {
    const spec = { hostname: 'a'.repeat(40), subdomain: 'web', setHostnameAsFQDN: true }
    await create('long', 'true', spec)
    const { status } = await whenPod(connection.client, 'long', (pod) =>
      (pod.status.containerStatuses ?? []).some(({ state }) => state?.waiting?.message !== undefined),
    )
    assert.match(JSON.stringify(status), /has 70 characters, a machine at most 64/)
  })

  test('pods of an Indexed Job find each other, whoever starts first', async () => {
    // Whoever has found the other stays until it is found itself.
    const script = [
      'other=$((1 - JOB_COMPLETION_INDEX))',
      'until grep -q "names-$other.web.default.svc" /etc/hosts; do sleep 0.2; done',
      'touch /found/$JOB_COMPLETION_INDEX',
      'until [ -e /found/$other ]; do sleep 0.2; done',
    ].join('; ')
    const found = join(path, 'found')
    mkdirSync(found)
    const volumeMounts = [{ name: 'found', mountPath: '/found' }]
    const template = {
      spec: {
        restartPolicy: 'Never',
        subdomain: 'web',
        volumes: [{ name: 'found', hostPath: { path: found } }],
        containers: [{ name: 'main', ...own, volumeMounts, command: ['sh', '-c', script] }],
      },
    }
    const spec = { completions: 2, parallelism: 2, completionMode: 'Indexed', activeDeadlineSeconds: 120, template }
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'names' }, spec }
    const file = join(path, 'names.json')
    writeFileSync(file, JSON.stringify(job))
    const { code, err } = await runProgram(jobd, ['run', '--data-dir', path, file])
    assert.equal(code, 0, err)
  })

  test('a running pod learns of new Services, also from the next server', async () => {
    await create(
      'long-lived',
      'for s in later latest; do until grep -q $s.default /etc/hosts; do sleep 0.2; done; done',
    )
    await whenPod(connection.client, 'long-lived', isReady)
    await createService('later')
    await connection.close()
    await server.kill()
    server = await startServer(path)
    connection = await connect(server)
    await createService('latest')
    assert.equal((await whenPod(connection.client, 'long-lived', isOver)).status.phase, 'Succeeded')
  })

  test('a command that is executed in it goes by them too', {
    skip: kubectl ? false : 'no kubectl on the PATH',
  }, async () => {
    await create('running', 'sleep 1000')
    await whenPod(connection.client, 'running', isReady)
    const exec = ['exec', 'running', '--', 'cat', '/proc/sys/kernel/hostname', '/etc/hosts']
    const { out, err } = await kubectlOn(server, kubectl ?? '')(...exec)
    assert.ok(out.startsWith('running\n') && /^127\.0\.0\.1\trunning$/m.test(out), out + err)
    await deletePod(connection.client, 'running', { gracePeriodSeconds: 0 })
  })
})
