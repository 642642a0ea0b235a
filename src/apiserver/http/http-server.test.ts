import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import { type TestServer, testServer } from '../../../test/support/http-server.ts'
import { decodeMessage, openEnvelope } from '../../apimachinery/index.ts'
import { ok } from '../../base/index.ts'
import { ensureCertificates, issueClientCertificate } from '../auth/index.ts'
import type { ExecEnd, PodLogs, PodStreams } from './index.ts'

type Answer = {
  readonly code: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly text: string
}

const encoder = new TextEncoder()
const bytes = (text: string): Uint8Array => encoder.encode(text)

/** A container that says what it was asked, then repeats its input. */
const streams: PodStreams = {
  exec: async (asked, output) => {
    output.stdout(bytes(`${asked.kind} ${asked.command.join(' ')} in ${asked.container}\n`))
    const end = (how: ExecEnd): void => output.end(how)
    if (asked.command[0] === 'false') end({ kind: 'Exited', exitCode: 3 })
    return ok({
      write: (data, taken) => {
        output.stdout(data)
        taken()
      },
      endStdin: () => end({ kind: 'Exited', exitCode: 0 }),
      resize: ({ width, height }) => void output.stderr(bytes(`${width}x${height}`)),
      resume() {},
      close() {},
    })
  },
  portForward: async ({ port }, output) => {
    output.data(bytes(`port ${port}`))
    return ok({
      write: (data, taken) => {
        output.data(data)
        taken()
      },
      end() {},
      close() {},
      resume() {},
    })
  },
}
const logs: PodLogs = {
  openJob: () => assert.fail('not asked for'),
  open: async ({ container, tailLines }) =>
    ok(
      (async function* () {
        yield bytes(`${container} `)
        yield bytes(String(tailLines))
      })(),
    ),
}

