import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import { type Instant, instant, type Result } from '../../base/index.ts'
import { apiAudience, newServiceAccountTokens, newTokenSigner } from './service-account-tokens.ts'
import { parseTokenFile, tokenDigest } from './token-file.ts'
import { newTokenRequestHandler } from './token-request.ts'

describe('a token file', () => {
  it('has users with groups', () => {
    const parsed = parseTokenFile('# people\nt1,alice,1,"a,b"\nt2,bob,2\n')
    assert.ok(parsed.ok)
    assert.deepEqual(parsed.value.get(tokenDigest('t1')), { name: 'alice', uid: '1', groups: ['a', 'b'] })
    assert.deepEqual(parsed.value.get(tokenDigest('t2')), { name: 'bob', uid: '2', groups: [] })
  })
  it('does not keep the tokens', () => {
    const parsed = parseTokenFile('secret,alice,1\n')
    assert.ok(parsed.ok && !JSON.stringify([...parsed.value]).includes('secret'))
  })
  const wrong: readonly [string, string][] = [
    ['t,alice\n', 'line 1: three columns are needed: token, user name, user uid'],
    ['\nt,alice,1,"a\n', 'line 2: a quoted field is not closed'],
    [',alice,1\n', 'line 1: the token is empty'],
    ['t,a,1\nt,b,2\n', 'line 2: the token stands twice in the file'],
  ]
  for (const [text, error] of wrong) it(error, () => assert.deepEqual(parseTokenFile(text), { ok: false, error }))
})

const pem = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

function world() {
  let now = 1_700_000_000_000
  const objects = new Map<string, KubeObject>()
  const put = (resource: string, namespace: string, object: KubeObject): void =>
    void objects.set(`${resource}/${namespace}/${object.metadata.name}`, object)
  const reads = {
    get: (resource: string, namespace: string, name: string) => objects.get(`${resource}/${namespace}/${name}`),
  }
  const signer = newTokenSigner(pem())
  let uids = 0
  const handler = newTokenRequestHandler({ signer, reads, now: () => instant(now), newUid: () => `uid-${uids++}` })
  const tokens = newServiceAccountTokens(
    signer,
    reads,
    () => instant(now),
    (user) => user,
  )
  put('serviceaccounts', 'a', { metadata: { name: 'sa', namespace: 'a', uid: 'sa-uid' } })
  put('pods', 'a', {
    metadata: { name: 'p', namespace: 'a', uid: 'p-uid' },
    spec: { serviceAccountName: 'sa', nodeName: 'n' },
  } as KubeObject)
  const request = async (spec: unknown, metadata: unknown = {}): Promise<Result<KubeObject | Status, Status>> =>
    handler(
      { resource: 'serviceaccounts', subresource: 'token', namespace: 'a', name: 'sa' },
      { metadata, spec } as KubeObject,
      {
        user: { name: 'x', groups: [] },
        userAgent: '',
        warn() {},
      },
    )
  const token = async (spec: unknown): Promise<string> => {
    const made = await request(spec)
    assert.ok(made.ok)
    return (made.value as unknown as { status: { token: string } }).status.token
  }
  return {
    request,
    token,
    tokens,
    objects,
    signer,
    pass: (seconds: number): void => {
      now += seconds * 1000
    },
    at: () => now as Instant,
  }
}

const here = [apiAudience]
const message = async (answer: Promise<Result<unknown, Status>>): Promise<string> => {
  const result = await answer
  return result.ok ? 'ok' : `${result.error.code} ${result.error.message}`
}

describe('a token of a ServiceAccount', () => {
  it('is its user', async () => {
    const { token, tokens } = world()
    assert.deepEqual(tokens.user(await token({}), here)?.user, {
      name: 'system:serviceaccount:a:sa',
      uid: 'sa-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=uid-0'] },
    })
  })
  it('names the pod and node it is bound to', async () => {
    const { token, tokens } = world()
    const user = tokens.user(await token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } }), here)?.user
    assert.deepEqual(user?.extra?.['authentication.kubernetes.io/pod-uid'], ['p-uid'])
    assert.deepEqual(user?.extra?.['authentication.kubernetes.io/node-name'], ['n'])
  })
  it('ends with its time', async () => {
    const { token, tokens, pass } = world()
    const text = await token({ expirationSeconds: 600 })
    pass(599)
    assert.ok(tokens.user(text, here))
    pass(1)
    assert.equal(tokens.user(text, here), undefined)
  })
  it('ends with its account, also when another one takes the name', async () => {
    const { token, tokens, objects } = world()
    const text = await token({})
    assert.ok(tokens.user(text, here))
    objects.set('serviceaccounts/a/sa', { metadata: { name: 'sa', namespace: 'a', uid: 'other' } })
    assert.equal(tokens.user(text, here), undefined)
  })
  it('ends with its pod', async () => {
    const { token, tokens, objects } = world()
    const text = await token({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })
    objects.delete('pods/a/p')
    assert.equal(tokens.user(text, here), undefined)
  })
  it('is only for its audience', async () => {
    const { token, tokens } = world()
    const text = await token({ audiences: ['vault'] })
    assert.equal(tokens.user(text, here), undefined)
    assert.ok(tokens.user(text, ['vault']))
  })
  it('of a pod that asks as kubelets do lives for a year and warns after an hour', async () => {
    const { token, tokens, pass } = world()
    const text = await token({ expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })
    pass(300 * 24 * 3600)
    assert.equal(tokens.user(text, here)?.claims['kubernetes.io'].warnafter, 1_700_000_000 + 3607)
  })
  it('of another key is nobody', async () => {
    const { token } = world()
    const { tokens } = world()
    assert.equal(tokens.user(await token({}), here), undefined)
  })
  it('that was changed is nobody', async () => {
    const { token, tokens } = world()
    const [head, , signature] = (await token({})).split('.')
    const body = Buffer.from(JSON.stringify({ sub: 'x' })).toString('base64url')
    assert.equal(tokens.user(`${head}.${body}.${signature}`, here), undefined)
  })
  it('without a signature is nobody', async () => {
    const { token, tokens } = world()
    const [, body] = (await token({})).split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    assert.equal(tokens.user(`${none}.${body}.`, here), undefined)
    assert.equal(tokens.user('a.b.c', here), undefined)
    assert.equal(tokens.user('', here), undefined)
  })
})

describe('a request for a token', () => {
  const cases: readonly [string, unknown, string][] = [
    [
      'too short',
      { expirationSeconds: 60 },
      '422 TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    ],
    [
      'bound to a kind that cannot be',
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'c' } },
      '400 cannot bind token to object of type /v1, Kind=ConfigMap',
    ],
    [
      'bound to a missing pod',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } },
      '404 pods "x" not found',
    ],
  ]
  for (const [name, spec, expected] of cases)
    it(name, async () => assert.equal(await message(world().request(spec)), expected))
  it('for another name', async () =>
    assert.match(await message(world().request({}, { name: 'x' })), /must match the service account name if specified/))
  it('bound to another pod of that name', async () =>
    assert.match(
      await message(world().request({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'old' } })),
      /^409 .*the UID in the bound object reference \(old\)/,
    ))
  it('bound to a pod of another account', async () => {
    const { request, objects } = world()
    objects.set('pods/a/p', {
      metadata: { name: 'p', uid: 'u' },
      spec: { serviceAccountName: 'y' },
    } as unknown as KubeObject)
    assert.match(
      await message(request({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })),
      /^400 cannot bind token for serviceaccount "sa" to pod running with different serviceaccount name\.$/,
    )
  })
})
