import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, jsonBody, namesOf, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { ListQuery } from './api.ts'
import { decodeContinue, encodeContinue } from './continue-token.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }

/** An Api with ConfigMaps a to e, of which a, c and e are odd; and the version of each. */
async function filled(): Promise<{ api: TestApi; versions: string[] }> {
  const api = await testApi()
  const versions: string[] = []
  for (const [index, name] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    const metadata = { name, labels: { odd: index % 2 === 0 ? 'yes' : 'no' } }
    const { object } = value(await api.create(configMaps, jsonBody(configMap(name, { metadata })), api.context))
    versions.push((object as KubeObject).metadata.resourceVersion ?? '')
  }
  return { api, versions }
}
const list = async (api: TestApi, query: ListQuery) => value(await api.list(configMaps, query, api.context))

test('pages are one snapshot, whatever happens meanwhile', async () => {
  const { api } = await filled()
  const first = await list(api, { limit: 2 })
  assert.deepEqual(namesOf(first.items), ['a', 'b'])
  assert.equal(first.remainingItemCount, 3)
  value(await api.create(configMaps, jsonBody(configMap('bb')), api.context))
  value(await api.delete({ ...configMaps, name: 'd' }, {}, api.context))
  value(await api.update({ ...configMaps, name: 'e' }, jsonBody(configMap('e', { data: { new: '1' } })), api.context))
  const second = await list(api, { limit: 2, continue: first.continue })
  assert.deepEqual(namesOf(second.items), ['c', 'd'])
  assert.equal(second.resourceVersion, first.resourceVersion)
  const third = await list(api, { continue: second.continue })
  assert.deepEqual(
    (third.items as readonly { data?: object }[]).map(({ data }) => data),
    [{ a: '1' }],
  )
  assert.equal(third.continue, undefined)
})

test('pages of a selection tell no count', async () => {
  const { api } = await filled()
  const first = await list(api, { limit: 2, labelSelector: 'odd=yes' })
  assert.deepEqual(namesOf(first.items), ['a', 'c'])
  assert.equal(first.remainingItemCount, undefined)
  assert.deepEqual(namesOf((await list(api, { limit: 2, labelSelector: 'odd=yes', continue: first.continue })).items), [
    'e',
  ])
})

test('which version answers', async (t) => {
  const { api, versions } = await filled()
  const second = versions[1]
  const cases: readonly [name: string, query: ListQuery, names: string[]][] = [
    ['the newest', {}, ['a', 'b', 'c', 'd', 'e']],
    ['any, all of it', { resourceVersion: '0', limit: 2 }, ['a', 'b', 'c', 'd', 'e']],
    ['not older than', { resourceVersion: second }, ['a', 'b', 'c', 'd', 'e']],
    ['not older than, in pages', { resourceVersion: second, resourceVersionMatch: 'NotOlderThan', limit: 1 }, ['a']],
    ['exactly', { resourceVersion: second, resourceVersionMatch: 'Exact' }, ['a', 'b']],
    ['exactly, since in pages', { resourceVersion: second, limit: 9 }, ['a', 'b']],
    ['one by name', { fieldSelector: 'metadata.name=c' }, ['c']],
    ['all others', { fieldSelector: 'metadata.name!=c,metadata.namespace=default' }, ['a', 'b', 'd', 'e']],
    ['one by name as it was', { fieldSelector: 'metadata.name=c', resourceVersion: second, limit: 1 }, []],
  ]
  for (const [name, query, names] of cases) {
    await t.test(name, async () => assert.deepEqual(namesOf((await list(api, query)).items), names))
  }
})

test('lists that are refused', async (t) => {
  const { api } = await filled()
  const cases: readonly [name: string, query: ListQuery, code: number, message: string][] = [
    [
      'no version',
      { resourceVersion: 'abc' },
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'too big a version',
      { resourceVersion: '99999999999999999999' },
      400,
      'invalid resource version: resourceVersion: Invalid value: "99999999999999999999": strconv.ParseUint: parsing "99999999999999999999": value out of range',
    ],
    [
      'a token that is no base64',
      { continue: '!!' },
      400,
      'invalid continue token: continue key is not valid: illegal base64 data at input byte 0',
    ],
    [
      'a token that is no JSON',
      { continue: 'red' },
      400,
      "invalid continue token: continue key is not valid: invalid character '\\u00ad' looking for beginning of value",
    ],
    [
      'a token of another version',
      { continue: 'e30' },
      400,
      'invalid continue token: continue key is not valid: server does not recognize this encoded version ',
    ],
    [
      'a token that leads elsewhere',
      { continue: encodeContinue({ revision: 1, start: '../x' }) },
      400,
      'invalid continue token: continue key is not valid: ../x',
    ],
    [
      'a token and a version',
      { continue: encodeContinue({ revision: 7, start: 'b' }), resourceVersion: '1' },
      400,
      'specifying resource version is not allowed when using continue',
    ],
    [
      'a rule without a version',
      { resourceVersionMatch: 'Exact' },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'initial events',
      { sendInitialEvents: true },
      422,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
    [
      'an unknown field',
      { fieldSelector: 'data.a=1' },
      400,
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ]
  for (const [name, query, code, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.list(configMaps, query, api.context))
      assert.deepEqual([status.code, status.message], [code, message])
    })
  }
})

test('a version that is yet to come is waited for, three seconds', async () => {
  const { api, versions } = await filled()
  const next = String(Number(versions.at(-1)) + 1)
  const waiting = api.list(configMaps, { resourceVersion: next }, api.context)
  value(await api.create(configMaps, jsonBody(configMap('f')), api.context))
  assert.equal(value(await waiting).items.length, 6)
  const inVain = api.list(configMaps, { resourceVersion: '99999' }, api.context)
  await Promise.resolve()
  api.clock.advance(3000)
  const status = failure(await inVain)
  assert.equal(status.message, `Timeout: Too large resource version: 99999, current: ${next}`)
  assert.deepEqual(status.details, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
})

test('a forgotten version: 410, with a token to go on from the newest state', async () => {
  const { api, versions } = await filled()
  const { registry } = api
  await registry.store.compact(registry.store.revision())
  api.close()
  const again = await testApi({ store: registry.store })
  const version = versions[1] ?? ''
  const exact = failure(await again.list(configMaps, { resourceVersion: version, limit: 1 }, again.context))
  assert.equal(exact.message, 'The resourceVersion for the provided list is too old.')
  const token = encodeContinue({ revision: Number(version), start: 'c' })
  const page = failure(await again.list(configMaps, { continue: token }, again.context))
  assert.equal(page.reason, 'Expired')
  const rest = await list(again, { continue: page.metadata.continue })
  assert.deepEqual(namesOf(rest.items), ['c', 'd', 'e'])
})

test('a continue token keeps what it says', () => {
  for (const start of ['a', 'ns/ä🚀', 'x\u0000']) {
    assert.deepEqual(decodeContinue(encodeContinue({ revision: 12, start })), {
      ok: true,
      value: { revision: 12, start },
    })
  }
})
