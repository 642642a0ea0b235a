import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeJson } from './encode.ts'

const fieldsV1 = { 'f:spec': { 'f:a"b': {} } }
const entry = { manager: 'm', operation: 'Apply', apiVersion: 'v1', time: undefined, fieldsType: 'FieldsV1', fieldsV1 }
const cases: readonly [string, object][] = [
  ['an object without managed fields', { kind: 'A', metadata: { name: 'a' } }],
  ['an object with managed fields last', { kind: 'A', metadata: { name: 'a', managedFields: [entry] }, spec: {} }],
  ['managed fields between other members', { metadata: { managedFields: [entry, entry], name: 'a' } }],
  [
    'texts that look like the member',
    { metadata: { labels: { managedFields: '0' }, annotations: { a: '"managedFields":0' }, managedFields: [entry] } },
  ],
  ['an empty list', { metadata: { managedFields: [] } }],
  ['no metadata', { kind: 'A' }],
]
for (const [name, object] of cases)
  test(`the text is that of JSON.stringify: ${name}`, () => {
    assert.equal(encodeJson(object as never), JSON.stringify(object))
    assert.equal(encodeJson(object as never), JSON.stringify(object))
  })
