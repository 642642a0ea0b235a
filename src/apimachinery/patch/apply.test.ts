import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Instant, instant } from '../../base/index.ts'
import { decodeObject } from '../decode/decoder.ts'
import type { KubeObject } from '../meta/object.ts'
import type { ManagedFieldsEntry } from '../meta/types.gen.ts'
import { serverSideApply } from './apply.ts'
import type { JsonObject } from './json-value.ts'
import { clearsManagedFields } from './managed-fields.ts'
import { type FieldWriter, ignoreManagedFieldsTimestamps, trackUpdate } from './track-update.ts'

const at = (second: number): Instant => instant(Date.UTC(2026, 0, 1, 0, 0, second))
const reset = [['status']]
const writer = (manager: string, second = 0, type = 'batch.v1.CronJob'): FieldWriter => ({
  type,
  manager,
  apiVersion: type.startsWith('core') ? 'v1' : 'batch/v1',
  subresource: '',
  resetFields: reset,
  now: at(second),
})

function decode(type: string, value: unknown): KubeObject {
  const decoded = decodeObject(type, value, 'Ignore')
  assert.ok(decoded.ok)
  return decoded.value.object
}

const kindOf = (type: string): string => type.slice(type.lastIndexOf('.') + 1)

function apply(
  live: KubeObject | undefined,
  manager: string,
  config: JsonObject,
  options: { type?: string; second?: number; force?: boolean } = {},
): KubeObject | string {
  const { type = 'core.v1.ConfigMap', second = 0, force = false } = options
  const base = writer(manager, second, type)
  const whole = {
    apiVersion: base.apiVersion,
    kind: kindOf(type),
    ...config,
    metadata: { name: 'x', ...(config['metadata'] as object) },
  }
  const applied = serverSideApply(live, whole, { ...base, kind: kindOf(type), force })
  if (!applied.ok) return applied.error.message ?? ''
  const object = decode(type, applied.value)
  return live === undefined
    ? { ...object, metadata: { ...object.metadata, uid: 'u' } }
    : ignoreManagedFieldsTimestamps(object, live)
}

function applied(...input: Parameters<typeof apply>): KubeObject {
  const object = apply(...input)
  assert.ok(typeof object !== 'string', String(object))
  return object
}

const managers = ({ metadata }: KubeObject): unknown =>
  (metadata.managedFields ?? []).map(({ manager, operation, time, fieldsV1 }) => [manager, operation, time, fieldsV1])
const data = (object: KubeObject): unknown => (object as unknown as { data?: unknown }).data

test('the first apply onto an object without managed fields gives the old fields to before-first-apply', () => {
  const live = decode('core.v1.ConfigMap', { metadata: { name: 'x', uid: 'u' }, data: { a: '1' } })
  const object = applied(live, 'm', { data: { b: '2' } }, { second: 5 })
  assert.deepEqual(managers(object), [
    ['m', 'Apply', '2026-01-01T00:00:05Z', { 'f:data': { 'f:b': {} } }],
    ['before-first-apply', 'Update', '2026-01-01T00:00:05Z', { 'f:data': { '.': {}, 'f:a': {} } }],
  ])
})

test('kubectl takes over what client-side apply set, and keeps its annotation in step', () => {
  const last = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: '1' } }
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
  const body = {
    metadata: { name: 'x', annotations: { [annotation]: JSON.stringify(last) } },
    data: { a: '1', other: '9' },
  }
  const created = trackUpdate(
    decode('core.v1.ConfigMap', body),
    undefined,
    writer('kubectl-client-side-apply', 0, 'core.v1.ConfigMap'),
  )
  const live = { ...created, metadata: { ...created.metadata, uid: 'u' } }
  const object = applied(live, 'kubectl', { data: { a: '<2>' } }, { second: 1 })
  assert.deepEqual(data(object), { a: '<2>', other: '9' })
  assert.equal(
    object.metadata.annotations?.[annotation],
    '{"apiVersion":"v1","data":{"a":"\\u003c2\\u003e"},"kind":"ConfigMap","metadata":{"name":"x"}}\n',
  )
  assert.match(
    apply(live, 'kubectl', { data: { other: '2' } }) as string,
    /conflict with "kubectl-client-side-apply" using v1: .data.other/,
  )
  assert.match(
    apply(live, 'helm', { data: { a: '2' } }) as string,
    /conflict with "kubectl-client-side-apply" using v1: .data.a/,
  )
})

test('conflicts of several managers are told by manager', () => {
  const one = applied(undefined, 'b', { data: { x: '1', y: '1' } })
  const two = applied(one, 'a', { data: { z: '1' } })
  assert.equal(
    apply(two, 'c', { data: { x: '2', y: '2', z: '2' } }),
    'Apply failed with 3 conflicts: conflicts with "a":\n- .data.z\nconflicts with "b":\n- .data.x\n- .data.y',
  )
  const forced = applied(two, 'c', { data: { x: '2', y: '2', z: '2' } }, { force: true, second: 1 })
  assert.deepEqual(managers(forced), [
    ['c', 'Apply', '2026-01-01T00:00:01Z', { 'f:data': { 'f:x': {}, 'f:y': {}, 'f:z': {} } }],
  ])
})

