import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldErrorText } from '../../../apimachinery/index.ts'
import { instant } from '../../../base/index.ts'
import type { WriteContext } from '../../strategy.ts'
import type { Secret } from '../types.gen.ts'
import { secretStrategy } from './strategy.ts'

const context: WriteContext = { now: instant(0), options: { exact: true, isTimeZone: () => true } }
const metadata = { name: 's', namespace: 'default', resourceVersion: '1' }

test('plain texts become data and win over it', () => {
  const secret = secretStrategy.defaults({
    metadata,
    data: { a: 'b2xk', b: 'a2VwdA==' },
    stringData: { a: 'new', ü: 'ü€😀' },
  })
  assert.deepEqual(secret, {
    metadata,
    type: 'Opaque',
    data: { a: 'bmV3', b: 'a2VwdA==', ü: 'w7zigqzwn5iA' },
  })
  assert.equal(secretStrategy.defaults(secret), secret)
})

const creates: readonly [string, Secret, readonly string[]][] = [
  ['any type', { metadata, type: 'example.com/mine', data: { a: 'YQ==' } }, []],
  [
    'a pair of keys without the private one',
    { metadata, type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==' } },
    ['data[tls.key]: Required value'],
  ],
  [
    'credentials that are no JSON',
    { metadata, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'W10=' } },
    [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
  ],
  [
    'neither user nor password',
    { metadata, type: 'kubernetes.io/basic-auth' },
    ['data[username]: Required value', 'data[password]: Required value'],
  ],
  [
    'too much data',
    { metadata, data: { a: 'A'.repeat(4 * 2 ** 19) } },
    ['data: Too long: may not be more than 1048576 bytes'],
  ],
]
describe('a new secret', () => {
  for (const [name, secret, expected] of creates) {
    test(`with ${name} has ${expected.length} faults`, () => {
      const filled = secretStrategy.defaults(secret)
      assert.deepEqual(secretStrategy.validateCreate(filled, context).map(fieldErrorText), expected)
    })
  }
})

test('an immutable secret keeps its data, its type and its immutability', () => {
  const old: Secret = { metadata, type: 'Opaque', data: { a: 'YQ==' }, immutable: true }
  const next: Secret = { metadata, type: 'other', data: { a: 'Yg==' }, immutable: false }
  assert.deepEqual(secretStrategy.validateUpdate(next, old, context).map(fieldErrorText), [
    'type: Invalid value: "other": field is immutable',
    'immutable: Forbidden: field is immutable when `immutable` is set',
    'data: Forbidden: field is immutable when `immutable` is set',
  ])
  assert.deepEqual(
    secretStrategy.validateUpdate({ ...old, metadata: { ...metadata, labels: { a: 'b' } } }, old, context),
    [],
  )
})
