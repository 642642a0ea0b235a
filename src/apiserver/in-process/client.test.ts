import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApi, value } from '../../../test/support/api.ts'
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import type { ConfigMap } from '../../apis/core/index.ts'
import { inProcessClient } from './client.ts'

async function newClient() {
  const api = await testApi()
  return { api, client: inProcessClient(api, { user: { name: 'c', groups: [] }, userAgent: 'controller/1' }) }
}
const configMap: ConfigMap = { metadata: { name: 'a', namespace: 'default' }, data: { x: '1' } }
const ref = { resource: 'configmaps', namespace: 'default', name: 'a' }

test('objects are shared, not copied', async () => {
  const { client, api } = await newClient()
  const made = value(await client.create('configmaps', configMap))
  assert.deepEqual([made.kind, made.apiVersion], ['ConfigMap', 'v1'])
  assert.equal(made.data, configMap.data)
  assert.equal(value(await client.get(ref)), made)
  const listed = value(await client.list('configmaps', { namespace: 'default' }))
  assert.equal(listed.items[0], made)
  assert.equal(made.metadata.managedFields?.[0]?.manager, 'controller')
  assert.match(
    api.textOf(made),
    /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{"name":"a","namespace":"default","uid":/,
  )
})

test('a watch tells in the next microtask, and in one call what one commit changed', async () => {
  const { client } = await newClient()
  value(await client.create('configmaps', configMap))
  const calls: string[][] = []
  const handle = client.watch<ConfigMap>(
    'configmaps',
    { resourceVersion: '0' },
    {
      onEvents: (events) => void calls.push(events.map(({ type, object }) => `${type} ${object.metadata.name}`)),
      onEnd: () => {},
    },
  )
  assert.deepEqual(calls, [])
  await Promise.resolve()
  assert.deepEqual(calls, [['ADDED a']])
  value(await client.update('configmaps', { ...configMap, data: {} }))
  handle.stop()
  value(await client.delete(ref))
  assert.deepEqual(calls, [['ADDED a'], ['MODIFIED a']])
})

test('a watch that cannot be ends', async () => {
  const { client } = await newClient()
  const ended = await new Promise<Status | undefined>((resolve) => {
    client.watch('configmaps', { resourceVersion: 'x' }, { onEvents: () => {}, onEnd: resolve })
  })
  assert.equal(ended?.code, 500)
})

test('a merge patch drops what it makes empty', async () => {
  const { client } = await newClient()
  const held = { ...configMap, metadata: { ...configMap.metadata, finalizers: ['example.com/a'], labels: { l: '1' } } }
  value(await client.create('configmaps', held))
  const patch = { metadata: { finalizers: [], labels: { l: null } } }
  const patched = value(await client.patch<KubeObject>(ref, 'merge', patch, { fieldManager: 'other' }))
  assert.equal(patched.metadata.finalizers, undefined)
  assert.equal(patched.metadata.labels, undefined)
})

test('a dry run leaves no trace', async () => {
  const { client } = await newClient()
  value(await client.create('configmaps', configMap, { dryRun: true }))
  assert.equal((await client.get(ref)).ok, false)
})
