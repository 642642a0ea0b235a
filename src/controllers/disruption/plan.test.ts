import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import type { PodDisruptionBudget } from '../../apis/other/index.ts'
import { instant } from '../../base/index.ts'
import { budgetCovers, planBudget } from './plan.ts'

const now = instant(Date.UTC(2026, 0, 1))
const budget = (spec: object, status: object = {}): PodDisruptionBudget => ({
  metadata: { name: 'b', namespace: 'ns', generation: 1 },
  spec: { selector: { matchLabels: { app: 'a' } }, ...spec },
  status,
})
const pod = (ready: boolean, more: object = {}, phase = 'Running'): Pod =>
  ({
    metadata: { name: `p${ready}`, namespace: 'ns', labels: { app: 'a' }, ...more },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Pod
const statusOf = (of: PodDisruptionBudget, pods: readonly Pod[]) => planBudget(of, pods, now).actions[0]?.status

test('what is healthy above the minimum may go', () => {
  const status = statusOf(budget({ minAvailable: 1 }), [pod(true), pod(true), pod(false), pod(true, {}, 'Succeeded')])
  assert.equal(status?.disruptionsAllowed, 1)
  assert.deepEqual([status?.expectedPods, status?.currentHealthy, status?.desiredHealthy], [3, 2, 1])
  assert.deepEqual(status?.conditions?.[0]?.reason, 'SufficientPods')
})

test('nothing may go when too few are healthy', () => {
  const status = statusOf(budget({ minAvailable: 2 }), [pod(true), pod(false)])
  assert.equal(status?.disruptionsAllowed, 0)
  assert.equal(status?.conditions?.[0]?.reason, 'InsufficientPods')
})

test('a share of a Job cannot be told: it has no scale', () => {
  const owned = pod(true, {
    ownerReferences: [{ kind: 'Job', controller: true, name: 'j', uid: 'u', apiVersion: 'batch/v1' }],
  })
  const status = statusOf(budget({ maxUnavailable: '50%' }), [owned])
  assert.equal(status?.conditions?.[0]?.reason, 'SyncFailed')
  assert.equal(status?.disruptionsAllowed, 0)
})

test('an eviction that was allowed is remembered until the pod shows it', () => {
  const disrupted = { disruptedPods: { ptrue: '2026-01-01T00:00:00Z' } }
  const of = budget({ minAvailable: 1 }, disrupted)
  assert.equal(statusOf(of, [pod(true), pod(true, { name: 'other' })])?.disruptionsAllowed, 0)
  assert.equal(planBudget(of, [pod(true)], now).wakeAt, now + 120_000)
})

test('a status that says so already is left alone', () => {
  const told = budget({ minAvailable: 1 }, statusOf(budget({ minAvailable: 1 }), [pod(true)]) ?? {})
  assert.deepEqual(planBudget(told, [pod(true)], now).actions, [])
})

test('an absent selector covers nothing, an empty one everything in the namespace', () => {
  assert.equal(budgetCovers(budget({ selector: undefined }), pod(true)), false)
  assert.equal(budgetCovers(budget({ selector: {} }), pod(true)), true)
  assert.equal(budgetCovers(budget({ selector: {} }), pod(true, { namespace: 'other' })), false)
})
