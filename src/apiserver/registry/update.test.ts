import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { configMap, failure, job, jsonBody, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Store } from '../../storage/revision/index.ts'
import { openSqliteStore } from '../../storage/sqlite/index.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }
const a = { ...configMaps, name: 'a' }
const dataOf = (object: KubeObject): unknown => (object as { data?: unknown }).data

test('updates that are refused', async (t) => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context)).object as KubeObject
  value(await api.update(a, jsonBody(configMap('a', { data: {} })), api.context))
  const cases: readonly [name: string, target: object, metadata: object, code: number, message: string][] = [
    [
      'an old resourceVersion',
      a,
      { name: 'a', resourceVersion: made.metadata.resourceVersion },
      409,
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [
      'a resourceVersion that is no number',
      a,
      { name: 'a', resourceVersion: 'red' },
      500,
      'strconv.ParseUint: parsing "red": invalid syntax',
    ],
    [
      'another uid',
      a,
      { name: 'a', uid: 'u-2' },
      409,
      `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u-2, UID in object meta: ${made.metadata.uid}`,
    ],
    ['another name', a, { name: 'b' }, 400, 'the name of the object (b) does not match the name on the URL (a)'],
    ['no name', a, {}, 400, 'the name of the object (a based on URL) was undeterminable: name must be provided'],
    ['a missing object', { ...configMaps, name: 'none' }, { name: 'none' }, 404, 'configmaps "none" not found'],
  ]
  for (const [name, target, metadata, code, message] of cases) {
    await t.test(name, async () => {
      const body = jsonBody(configMap('a', { metadata }))
      const status = failure(await api.update(target as typeof a, body, api.context))
      assert.deepEqual([status.code, status.message], [code, message])
    })
  }
})

test('a write that changes nothing keeps its resourceVersion, its owners and their time', async () => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context)).object
  api.clock.advance(10_000)
  const again = value(await api.update(a, jsonBody(configMap('a')), api.context))
  assert.equal(again.object, made)
})

test('kinds that PUT creates', async () => {
  const api = await testApi()
  const target = { resource: 'leases.coordination.k8s.io', namespace: 'default', name: 'l' }
  const body = jsonBody({ metadata: { name: 'l' }, spec: { holderIdentity: 'me' } })
  assert.equal(value(await api.update(target, body, api.context)).created, true)
  assert.match(
    failure(await api.update(target, body, api.context)).message ?? '',
    /metadata.resourceVersion: Invalid value: 0x0: must be specified for an update$/,
  )
})

test('the last finalizer takes the object with it', async () => {
  const api = await testApi()
  const held = configMap('a', { metadata: { name: 'a', finalizers: ['example.com/hold'] } })
  value(await api.create(configMaps, jsonBody(held), api.context))
  value(await api.delete(a, {}, api.context))
  const more = configMap('a', { metadata: { name: 'a', finalizers: ['example.com/hold', 'example.com/new'] } })
  assert.match(
    failure(await api.update(a, jsonBody(more), api.context)).message ?? '',
    /no new finalizers can be added/,
  )
  const last = value(await api.update(a, jsonBody(configMap('a', { data: { last: 'words' } })), api.context))
  assert.deepEqual(dataOf(last.object), { last: 'words' })
  assert.notEqual(last.object.metadata.deletionTimestamp, undefined)
  assert.equal(failure(await api.get(a, {}, api.context)).code, 404)
})

test('the status endpoint writes the status, the main one the rest', async () => {
  const api = await testApi()
  const jobs = { resource: 'jobs.batch', namespace: 'default' }
  const made = value(await api.create(jobs, jsonBody(job('pi')), api.context)).object as KubeObject
  const pi = { ...jobs, name: 'pi' }
  const status = { startTime: '2026-01-01T00:00:00Z', active: 1 }
  const patch = { type: 'merge', body: { kind: 'Value', value: { status, spec: { parallelism: 9 } } } } as const
  const ofStatus = value(await api.patch({ ...pi, subresource: 'status' }, patch, api.context)).object
  const { spec } = made as { spec?: unknown }
  assert.deepEqual((ofStatus as { spec?: unknown }).spec, spec)
  assert.equal((ofStatus as { status?: { active?: number } }).status?.active, 1)
  assert.equal(ofStatus.metadata.generation, 1)
  const ofMain = value(await api.patch(pi, patch, api.context)).object
  assert.equal((ofMain as { spec?: { parallelism?: number } }).spec?.parallelism, 9)
  assert.equal(ofMain.metadata.generation, 2)
})

