import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject, ObjectMeta } from '../../apimachinery/index.ts'
import { classifyOwner, dropReferences, type OwnerState, planCollection, planOwner, unblockReferences } from './plan.ts'

const reference = (uid: string, blockOwnerDeletion = true) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: uid,
  uid,
  blockOwnerDeletion,
})
const object = (metadata: Partial<ObjectMeta> = {}): KubeObject => ({ metadata: { name: 'o', uid: 'o', ...metadata } })
const going = (finalizer: string): Partial<ObjectMeta> => ({
  deletionTimestamp: '2026-01-01T00:00:00Z',
  finalizers: [finalizer],
})
const owners = (...states: readonly OwnerState[]) =>
  states.map((state, i) => ({ reference: reference(`owner-${i}`), state }))
const dependent = object({ uid: 'd', ownerReferences: [reference('o')] })

const rows: readonly {
  readonly name: string
  readonly object?: KubeObject
  readonly owners: readonly OwnerState[]
  readonly dependents?: readonly KubeObject[]
  readonly does: unknown
}[] = [
  { name: 'without owners nothing is collected', owners: [], does: { kind: 'Keep' } },
  { name: 'one solid owner is enough', owners: ['solid'], does: { kind: 'Keep' } },
  {
    name: 'lost references beside a solid one are dropped',
    owners: ['solid', 'dangling', 'waiting'],
    does: { kind: 'DropReferences', uids: ['owner-1', 'owner-2'] },
  },
  {
    name: 'without a solid owner it goes in the background',
    owners: ['dangling'],
    does: { kind: 'Delete', propagation: 'Background', unblock: false },
  },
  {
    name: 'a waiting owner alone does not pass its way of going on',
    owners: ['waiting'],
    does: { kind: 'Delete', propagation: 'Background', unblock: false },
  },
  {
    name: 'with dependents of its own it waits for them too',
    owners: ['waiting'],
    dependents: [dependent],
    does: { kind: 'Delete', propagation: 'Foreground', unblock: false },
  },
  {
    name: 'a circle of waiting objects is broken',
    owners: ['waiting'],
    dependents: [object({ uid: 'd', ownerReferences: [reference('o')], ...going('foregroundDeletion') })],
    does: { kind: 'Delete', propagation: 'Foreground', unblock: true },
  },
  {
    name: 'its own orphan finalizer decides how it goes',
    object: object({ finalizers: ['orphan'] }),
    owners: ['dangling'],
    does: { kind: 'Delete', propagation: 'Orphan', unblock: false },
  },
  { name: 'what goes already is left alone', object: object(going('x')), owners: ['dangling'], does: { kind: 'Keep' } },
]
for (const row of rows) {
  test(`dependent: ${row.name}`, () => {
    const plan = planCollection(row.object ?? object(), owners(...row.owners), row.dependents ?? [])
    assert.deepEqual(plan, row.does)
  })
}

const ownerRows: readonly {
  readonly name: string
  readonly owner: KubeObject
  readonly dependents: readonly KubeObject[]
  readonly does: unknown
}[] = [
  { name: 'one that stays does nothing', owner: object(), dependents: [dependent], does: { kind: 'Keep' } },
  {
    name: 'going in the foreground it collects its blocking dependents',
    owner: object(going('foregroundDeletion')),
    dependents: [dependent],
    does: { kind: 'Collect', dependents: [dependent] },
  },
  {
    name: 'dependents that do not block do not hold it',
    owner: object(going('foregroundDeletion')),
    dependents: [object({ uid: 'd', ownerReferences: [reference('o', false)] })],
    does: { kind: 'RemoveFinalizer', finalizer: 'foregroundDeletion' },
  },
  {
    name: 'going alone it leaves them behind first',
    owner: object(going('orphan')),
    dependents: [dependent],
    does: { kind: 'Orphan', dependents: [dependent] },
  },
  {
    name: 'and then it goes',
    owner: object(going('orphan')),
    dependents: [],
    does: { kind: 'RemoveFinalizer', finalizer: 'orphan' },
  },
]
for (const { name, owner, dependents, does } of ownerRows) {
  test(`owner: ${name}`, () => assert.deepEqual(planOwner(owner, dependents), does))
}

test('an owner is told by uid, and by how it goes', () => {
  const state = (owner: KubeObject | undefined) => classifyOwner(reference('o'), owner).state
  assert.equal(state(undefined), 'dangling')
  assert.equal(state(object({ uid: 'another' })), 'dangling')
  assert.equal(state(object()), 'solid')
  assert.equal(state(object(going('x'))), 'solid')
  assert.equal(state(object(going('foregroundDeletion'))), 'waiting')
})

test('patches name the references by uid and guard against a namesake', () => {
  assert.deepEqual(dropReferences(dependent, ['o']), {
    metadata: { uid: 'd', ownerReferences: [{ $patch: 'delete', uid: 'o' }] },
  })
  assert.deepEqual(unblockReferences(dependent), {
    metadata: { uid: 'd', ownerReferences: [{ ...reference('o'), blockOwnerDeletion: false }] },
  })
})
