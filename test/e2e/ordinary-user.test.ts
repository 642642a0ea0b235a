/** Pods of a server that is not root: what works there all the same, and what nobody may break. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Pod, PodSpec } from '../../src/apis/core/index.ts'
import { makeRoot, staticBusybox } from '../support/dockerd.ts'
import { jobd, type Server, startServerAs, temporaryDirectory } from '../support/executable.ts'
import { createPod, isOver, logOf, refOf, whenPod, whenTold } from '../support/lone-pods.ts'
import { type Connection, connect } from '../support/many-pods.ts'

const NOBODY = { uid: 65534, gid: 65534 }

/** Why a server cannot run as somebody else here; false when it can. */
function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root, to be somebody else'
  if (spawnSync(jobd, ['version'], NOBODY).status !== 0) return 'this checkout cannot be read by others than root'
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true'], NOBODY)
  return tried.status === 0 ? false : 'this host permits no user namespaces'
}

describe('pods of an ordinary user', { skip: missing(), timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  const image = join(path, 'image')
  let server: Server
  let connection: Connection
  before(async () => {
    const data = join(path, 'data')
    mkdirSync(data, { mode: 0o700 })
    chownSync(data, NOBODY.uid, NOBODY.gid)
    chmodSync(path, 0o755)
    if (staticBusybox() !== undefined) {
      await makeRoot(image)
      // A user namespace has no rights to what belongs to root.
      spawnSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, image])
    }
    writeFileSync(join(path, 'map.json'), JSON.stringify({ 'busybox:1': image, tool: 'host' }))
    mkdirSync(join(path, 'private'), { mode: 0o700 })
    const flags = ['--image-policy', 'map', '--image-map', join(path, 'map.json')]
    server = await startServerAs({ env: { HOME: data }, ...NOBODY }, data, ...flags)
    connection = await connect(server)
  })
  after(async () => {
    await connection.close()
    await server.stop()
    dispose()
  })
  const create = (name: string, script: string, spec: Partial<PodSpec> = {}, own: object = {}): Promise<void> =>
    createPod(connection.client, name, script, spec, own)
  const until = (name: string, isSo: (pod: Pod) => boolean): Promise<Pod> => whenPod(connection.client, name, isSo)
  const outcome = async (name: string): Promise<string> => {
    const { status } = await until(name, isOver)
    const { reason = '', message = '' } = status.containerStatuses?.[0]?.state?.terminated ?? {}
    return `${await logOf(server, name)}${reason} ${message}`.trim()
  }

  test('may have a terminal', async () => {
    await create('terminal', 'test -t 0 && echo terminal', {}, { tty: true, stdin: true })
    assert.equal(await outcome('terminal'), 'terminal\r\nCompleted')
  })

  test('are kept from writing where they ask for it, and have their last word', async () => {
    const script =
      'touch /tmp/new 2>/dev/null || echo refused; grep NoNewPrivs /proc/self/status; echo bye >/dev/termination-log; exit 1'
    const capabilities = { drop: ['ALL'] }
    const securityContext = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities }
    await create('restricted', script, {}, { securityContext })
    assert.equal(await outcome('restricted'), 'refused\nNoNewPrivs:\t1\nError bye')
  })

  const jobdRun = (temporary: string, script: string, spec: object, own: object): readonly unknown[] => {
    const file = join(path, 'job.json')
    const containers = [{ name: 'main', image: 'busybox', command: ['sh', '-c', script], ...own }]
    const template = { spec: { restartPolicy: 'Never', containers, ...spec } }
    const metadata = { name: 'first' }
    writeFileSync(
      file,
      JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template } }),
    )
    const env = { PATH: process.env['PATH'] ?? '', HOME: path, TMPDIR: temporary }
    const { status, stdout, stderr } = spawnSync(jobd, ['run', file], { ...NOBODY, env, encoding: 'utf8' })
    return [status, stdout, status === 0 ? '' : stderr]
  }

  test('run with `jobd run`, whose server keeps its files in /tmp', () => {
    assert.deepEqual(jobdRun('/tmp', 'ls /tmp; echo fine', {}, {}), [0, 'fine\n', ''])
  })

  test('have volumes where files lie below a directory with a blank in its name', () => {
    const place = join(path, 'a b')
    mkdirSync(place)
    chownSync(place, NOBODY.uid, NOBODY.gid)
    const volumes = [{ name: 'v', emptyDir: {} }]
    const own = { volumeMounts: [{ name: 'v', mountPath: '/jobd-v' }] }
    assert.deepEqual(jobdRun(place, 'echo fine >/jobd-v/f; cat /jobd-v/f', { volumes }, own), [0, 'fine\n', ''])
  })

  test('write to their volumes and a /tmp of their own when they are not the host itself', async () => {
    const root = `awk '$5 == "/" { print substr($6, 1, 2) }' /proc/self/mountinfo | tail -n 1`
    const own = 'touch /tmp/new && ls /tmp; touch /v/new && ls /v'
    const script = `touch ${path}/data/new 2>/dev/null || echo hidden; ${root}; ${own}`
    const mounts = { image: 'tool', volumeMounts: [{ name: 'v', mountPath: '/v' }] }
    await create('guest', script, { volumes: [{ name: 'v', emptyDir: {} }] }, mounts)
    assert.equal(await outcome('guest'), 'hidden\nro\nnew\nnew\nCompleted')
  })

  test('run in images that are directories', {
    skip: staticBusybox() === undefined ? 'needs a static busybox (package busybox-static)' : false,
  }, async () => {
    await create('mapped', 'ls -d /home 2>&1; touch /tmp/mine && echo wrote', {}, { image: 'busybox:1' })
    assert.equal(await outcome('mapped'), 'ls: /home: No such file or directory\nwrote\nCompleted')
    const pod = await until('mapped', () => true)
    assert.equal(pod.status.containerStatuses?.[0]?.imageID, image)
    assert.ok(!readdirSync(join(image, 'tmp')).includes('mine'))
  })

  test('are killed when they take more memory than they may', async () => {
    const resources = { limits: { memory: '32Mi' } }
    await create('greedy', 'head -c 200000000 /dev/zero | tail | sleep 1000', {}, { resources })
    assert.match(await outcome('greedy'), /OOMKilled/)
  })

  test('wait for directories that may not be made, and break nothing when theirs cannot be read', async () => {
    const volumes = [{ name: 'v', hostPath: { path: join(path, 'private/new'), type: 'DirectoryOrCreate' } }]
    await create('refused', 'true', { volumes })
    await whenTold(connection.client, 'refused', ({ message = '' }) => /FailedMount|EACCES/.test(message))
    const work = { volumes: [{ name: 'v', emptyDir: {} }] }
    const mounts = { volumeMounts: [{ name: 'v', mountPath: '/jobd-v' }] }
    await create('closed', 'mkdir -p /jobd-v/a/b && chmod 0 /jobd-v/a', work, mounts)
    await outcome('closed')
    await connection.client.delete(refOf('closed'), {})
    await create('next', 'echo fine')
    assert.equal(await outcome('next'), 'fine\nCompleted')
    const left = join(path, 'data/volumes/volumes')
    while (readdirSync(left).length > 0) await connection.client.get(refOf('next'))
  })
})