const refused: readonly [string, JsonObject, string][] = [
  ['an undeclared field', { spec: { foo: 1 } }, '.spec.foo: field not declared in schema'],
  [
    'a number for a text',
    { spec: { schedule: 1234567 } },
    '.spec.schedule: expected string, got &value.valueUnstructured{Value:1.234567e+06}',
  ],
  [
    'a text for a number',
    { spec: { startingDeadlineSeconds: 'x' } },
    '.spec.startingDeadlineSeconds: expected numeric (int or float), got string',
  ],
  ['a map for a list', { metadata: { finalizers: {} } }, '.metadata.finalizers: expected list, got &{map[]}'],
  [
    'a repeated value of a set',
    { metadata: { finalizers: ['a', 'a'] } },
    '.metadata.finalizers: duplicate entries for key [="a"]',
  ],
  [
    'null in a list by key',
    { metadata: { ownerReferences: [null] } },
    '.metadata.ownerReferences: element 0: associative list with keys may not have a null element',
  ],
  [
    'several problems',
    { spec: { suspend: 'x', schedule: true } },
    'errors:\n  .spec.suspend: expected boolean, got &{x}\n  .spec.schedule: expected string, got &value.valueUnstructured{Value:true}',
  ],
]
for (const [name, config, problem] of refused)
  test(`a config is refused for ${name}`, () => {
    assert.equal(
      apply(undefined, 'm', config, { type: 'batch.v1.CronJob' }),
      `failed to create typed patch object (/x; batch/v1, Kind=CronJob): ${problem}`,
    )
  })

test('managed fields in a config, and other kinds, are bad requests', () => {
  assert.equal(apply(undefined, 'm', { metadata: { managedFields: [] } }), 'metadata.managedFields must be nil')
  assert.equal(apply(undefined, 'm', { kind: 'Secret' }), 'invalid object type: /v1, Kind=Secret')
  assert.equal(apply(undefined, 'm', { apiVersion: 'a/b/c' }), 'invalid object type: /, Kind=')
})

const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 })
const mapOf = (names: readonly string[], value: string): JsonObject =>
  Object.fromEntries(names.map((name) => [name, value]))

test('applying the same again changes nothing, not even the managed fields', () => {
  fc.assert(
    fc.property(keys, keys, (first, second) => {
      const one = applied(undefined, 'one', { data: mapOf(first, '1') })
      const two = applied(one, 'two', { data: mapOf(second, '2') }, { force: true, second: 1 })
      assert.deepEqual(applied(two, 'two', { data: mapOf(second, '2') }, { second: 2 }), two)
    }),
  )
})

test('what a manager added alone is gone when it applies without it', () => {
  fc.assert(
    fc.property(keys, keys, (others, own) => {
      const mine = own.filter((name) => !others.includes(name))
      // Who applies an empty map owns the map itself.
      fc.pre(mine.length > 0 && others.length > 0)
      const before = applied(undefined, 'others', { data: mapOf(others, '1') })
      const added = applied(before, 'me', { data: mapOf(mine, '2') })
      assert.deepEqual(data(added), { ...mapOf(others, '1'), ...mapOf(mine, '2') })
      const after = applied(added, 'me', {})
      assert.deepEqual(data(after) ?? {}, mapOf(others, '1'))
      assert.deepEqual(managers(after), managers(before))
    }),
  )
})

const order = (names: readonly string[]): readonly JsonObject[] => names.map((name) => ({ name, image: 'i' }))
const ordering: readonly [readonly string[], readonly string[], readonly string[]][] = [
  [
    ['a', 'b', 'c'],
    ['c', 'a'],
    ['b', 'c', 'a'],
  ],
  [
    ['a', 'b', 'c'],
    ['d', 'b'],
    ['a', 'd', 'b', 'c'],
  ],
  [['a', 'b'], ['c'], ['a', 'b', 'c']],
  [
    ['a', 'b', 'c', 'd'],
    ['d', 'c', 'b', 'a'],
    ['d', 'c', 'b', 'a'],
  ],
]
for (const [live, config, expected] of ordering)
  test(`a list ${live.join()} with ${config.join()} applied becomes ${expected.join()}`, () => {
    const spec = { containers: order(live) }
    const created = trackUpdate(
      decode('core.v1.Pod', { metadata: { name: 'x' }, spec }),
      undefined,
      writer('w', 0, 'core.v1.Pod'),
    )
    const object = applied(
      { ...created, metadata: { ...created.metadata, uid: 'u' } },
      'm',
      { spec: { containers: order(config) } },
      { type: 'core.v1.Pod' },
    )
    const { containers } = (object as unknown as { spec: { containers: { name: string }[] } }).spec
    assert.deepEqual(
      containers.map(({ name }) => name),
      expected,
    )
  })

const configMap = (value: JsonObject, metadata: JsonObject = {}): KubeObject =>
  decode('core.v1.ConfigMap', { metadata: { name: 'x', uid: 'u', ...metadata }, data: value })
