import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../../../base/index.ts'
import type { Node, Taint } from '../types.gen.ts'
import { nodeStrategy } from './strategy.ts'

const node = (...taints: readonly Taint[]): Node =>
  ({ metadata: { name: 'n' }, spec: { taints }, status: {} }) as unknown as Node
const context = (exact: boolean, minute = 0) => ({
  now: instant(Date.UTC(2026, 0, 1, 0, minute)),
  options: { exact, isTimeZone: () => true },
})
const added = ({ spec }: Node) => spec?.taints?.map(({ timeAdded }) => timeAdded)
const taint: Taint = { key: 'a', effect: 'NoExecute' }

test('NoExecute taints are given the time when they were added, others are not', () => {
  const given = node(
    taint,
    { key: 'b', effect: 'NoSchedule' },
    { ...taint, key: 'c', timeAdded: '2025-01-01T00:00:00Z' },
  )
  const made = nodeStrategy.prepareForCreate(given, context(false))
  assert.deepEqual(added(made), ['2026-01-01T00:00:00Z', undefined, '2025-01-01T00:00:00Z'])
})

test('a taint that was there keeps its time, also when whoever writes it leaves it out', () => {
  const old = nodeStrategy.prepareForCreate(node(taint), context(false))
  const updated = nodeStrategy.prepareForUpdate(
    node({ ...taint, value: 'x' }, { ...taint, key: 'b' }),
    old,
    context(false, 5),
  )
  assert.deepEqual(added(updated), ['2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z'])
})

test('to be exact nothing is noted', () => {
  const made = nodeStrategy.prepareForCreate(node(taint), context(true))
  assert.deepEqual(added(made), [undefined])
  assert.deepEqual(added(nodeStrategy.prepareForUpdate(node(taint), made, context(true))), [undefined])
})
