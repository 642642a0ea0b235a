import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { type Log, silentLog } from '../../base/index.ts'
import { createDockerRuntime } from './docker-runtime.ts'

const network = { Id: 'n', Name: 'jobd-test', IPAM: { Config: [{}] } }

/** What an engine without containers answers; nothing ends the stream of its events. */
const answers: Readonly<Record<string, unknown>> = {
  '/_ping': 'OK',
  '/info': {},
  '/networks': [network],
  '/networks/n': network,
  '/containers/json': [],
}

/** Answers until it is asked to take something back, which it never does. */
async function fakeEngine(t: TestContext, socketPath: string) {
  const followed = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.method === 'DELETE') return asked.resolve()
    const [path = ''] = (request.url ?? '').replace(/^\/v[\d.]+/, '').split('?')
    response.setHeader('Api-Version', '1.41')
    if (path in answers) response.end(JSON.stringify(answers[path]))
    else response.flushHeaders()
    if (path === '/events') followed.resolve()
  })
  await once(server.listen(socketPath), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { followed: followed.promise, asked: asked.promise }
}

test('an engine that hangs holds up the end for half a minute, and what is left there is named', async (t) => {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-leaving-`)
  t.after(() => rmSync(dir, { recursive: true }))
  const engine = await fakeEngine(t, `${dir}/socket`)
  const clock = virtualClock()
  const said: string[] = []

  const log: Log = { ...silentLog, warn: (text) => void said.push(text) }
  const runtime = await createDockerRuntime({
    dir: `${dir}/runtime`,
    volatileDir: `${dir}/volatile`,
    socketPath: `${dir}/socket`,
    clock,
    log,
    newOwner: () => 'test',
  })
  assert.ok(runtime.ok, runtime.ok ? '' : runtime.error)
  await engine.followed
  const closed = runtime.value.close()
  await engine.asked
  clock.advance(30_000)
  await closed
  assert.equal(clock.waiting(), 0, 'nothing waits for the engine any more')
  assert.match(said.join('\n'), /does not answer/)
})
