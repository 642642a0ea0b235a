import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, job, jsonBody, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }
const jobs = { resource: 'jobs.batch', namespace: 'default' }

test('what only the server sets is dropped from a new object', async () => {
  const api = await testApi()
  const metadata = {
    name: 'a',
    uid: 'mine',
    creationTimestamp: '2020-01-01T00:00:00Z',
    deletionTimestamp: '2020-01-01T00:00:00Z',
    deletionGracePeriodSeconds: 3,
    selfLink: '/x',
    generation: 7,
  }
  const { object } = value(await api.create(configMaps, jsonBody(configMap('a', { metadata })), api.context))
  const { managedFields, ...rest } = (object as KubeObject).metadata
  assert.equal(managedFields?.[0]?.manager, 'test')
  assert.match(rest.uid ?? '', /^uid-/)
  assert.deepEqual(rest, {
    name: 'a',
    namespace: 'default',
    uid: rest.uid,
    resourceVersion: rest.resourceVersion,
    generation: 7,
    creationTimestamp: '2026-01-01T00:00:00Z',
  })
})

test('creates that are refused', async (t) => {
  const api = await testApi()
  value(await api.create(configMaps, jsonBody(configMap('taken')), api.context))
  const held = configMap('held', { metadata: { name: 'held', finalizers: ['example.com/hold'] } })
  value(await api.create(configMaps, jsonBody(held), api.context))
  value(await api.delete({ ...configMaps, name: 'held' }, {}, api.context))
  const cases: readonly [name: string, target: object, body: object, code: number, message: string][] = [
    ['a taken name', configMaps, configMap('taken'), 409, 'configmaps "taken" already exists'],
    [
      'the name of an object that is being deleted',
      configMaps,
      configMap('held'),
      409,
      'object is being deleted: configmaps "held" already exists',
    ],
    ['a missing namespace', { ...configMaps, namespace: 'none' }, configMap('a'), 404, 'namespaces "none" not found'],
    [
      'another namespace in the body',
      configMaps,
      configMap('a', { metadata: { name: 'a', namespace: 'other' } }),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'a resourceVersion',
      configMaps,
      configMap('a', { metadata: { name: 'a', resourceVersion: '2' } }),
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'another kind',
      jobs,
      configMap('a'),
      400,
      'ConfigMap in version "v1" cannot be handled as a Job: converting (v1.ConfigMap) to (batch.Job): unknown conversion',
    ],
    [
      'an unknown kind',
      jobs,
      { ...job('a'), kind: 'Jobb' },
      400,
      'Jobb in version "v1" cannot be handled as a Job: no kind "Jobb" is registered for version "batch/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ],
    [
      'no name',
      configMaps,
      { kind: 'ConfigMap' },
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      'a resource that is not served',
      { resource: 'gizmos' },
      {},
      404,
      'the server could not find the requested resource',
    ],
  ]
  for (const [name, target, body, code, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.create(target as { resource: string }, jsonBody(body), api.context))
      assert.deepEqual([status.code, status.message], [code, message])
    })
  }
})

test('a generated name is tried eight times', async () => {
  const api = await testApi({ random: { bits: () => 0 } })
  const body = jsonBody({ metadata: { generateName: 'a-' } })
  const first = value(await api.create(configMaps, body, api.context)).object
  assert.equal((first as KubeObject).metadata.name, 'a-bbbbb')
  const status = failure(await api.create(configMaps, body, api.context))
  assert.equal(
    status.message,
    'configmaps "a-bbbbb" already exists, the server was not able to generate a unique name for the object',
  )
  assert.equal(status.details?.retryAfterSeconds, 1)
})

test('a long base of a generated name is cut', async () => {
  const api = await testApi()
  const body = jsonBody({ metadata: { generateName: 'x'.repeat(80) } })
  const { object } = value(await api.create(configMaps, body, api.context))
  assert.equal((object as KubeObject).metadata.name?.length, 63)
})

test('a dry run does everything but store', async () => {
  const api = await testApi()
  const context = { ...api.context, dryRun: ['All'] }
  const { object } = value(await api.create(configMaps, jsonBody(configMap('a')), context))
  assert.equal((object as KubeObject).metadata.resourceVersion, undefined)
  assert.match((object as KubeObject).metadata.uid ?? '', /^uid-/)
  assert.equal(failure(await api.get({ ...configMaps, name: 'a' }, {}, context)).code, 404)
})

test('owner references that stand twice are told and dropped', async () => {
  const api = await testApi()
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' }
  const body = configMap('a', { metadata: { name: 'a', ownerReferences: [owner, owner] } })
  const { object } = value(await api.create(configMaps, jsonBody(body), api.context))
  assert.deepEqual((object as KubeObject).metadata.ownerReferences, [owner])
  assert.match(api.warnings[0] ?? '', /^\.metadata\.ownerReferences contains duplicate entries;.*observed: u1$/)
})

test('options that make no sense', async (t) => {
  const api = await testApi()
  const cases: readonly [name: string, context: object, message: string][] = [
    ['dryRun', { dryRun: ['some'] }, 'dryRun: Unsupported value: ["some"]: supported values: "All"'],
    [
      'fieldManager',
      { fieldManager: 'a\nb' },
      'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    ],
    [
      'a long fieldManager',
      { fieldManager: 'm'.repeat(129) },
      'fieldManager: Too long: may not be more than 128 bytes',
    ],
    [
      'fieldValidation',
      { fieldValidation: 'strict' },
      'fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"',
    ],
  ]
  for (const [name, more, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.create(configMaps, jsonBody(configMap('a')), { ...api.context, ...more }))
      assert.equal(status.message, `CreateOptions.meta.k8s.io "" is invalid: ${message}`)
    })
  }
})

test('unknown fields are told, refused or ignored', async () => {
  const api = await testApi()
  const body = jsonBody(configMap('a', { extra: 1 }))
  const context = { ...api.context, dryRun: ['All'] }
  value(await api.create(configMaps, body, context))
  assert.deepEqual(api.warnings, ['unknown field "extra"'])
  value(await api.create(configMaps, body, { ...context, fieldValidation: 'Ignore' }))
  assert.equal(api.warnings.length, 1)
  const status = failure(await api.create(configMaps, body, { ...context, fieldValidation: 'Strict' }))
  assert.equal(
    status.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "extra"',
  )
})

test('one Event is shown by both of its APIs', async () => {
  const api = await testApi()
  const event = {
    metadata: { name: 'e' },
    involvedObject: { kind: 'Job', namespace: 'default', name: 'j' },
    reason: 'R',
    message: 'text',
    count: 2,
    type: 'Normal',
    source: { component: 'c' },
  }
  value(await api.create({ resource: 'events', namespace: 'default' }, jsonBody(event), api.context))
  const target = { resource: 'events.events.k8s.io', namespace: 'default', name: 'e' }
  const shown = value(await api.get(target, {}, api.context)) as unknown as Record<string, unknown>
  assert.equal(shown['apiVersion'], 'events.k8s.io/v1')
  assert.deepEqual(
    [shown['regarding'], shown['note'], shown['deprecatedCount'], shown['eventTime']],
    [event.involvedObject, 'text', 2, null],
  )
})
