/** What the API server does whichever version of HTTP asks: one suite, played over each. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { decodeMessage, openEnvelope } from '../../src/apimachinery/index.ts'
import { issueClientCertificate } from '../../src/apiserver/auth/index.ts'
import type { PodLogs } from '../../src/apiserver/http/index.ts'
import { ok } from '../../src/base/index.ts'
import type { HttpAnswer, HttpCalls, HttpHeaders, OpenHttpCalls } from '../support/http-calls.ts'
import { type TestServer, testServer } from '../support/http-server.ts'

const encoder = new TextEncoder()
const logs: PodLogs = {
  openJob: () => assert.fail('not asked for'),
  open: async ({ container, tailLines }) =>
    ok(
      (async function* () {
        yield encoder.encode(`${container} `)
        yield encoder.encode(String(tailLines))
      })(),
    ),
}

export function httpContract(protocol: string, openCalls: OpenHttpCalls): void {
  describe(`the API over ${protocol}`, () => {
    let world: TestServer
    let calls: HttpCalls
    const call = (
      method: string,
      path: string,
      body?: string | Buffer,
      headers: HttpHeaders = {},
      token: string | null = 'admintoken',
    ): Promise<HttpAnswer> =>
      calls.call({
        method,
        path,
        body,
        headers: token === null ? headers : { Authorization: `Bearer ${token}`, ...headers },
      })
    const json = async (...args: Parameters<typeof call>): Promise<Record<string, unknown>> =>
      JSON.parse((await call(...args)).text) as Record<string, unknown>
    const maps = '/api/v1/namespaces/default/configmaps'
    const post = (name: string, data: object = {}): Promise<HttpAnswer> =>
      call('POST', maps, JSON.stringify({ metadata: { name }, data }), { 'Content-Type': 'application/json' })

    const audited: string[] = []
    before(async () => {
      world = await testServer({ logs, audit: (line) => audited.push(line) })
      calls = openCalls({ url: world.url, ca: world.certificates.ca })
      const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } }
      const pods = '/api/v1/namespaces/default/pods'
      await json(
        'POST',
        '/api/v1/namespaces/default/serviceaccounts',
        JSON.stringify({ metadata: { name: 'default' } }),
      )
      assert.equal((await call('POST', pods, JSON.stringify(pod))).code, 201)
    })
    after(async () => {
      calls.close()
      await world.close()
    })

    it('creates, shows and deletes', async () => {
      assert.equal((await post('one', { a: 'b' })).code, 201)
      assert.deepEqual((await json('GET', `${maps}/one`))['data'], { a: 'b' })
      assert.equal((await call('DELETE', `${maps}/one`)).code, 200)
      assert.equal((await call('GET', `${maps}/one`)).code, 404)
    })
    it('gives every answer an audit id, the one of the request where it has one', async () => {
      assert.match((await call('GET', '/version')).headers['audit-id'] as string, /^[0-9a-f-]{36}$/)
      assert.equal((await call('GET', '/version', undefined, { 'Audit-ID': 'mine-1' })).headers['audit-id'], 'mine-1')
    })
    it('refuses bodies over the limit and stays usable', async () => {
      const answer = await post('big', { a: 'x'.repeat(3 * 1024 * 1024) })
      assert.equal(answer.code, 413)
      assert.match(answer.text, /Request entity too large: limit is 3145728/)
    })
    it('sends a long list in pieces that make the same document in every form', async () => {
      const long = '/api/v1/namespaces/kube-public/configmaps'
      for (let i = 0; i < 150; i++) {
        const map = JSON.stringify({ metadata: { name: `long-${i}` }, data: { a: 'é'.repeat(2000) } })
        assert.equal((await call('POST', long, map, { 'Content-Type': 'application/json' })).code, 201)
      }
      const plain = await call('GET', long)
      assert.equal(plain.headers['content-length'], undefined)
      const list = JSON.parse(plain.text) as { readonly items: readonly object[] }
      assert.equal(list.items.length, 150)
      assert.equal(plain.text, `${JSON.stringify(list)}\n`)
      const packed = await call('GET', long, undefined, { 'Accept-Encoding': 'gzip' })
      assert.equal(packed.headers['content-encoding'], 'gzip')
      assert.equal(gunzipSync(packed.body).toString(), plain.text)
      const { body } = await call('GET', long, undefined, { Accept: 'application/vnd.kubernetes.protobuf' })
      const envelope = openEnvelope(body)
      assert.ok(envelope.ok)
      const { raw, ...kind } = envelope.value
      assert.deepEqual(decodeMessage('core.v1.ConfigMapList', raw, kind), ok(list))
      const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io'
      const table = await json('GET', `${long}?includeObject=Object`, undefined, { Accept: asTable })
      assert.equal((table['rows'] as readonly unknown[]).length, 150)
    })
    it('compresses long answers for those who take it', async () => {
      await post('long', { a: 'x'.repeat(200_000) })
      const answer = await call('GET', `${maps}/long`, undefined, { 'Accept-Encoding': 'gzip' })
      assert.equal(answer.headers['content-encoding'], 'gzip')
      assert.ok(gunzipSync(answer.body).toString().includes('xxxx'))
      assert.equal((await call('GET', `${maps}/long`)).headers['content-encoding'], undefined)
    })
    it('speaks protobuf and YAML', async () => {
      const body = 'metadata: {name: yaml}\ndata: {a: "1"}\n'
      assert.equal((await call('POST', maps, body, { 'Content-Type': 'application/yaml' })).code, 201)
      const protobuf = await call('GET', `${maps}/yaml`, undefined, { Accept: 'application/vnd.kubernetes.protobuf' })
      const envelope = openEnvelope(protobuf.body)
      assert.ok(envelope.ok && envelope.value.kind === 'ConfigMap')
      const answer = await call('GET', `${maps}/yaml`, undefined, { Accept: 'application/yaml' })
      assert.match(answer.text, /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\n/)
    })
    it('tells in protobuf what it serves', async () => {
      const kinds: readonly [string, string][] = [
        ['/api', 'APIVersions'],
        ['/apis', 'APIGroupList'],
        ['/apis/batch', 'APIGroup'],
        ['/api/v1', 'APIResourceList'],
        ['/apis/batch/v1', 'APIResourceList'],
      ]
      for (const [path, kind] of kinds) {
        const answer = await call('GET', path, undefined, { Accept: 'application/vnd.kubernetes.protobuf' })
        const envelope = openEnvelope(answer.body)
        assert.ok(envelope.ok && envelope.value.kind === kind, `${path}: ${answer.code}`)
        const message = decodeMessage(`meta.v1.${kind}`, envelope.value.raw)
        const { apiVersion: _version, kind: _kind, ...plain } = await json('GET', path)
        assert.ok(message.ok)
        assert.deepEqual(message.value, plain, path)
      }
    })
    it('warns of unknown fields', async () => {
      const answer = await call('POST', maps, JSON.stringify({ metadata: { name: 'odd' }, dta: {} }))
      assert.equal(answer.headers['warning'], '299 - "unknown field \\"dta\\""')
    })
    it('keeps to the deadline that a request names', async () => {
      const answer = await call('GET', `${maps}?resourceVersion=999999&timeout=50ms`)
      assert.equal(answer.code, 504)
      assert.match(answer.text, /request did not complete within the allotted timeout/)
      assert.match((await call('GET', `${maps}?timeout=soon`)).text, /invalid timeout specified in the request URL/)
    })
    it('streams a watch and ends it in time', async () => {
      const answer = await call('GET', `${maps}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dlong`)
      assert.equal(answer.code, 200)
      const lines = answer.text.trimEnd().split('\n')
      assert.deepEqual(
        lines.map((line) => (JSON.parse(line) as { type: string }).type),
        ['ADDED'],
      )
    })
    it('tells others how to check tokens of ServiceAccounts', async () => {
      const { jwks_uri: uri, issuer } = await json('GET', '/.well-known/openid-configuration')
      assert.equal(issuer, 'https://kubernetes.default.svc')
      const keys = await json('GET', new URL(String(uri)).pathname)
      assert.equal((keys['keys'] as { kty: string; d?: string }[])[0]?.kty, 'EC')
      assert.equal((keys['keys'] as { d?: string }[])[0]?.d, undefined)
    })
    it('tells the audit log who asked for what', async () => {
      const id = 'audit-test'
      await call('GET', `${maps}/none`, undefined, { 'Audit-ID': id, 'Impersonate-User': 'bob', 'User-Agent': 'u' })
      const event = JSON.parse(audited.find((line) => line.includes(id)) ?? '{}') as Record<string, unknown>
      assert.deepEqual(event['user'], {
        username: 'admin',
        uid: 'admin',
        groups: ['system:masters', 'system:authenticated'],
      })
      assert.deepEqual(event['impersonatedUser'], { username: 'bob', groups: ['system:authenticated'] })
      assert.deepEqual(event['objectRef'], {
        resource: 'configmaps',
        namespace: 'default',
        name: 'none',
        apiVersion: 'v1',
      })
      assert.deepEqual([event['verb'], event['responseStatus']], ['get', { metadata: {}, code: 403 }])
    })
    it('answers HEAD as upstream does: not at all', async () => assert.equal((await call('HEAD', maps)).code, 405))

    describe('for nobody', () => {
      const cases: readonly [string, number][] = [
        ['/healthz', 200],
        ['/livez?verbose', 200],
        ['/readyz/ping', 403],
        ['/version', 200],
        ['/api', 403],
        ['/metrics', 403],
        [maps, 403],
      ]
      for (const [path, code] of cases) {
        it(`${path} is ${code}`, async () => assert.equal((await call('GET', path, undefined, {}, null)).code, code))
      }
      it('a wrong token is worse than none', async () =>
        assert.equal((await call('GET', '/healthz', undefined, {}, 'wrong')).code, 401))
    })

    describe('tells health', () => {
      it('in one word', async () => assert.equal((await call('GET', '/readyz')).text, 'ok'))
      it('in lines', async () =>
        assert.equal((await call('GET', '/readyz?verbose')).text, '[+]ping ok\nreadyz check passed\n'))
      it('without what is excluded', async () =>
        assert.equal(
          (await call('GET', '/readyz?verbose&exclude=ping&exclude=no')).text,
          '[+]ping excluded: ok\nwarn: some health checks cannot be excluded: no matches for "no"\nreadyz check passed\n',
        ))
    })

    it('shows documents once to those who keep them', async () => {
      const headers = { Accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }
      const first = await call('GET', '/apis', undefined, headers)
      assert.equal(first.headers['content-type'], headers.Accept)
      const again = await call('GET', '/apis', undefined, { ...headers, 'If-None-Match': first.headers.etag })
      assert.deepEqual([again.code, again.text], [304, ''])
    })
    it('shows OpenAPI by its hash', async () => {
      const index = JSON.parse((await call('GET', '/openapi/v3')).text) as {
        paths: Record<string, { serverRelativeURL: string }>
      }
      const url = index.paths['apis/batch/v1']?.serverRelativeURL ?? ''
      const document = await call('GET', url)
      assert.equal(document.headers['cache-control'], 'public, immutable')
      assert.ok(document.text.includes('io.k8s.api.batch.v1.Job'))
      const wrong = await call('GET', '/openapi/v3/apis/batch/v1?hash=00')
      assert.deepEqual([wrong.code, wrong.headers.location], [301, url])
    })
    it('counts requests', async () => {
      const { text } = await call('GET', '/metrics')
      assert.match(
        text,
        /apiserver_request_total\{verb="CREATE",group="",version="v1",resource="pods",subresource="",code="201"\} 1/,
      )
      assert.match(text, /process_cpu_user_seconds_total/)
      const watching = call('GET', `${maps}?watch=1&timeoutSeconds=1`)
      await call('GET', '/version')
      const open = (await call('GET', '/metrics')).text
      assert.match(
        open,
        /apiserver_longrunning_requests\{verb="WATCH",group="",version="v1",resource="configmaps",subresource=""\} 1/,
      )
      await watching
    })

    describe('lets somebody act as somebody else', () => {
      it('when they may', async () => {
        const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' })
        const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
        const answer = await json('POST', path, review, { 'Impersonate-User': 'bob', 'Impersonate-Extra-Team': 'x' })
        assert.deepEqual(answer['status'], {
          userInfo: { username: 'bob', groups: ['system:authenticated'], extra: { team: ['x'] } },
        })
      })
      it('when they may not', async () => {
        const answer = await json('GET', maps, undefined, { 'Impersonate-User': 'admin' }, 'alicetoken')
        assert.equal(
          answer['message'],
          'users "admin" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
        )
      })
    })

    describe('refuses rights that their giver has not', () => {
      const rbac = '/apis/rbac.authorization.k8s.io/v1'
      before(async () => {
        const rules = [
          { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'get'] },
        ]
        await call('POST', `${rbac}/clusterroles`, JSON.stringify({ metadata: { name: 'roler' }, rules }))
        const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'roler' }
        const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }]
        await call(
          'POST',
          `${rbac}/clusterrolebindings`,
          JSON.stringify({ metadata: { name: 'roler' }, roleRef, subjects }),
        )
      })
      const write = (kind: string, body: object): Promise<HttpAnswer> =>
        call(
          'POST',
          `${rbac}/namespaces/default/${kind}`,
          JSON.stringify({ metadata: { name: 'x' }, ...body }),
          {},
          'alicetoken',
        )
      it('in a role', async () => {
        const answer = await write('roles', { rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] })
        assert.equal(answer.code, 403)
        assert.match(answer.text, /is attempting to grant RBAC permissions not currently held:\\n\{APIGroups:/)
      })
      it('in a binding', async () => {
        const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }
        assert.equal((await write('rolebindings', { roleRef, subjects: [] })).code, 403)
      })
      it('and takes what they have', async () => {
        const rules = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['get'] }]
        assert.equal((await write('roles', { rules })).code, 201)
      })
    })

    describe('knows clients by certificate', () => {
      const code = async (cert: { cert: string; key: string }, path: string): Promise<number> => {
        const own = openCalls({ url: world.url, ca: world.certificates.ca, ...cert })
        const answer = await own.call({ method: 'GET', path })
        own.close()
        return answer.code
      }
      it('of the administrator', async () => assert.equal(await code(world.certificates.admin, maps), 200))
      it('of nobody it knows', async () => {
        const dir = mkdtempSync('/tmp/jobd-other-')
        const foreign = issueClientCertificate(dir, 'kubernetes-admin', ['system:masters'], world.api.now())
        rmSync(dir, { recursive: true })
        assert.equal(await code(foreign, '/healthz'), 401)
      })
    })

    it('logs', async () =>
      assert.equal((await call('GET', `/api/v1/namespaces/default/pods/p/log?tailLines=5`)).text, 'c 5'))
    it('logs: wrong options', async () =>
      assert.equal((await call('GET', `/api/v1/namespaces/default/pods/p/log?tailLines=-5`)).code, 422))
  })
}
