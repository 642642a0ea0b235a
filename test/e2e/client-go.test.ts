/** client-go, as operators are built with it, against the real executable: typed, with protobuf bodies. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

test('client-go writes, watches, pages and deletes in protobuf', { timeout: 290_000 }, async (t) => {
  const program = await build()
  if (program.problem !== undefined) return t.skip(program.problem)
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  try {
    const { code, out, err } = await runProgram(program.file, [server.kubeconfig])
    assert.equal(code, 0, `${out}${err}`)
    assert.deepEqual(out.trim().split('\n'), [
      'created',
      'refused a second one',
      'updated updated',
      'patched patched',
      'applied yes',
      'refused an invalid one',
      'listed 1',
      'completed 1',
      'paged 12',
      'deleted',
    ])
  } finally {
    await server.stop()
    dispose()
  }
})

/** Builds the program; Go keeps what it compiled between runs. */
async function build(): Promise<{ readonly file: string; readonly problem?: string }> {
  const file = join(root, 'node_modules/.cache/client-go-test')
  const folder = join(root, 'test/fixtures/client-go')
  const version = await runProgram('go', ['version'])
  if (version.code !== 0)
    return { file, problem: 'no go on the PATH; client-go needs 1.26, which Debian does not have' }
  const modules = await runProgram('go', ['mod', 'download'], { cwd: folder })
  if (modules.code !== 0) return { file, problem: `the modules cannot be had: ${modules.err.trimEnd().slice(-200)}` }
  const built = await runProgram('go', ['build', '-o', file, '.'], { cwd: folder })
  assert.equal(built.code, 0, built.err)
  return { file }
}
