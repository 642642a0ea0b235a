import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Namespace } from '../../apis/core/index.ts'
import { instant } from '../../base/index.ts'
import { planNamespaceDeletion, type Remainder } from './plan.ts'

const now = instant(Date.UTC(2026, 0, 1))
const namespace = (going: boolean): Namespace =>
  ({
    metadata: { name: 'ns', ...(going && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: going ? 'Terminating' : 'Active' },
  }) as Namespace
const pods = (...going: readonly boolean[]): Remainder => ({
  resource: 'pods',
  objects: going.map((is, i) => ({
    metadata: {
      name: `p${i}`,
      finalizers: ['a/b'],
      ...(is && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
  })),
})
const plan = (object: Namespace, ...remainders: readonly Remainder[]) =>
  planNamespaceDeletion({ namespace: object, remainders }, now)

test('a namespace that stays is left alone', () => assert.deepEqual(plan(namespace(false), pods(false)), []))

test('what is not going yet is deleted', () => {
  const actions = plan(namespace(true), pods(true, false))
  assert.deepEqual(
    actions.map((action) => action.kind === 'Delete' && action.object.metadata.name),
    ['p1'],
  )
})

test('while content goes by itself, the status says what is waited for', () => {
  const [action] = plan(namespace(true), pods(true, true))
  assert.equal(action?.kind, 'UpdateStatus')
  const conditions = action?.kind === 'UpdateStatus' ? action.conditions : []
  const text = (type: string) => conditions.find((condition) => condition.type === type)?.message
  assert.equal(text('NamespaceContentRemaining'), 'Some resources are remaining: pods. has 2 resource instances')
  assert.equal(
    text('NamespaceFinalizersRemaining'),
    'Some content in the namespace has finalizers remaining: a/b in 2 resource instances',
  )
  const told = { ...namespace(true), status: { phase: 'Terminating', conditions } }
  assert.deepEqual(plan(told, pods(true, true)), [], 'said once')
})

test('an empty namespace loses this finalizer only', () => {
  const object = { ...namespace(true), spec: { finalizers: ['kubernetes', 'other'] } }
  assert.deepEqual(plan(object, { resource: 'pods', objects: [] }), [{ kind: 'Finalize', finalizers: ['other'] }])
})
