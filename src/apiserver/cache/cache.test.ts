import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../apimachinery/index.ts'
import { revision, silentLog } from '../../base/index.ts'
import { createMemoryStore } from '../../storage/memory/index.ts'
import type { Store } from '../../storage/revision/index.ts'
import { type Cache, openCache, type WriteUnderWay } from './cache.ts'
import { type CachedEvent, eventsSince } from './resource-cache.ts'

const resources = [
  { name: 'pods', prefix: '/registry/pods/' },
  { name: 'services', prefix: '/registry/services/specs/' },
]
const text = (name: string): string =>
  `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${name}","uid":"u-${name}"}}`

async function open(store: Store): Promise<Cache> {
  const opened = await openCache({
    store,
    root: '/registry/',
    resources,
    decode: (_, stored) => JSON.parse(stored) as KubeObject,
    log: silentLog,
  })
  assert.ok(opened.ok)
  return opened.value
}

test('a cache begins with many pages of what is stored, none of them twice, as of one revision', async () => {
  const store = createMemoryStore()
  const count = 9001
  for (let i = 0; i < count; i++) await store.create(`/registry/pods/a/${i}`, text(`${i}`))
  const late = { ...store }
  let pages = 0
  late.list = async (prefix, options) => {
    const page = await store.list(prefix, options)
    if (pages++ === 0) await store.create('/registry/pods/a/late', text('late'))
    return page
  }
  const cache = await open(late)
  assert.equal(pages, 4, 'three of pods, one of services')
  await cache.reached(revision(count + 1))
  const names = cache.resource('pods').objects.list('')
  assert.equal(new Set(names.map(({ metadata }) => metadata.name)).size, count + 1)
  assert.equal(cache.resource('pods').objects.get('a/late')?.metadata.resourceVersion, `${count + 1}`)
})

test('a cache begins with what is stored and follows the store', async () => {
  const store = createMemoryStore()
  await store.create('/registry/pods/a/1', text('1'))
  await store.create('/other/pods/a/1', 'not ours')
  const cache = await open(store)
  await store.create('/registry/pods/a/2', text('2'))
  await store.create('/registry/services/specs/a/s', text('s'))
  await store.create('/registry/services/unknown/a/s', text('s'))
  await store.delete('/registry/pods/a/1', revision(1))
  assert.deepEqual(
    cache
      .resource('pods')
      .objects.list('')
      .map(({ metadata }) => metadata),
    [{ name: '2', uid: 'u-2', resourceVersion: '3' }],
  )
  assert.equal(cache.resource('services').objects.size(), 1)
  assert.equal(cache.revision(), 6)
})

test('a watcher hears of each change once, all of one commit together', async () => {
  const store = createMemoryStore()
  const cache = await open(store)
  const heard: CachedEvent[] = []
  const watcher = {
    selection: { prefix: 'a/', exact: false },
    after: revision(1),
    onEvents: (events: readonly CachedEvent[]) => void heard.push(...events),
    onEnd: () => {},
  }
  cache.resource('pods').watchers.add(watcher)
  await store.create('/registry/pods/a/1', text('1'))
  await store.create('/registry/pods/a/2', text('2'))
  await store.create('/registry/pods/b/3', text('3'))
  assert.deepEqual(
    heard.map(({ type, object }) => [type, object.metadata.name]),
    [['ADDED', '2']],
    'neither what came before its start nor what lies elsewhere',
  )
})

test('an announced write is not decoded again', async () => {
  const store = createMemoryStore()
  const cache = await open(store)
  const spec = { shared: true }
  const object = { kind: 'Pod', apiVersion: 'v1', metadata: { name: '1', uid: 'u' }, spec }
  const storeKey = '/registry/pods/a/1'
  const stored = JSON.stringify(object)
  const write: WriteUnderWay = { storeKey, resource: 'pods', key: 'a/1', text: stored, object }
  cache.expect(write)
  await store.create(storeKey, stored)
  cache.expectNoMore(write)
  const kept = cache.resource('pods').objects.get('a/1') as { spec?: object } | undefined
  assert.equal(kept?.spec, spec)
  assert.equal(write.shown, kept)
  assert.equal(
    cache.texts.of(kept as KubeObject),
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"1","uid":"u","resourceVersion":"1"},"spec":{"shared":true}}',
  )
})

test('who waits for a revision is woken by it', async () => {
  const store = createMemoryStore()
  const cache = await open(store)
  const seen: string[] = []
  const waiting = cache.reached(revision(2)).then(() => seen.push('reached'))
  await store.create('/registry/pods/a/1', text('1'))
  seen.push('one')
  await store.create('/registry/pods/a/2', text('2'))
  await waiting
  assert.deepEqual(seen, ['one', 'reached'])
})

test('watchers hear the end of the store', async () => {
  const store = createMemoryStore()
  const cache = await open(store)
  let ended = false
  cache.resource('pods').watchers.add({
    selection: { prefix: '', exact: false },
    after: revision(0),
    onEvents: () => {},
    onEnd: () => {
      ended = true
    },
  })
  await store.close()
  assert.equal(ended, true)
})

test('of what is on disk, a change that nobody announced sends watchers to list again', async () => {
  const store = createMemoryStore()
  const opened = await openCache({
    store,
    root: '/registry/',
    resources: [{ name: 'runs', prefix: '/registry/runs/', onDisk: true }],
    decode: (_, stored) => JSON.parse(stored) as KubeObject,
    log: silentLog,
  })
  assert.ok(opened.ok)
  const runs = opened.value.resource('runs')
  let ends = 0
  const selection = { prefix: '', exact: false }
  const watch = () => {
    runs.watchers.add({ selection, after: opened.value.revision(), onEvents: () => {}, onEnd: () => ends++ })
  }
  await store.create('/registry/runs/a/1', text('1'))
  watch()
  const before = opened.value.revision()
  await store.update('/registry/runs/a/1', text('1'), revision(1))
  assert.deepEqual([ends, eventsSince(runs, selection, before)], [1, undefined])
  watch()
  await store.delete('/registry/runs/a/1', revision(2))
  assert.equal(ends, 2)
  assert.deepEqual(eventsSince(runs, selection, opened.value.revision()), [])
})
