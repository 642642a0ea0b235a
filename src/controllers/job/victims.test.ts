import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import { chooseVictims, victimOrder } from './victims.ts'

type Facts = {
  readonly node?: string
  readonly phase?: string
  readonly ready?: string
  readonly restarts?: number
  readonly created?: string
}

const pod = (
  name: string,
  { node, phase = 'Running', ready, restarts = 0, created = '2026-01-01T00:00:00Z' }: Facts,
): Pod =>
  ({
    metadata: { name, creationTimestamp: created },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      ...(ready && { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: ready }] }),
      containerStatuses: [{ name: 'c', restartCount: restarts }],
    },
  }) as unknown as Pod

const rows: readonly { readonly name: string; readonly first: Facts; readonly next: Facts }[] = [
  { name: 'not assigned before assigned', first: { phase: 'Pending' }, next: { node: 'n', phase: 'Pending' } },
  { name: 'Pending before Unknown', first: { node: 'n', phase: 'Pending' }, next: { node: 'n', phase: 'Unknown' } },
  { name: 'Unknown before Running', first: { node: 'n', phase: 'Unknown' }, next: { node: 'n' } },
  { name: 'not ready before ready', first: { node: 'n' }, next: { node: 'n', ready: '2026-01-01T00:00:00Z' } },
  {
    name: 'ready for a shorter time before longer',
    first: { node: 'n', ready: '2026-01-01T00:00:09Z' },
    next: { node: 'n', ready: '2026-01-01T00:00:01Z' },
  },
  { name: 'more restarts before fewer', first: { node: 'n', restarts: 3 }, next: { node: 'n', restarts: 1 } },
  {
    name: 'newer before older',
    first: { node: 'n', created: '2026-01-02T00:00:00Z' },
    next: { node: 'n', created: '2026-01-01T00:00:00Z' },
  },
  {
    name: 'an earlier rule outweighs all later ones',
    first: { created: '2020-01-01T00:00:00Z' },
    next: { node: 'n', restarts: 9, created: '2026-01-01T00:00:00Z' },
  },
]
for (const { name, first, next } of rows) {
  test(`order: ${name}`, () => {
    const order = victimOrder([pod('next', next), pod('first', first)])
    assert.deepEqual(
      order.map(({ metadata }) => metadata.name),
      ['first', 'next'],
    )
  })
}

const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name)
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => pod(name, { node: 'n' })) as [Pod, Pod, Pod, Pod]
const young = pod('young', { phase: 'Pending' })

test('pods without a valid index go first, however small the surplus', () => {
  assert.deepEqual(names(chooseVictims([a, b, c], 0, [0, -1, 1])), ['b'])
})
test('of two pods for one index the better one stays', () => {
  assert.deepEqual(names(chooseVictims([a, young, c], 0, [0, 0, 1])), ['young'])
})
test('what is surplus beyond that goes by the order', () => {
  const victims = names(chooseVictims([a, young, c, d], 2, [0, 1, 2, 2]))
  assert.equal(victims.length, 2)
  assert.ok(victims[0] === 'c' || victims[0] === 'd')
  assert.equal(victims[1], 'young')
})
test('nothing goes when nothing is too much', () => {
  assert.deepEqual(chooseVictims([a, b], 0), [])
  assert.deepEqual(chooseVictims([a, b], 0, [3, 1]), [])
})
