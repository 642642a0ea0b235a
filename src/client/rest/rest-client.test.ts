import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type TestServer, testServer } from '../../../test/support/http-server.ts'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import { kubeconfigText } from '../../apiserver/auth/index.ts'
import type { Client, WatchEvent } from '../client.ts'
import { loadKubeconfig } from './kubeconfig.ts'
import { createRestClient } from './rest-client.ts'

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }
const map = (name: string, data = {}): ConfigMap => ({ metadata: { name, namespace: 'default' }, data })
const ref = (name: string) => ({ resource: 'configmaps', namespace: 'default', name })

describe('the client over HTTPS', () => {
  let world: TestServer
  let client: Client
  before(async () => {
    world = await testServer()
    client = world.client().client
  })
  after(() => world.close())

  it('asks for nothing where a name is empty, which would be the place of all', async () => {
    await client.create<ConfigMap>('configmaps', map('kept'))
    const calls = [client.delete(ref('')), client.get(ref('')), client.patch(ref(''), 'merge', {})]
    for (const call of calls) {
      const answer = await call
      assert.ok(!answer.ok && answer.error.message === 'resource name may not be empty')
    }
    assert.ok((await client.delete(ref('kept'))).ok)
  })
  it('writes and reads', async () => {
    const made = await client.create<ConfigMap>('configmaps', map('a', { x: 'ü' }))
    assert.ok(made.ok)
    const changed = await client.update<ConfigMap>('configmaps', { ...made.value, data: { x: '2' } })
    assert.ok(changed.ok)
    const stale = await client.update<ConfigMap>('configmaps', { ...made.value, data: {} })
    assert.ok(!stale.ok && stale.error.reason === 'Conflict')
    const patched = await client.patch<ConfigMap>(ref('a'), 'merge', { data: { y: '3' } })
    assert.ok(patched.ok)
    assert.deepEqual(patched.value.data, { x: '2', y: '3' })
    const deleted = await client.delete(ref('a'), { propagationPolicy: 'Background' })
    assert.ok(deleted.ok)
    const gone = await client.get(ref('a'))
    assert.ok(!gone.ok && gone.error.code === 404)
  })
  it('lists items with their kind, as the client in process does', async () => {
    await client.create('configmaps', map('listed'))
    const listed = await client.list('configmaps', { namespace: 'default', fieldSelector: 'metadata.name=listed' })
    assert.ok(listed.ok)
    assert.deepEqual(
      listed.value.items.map(({ kind, apiVersion }) => [kind, apiVersion]),
      [['ConfigMap', 'v1']],
    )
  })
  it('pages', async () => {
    const first = await client.list('namespaces', { limit: 1 })
    assert.ok(first.ok && first.value.continue)
    const second = await client.list('namespaces', { limit: 1, continue: first.value.continue })
    assert.ok(second.ok)
    assert.notEqual(second.value.items[0]?.metadata.name, first.value.items[0]?.metadata.name)
  })
  it('watches', async () => {
    const listed = await client.list('configmaps')
    assert.ok(listed.ok)
    const events: WatchEvent<KubeObject>[] = []
    const seen = Promise.withResolvers<void>()
    const watch = client.watch(
      'configmaps',
      { namespace: 'default', resourceVersion: listed.value.resourceVersion },
      {
        onEvents(more) {
          events.push(...more)
          if (events.length >= 2) seen.resolve()
        },
        onEnd: (status) => seen.reject(new Error(status?.message ?? 'ended')),
      },
    )
    await client.create('configmaps', map('w'))
    await client.delete(ref('w'))
    await seen.promise
    watch.stop()
    assert.deepEqual(
      events.map(({ type, object }) => `${type} ${object.metadata.name}`),
      ['ADDED w', 'DELETED w'],
    )
  })
  it('tells why a watch cannot be had', async () => {
    const status = await new Promise<Status | undefined>((resolve) => {
      client.watch('configmaps', { resourceVersion: 'x' }, { onEvents() {}, onEnd: resolve })
    })
    assert.match(status?.message ?? '', /strconv.ParseUint/)
  })
  it('shows tables', async () => {
    const table = await world.client().table('namespaces', { name: 'default' })
    assert.ok(table.ok)
    assert.deepEqual([table.value.columnDefinitions[0]?.name, table.value.rows[0]?.cells[0]], ['Name', 'default'])
  })
  it('tells why there is no log', async () => {
    const log = await world.client().logs({ namespace: 'default', pod: 'no' })
    assert.ok(!log.ok && log.error.code === 404)
  })
  it('is who its kubeconfig says', async () => {
    const { certificates, url } = world
    const access = await loadKubeconfig(kubeconfigText({ server: url, ca: certificates.ca, ...certificates.admin }))
    assert.ok(access.ok)
    const review = await world
      .client(access.value)
      .client.create<KubeObject & { status?: unknown }>('selfsubjectreviews.authentication.k8s.io', { metadata: {} })
    assert.ok(review.ok)
    assert.deepEqual(review.value.status, {
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    })
  })
  it('trusts no other server', async () => {
    const answer = await world.client({ ca: undefined, token: 'admintoken' }).client.list('namespaces')
    assert.ok(!answer.ok)
    assert.match(answer.error.message ?? '', /^cannot reach https:/)
  })
})

