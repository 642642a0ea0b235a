import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import { formatTime, instant, millis } from '../../base/index.ts'
import {
  type BackoffRecord,
  backoffDelay,
  backoffEnd,
  endOf,
  nextBackoff,
  noBackoff,
  noteFutureEnds,
  notInFuture,
} from './backoff.ts'
import { finishTime } from './pod.ts'

const seconds = (n: number) => instant(n * 1000)

test('delays double from ten seconds up to the cap', () => {
  const delays = (cap: number) => [0, 1, 2, 3, 4, 5, 6, 7, 8, 40].map((n) => backoffDelay(n, millis(cap * 1000)) / 1000)
  assert.deepEqual(delays(600), [0, 10, 20, 40, 80, 160, 320, 600, 600, 600])
  assert.deepEqual(delays(360), [0, 10, 20, 40, 80, 160, 320, 360, 360, 360])
})

const rows: readonly {
  readonly name: string
  readonly before: BackoffRecord
  readonly failures?: readonly number[]
  readonly success?: number
  readonly after: BackoffRecord
}[] = [
  {
    name: 'nothing new changes nothing',
    before: { failures: 2, lastFailure: seconds(5) },
    after: { failures: 2, lastFailure: seconds(5) },
  },
  {
    name: 'every failed pod counts',
    before: noBackoff,
    failures: [7, 3],
    after: { failures: 2, lastFailure: seconds(7) },
  },
  {
    name: 'failures add to those before',
    before: { failures: 3, lastFailure: seconds(1) },
    failures: [9],
    after: { failures: 4, lastFailure: seconds(9) },
  },
  { name: 'a success starts anew', before: { failures: 3, lastFailure: seconds(1) }, success: 9, after: noBackoff },
  {
    name: 'failures after the success stay',
    before: { failures: 3, lastFailure: seconds(1) },
    failures: [4, 6, 9],
    success: 5,
    after: { failures: 2, lastFailure: seconds(9) },
  },
  {
    name: 'failures in the same second as the success go',
    before: noBackoff,
    failures: [5],
    success: 5,
    after: noBackoff,
  },
]
for (const { name, before, failures = [], success, after } of rows) {
  test(`record: ${name}`, () => {
    const newestReset = success === undefined ? undefined : seconds(success)
    assert.deepEqual(nextBackoff(before, { newestReset, failures: failures.map(seconds) }), after)
  })
}

test('the delay runs from the newest failure', () => {
  assert.equal(backoffEnd({ failures: 2, lastFailure: seconds(100) }, millis(600_000)), seconds(120))
  assert.equal(backoffEnd(noBackoff, millis(600_000)), undefined)
})

test('a newest failure that lies in the future counts as of now, so that nobody waits longer than the delay', () => {
  const record = { failures: 2, lastFailure: seconds(3700) }
  const seen = notInFuture(record, seconds(100))
  assert.equal(backoffEnd(seen, millis(600_000)), seconds(120))
  assert.equal(notInFuture(seen, seconds(110)), seen, 'and stays so')
})

const failedAt = (uid: string, at: number) =>
  ({
    metadata: { uid, creationTimestamp: formatTime(seconds(at)) },
    spec: { containers: [] },
    status: { phase: 'Failed' },
  }) as unknown as Pod

test('a failed pod of an index that ended in the future ended when it was first seen so', () => {
  const pods = [failedAt('past', 50), failedAt('future', 3700)]
  const [past, future] = pods as [Pod, Pod]
  const first = noteFutureEnds(undefined, pods, seconds(100))
  assert.deepEqual([endOf(first, past), endOf(first, future)], [seconds(50), seconds(100)])
  const second = noteFutureEnds(first, pods, seconds(110))
  assert.equal(second, first, 'nothing new')
  assert.deepEqual(noteFutureEnds(second, pods, seconds(60)).endedBy, { future: seconds(60) }, 'set back once more')
  assert.equal(noteFutureEnds(second, pods, seconds(4000)), noBackoff, 'the clock has caught up')
})

test('a container that was lost has no times, and its pod ended when it stopped being ready', () => {
  const pod = failedAt('lost', 10)
  const at = formatTime(seconds(70))
  const lost = { terminated: { exitCode: 137, startedAt: null, finishedAt: null } }
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: at }]
  const status = { ...pod.status, conditions, containerStatuses: [{ name: 'main', state: lost }] }
  assert.equal(finishTime({ ...pod, status } as unknown as Pod), seconds(70))
})
