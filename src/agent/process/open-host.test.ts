import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { helpersOf } from '../../../test/support/leftovers.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { runToEnd } from '../../../test/support/run-to-end.ts'
import { silentLog } from '../../base/index.ts'
import type { ContainerConfig } from '../runtime/index.ts'
import { createProcessRuntime } from './process-runtime.ts'
import { detectTools } from './tools.ts'

const tools = await detectTools({ path: '', namespaces: 'auto' })

for (const namespaces of ['auto', 'never'] as const) {
  test(`a spawner that starts in the place of a lost one ends with the runtime (namespaces: ${namespaces})`, async () => {
    const { path, dispose } = temporaryDirectory()
    const spawners = () => helpersOf({ pid: process.pid, directory: path }).spawners
    const lost = Promise.withResolvers<void>()
    const dir = `${path}/pods`
    mkdirSync(dir)
    const log = { ...silentLog, error: () => lost.resolve() }
    const runtime = await createProcessRuntime({ dir, version: '0', clock: realClock, log, hostEnv: {}, namespaces })
    await runtime.canMount()
    const [first = 0] = spawners()
    assert.ok(first > 0)
    process.kill(first, 'SIGKILL')
    await lost.promise
    // By the end of this turn the next one has been started, and has not yet said that it is ready.
    await setImmediate()
    await runtime.close()
    assert.deepEqual(spawners(), [])
    dispose()
  })
}

const isMissing = tools.unshare === undefined ? 'this host permits no namespaces' : false
test('a spawner that cannot begin in the place of a lost one is tried again', {
  skip: isMissing,
  timeout: 60_000,
}, async (t) => {
  const { path, dispose } = temporaryDirectory()
  const broken = `${path}/broken`
  mkdirSync(`${path}/bin`)
  const mount = `#!/bin/sh\n[ ! -e ${broken} ] || { echo it is broken; exit 32; } >&2\nexec ${tools.mount} "$@"\n`
  writeFileSync(`${path}/bin/mount`, mount, { mode: 0o755 })
  // The one that lies beside it is used.
  symlinkSync(`${dirname(tools.mount ?? '')}/umount`, `${path}/bin/umount`)
  const told = { Writable: Promise.withResolvers<unknown>(), ReadOnly: Promise.withResolvers<unknown>() }
  const log = {
    ...silentLog,
    warn: (_: string, { for: view, because } = {} as Record<string, unknown>) =>
      told[view as keyof typeof told]?.resolve(because),
  }
  const dir = `${path}/pods`
  mkdirSync(dir)
  const hostEnv = { PATH: `${path}/bin:${process.env['PATH']}` }
  const runtime = await createProcessRuntime({ dir, version: '0', clock: realClock, log, hostEnv })
  t.after(async () => {
    for (const uid of await runtime.podUids()) await runtime.remove(uid)
    await runtime.close()
    dispose()
  })
  assert.deepEqual([await runtime.canMount(), await runtime.hostFiles?.()], [true, { isPossible: true }])
  writeFileSync(broken, '')
  for (const pid of helpersOf({ pid: process.pid, directory: path }).spawners) process.kill(pid, 'SIGKILL')
  assert.match(String(await told.Writable.promise), /it is broken/)
  assert.match(String(await told.ReadOnly.promise), /it is broken/)
  const config = (name: string, command: string, more: Partial<ContainerConfig>): ContainerConfig => ({
    key: { podUid: name, container: 'main', attempt: 0 },
    pod: { namespace: 'default', name, hostname: name },
    image: 'busybox',
    command: ['sh', '-c', command],
    env: hostEnv,
    mounts: [],
    limits: {},
    ...more,
  })
  mkdirSync(`${path}/volume`)
  const volume = { source: `${path}/volume`, target: '/mnt', readOnly: false }
  const ends = [
    runToEnd(runtime, config('mounts', `echo mounted >/mnt/file`, { mounts: [volume] })),
    runToEnd(runtime, config('reads', `! touch ${path}/volume/other`, { hostFiles: 'ReadOnly' })),
  ]
  rmSync(broken)
  assert.deepEqual(
    (await Promise.all(ends)).map(({ exitCode }) => exitCode),
    [0, 0],
  )
  assert.deepEqual(readdirSync(`${path}/volume`), ['file'])
})
