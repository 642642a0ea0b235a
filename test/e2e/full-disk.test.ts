/** A disk that a pod has filled: each exit status is kept, no other pod is harmed, and new ones wait until there is room. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigMap, Pod, PodSpec } from '../../src/apis/core/index.ts'
import { startServer, temporaryDirectory } from '../support/executable.ts'
import { appears, whenFiles } from '../support/files.ts'
import { createPod, refOf, whenPod } from '../support/lone-pods.ts'
import { connect, createPods, deletePods } from '../support/many-pods.ts'

const skip = process.getuid?.() === 0 ? false : 'needs root to mount a small file system'

test('a pod that fills the disk of logs is judged by its exit code, and only new pods wait', {
  skip,
  timeout: 300_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const disk = join(path, 'pods')
  mkdirSync(disk)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])
  const server = await startServer(path)
  const { client, close } = await connect(server)
  const create = (name: string, script: string): Promise<void> => createPod(client, name, script)
  type State = NonNullable<NonNullable<Pod['status']['containerStatuses']>[number]['state']>
  const stateOf = ({ status }: Pod): State => status.containerStatuses?.[0]?.state ?? {}
  const until = async (name: string, isSo: (state: State) => boolean): Promise<State> =>
    stateOf(await whenPod(client, name, (pod) => isSo(stateOf(pod))))
  try {
    await create('quiet', 'exec sleep 1000')
    await until('quiet', ({ running }) => running !== undefined)
    await create('loud', 'head -c 64000000 /dev/zero; exit 7')
    assert.equal((await until('loud', ({ terminated }) => terminated !== undefined)).terminated?.exitCode, 7)
    await create('next', 'exit 0')
    const { waiting } = await until('next', (state) => state.waiting?.reason === 'CreateContainerError')
    assert.match(waiting?.message ?? '', /no space left on the disk of .*free some/)
    await client.delete(refOf('loud'), { gracePeriodSeconds: 0 })
    assert.equal((await until('next', ({ terminated }) => terminated !== undefined)).terminated?.exitCode, 0)
    const quiet = await client.get<Pod>(refOf('quiet'))
    assert.equal(quiet.ok && quiet.value.status.phase, 'Running')
    await client.delete(refOf('quiet'), { gracePeriodSeconds: 0 })
  } finally {
    await close()
    await server.stop()
    execFileSync('umount', ['-l', disk])
    dispose()
  }
})

/** Takes all that is left of a disk. */
function fillUp(file: string): void {
  const handle = openSync(file, 'w')
  for (let piece = 1 << 20; piece >= 1; ) {
    try {
      writeSync(handle, new Uint8Array(piece))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      piece >>= 1
    }
  }
  closeSync(handle)
}

test('a full disk refuses what is new and takes deletions, which make room for it', {
  skip,
  timeout: 300_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const [disk, marks] = [join(path, 'disk'), join(path, 'marks')]
  for (const directory of [disk, marks]) mkdirSync(directory)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', disk])
  let server = await startServer(disk)
  let connection = await connect(server)
  const create = async (name: string): Promise<string> => {
    const metadata = { name, namespace: 'default' }
    const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'x'.repeat(1000) } }
    const made = await connection.client.create('configmaps', object)
    return made.ok ? 'created' : `${made.error.code} ${made.error.message}`
  }
  const names = Array.from({ length: 100 }, (_, index) => `m${index}`)
  const lives = join(disk, 'volumes/volumes')
  try {
    for (const name of [...names, 'kept']) assert.equal(await create(name), 'created')
    const job = await createPods(connection.client, {
      ...{ name: 'greedy', count: 1, parallelism: 1 },
      spec: {
        volumes: [{ name: 'room', emptyDir: {} }],
        containers: [{ name: 'main', resources: {}, volumeMounts: [{ name: 'room', mountPath: '/room' }] }],
      } as Partial<PodSpec>,
      command: ['sh', '-c', `head -c 24000000 /dev/zero >/room/all; touch ${marks}/written; exec sleep 1000`],
    })
    await appears(join(marks, 'written'))
    assert.equal(readdirSync(lives).length, 1)
    fillUp(join(disk, 'filler'))
    assert.match(await create('refused'), /^503 .*the disk is full: free some space/)
    for (const name of names) {
      const gone = await connection.client.delete({ resource: 'configmaps', namespace: 'default', name })
      assert.ok(gone.ok, `${name}: ${gone.ok || gone.error.message}`)
    }
    await deletePods(connection.client, job)
    await whenFiles(lives, () => readdirSync(lives).length === 0)
    assert.equal(await create('again'), 'created')
    await connection.close()
    await server.kill()
    server = await startServer(disk)
    connection = await connect(server)
    const { client } = connection
    const listed = await client.list<ConfigMap>('configmaps', { namespace: 'default' })
    assert.ok(listed.ok)
    const found = listed.value.items.map(({ metadata }) => metadata.name).filter((name) => name !== 'kube-root-ca.crt')
    assert.deepEqual(found, ['again', 'kept'])
  } finally {
    await connection.close()
    await server.stop()
    execFileSync('umount', ['-l', disk])
    dispose()
  }
})
