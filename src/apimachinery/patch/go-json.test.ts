import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonPatchedText, mergePatchedText, sortedJson } from './go-json.ts'

const object = { kind: 'K', apiVersion: 'v1', spec: { z: 1, a: { y: 1, b: '<' } }, list: [{ d: 1, c: 2 }] }

test('all members are sorted, and characters of HTML escaped', () => {
  assert.equal(
    sortedJson(object),
    '{"apiVersion":"v1","kind":"K","list":[{"c":2,"d":1}],"spec":{"a":{"b":"\\u003c","y":1},"z":1}}',
  )
})

test('only what a JSON patch looked into is sorted', () => {
  const text = jsonPatchedText(object, [{ op: 'add', path: '/spec/x', value: 1 }])
  assert.equal(text, '{"apiVersion":"v1","kind":"K","list":[{"d":1,"c":2}],"spec":{"a":{"y":1,"b":"\\u003c"},"z":1}}')
  assert.match(
    jsonPatchedText(object, [{ op: 'remove', path: '/list/0/e' }]),
    /"list":\[\{"c":2,"d":1\}\],"spec":\{"z"/,
  )
})

test('only what a merge patch names is sorted', () => {
  assert.equal(
    mergePatchedText(object, { spec: { z: 1 } }),
    '{"apiVersion":"v1","kind":"K","list":[{"d":1,"c":2}],"spec":{"a":{"y":1,"b":"\\u003c"},"z":1}}',
  )
})
