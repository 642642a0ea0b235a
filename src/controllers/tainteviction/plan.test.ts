import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, Taint, Toleration } from '../../apis/core/index.ts'
import { type Instant, instant } from '../../base/index.ts'
import { noExecuteTaints, planTaintEviction, type SeenTaint, type TaintEvictionSnapshot } from './plan.ts'

const start = instant(Date.UTC(2026, 0, 1))
const at = (seconds: number): Instant => instant(start + 1000 * seconds)
const text = (seconds: number): string => new Date(at(seconds)).toISOString()

const taint = (key: string, since = 0, value = 'yes'): SeenTaint => ({
  taint: { key, value, effect: 'NoExecute' },
  since: at(since),
})
const tolerated = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})
const pod = (tolerations: readonly Toleration[] = [], more: { readonly status?: object; readonly going?: true } = {}) =>
  ({
    metadata: {
      name: 'p',
      uid: 'u',
      creationTimestamp: text(-100),
      ...(more.going && { deletionTimestamp: text(0) }),
    },
    spec: { containers: [], nodeName: 'n', tolerations },
    status: { phase: 'Running', ...more.status },
  }) as unknown as Pod

/** `evicted`, the seconds at which it is looked at again, `cancelled`, or undefined where nothing is to be done. */
function decided(snapshot: Partial<TaintEvictionSnapshot>, now = at(0)) {
  const { actions, wakeAt } = planTaintEviction(
    { pod: pod(), taints: [], isMarked: false, endedToo: false, ...snapshot },
    now,
  )
  const [action] = actions
  if (action !== undefined) return action.kind === 'Evict' ? 'evicted' : 'cancelled'
  return wakeAt === undefined ? undefined : (wakeAt - start) / 1000
}

test('pods go by what they tolerate, and for how long', async (t) => {
  const a = [taint('a')]
  const cases: readonly [name: string, snapshot: Partial<TaintEvictionSnapshot>, result: unknown][] = [
    ['no taint', {}, undefined],
    ['a taint that is not tolerated', { taints: a }, 'evicted'],
    ['tolerated for ever', { taints: a, pod: pod([tolerated('a')]) }, undefined],
    ['tolerated for a while', { taints: a, pod: pod([tolerated('a', 7)]) }, 7],
    ['tolerated for no time', { taints: a, pod: pod([tolerated('a', 0)]) }, 'evicted'],
    ['tolerated for less than none', { taints: a, pod: pod([tolerated('a', -3)]) }, 'evicted'],
    ['every key is tolerated', { taints: a, pod: pod([{ operator: 'Exists' }]) }, undefined],
    ['every effect is tolerated', { taints: a, pod: pod([{ key: 'a', value: 'yes' }]) }, undefined],
    ['another effect is tolerated', { taints: a, pod: pod([{ ...tolerated('a'), effect: 'NoSchedule' }]) }, 'evicted'],
    ['another value is tolerated', { taints: a, pod: pod([{ key: 'a', operator: 'Equal', value: 'no' }]) }, 'evicted'],
    ['numbers are not compared', { taints: a, pod: pod([{ key: 'a', operator: 'Gt', value: 'yes' }]) }, 'evicted'],
    ['one of two taints is tolerated', { taints: [...a, taint('b')], pod: pod([tolerated('a', 7)]) }, 'evicted'],
    [
      'the least of the times that are used counts',
      { taints: [...a, taint('b')], pod: pod([tolerated('c', 1), tolerated('a', 9), tolerated('b', 5)]) },
      5,
    ],
    [
      'a taint that came later counts from its own time',
      { taints: [...a, taint('b', -3)], pod: pod([tolerated('a', 9), tolerated('b', 9)]) },
      6,
    ],
    ['the first toleration that fits is used', { taints: a, pod: pod([tolerated('a', 9), tolerated('a', 1)]) }, 9],
    ['a pod that goes', { taints: a, pod: pod([], { going: true }) }, undefined],
    ['a pod that has failed', { taints: a, pod: pod([], { status: { phase: 'Failed' } }) }, undefined],
    [
      'a pod that has succeeded, where those go too',
      { taints: a, endedToo: true, pod: pod([], { status: { phase: 'Succeeded' } }) },
      'evicted',
    ],
    ['the taint went in time', { isMarked: true }, 'cancelled'],
    ['it is tolerated for ever since', { isMarked: true, taints: a, pod: pod([tolerated('a')]) }, 'cancelled'],
    ['it ended before its time', { isMarked: true, pod: pod([], { status: { phase: 'Succeeded' } }) }, undefined],
  ]
  for (const [name, snapshot, result] of cases) await t.test(name, () => assert.equal(decided(snapshot), result))
})

test('the time counts from the taint, and for a pod that came later from there', () => {
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: text(4) }
  const late = pod([tolerated('a', 10)], { status: { conditions: [scheduled] } })
  assert.equal(decided({ taints: [taint('a')], pod: late }, at(5)), 14.999)
  const early = pod([tolerated('a', 10)])
  assert.equal(decided({ taints: [taint('a')], pod: early }, at(9)), 10)
  assert.equal(decided({ taints: [taint('a')], pod: early }, at(10)), 'evicted')
  assert.equal(decided({ taints: [taint('a')], pod: early }, at(1000)), 'evicted', 'jobd was away meanwhile')
})

test('the condition is told once', () => {
  const snapshot = { taints: [taint('a')], isMarked: false, endedToo: false }
  const [first] = planTaintEviction({ ...snapshot, pod: pod() }, at(1)).actions
  assert.ok(first?.kind === 'Evict')
  assert.deepEqual(first.condition, {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: '2026-01-01T00:00:01Z',
  })
  const told = pod([], { status: { conditions: [first.condition] } })
  const [second] = planTaintEviction({ ...snapshot, pod: told }, at(2)).actions
  assert.ok(second?.kind === 'Evict')
  assert.equal(second.condition, undefined)
})

test('taints are known from when they were added', () => {
  const node = (...taints: readonly Taint[]): Node => ({ metadata: { name: 'n' }, spec: { taints } }) as unknown as Node
  const untimed: Taint = { key: 'a', effect: 'NoExecute' }
  const timed: Taint = { key: 'b', effect: 'NoExecute', timeAdded: text(5) }
  const since = (seen: readonly SeenTaint[]) => seen.map((one) => (one.since - start) / 1000)
  const first = noExecuteTaints(node(untimed, timed, { key: 'c', effect: 'NoSchedule' }), [], at(60))
  assert.deepEqual(since(first), [60, 5.999])
  assert.deepEqual(since(noExecuteTaints(node(timed, untimed), first, at(70))), [5.999, 60], 'they keep their times')
  const again = { ...timed, timeAdded: text(65) }
  assert.deepEqual(since(noExecuteTaints(node(again), first, at(65.5))), [65.5], 'it went and came back')
  assert.deepEqual(since(noExecuteTaints(node({ ...timed, timeAdded: text(900) }), [], at(1))), [1], 'not ahead')
})
