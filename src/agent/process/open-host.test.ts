import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { helpersOf } from '../../../test/support/leftovers.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { silentLog } from '../../base/index.ts'
import { createProcessRuntime } from './process-runtime.ts'

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
