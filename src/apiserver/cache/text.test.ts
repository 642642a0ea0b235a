import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revision } from '../../base/index.ts'
import { metadataAt, objectAt, servedText } from './text.ts'

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: {
    managedFields: [{ manager: 'a', fieldsV1: { 'f:spec': {} } }, { manager: 'b' }],
    labels: { uid: '"uid":"u-1"' },
    uid: 'u-1',
    finalizers: [],
    name: 'p',
  },
  spec: { containers: [{ name: 'c', image: 'é🚀' }] },
  status: { phase: 'Pending' },
  absent: undefined,
}

test('metadata is written in upstream’s order, without what is empty', () => {
  assert.deepEqual(Object.keys(metadataAt(pod.metadata, '7')), [
    'name',
    'uid',
    'resourceVersion',
    'labels',
    'managedFields',
  ])
})

test('the stored text with its revision put in is the text of the object at that revision', () => {
  const bare = { ...pod, metadata: metadataAt(pod.metadata, undefined) }
  const text = JSON.stringify(bare)
  assert.equal(servedText(text, 'u-1', revision(7)), JSON.stringify(objectAt(pod, revision(7))))
})
