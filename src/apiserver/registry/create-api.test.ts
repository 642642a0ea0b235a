import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, job, jsonBody, namesOf, testApi, value } from '../../../test/support/api.ts'
import type { ApiWatchEvent } from './api.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }

test('a ConfigMap is created, read, listed, changed and deleted', async () => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context))
  assert.equal(made.created, true)
  const one = { ...configMaps, name: 'a' }
  const read = value(await api.get(one, {}, api.context))
  assert.equal(read, made.object)
  assert.deepEqual(JSON.parse(api.textOf(read)), read)
  assert.equal(read.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
  assert.deepEqual(namesOf(value(await api.list(configMaps, {}, api.context)).items), ['a'])
  const changed = value(await api.update(one, jsonBody(configMap('a', { data: { b: '2' } })), api.context))
  assert.deepEqual((changed.object as { data?: object }).data, { b: '2' })
  assert.equal(changed.object.metadata.uid, read.metadata.uid)
  const again = value(await api.update(one, jsonBody(configMap('a', { data: { b: '2' } })), api.context))
  assert.equal(again.object, changed.object, 'a write that changes nothing is no write')
  const gone = value(await api.delete(one, {}, api.context))
  assert.equal(gone.pending, false)
  assert.deepEqual((gone.object as { details?: object }).details, {
    name: 'a',
    kind: 'configmaps',
    uid: read.metadata.uid,
  })
  assert.equal(failure(await api.get(one, {}, api.context)).message, 'configmaps "a" not found')
})

test('a watch tells what is there, then what happens', async () => {
  const api = await testApi()
  value(await api.create(configMaps, jsonBody(configMap('a')), api.context))
  const told: ApiWatchEvent[] = []
  let heard = () => {}
  const watch = value(
    await api.watch(
      configMaps,
      {},
      {
        onEvents: (events) => {
          told.push(...events)
          heard()
        },
        onEnd: () => {},
      },
      api.context,
    ),
  )
  await new Promise<void>((resolve) => {
    heard = resolve
  })
  value(await api.create(configMaps, jsonBody(configMap('b')), api.context))
  value(await api.update({ ...configMaps, name: 'a' }, jsonBody(configMap('a', { data: {} })), api.context))
  value(await api.delete({ ...configMaps, name: 'b' }, {}, api.context))
  watch.stop()
  value(await api.create(configMaps, jsonBody(configMap('c')), api.context))
  assert.deepEqual(
    told.map(({ type, object }) => [type, object.metadata.name]),
    [
      ['ADDED', 'a'],
      ['ADDED', 'b'],
      ['MODIFIED', 'a'],
      ['DELETED', 'b'],
    ],
  )
})

test('a Job deleted without a policy waits for its orphans', async () => {
  const api = await testApi()
  const jobs = { resource: 'jobs.batch', namespace: 'default' }
  const made = value(await api.create(jobs, jsonBody(job('pi')), api.context)).object
  assert.ok('metadata' in made)
  const deleted = value(await api.delete({ ...jobs, name: 'pi' }, {}, api.context))
  assert.equal(deleted.pending, true)
  assert.deepEqual(deleted.object.metadata, {
    ...made.metadata,
    ...deleted.object.metadata,
    finalizers: ['orphan'],
    generation: 2,
    deletionGracePeriodSeconds: 0,
  })
})

test('the first Namespaces and PriorityClasses are there', async () => {
  const api = await testApi()
  assert.deepEqual(namesOf(value(await api.list({ resource: 'namespaces' }, {}, api.context)).items), [
    'default',
    'kube-node-lease',
    'kube-public',
    'kube-system',
  ])
  const classes = value(await api.list({ resource: 'priorityclasses.scheduling.k8s.io' }, {}, api.context))
  assert.deepEqual(namesOf(classes.items), ['system-cluster-critical', 'system-node-critical'])
})
