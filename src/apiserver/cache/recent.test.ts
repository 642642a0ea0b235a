import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newRecent } from './recent.ts'

test('forms are kept in two generations', () => {
  const recent = newRecent(JSON.stringify, 10)
  const object = { metadata: { name: 'a' } }
  recent.remember(object, 'as remembered')
  recent.remember({}, 'x'.repeat(6))
  assert.equal(recent.of(object), 'as remembered')
  for (let i = 0; i < 9; i++) recent.remember({}, 'x'.repeat(6))
  assert.equal(recent.of(object), JSON.stringify(object), 'forgotten, and made anew')
})

test('a list keeps its beginning, as far as there is room', () => {
  let made = 0
  const recent = newRecent(() => `${made++}`, 1)
  const list = [{}, {}, {}, {}]
  const forms = () => list.map(recent.ofList())
  assert.deepEqual(forms(), ['0', '1', '2', '3'])
  assert.deepEqual(forms(), ['0', '1', '4', '5'], 'the first two again')
  assert.deepEqual(forms(), ['0', '1', '6', '7'], 'and again')
})

test('a list drives out nothing on its way', () => {
  let made = 0
  const recent = newRecent(() => `${made++}`, 1)
  const kept = {}
  assert.equal(recent.of(kept), '0')
  Array.from({ length: 100 }, () => ({})).map(recent.ofList())
  assert.equal(recent.of(kept), '0')
})
