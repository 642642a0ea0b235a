import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, jsonBody, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { PatchBody } from './api.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }
const a = { ...configMaps, name: 'a' }
const patchOf = (type: PatchBody['type'], patch: unknown): PatchBody => ({
  type,
  body: { kind: 'Text', text: JSON.stringify(patch) },
})
const dataOf = (object: KubeObject): unknown => (object as { data?: unknown }).data

test('the kinds of patches', async (t) => {
  const cases: readonly [type: PatchBody['type'], patch: unknown][] = [
    ['json', [{ op: 'add', path: '/data/b', value: '2' }]],
    ['merge', { data: { b: '2' } }],
    ['strategic', { data: { b: '2' } }],
  ]
  for (const [type, patch] of cases) {
    await t.test(type, async () => {
      const api = await testApi()
      value(await api.create(configMaps, jsonBody(configMap('a')), api.context))
      const written = value(await api.patch(a, patchOf(type, patch), api.context))
      assert.deepEqual(dataOf(written.object), { a: '1', b: '2' })
      const none = value(await api.patch(a, patchOf(type, type === 'json' ? [] : {}), api.context))
      assert.equal(none.object, written.object, 'a patch that changes nothing is no write')
      const missing = failure(await api.patch({ ...a, name: 'none' }, patchOf(type, patch), api.context))
      assert.equal(missing.code, 404)
    })
  }
})

test('patches that are refused', async (t) => {
  const api = await testApi()
  value(await api.create(configMaps, jsonBody(configMap('a')), api.context))
  const cases: readonly [name: string, patch: PatchBody, context: object, code: number, message: RegExp][] = [
    [
      'an old version',
      patchOf('merge', { metadata: { resourceVersion: '1' } }),
      {},
      409,
      /the object has been modified/,
    ],
    ['another kind', patchOf('merge', { kind: 'Secret' }), {}, 422, /converting \(v1.Secret\) to \(core.ConfigMap\)/],
    [
      'another name',
      patchOf('merge', { metadata: { name: 'b' } }),
      {},
      400,
      /does not match the name on the URL \(a\)/,
    ],
    ['a wrong type', patchOf('merge', { data: { a: 1 } }), {}, 422, /^ "" is invalid: patch: Invalid value: "\{/],
    [
      'unknown fields',
      patchOf('merge', { x: 1 }),
      { fieldValidation: 'Strict' },
      422,
      /strict decoding error: unknown field "x"$/,
    ],
    [
      'force',
      patchOf('merge', {}),
      { force: true },
      422,
      /force: Forbidden: may not be specified for non-apply patch$/,
    ],
    ['no JSON', { type: 'merge', body: { kind: 'Text', text: '{' } }, {}, 400, /^error decoding patch: /],
    [
      'an apply without a manager',
      patchOf('apply', {}),
      {},
      422,
      /fieldManager: Required value: is required for apply patch$/,
    ],
  ]
  for (const [name, patch, context, code, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.patch(a, patch, { ...api.context, ...context }))
      assert.equal(status.code, code)
      assert.match(status.message ?? '', message)
    })
  }
})

test('apply makes what is not there, and meets what others own', async () => {
  const api = await testApi()
  const apply = (manager: string, data: object, force?: boolean) =>
    api.patch(a, patchOf('apply', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data }), {
      ...api.context,
      fieldManager: manager,
      force,
    })
  assert.equal(value(await apply('one', { x: '1' })).created, true)
  assert.equal(value(await apply('one', { x: '2' })).created, false)
  const conflict = failure(await apply('two', { x: '3' }))
  assert.equal(conflict.message, 'Apply failed with 1 conflict: conflict with "one": .data.x')
  assert.deepEqual(dataOf(value(await apply('two', { x: '3' }, true)).object), { x: '3' })
})