/** A store that answers late, as writes wait for the disk. */
async function onDisk(use: (store: Store) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'registry-'))
  const opened = await openSqliteStore(join(directory, 'db'))
  assert.ok(opened.ok)
  try {
    await use(opened.value)
  } finally {
    await opened.value.close()
    rmSync(directory, { recursive: true })
  }
}

test('fifty patches at a time all count, on a store that answers late', async () => {
  await onDisk(async (store) => {
    const api = await testApi({ store })
    value(await api.create(configMaps, jsonBody(configMap('a', { data: {} })), api.context))
    const writes = Array.from({ length: 50 }, (_, i) =>
      api.patch(a, { type: 'merge', body: { kind: 'Value', value: { data: { [`k${i}`]: 'x' } } } }, api.context),
    )
    for (const written of await Promise.all(writes)) value(written)
    const read = value(await api.get(a, {}, api.context))
    assert.equal(Object.keys(dataOf(read) as object).length, 50)
    api.close()
    const again = await testApi({ store })
    const kept = value(await again.get(a, {}, again.context))
    assert.deepEqual(kept, read, 'a new start reads what was written')
    assert.equal(again.textOf(kept), api.textOf(read))
    again.close()
  })
})

test('of twenty applies at a time to what is not there one makes it, and all count', async () => {
  await onDisk(async (store) => {
    const api = await testApi({ store })
    const applies = Array.from({ length: 20 }, (_, i) => {
      const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { [`k${i}`]: 'x' } }
      return api.patch(
        a,
        { type: 'apply', body: { kind: 'Value', value: config } },
        { ...api.context, fieldManager: `m${i}` },
      )
    })
    const written = (await Promise.all(applies)).map(value)
    assert.equal(written.filter(({ created }) => created).length, 1)
    const read = value(await api.get(a, {}, api.context))
    assert.equal(Object.keys(dataOf(read) as object).length, 20)
    assert.equal(read.metadata.managedFields?.length, 20)
    api.close()
  })
})

test('of two PUTs at a time to what is not there one makes it, the other changes it', async () => {
  await onDisk(async (store) => {
    const api = await testApi({ store })
    const target = { resource: 'limitranges', namespace: 'default', name: 'l' }
    const put = (cpu: string) => {
      const spec = { limits: [{ type: 'Pod', max: { cpu } }] }
      return api.update(target, jsonBody({ metadata: { name: 'l' }, spec }), api.context)
    }
    const written = (await Promise.all([put('1'), put('2')])).map(value)
    assert.deepEqual(
      written.map(({ created }) => created),
      [true, false],
    )
    assert.deepEqual(value(await api.get(target, {}, api.context)), written[1]?.object)
    api.close()
  })
})

test('of two POSTs at a time the later one hears of what it finds', async () => {
  await onDisk(async (store) => {
    const api = await testApi({ store })
    const post = () => api.create(configMaps, jsonBody(configMap('a')), api.context)
    const [first, second] = await Promise.all([post(), post()])
    value(first)
    assert.equal(failure(second).message, 'configmaps "a" already exists')
    api.close()
  })
})

test('of two conditional writes on one version one wins', async () => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context)).object as KubeObject
  const { resourceVersion } = made.metadata
  const put = (text: string) =>
    api.update(a, jsonBody(configMap('a', { metadata: { name: 'a', resourceVersion }, data: { text } })), api.context)
  const [first, second] = await Promise.all([put('1'), put('2')])
  value(first)
  assert.equal(failure(second).reason, 'Conflict')
})
