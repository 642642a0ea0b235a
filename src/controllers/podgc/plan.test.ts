import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../apis/core/index.ts'
import { instant } from '../../base/index.ts'
import { type PodGcSnapshot, planPodGc } from './plan.ts'

const now = instant(Date.UTC(2026, 0, 1))
type Facts = { readonly phase?: string; readonly reason?: string; readonly node?: string; readonly created?: number }
const pod = (name: string, { phase = 'Succeeded', reason, node, created = 0 }: Facts = {}): Pod =>
  ({
    metadata: { name, uid: name, creationTimestamp: `2026-01-01T00:00:0${created}Z` },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: { phase, ...(reason && { reason }) },
  }) as unknown as Pod
const node = (ready: boolean, taint?: string): Node =>
  ({
    spec: taint === undefined ? {} : { taints: [{ key: taint, effect: 'NoExecute' }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }) as unknown as Node

const chosen = (snapshot: Partial<PodGcSnapshot>, threshold = 100) =>
  planPodGc({ terminated: [], terminating: [], abandoned: [], node: () => undefined, ...snapshot }, threshold, now).map(
    (action) => [action.pod.metadata.name, action.fail],
  )

test('finished pods above the threshold go: evicted ones first, then the oldest, then by name', () => {
  const terminated = [
    pod('young', { created: 9 }),
    pod('b', { created: 1 }),
    pod('a', { created: 1 }),
    pod('evicted', { created: 8, phase: 'Failed', reason: 'Evicted' }),
  ]
  assert.deepEqual(chosen({ terminated }, 1), [
    ['evicted', false],
    ['a', false],
    ['b', false],
  ])
  assert.deepEqual(chosen({ terminated }, 4), [])
  assert.deepEqual(chosen({ terminated }, 0), [], 'no threshold')
})

test('pods deleted before any node had them are failed and go', () => {
  assert.deepEqual(chosen({ terminating: [pod('p', { phase: 'Pending' })] }), [['p', true]])
})

test('pods that terminate on a node stay, unless the node is out of service', () => {
  const terminating = [pod('p', { phase: 'Running', node: 'n' })]
  const taint = 'node.kubernetes.io/out-of-service'
  assert.deepEqual(chosen({ terminating, node: () => node(false) }), [])
  assert.deepEqual(chosen({ terminating, node: () => node(true, taint) }), [])
  assert.deepEqual(chosen({ terminating, node: () => node(false, taint) }), [['p', true]])
})

test('pods whose deletion was cut short go, unless a finalizer holds them', () => {
  const marked = (finalizers?: readonly string[], grace = 0) => {
    const there = pod('p', { phase: 'Succeeded', node: 'n' })
    const metadata = { ...there.metadata, deletionGracePeriodSeconds: grace, finalizers }
    return { terminating: [{ ...there, metadata }], node: () => node(true) }
  }
  assert.deepEqual(chosen(marked()), [['p', false]])
  assert.deepEqual(chosen(marked(['example.com/hold'])), [])
  assert.deepEqual(chosen(marked(undefined, 5)), [])
})

test('pods of a node that is gone are told why', () => {
  const [action] = planPodGc(
    { terminated: [], terminating: [], abandoned: [pod('p', { phase: 'Running', node: 'n' })], node: () => undefined },
    100,
    now,
  )
  assert.equal(action?.fail, true)
  assert.deepEqual(action?.condition, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })
})
