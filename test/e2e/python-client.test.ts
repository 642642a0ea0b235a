/** The official Python client against the real executable. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

const release = '37.0.2'

test('the Python client writes, watches, reads logs and deletes', { timeout: 500_000 }, async (t) => {
  const python = await pythonWithClient()
  if (python.problem !== undefined) return t.skip(python.problem)
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  try {
    const program = join(root, 'test/fixtures/programs/python-client.py')
    const { code, out, err } = await runProgram(python.file, [program, server.kubeconfig])
    assert.equal(code, 0, err)
    assert.deepEqual(out.trim().split('\n'), ['created', 'patched', 'completed', 'logged', 'scheduled', 'deleted'])
  } finally {
    await server.stop()
    dispose()
  }
})

/** A Python that has the client, in a virtual environment kept between runs. */
async function pythonWithClient(): Promise<{ readonly file: string; readonly problem?: string }> {
  const environment = join(root, `node_modules/.cache/python-kubernetes-${release}`)
  const file = join(environment, 'bin/python3')
  const installed = join(environment, 'installed')
  if (existsSync(installed)) return { file }
  const made = await runProgram('python3', ['-m', 'venv', '--clear', environment])
  if (made.code !== 0) return { file, problem: `no Python with venv: ${lastLine(made.err || made.out)}` }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '10', '--retries', '1']
  const got = await runProgram(file, [...pip, `kubernetes==${release}`])
  if (got.code !== 0) return { file, problem: `the client cannot be installed: ${lastLine(got.err)}` }
  writeFileSync(installed, '')
  return { file }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? ''
