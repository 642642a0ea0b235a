import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatMicroTime, formatTime, parseTime } from './time.ts'
import { instant } from './units.ts'

const good = [
  { name: 'the epoch', text: '1970-01-01T00:00:00Z', at: 0 },
  { name: 'a leap day', text: '2024-02-29T12:00:00Z', at: Date.UTC(2024, 1, 29, 12) },
  { name: 'an offset', text: '2026-01-01T09:00:00+09:00', at: Date.UTC(2026, 0, 1) },
  { name: 'a fraction', text: '2026-01-01T00:00:00.25Z', at: Date.UTC(2026, 0, 1) + 250 },
  { name: 'lower case letters', text: '2026-01-01t00:00:00z', at: Date.UTC(2026, 0, 1) },
  { name: 'before the epoch', text: '1969-12-31T23:59:59Z', at: -1000 },
]
for (const { name, text, at } of good) test(`parseTime reads ${name}`, () => assert.equal(parseTime(text), at))

const bad = [
  '',
  '2026-01-01',
  '2026-13-01T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '2026-01-0aT00:00:00Z',
  '2026/01/01T00:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+24:00',
]
for (const text of bad)
  test(`parseTime refuses ${JSON.stringify(text)}`, () => assert.equal(parseTime(text), undefined))

test('formatTime and parseTime are inverse for whole seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
      assert.equal(parseTime(formatTime(instant(seconds * 1000))), seconds * 1000)
    }),
  )
})

test('formatMicroTime writes six decimals', () => {
  assert.equal(formatMicroTime(instant(1500)), '1970-01-01T00:00:01.500000Z')
})
