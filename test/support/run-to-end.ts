/** One run of a runtime, from its start to its end. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import type { ContainerConfig, Exit, Runtime } from '../../src/agent/runtime/index.ts'

/** How a run ended, and all that it wrote. */
export async function runToEnd(runtime: Runtime, wanted: ContainerConfig): Promise<Exit & { readonly log: string }> {
  const ended = new Promise<Exit>((resolve) => {
    const silence = runtime.onChange(({ key, state }) => {
      if (key.podUid !== wanted.key.podUid || state.kind !== 'Exited') return
      silence()
      resolve(state.exit)
    })
  })
  const started = await runtime.start(wanted)
  assert.ok(started.ok, started.ok ? '' : started.error.message)
  const exit = await ended
  const path = runtime.logPath(wanted.key)
  return { ...exit, log: existsSync(path) ? readFileSync(path, 'utf8') : '' }
}
