import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../apimachinery/index.ts'
import { newSortedEntries } from './sorted-entries.ts'

const object = (name: string, value = 0): KubeObject => ({ metadata: { name, generation: value } })

test('objects are listed in the order of their keys, from a key on, under a prefix', () => {
  const entries = newSortedEntries()
  for (const key of ['b/2', 'a/1', 'b/1', 'a-b/1', 'b/1.x', 'b/10']) entries.set(key, object(key))
  const names = (prefix: string, from?: string) => entries.list(prefix, from).map(({ metadata }) => metadata.name)
  assert.deepEqual(names(''), ['a-b/1', 'a/1', 'b/1', 'b/1.x', 'b/10', 'b/2'])
  assert.deepEqual(names('b/'), ['b/1', 'b/1.x', 'b/10', 'b/2'])
  assert.deepEqual(names('b/', 'b/1\u0000'), ['b/1.x', 'b/10', 'b/2'])
  assert.deepEqual(names('c/'), [])
})

test('a list is the sorted content of a map, whatever was set and deleted before', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), key, value: fc.nat() }),
    fc.record({ kind: fc.constant('delete' as const), key, value: fc.nat() }),
    fc.record({ kind: fc.constant('list' as const), key, value: fc.nat() }),
  )
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const entries = newSortedEntries()
      const model = new Map<string, KubeObject>()
      for (const { kind, key, value } of steps) {
        if (kind === 'set') {
          entries.set(key, object(key, value))
          model.set(key, object(key, value))
        } else if (kind === 'delete') {
          entries.delete(key)
          model.delete(key)
        } else entries.list('')
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
      assert.deepEqual(entries.list(''), expected)
      assert.equal(entries.size(), model.size)
    }),
  )
})
