import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../base/index.ts'
import { createEventCorrelator } from './event-correlator.ts'

const told = (message: string, uid = 'u') => ({
  component: 'c',
  involvedObject: { kind: 'Job', name: 'j', uid },
  type: 'Normal' as const,
  reason: 'R',
  message,
})

test('the same event counts up and keeps its first time', () => {
  const { correlate } = createEventCorrelator()
  correlate(told('m'), instant(1000))
  const second = correlate(told('m'), instant(5000))
  assert.equal(second?.count, 2)
  assert.equal(second?.firstTimestamp, 1000)
})

test('from the tenth different message on they are told as one', () => {
  const { correlate } = createEventCorrelator()
  const messages = Array.from({ length: 12 }, (_, i) => correlate(told(`m${i}`), instant(i)))
  assert.deepEqual(
    messages.slice(0, 9).map((event) => event?.message),
    Array.from({ length: 9 }, (_, i) => `m${i}`),
  )
  assert.deepEqual(
    messages.slice(9).map((event) => [event?.message, event?.count]),
    [
      ['(combined from similar events): m9', 1],
      ['(combined from similar events): m10', 2],
      ['(combined from similar events): m11', 3],
    ],
  )
})

test('about one object 25 events are told, then one every five minutes', () => {
  const { correlate } = createEventCorrelator()
  const times = (count: number, now: number, uid?: string) =>
    Array.from({ length: count }, () => correlate(told('m', uid), instant(now))).filter((event) => event !== undefined)
      .length
  assert.equal(times(40, 0), 25)
  assert.equal(times(5, 299_999), 0)
  assert.equal(times(5, 300_000), 1)
  assert.equal(times(5, 300_000, 'another'), 5)
})
