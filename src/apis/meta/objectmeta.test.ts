import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldErrorText, type ObjectMeta, type OwnerReference } from '../../apimachinery/index.ts'
import {
  nameIsDNS1035Label,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
  nameIsPathSegment,
  totalAnnotationBytes,
  validateCommonUpdate,
  validateCoreObjectMeta,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './objectmeta.ts'

const named: ObjectMeta = { name: 'a', namespace: 'default' }
const owner: OwnerReference = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u' }
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const creates: readonly [string, ObjectMeta, readonly string[]][] = [
  ['an ordinary name', named, []],
  [
    'neither name nor prefix',
    { namespace: 'default' },
    ['metadata.name: Required value: name or generateName is required'],
  ],
  ['an upper-case name', { ...named, name: 'Upper' }, [`metadata.name: Invalid value: "Upper": ${subdomain}`]],
  ['a prefix that ends with a dash', { ...named, generateName: 'run-' }, []],
  [
    'a prefix with a bad character',
    { ...named, generateName: 'run_' },
    [`metadata.generateName: Invalid value: "run_": ${subdomain}`],
  ],
  ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
  [
    'a negative generation',
    { ...named, generation: -1 },
    ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'a label key that ends with a dash',
    { ...named, labels: { 'a-': 'b' } },
    [`metadata.labels: Invalid value: "a-": ${labelName}`],
  ],
  ['an annotation key in upper case', { ...named, annotations: { 'Example.com/A': '' } }, []],
  [
    'annotations of more than 256 KiB',
    { ...named, annotations: { a: 'x'.repeat(totalAnnotationBytes) } },
    ['metadata.annotations: Too long: may not be more than 262144 bytes'],
  ],
  ['an owner', { ...named, ownerReferences: [owner] }, []],
  [
    'an owner without a uid',
    { ...named, ownerReferences: [{ ...owner, uid: '' }] },
    ['metadata.ownerReferences.uid: Invalid value: "": must not be empty'],
  ],
  [
    'two owners that control',
    {
      ...named,
      ownerReferences: [
        { ...owner, controller: true },
        { ...owner, name: 'k', uid: 'v', controller: true },
      ],
    },
    [
      'metadata.ownerReferences: Invalid value: [{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"u","controller":true},{"apiVersion":"batch/v1","kind":"Job","name":"k","uid":"v","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Job/j and Job/k',
    ],
  ],
  [
    'an event as owner',
    { ...named, ownerReferences: [{ ...owner, apiVersion: 'v1', kind: 'Event' }] },
    [
      'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"j","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
    ],
  ],
  [
    'both finalizers of the garbage collector',
    { ...named, finalizers: ['orphan', 'foregroundDeletion'] },
    [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
  ],
]

describe('metadata of a new object', () => {
  for (const [name, metadata, expected] of creates) {
    test(`with ${name} has ${expected.length} faults`, () => {
      assert.deepEqual(validateObjectMeta(metadata, true, nameIsDNSSubdomain).map(fieldErrorText), expected)
    })
  }

  test('of a cluster has no namespace', () => {
    assert.deepEqual(validateObjectMeta(named, false, nameIsDNSSubdomain).map(fieldErrorText), [
      'metadata.namespace: Forbidden: not allowed on this type',
    ])
  })

  test('of core kinds wants a domain in finalizers', () => {
    const metadata = { ...named, finalizers: ['mine', 'example.com/mine', 'foregroundDeletion'] }
    assert.deepEqual(validateCoreObjectMeta(metadata, true, nameIsDNSSubdomain).map(fieldErrorText), [
      'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ])
  })
})

const stored: ObjectMeta = { ...named, uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '5' }
const updates: readonly [string, ObjectMeta, ObjectMeta, readonly string[]][] = [
  ['nothing', stored, stored, []],
  ['labels', { ...stored, labels: { a: 'b' } }, stored, []],
  ['the name', { ...stored, name: 'b' }, stored, ['metadata.name: Invalid value: "b": field is immutable']],
  ['the uid', { ...stored, uid: 'v' }, stored, ['metadata.uid: Invalid value: "v": field is immutable']],
  [
    'the time of deletion',
    { ...stored, deletionTimestamp: '2026-01-02T00:00:00Z' },
    stored,
    ['metadata.deletionTimestamp: Invalid value: "2026-01-02T00:00:00Z": field is immutable'],
  ],
  [
    'the version away',
    { ...stored, resourceVersion: '' },
    stored,
    ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
  ],
  [
    'the generation down',
    { ...stored, generation: 1 },
    { ...stored, generation: 2 },
    ['metadata.generation: Invalid value: 1: must not be decremented'],
  ],
  [
    'a finalizer into an object that is going',
    { ...stored, deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['example.com/new'] },
    { ...stored, deletionTimestamp: '2026-01-02T00:00:00Z' },
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/new"}',
    ],
  ],
]
describe('an update of metadata that changes', () => {
  for (const [name, now, old, expected] of updates) {
    test(`${name} has ${expected.length} faults`, () => {
      assert.deepEqual(validateObjectMetaUpdate(now, old).map(fieldErrorText), expected)
    })
  }
})

test('what all kinds check on updates stays', () => {
  assert.deepEqual(validateCommonUpdate(stored, stored, true), [])
})

test('names follow the rule of their kind', () => {
  assert.deepEqual(nameIsDNSLabel('a.b', false), ['must not contain dots'])
  assert.deepEqual(nameIsDNSSubdomain('a.b', false), [])
  assert.equal(nameIsDNS1035Label('1a', false).length, 1)
  assert.deepEqual(nameIsPathSegment('system:a', false), [])
  assert.deepEqual(nameIsPathSegment('..', false), ["may not be '..'"])
  assert.deepEqual(nameIsDNSLabel('run-', true), [])
})
