import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../../base/index.ts'
import { type ExplainQuestion, explainSchedule, explanationText } from './explain.ts'

const given: ExplainQuestion = {
  schedule: '30 6 * * 1-5',
  timeZone: '',
  language: 'en',
  now: instant(Date.UTC(2026, 0, 1)),
  count: 1,
}

const texts: readonly (readonly [string, Partial<ExplainQuestion>, string])[] = [
  ['a sentence and the next time', {}, 'at 06:30 on Monday to Friday\nnext: 2026-01-01T06:30:00Z\n'],
  [
    'the next time in the zone and in UTC',
    { timeZone: 'Asia/Tokyo' },
    'at 06:30 on Monday to Friday\nnext: 2026-01-02T06:30:00+09:00 (2026-01-01T21:30:00Z)\n',
  ],
  ['in Japanese', { language: 'ja' }, '毎週月曜日〜金曜日の06:30\n次回: 2026-01-01T06:30:00Z\n'],
  ['a schedule that never fires has no next time', { schedule: '0 0 31 2 *' }, ''],
]
for (const [name, question, text] of texts) {
  test(`explain: ${name}`, () => {
    const explained = explainSchedule({ ...given, ...question })
    assert.ok(explained.ok)
    const shown = explanationText(explained.value, question.language ?? 'en')
    if (question.schedule === undefined) assert.equal(shown, text)
    else assert.match(shown, /^never\nnote: [^\n]+\n$/)
  })
}

const errors: readonly (readonly [string, Partial<ExplainQuestion>, RegExp])[] = [
  ['a schedule that is none', { schedule: 'soon' }, /expected exactly 5 fields/],
  ['a zone that is none', { timeZone: 'Mars/Base' }, /unknown time zone/],
  ['a count that is none', { count: Number.NaN }, /--count takes/],
]
for (const [name, question, expected] of errors) {
  test(`explain refuses ${name}`, () => {
    const explained = explainSchedule({ ...given, ...question })
    assert.match(explained.ok ? '' : explained.error, expected)
  })
}