const track = (
  object: KubeObject,
  old: KubeObject | undefined,
  manager: string,
  second = 0,
  clear = false,
): KubeObject => trackUpdate(object, old, writer(manager, second, 'core.v1.ConfigMap'), clear)

test('a write that changes nothing keeps the very managed fields; one in the same second keeps them too', () => {
  const one = track(configMap({ a: '1' }), undefined, 'm')
  const same = { ...one }
  assert.equal(track(same, one, 'm', 9), same)
  const changed = { ...one, data: { a: '2' } }
  assert.equal(track(changed, one, 'm').metadata, one.metadata)
  assert.equal(track(changed, one, 'm', 9).metadata.managedFields?.[0]?.time, '2026-01-01T00:00:09Z')
})

test('another manager takes what it changes, and removing a field takes it from everybody', () => {
  const one = track(configMap({ a: '1', b: '1', c: '1' }), undefined, 'one')
  const two = track({ ...one, data: { a: '1', b: '2' } } as KubeObject, one, 'two', 1)
  assert.deepEqual(managers(two), [
    ['one', 'Update', '2026-01-01T00:00:00Z', { 'f:data': { '.': {}, 'f:a': {} } }],
    ['two', 'Update', '2026-01-01T00:00:01Z', { 'f:data': { 'f:b': {} } }],
  ])
  const three = track({ ...two, data: { a: '1' } } as KubeObject, two, 'three', 2)
  assert.deepEqual(managers(three), [['one', 'Update', '2026-01-01T00:00:00Z', { 'f:data': { '.': {}, 'f:a': {} } }]])
})

test('an object without managed fields stays without them, and clearing forgets them', () => {
  const bare = configMap({ a: '1' })
  assert.equal(track(configMap({ a: '2' }), bare, 'm').metadata.managedFields, undefined)
  const one = track(configMap({ a: '1' }), undefined, 'm')
  assert.equal(track(configMap({ a: '1' }), one, 'm', 0, true).metadata.managedFields, undefined)
  assert.equal(track(configMap({ a: '1' }, { managedFields: [{}] }), one, 'm').metadata.managedFields, undefined)
  for (const [managedFields, clears] of [
    [[], true],
    [[{}], true],
    [undefined, false],
    [[{ manager: 'a' }], false],
  ] as const)
    assert.equal(clearsManagedFields({ metadata: { managedFields } }), clears)
})

test('sent managed fields are believed when they are well formed, else the old ones count', () => {
  const one = track(configMap({ a: '1' }), undefined, 'one')
  const entry = {
    manager: 'sent',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:a': {} } },
  }
  const send = (entries: unknown): KubeObject => track(configMap({ a: '1' }, { managedFields: entries }), one, 'm')
  assert.deepEqual(managers(send([entry])), [['sent', 'Update', undefined, { 'f:data': { 'f:a': {} } }]])
  assert.deepEqual(managers(send([{ ...entry, operation: 'Delete' }])), managers(one))
  assert.deepEqual(managers(send([{ ...entry, fieldsV1: { bad: {} } }])), managers(one))
  const times = one.metadata.managedFields?.map((each: ManagedFieldsEntry) => ({
    ...each,
    time: '2020-01-01T00:00:00Z',
  }))
  assert.equal(send(times).metadata.managedFields, one.metadata.managedFields)
})

test('the eleventh manager by update puts the two oldest together as ancient-changes', () => {
  let object = track(configMap({ k0: '1' }), undefined, 'm0')
  for (let index = 1; index <= 11; index++)
    object = track(
      { ...object, data: { ...(data(object) as object), [`k${index}`]: '1' } } as KubeObject,
      object,
      `m${index}`,
      index,
    )
  const names = (object.metadata.managedFields ?? []).map(({ manager }) => manager)
  assert.deepEqual(names, ['ancient-changes', ...Array.from({ length: 9 }, (_, index) => `m${index + 3}`)])
  const [first] = object.metadata.managedFields ?? []
  assert.deepEqual(
    [first?.time, first?.fieldsV1],
    ['2026-01-01T00:00:02Z', { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } }],
  )
})

test('a write through a subresource has its own entry and does not touch reset fields', () => {
  const type = 'batch.v1.Job'
  const job = (status: JsonObject, spec: JsonObject): KubeObject =>
    decode(type, { metadata: { name: 'x', uid: 'u' }, spec, status })
  const one = trackUpdate(job({ active: 1 }, { parallelism: 1 }), undefined, writer('one', 0, type))
  assert.deepEqual(managers(one), [['one', 'Update', '2026-01-01T00:00:00Z', { 'f:spec': { 'f:parallelism': {} } }]])
  const next = {
    ...one,
    status: { active: 2 },
    spec: { ...(one as unknown as { spec: object }).spec, parallelism: 5 },
  } as KubeObject
  const two = trackUpdate(next, one, { ...writer('one', 1, type), subresource: 'status', resetFields: [['spec']] })
  assert.deepEqual(
    two.metadata.managedFields?.map(({ subresource, fieldsV1 }) => [subresource, fieldsV1]),
    [
      [undefined, { 'f:spec': { 'f:parallelism': {} } }],
      ['status', { 'f:status': { 'f:active': {} } }],
    ],
  )
})
