import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../apimachinery/index.ts'
import { revision } from '../../base/index.ts'
import {
  eventsSince,
  newResourceCache,
  type ResourceCache,
  record,
  type Selection,
  select,
  selectAt,
} from './resource-cache.ts'

const object = (name: string, at: number, color = ''): KubeObject => ({
  metadata: { name, resourceVersion: String(at), labels: { color } },
})
const all: Selection = { prefix: '', exact: false }
const red: Selection = { ...all, matches: ({ metadata }) => metadata.labels?.['color'] === 'red' }

function put(cache: ResourceCache, key: string, at: number, color = ''): void {
  record(cache, key, { revision: revision(at), object: object(key, at, color), previous: cache.objects.get(key) })
}
function remove(cache: ResourceCache, key: string, at: number): void {
  record(cache, key, { revision: revision(at), object: undefined, previous: cache.objects.get(key) })
}
const told = (cache: ResourceCache, selection: Selection, from: number) =>
  eventsSince(cache, selection, revision(from))?.map(({ type, object: { metadata } }) => [
    type,
    metadata.name,
    metadata.resourceVersion,
  ])

test('events after a revision: what came, changed and went', () => {
  const cache = newResourceCache(revision(4))
  put(cache, 'a', 5)
  put(cache, 'b', 6)
  put(cache, 'a', 8)
  remove(cache, 'b', 9)
  assert.deepEqual(told(cache, all, 4), [
    ['ADDED', 'a', '5'],
    ['ADDED', 'b', '6'],
    ['MODIFIED', 'a', '8'],
    ['DELETED', 'b', '9'],
  ])
  assert.deepEqual(told(cache, all, 7)?.length, 2)
  assert.equal(told(cache, all, 3), undefined, 'older than what is known')
})

test('an object that enters a selection is added, one that leaves is deleted in its last matching state', () => {
  const cache = newResourceCache(revision(0))
  put(cache, 'a', 1, 'blue')
  put(cache, 'a', 2, 'red')
  put(cache, 'a', 3, 'red')
  put(cache, 'a', 4, 'blue')
  remove(cache, 'a', 5)
  assert.deepEqual(told(cache, red, 0), [
    ['ADDED', 'a', '2'],
    ['MODIFIED', 'a', '3'],
    ['DELETED', 'a', '4'],
  ])
  const gone = eventsSince(cache, red, revision(3))?.[0]?.object
  assert.equal(gone?.metadata.labels?.['color'], 'red')
})

test('only the newest changes are kept', () => {
  const cache = newResourceCache(revision(0))
  for (let at = 1; at <= 20_000; at++) put(cache, `k${at % 7}`, at)
  assert.equal(told(cache, all, 20_000 - 8192)?.length, 8192)
  assert.equal(told(cache, all, 20_000 - 8193), undefined)
  assert.ok(cache.history.length < 2.5 * 8192)
})

test('a selection as it was at an older revision', () => {
  const cache = newResourceCache(revision(0))
  put(cache, 'a', 1)
  put(cache, 'b', 2)
  put(cache, 'c', 3)
  remove(cache, 'b', 4)
  put(cache, 'a', 5)
  const at = (revisionThen: number) =>
    selectAt(cache, '', revision(revisionThen))?.map(
      ({ key, object: { metadata } }) => `${key}@${metadata.resourceVersion}`,
    )
  assert.deepEqual(at(2), ['a@1', 'b@2'])
  assert.deepEqual(at(3), ['a@1', 'b@2', 'c@3'])
  assert.deepEqual(at(5), ['a@5', 'c@3'])
  assert.deepEqual(select(cache, { prefix: 'c', exact: true }).length, 1)
})
