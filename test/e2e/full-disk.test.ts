/** A disk that a pod has filled: each exit status is kept, no other pod is harmed, and new ones wait until there is room. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Pod } from '../../src/apis/core/index.ts'
import { startServer, temporaryDirectory } from '../support/executable.ts'
import { createPod, refOf, whenPod } from '../support/lone-pods.ts'
import { connect } from '../support/many-pods.ts'

const skip = process.getuid?.() === 0 ? false : 'needs root to mount a small file system'

test('a pod that fills the disk of logs is judged by its exit code, and only new pods wait', {
  skip,
  timeout: 120_000,
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
