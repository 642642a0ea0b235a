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

test('a look keeps nothing new and drives nothing out', () => {
  let made = 0
  const recent = newRecent(() => `${made++}`, 1)
  const kept = {}
  assert.equal(recent.of(kept), '0')
  const other = {}
  for (const expected of ['1', '2', '3']) assert.equal(recent.peek(other), expected)
  assert.equal(recent.peek(kept), '0')
})
