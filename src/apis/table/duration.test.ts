import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant, type Millis } from '../../base/index.ts'
import { humanDuration, humanSpan } from './duration.ts'
import { labelsText } from './labels.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

const spans: readonly [number, string][] = [
  [-5 * second, '<invalid>'],
  [-2 * second, '<invalid>'],
  [-1.5 * second, '0s'],
  [999, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [2 * minute + second, '2m1s'],
  [10 * minute + 30 * second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [7 * hour + 59 * minute, '7h59m'],
  [8 * hour + 59 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + hour, '2d1h'],
  [8 * day + 5 * hour, '8d'],
  [2 * year - day, '729d'],
  [2 * year, '2y'],
  [2 * year + day, '2y1d'],
  [8 * year + 300 * day, '8y'],
]
for (const [span, text] of spans) {
  test(`a span of ${span} ms is told as ${text}`, () => assert.equal(humanSpan(span as Millis), text))
}

test('an absent time has an unknown age', () => {
  const now = instant(Date.parse('2026-05-01T12:00:00Z'))
  assert.equal(humanDuration(undefined, now), '<unknown>')
  assert.equal(humanDuration('soon', now), '<unknown>')
  assert.equal(humanDuration('2026-05-01T11:59:20Z', now), '40s')
})

test('labels are told in the order of their keys', () => {
  assert.equal(labelsText({ b: '2', a: '1' }), 'a=1,b=2')
  assert.equal(labelsText({}), '<none>')
  assert.equal(labelsText(undefined), '<none>')
})
