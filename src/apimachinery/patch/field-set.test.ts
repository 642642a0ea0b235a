import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as sets from './field-set.ts'
import { fieldsJson, fieldsOfJson } from './fields-json.ts'

const of = (json: unknown): sets.Fields => {
  const fields = fieldsOfJson(json)
  assert.notEqual(fields, 'malformed')
  return fields as sets.Fields
}
const json = (fields: sets.Fields): unknown => (fields === undefined ? undefined : fieldsJson(fields))

const element = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:1', 'v:"s"')
const { set } = fc.letrec<{ set: Record<string, unknown> }>((tie) => ({
  set: fc.dictionary(
    fc.oneof({ weight: 4, arbitrary: element }, fc.constant('.')),
    fc.oneof(
      { maxDepth: 3 },
      fc.constant({}),
      tie('set').map((s) => s),
    ),
    { maxKeys: 3, noNullPrototype: true },
  ),
}))
const fields = set.map((value) => {
  const { '.': _, ...root } = value
  return of(root)
})

test('sets obey the laws of sets', () => {
  fc.assert(
    fc.property(fields, fields, fields, (a, b, c) => {
      assert.deepEqual(json(sets.union(a, b)), json(sets.union(b, a)))
      assert.deepEqual(json(sets.union(sets.union(a, b), c)), json(sets.union(a, sets.union(b, c))))
      assert.equal(sets.union(a, a), a)
      assert.equal(sets.difference(a, a), undefined)
      assert.deepEqual(json(sets.intersection(a, b)), json(sets.difference(a, sets.difference(a, b))))
      assert.deepEqual(json(sets.union(sets.difference(a, b), sets.intersection(a, b))), json(a))
      assert.equal(sets.intersects(a, b), sets.intersection(a, b) !== undefined)
      assert.equal(sets.covers(a, b), sets.difference(b, a) === undefined)
      assert.ok(sets.covers(sets.union(a, b), b))
    }),
  )
})

test('reading what was written gives the same set, its keys in order', () => {
  fc.assert(
    fc.property(fields, (a) => {
      const text = JSON.stringify(json(a))
      assert.equal(JSON.stringify(json(of(text === undefined ? undefined : JSON.parse(text)))), text)
    }),
  )
})

test('elements of other spellings are brought into order, unknown ones passed over, malformed ones refused', () => {
  assert.deepEqual(json(of({ 'k:{ "b": 1, "a": "x" }': { '.': {} }, 'x:1': {} })), { 'k:{"a":"x","b":1}': {} })
  assert.equal(fieldsOfJson({ 'k:[1]': {} }), 'malformed')
  assert.equal(fieldsOfJson({ 'f:a': 5 }), 'malformed')
  assert.equal(fieldsOfJson({ noprefix: {} }), 'malformed')
  assert.equal(of({}), undefined)
})

test('paths are printed members first, keys and values as upstream prints them', () => {
  const a = of({
    'f:spec': { 'f:a': { 'k:{"name":"x","port":80}': { '.': {}, 'f:n': {} } }, 'f:z': {} },
    'f:l': { 'v:"s"': {}, 'v:5': {} },
  })
  assert.deepEqual(sets.pathsOf(a), [
    '.l[=5]',
    '.l[="s"]',
    '.spec.z',
    '.spec.a[name="x",port=80]',
    '.spec.a[name="x",port=80].n',
  ])
})

test('a member that is taken away recursively takes everything below with it', () => {
  const a = of({ 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} })
  const b = of({ 'f:a': {} })
  assert.deepEqual(json(sets.difference(a, b)), { 'f:a': { 'f:b': {} }, 'f:c': {} })
  assert.deepEqual(json(sets.recursiveDifference(a, b)), { 'f:c': {} })
})