describe('a server that is in trouble', () => {
  const serve = async (listener: RequestListener): Promise<{ server: Server; url: string }> => {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  it('is asked again when it says so', async () => {
    let asked = 0
    const { server, url } = await serve((_req, res) => {
      asked++
      if (asked === 1) res.writeHead(429, { 'Retry-After': '1' }).end('later')
      else res.writeHead(200).end('{"metadata":{"name":"x"}}')
    })
    const clock = virtualClock()
    const rest = createRestClient({ server: url, userAgent: 't', clock })
    const answer = rest.client.get(ref('x'))
    while (clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1000)
    assert.deepEqual(await answer, { ok: true, value: { metadata: { name: 'x' } } })
    await rest.close()
    server.close()
  })
  it('warns, and is heard once each header', async () => {
    const { server, url } = await serve((req, res) => {
      res.setHeader('Warning', [
        '299 - "a \\"quoted\\" text, with a comma"',
        '299 k8s "one", 299 - "two" "Sun, 22 Nov 2026 00:00:00 GMT"',
        '110 - "not for people"',
        'no warning at all',
        Buffer.from('299 - "警告"').toString('latin1'),
      ])
      res.writeHead(req.method === 'GET' ? 200 : 403).end('{}')
    })
    const texts: string[] = []
    const rest = createRestClient({
      server: url,
      userAgent: 't',
      clock: virtualClock(),
      warn: (text) => texts.push(text),
    })
    await rest.client.get(ref('x'))
    const expected = ['a "quoted" text, with a comma', 'one', 'two', '警告']
    assert.deepEqual(texts, expected)
    await rest.client.delete(ref('x'))
    assert.deepEqual(texts, [...expected, ...expected], 'a refusal too')
    await rest.close()
    server.close()
  })
  it('is told when it is no API server', async () => {
    const { server, url } = await serve((_req, res) => res.writeHead(502).end('bad gateway'))
    const rest = createRestClient({ server: url, userAgent: 't', clock: virtualClock() })
    const answer = await rest.client.get(ref('x'))
    assert.ok(!answer.ok)
    assert.deepEqual([answer.error.code, answer.error.message], [502, 'bad gateway'])
    await rest.close()
    server.close()
  })
  it('ends a watch without a reason when the connection breaks', async () => {
    const { server, url } = await serve((_req, res) => {
      res.writeHead(200)
      res.write('{"type":"ADDED","object":{"metadata":{"name":"x"}}}\n{"type":"MOD', () => res.destroy())
    })
    const rest = createRestClient({ server: url, userAgent: 't', clock: virtualClock() })
    const names: (string | undefined)[] = []
    const status = await new Promise<Status | undefined>((resolve) => {
      rest.client.watch(
        'configmaps',
        { resourceVersion: '1' },
        {
          onEvents: (events) => names.push(...events.map(({ object }) => object.metadata.name)),
          onEnd: resolve,
        },
      )
    })
    assert.deepEqual([names, status], [['x'], undefined])
    await rest.close()
    server.close()
  })
  it('that is not there is a Status', async () => {
    const rest = createRestClient({ server: 'http://127.0.0.1:1', userAgent: 't', clock: virtualClock() })
    const answer = await rest.client.get(ref('x'))
    assert.ok(!answer.ok && answer.error.code === 503)
    const status = await new Promise<Status | undefined>((resolve) => {
      rest.client.watch('configmaps', { resourceVersion: '1' }, { onEvents() {}, onEnd: resolve })
    })
    assert.equal(status?.code, 503)
    await rest.close()
  })
})

describe('a kubeconfig', () => {
  const config = (user: string, more = ''): string => `
current-context: c
contexts: [{name: c, context: {cluster: k, user: u, namespace: ns}}]
clusters: [{name: k, cluster: {server: "https://h:1"${more}}}]
users: [{name: u, user: ${user}}]
`
  it('has a token and a namespace', async () => {
    const access = await loadKubeconfig(config('{token: t}'))
    assert.ok(access.ok)
    assert.deepEqual([access.value.server, access.value.token, access.value.namespace], ['https://h:1', 't', 'ns'])
  })
  it('names files', async () => {
    const readFile = (path: string): string => `content of ${path}\n`
    const access = await loadKubeconfig(config('{tokenFile: tok}', ', certificate-authority: ca.crt'), { readFile })
    assert.ok(access.ok && typeof access.value.token === 'function')
    assert.deepEqual([access.value.ca, access.value.token()], ['content of ca.crt\n', 'content of tok'])
  })
  const wrong: readonly [string, string, string][] = [
    ['no context', 'kind: Config', 'the kubeconfig has no current context'],
    ['an unknown context', 'current-context: x', 'the kubeconfig has no context "x"'],
    [
      'an unknown cluster',
      'current-context: x\ncontexts: [{name: x, context: {cluster: y}}]',
      'the kubeconfig has no cluster "y"',
    ],
    [
      'a command',
      config('{exec: {command: aws}}'),
      'the kubeconfig gets its credentials from a command, which is not supported',
    ],
    [
      'a file that cannot be read',
      config('{client-key: k}'),
      'the kubeconfig names a file that cannot be read: k cannot be read here',
    ],
  ]
  for (const [name, text, error] of wrong) {
    it(name, async () => assert.deepEqual(await loadKubeconfig(text), { ok: false, error }))
  }
})
