/** `npm run check:advisories` against registries of a test's own: one that knows something, one that knows nothing, one that does not answer. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Ended, root, runProgram, temporaryDirectory } from '../support/executable.ts'

/** The answer to the question for advisories; whatever else npm asks for is not there. */
async function checkedBy(status: number, advisories: unknown): Promise<Ended> {
  const registry = createServer((request, response) => {
    const asked = request.url?.endsWith('/advisories/bulk') === true
    request.resume()
    response.writeHead(asked ? status : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(asked ? advisories : {}))
  })
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
  const { path, dispose } = temporaryDirectory()
  const { port } = registry.address() as AddressInfo
  const env = { npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: path }
  const ended = await runProgram(process.execPath, [join(root, 'tools/check-advisories.ts')], { env })
  registry.close()
  dispose()
  return ended
}

const advisory = (severity: string) => ({
  id: 1,
  url: 'https://example.com/advisories/1',
  title: 'It does what it should not',
  severity,
  vulnerable_versions: '*',
})

test('a weakness of a package of the bundle fails the check and is told', async () => {
  const { code, out, err } = await checkedBy(200, { ws: [advisory('high')] })
  assert.equal(code, 1, out)
  assert.match(err, /^in the bundle: ws, high: It does what it should not \(https:\/\/example.com\/advisories\/1\)$/m)
  assert.match(out, /advisories: 1 in the bundle/)
})

test('a weakness of what only development uses is told and fails nothing', async () => {
  const { code, out, err } = await checkedBy(200, { typescript: [advisory('low')] })
  assert.equal(code, 0, err)
  assert.match(err, /^in development only: typescript, low: /m)
  assert.match(out, /advisories: 0 in the bundle/)
})

test('no weakness is zero of them', async () => {
  const { code, out } = await checkedBy(200, {})
  assert.deepEqual([code, out], [0, 'advisories: 0 in the bundle, 0 in development only\n'])
})

test('a registry that does not answer is no clean one', async () => {
  const { code, out } = await checkedBy(405, {})
  assert.equal(code, 0)
  assert.match(out, /^advisories: not known, the registry did not answer: 405/)
})