describe('the HTTPS server', () => {
  let world: TestServer
  const call = async (
    method: string,
    path: string,
    body?: string | Buffer,
    headers: OutgoingHttpHeaders = {},
    token: string | null = 'admintoken',
  ): Promise<Answer> => {
    const req = request(`${world.url}${path}`, {
      method,
      ca: world.certificates.ca,
      agent: false,
      headers: { ...(token === null ? {} : { Authorization: `Bearer ${token}` }), ...headers },
    })
    req.end(body)
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of res) chunks.push(chunk as Buffer)
    const whole = Buffer.concat(chunks)
    return { code: res.statusCode ?? 0, headers: res.headers, body: whole, text: whole.toString('utf8') }
  }
  const json = async (...args: Parameters<typeof call>): Promise<Record<string, unknown>> =>
    JSON.parse((await call(...args)).text) as Record<string, unknown>
  const maps = '/api/v1/namespaces/default/configmaps'
  const post = (name: string, data: object = {}): Promise<Answer> =>
    call('POST', maps, JSON.stringify({ metadata: { name }, data }), { 'Content-Type': 'application/json' })

  const audited: string[] = []
  before(async () => {
    world = await testServer({ streams, logs, audit: (line) => audited.push(line) })
    const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } }
    const pods = '/api/v1/namespaces/default/pods'
    await json('POST', '/api/v1/namespaces/default/serviceaccounts', JSON.stringify({ metadata: { name: 'default' } }))
    assert.equal((await call('POST', pods, JSON.stringify(pod))).code, 201)
  })
  after(() => world.close())

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
  it('goes on when the reader of a long list goes away', async () => {
    const long = '/api/v1/namespaces/kube-public/configmaps'
    const req = request(`${world.url}${long}`, {
      ca: world.certificates.ca,
      agent: false,
      headers: { Authorization: 'Bearer admintoken', 'Accept-Encoding': 'gzip' },
    })
    req.end()
    await once(req, 'response')
    req.on('error', () => {})
    req.destroy()
    assert.equal((await call('GET', `${long}/long-1`)).code, 200)
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
  it('sends watches to WebSockets', async () => {
    const socket = new WebSocket(
      `${world.url.replace('https', 'wss')}${maps}?watch=1&fieldSelector=metadata.name%3Dlong`,
      {
        ca: world.certificates.ca,
        headers: { Authorization: 'Bearer admintoken' },
      },
    )
    const [data] = (await once(socket, 'message')) as [Buffer]
    assert.equal((JSON.parse(data.toString()) as { type: string }).type, 'ADDED')
    socket.terminate()
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
    const write = (kind: string, body: object): Promise<Answer> =>
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
      const req = request(`${world.url}${path}`, { ca: world.certificates.ca, agent: false, ...cert })
      req.end()
      const [res] = (await once(req, 'response')) as [IncomingMessage]
      res.resume()
      return res.statusCode ?? 0
    }
    it('of the administrator', async () => assert.equal(await code(world.certificates.admin, maps), 200))
    it('of nobody it knows', async () => {
      const dir = mkdtempSync('/tmp/jobd-other-')
      const foreign = issueClientCertificate(dir, 'kubernetes-admin', ['system:masters'], world.api.now())
      rmSync(dir, { recursive: true })
      assert.equal(await code(foreign, '/healthz'), 401)
    })
    it('and speaks nothing older than TLS 1.2', async () => {
      const { port } = world.server.address
      const socket = connect({
        port,
        host: '127.0.0.1',
        ca: world.certificates.ca,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      })
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
      assert.match(error.message, /protocol|alert|version/i)
    })
  })

  describe('reaches containers', () => {
    const pod = '/api/v1/namespaces/default/pods/p'
    const open = (
      path: string,
      protocols: string[],
      headers: OutgoingHttpHeaders = { Authorization: 'Bearer admintoken' },
    ): WebSocket =>
      new WebSocket(`${world.url.replace('https', 'wss')}${pod}${path}`, protocols, {
        ca: world.certificates.ca,
        headers: headers as Record<string, string>,
      })
    const messages = async (
      socket: WebSocket,
      send: readonly (string | Buffer)[] = [],
    ): Promise<[string[], number]> => {
      const received: string[] = []
      socket.on('message', (data: Buffer) => received.push(data.toString('latin1')))
      socket.on('open', () => {
        for (const each of send) socket.send(each)
      })
      const [code] = (await once(socket, 'close')) as [number]
      return [received.filter((text) => text.length > 1), code]
    }
    const success = '\x03{"metadata":{},"status":"Success"}'

    it('exec with input and its end', async () => {
      const socket = open('/exec?command=cat&stdin=1&stdout=1&stderr=1', ['v5.channel.k8s.io'])
      const resize = Buffer.from('\x04{"Width":80,"Height":24}', 'latin1')
      const [received, code] = await messages(socket, [Buffer.from('\0hi'), resize, Buffer.from([255, 0])])
      assert.equal(socket.protocol, 'v5.channel.k8s.io')
      assert.deepEqual(received, ['\x01exec cat in c\n', '\x01hi', '\x0280x24', success])
      assert.equal(code, 1000)
    })
    it('exec that fails', async () => {
      const [received] = await messages(open('/exec?command=false&stdout=1', ['v4.channel.k8s.io']))
      const status = JSON.parse((received.at(-1) ?? '').slice(1)) as { reason: string; details: { causes: unknown } }
      assert.equal(status.reason, 'NonZeroExitCode')
      assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '3' }])
    })
    it('exec in base64', async () => {
      const [received] = await messages(open('/exec?command=false&stdout=1', ['v4.base64.channel.k8s.io']))
      assert.equal(received[0], `1${Buffer.from('exec false in c\n').toString('base64')}`)
    })
    it('with a token as protocol, which is not echoed', async () => {
      const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('admintoken').toString('base64url')}`
      const socket = open('/exec?command=false&stdout=1', [token, 'v4.channel.k8s.io'], {})
      await messages(socket)
      assert.equal(socket.protocol, 'v4.channel.k8s.io')
    })
    it('ports', async () => {
      const socket = open('/portforward?ports=8080', ['v4.channel.k8s.io'])
      const received: Buffer[] = []
      socket.on('message', (data: Buffer) => {
        received.push(data)
        if (received.length === 3) socket.send(Buffer.from('\0ping'))
        if (received.length === 4) socket.close()
      })
      await once(socket, 'close')
      assert.deepEqual(
        received.map((data) => data.toString('latin1')),
        ['\0\x90\x1f', '\x01\x90\x1f', '\0port 8080', '\0ping'],
      )
    })
    const refused = async (socket: WebSocket): Promise<[number | undefined, string]> => {
      const [, res] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      let text = ''
      for await (const chunk of res) text += chunk
      return [res.statusCode, (JSON.parse(text) as { message: string }).message]
    }
    it('but not without the right to', async () => {
      const [code] = await refused(
        open('/exec?command=ls', ['v5.channel.k8s.io'], { Authorization: 'Bearer alicetoken' }),
      )
      assert.equal(code, 403)
    })
    it('but not for a page of another origin that only has a certificate', async () => {
      const { cert, key } = world.certificates.admin
      const url = `${world.url.replace('https', 'wss')}${pod}/exec?command=false`
      const options = { ca: world.certificates.ca, cert, key }
      const evil = new WebSocket(url, ['v4.channel.k8s.io'], {
        ...options,
        headers: { Origin: 'https://evil.example' },
      })
      assert.equal((await refused(evil))[0], 400)
      const own = new WebSocket(url, ['v4.channel.k8s.io'], { ...options, headers: { Origin: world.url } })
      await messages(own)
      assert.equal(own.protocol, 'v4.channel.k8s.io')
    })
    it('but not another container', async () =>
      assert.deepEqual(await refused(open('/exec?command=ls&container=x', ['v5.channel.k8s.io'])), [
        400,
        'container x is not valid for pod p',
      ]))
    it('over SPDY as old clients ask for it, if it is spoken', async () => {
      const ask = (path: string, protocol: string) =>
        request(`${world.url}${pod}${path}`, {
          method: 'POST',
          ca: world.certificates.ca,
          agent: false,
          headers: {
            Authorization: 'Bearer admintoken',
            Connection: 'Upgrade',
            Upgrade: 'SPDY/3.1',
            'X-Stream-Protocol-Version': protocol,
          },
        }).end()
      const [res, socket] = (await once(ask('/exec?command=ls', 'v9.x, v4.channel.k8s.io'), 'upgrade')) as [
        IncomingMessage,
        Socket,
      ]
      assert.equal(res.headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
      socket.destroy()
      const [refusal] = (await once(ask('/exec?command=ls', 'v9.x'), 'response')) as [IncomingMessage]
      refusal.resume()
      assert.equal(refusal.statusCode, 400)
      const [other] = (await once(ask('/status', ''), 'response')) as [IncomingMessage]
      other.resume()
      assert.equal(other.statusCode, 405)
    })
    it('logs', async () => assert.equal((await call('GET', `${pod}/log?tailLines=5`)).text, 'c 5'))
    it('logs: wrong options', async () => assert.equal((await call('GET', `${pod}/log?tailLines=-5`)).code, 422))
  })
})

describe('a server whose certificates are renewed', () => {
  it('shows the new one from the next connection on', async () => {
    const world = await testServer()
    const dir = mkdtempSync(join(tmpdir(), 'jobd-renewed-'))
    const made = ensureCertificates({ dataDir: dir, hosts: [], now: world.api.now() })
    rmSync(dir, { recursive: true })
    const subject = async (ca: string): Promise<string> => {
      const socket = connect({ port: world.server.address.port, host: '127.0.0.1', ca })
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const before = await subject(world.certificates.ca)
    world.server.renew({ ...made.server, ca: made.ca })
    assert.notEqual(await subject(made.ca), before)
    await world.close()
  })
})

describe('a server that ends', () => {
  it('ends watches and closes', async () => {
    const world = await testServer()
    const { client, close } = world
    const ended = new Promise<void>((resolve) => {
      client().client.watch('configmaps', { resourceVersion: '' }, { onEvents() {}, onEnd: () => resolve() })
    })
    const listed = await client().client.list('configmaps')
    assert.ok(listed.ok)
    await new Promise((resolve) => setImmediate(resolve))
    await close()
    await ended
  })
})
