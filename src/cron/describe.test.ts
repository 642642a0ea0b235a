import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant } from '../base/index.ts'
import { describeSchedule, type Language, upcoming } from './describe.ts'
import { parseSchedule } from './schedule.ts'
import { timeZone } from './zone.ts'

const now = instant(Date.UTC(2026, 0, 1))

function described(text: string, language: Language = 'en', zoneName = 'UTC') {
  const parsed = parseSchedule(text)
  const zone = timeZone(zoneName)
  assert.ok(parsed.ok && zone)
  return describeSchedule(parsed.value, zone, now, language)
}

const sentences: readonly (readonly [string, string, string])[] = [
  ['* * * * *', 'every minute', '毎日の毎分'],
  ['*/5 * * * *', 'every 5 minutes', '毎日の5分ごと'],
  ['0 * * * *', 'every hour', '毎日の毎時0分'],
  ['15 * * * *', 'every hour, at minute 15', '毎日の毎時15分'],
  ['5,35 * * * *', 'at minutes 5 and 35 of every hour', '毎日の毎時5分、35分'],
  ['0 */2 * * *', 'every 2 hours', '毎日の2時間ごとの0分'],
  ['30 6 * * *', 'at 06:30 every day', '毎日の06:30'],
  ['0 8,20 * * *', 'at 08:00 and 20:00 every day', '毎日の08:00、20:00'],
  ['30 6-16/4 * * 1-5', 'at 06:30, 10:30 and 14:30 on Monday to Friday', '毎週月曜日〜金曜日の06:30、10:30、14:30'],
  [
    '*/10 9-17 * * *',
    'every 10 minutes in the hours 09:00 to 17:00',
    '毎日の9時〜17時の0分、10分、20分、30分、40分、50分',
  ],
  ['0 0 1,15 * *', 'at 00:00 on the 1st and 15th', '毎月1日、15日の00:00'],
  ['0 0 1 1 *', 'at 00:00 on the 1st in January', '1月の1日の00:00'],
  ['0 0 13 * fri', 'at 00:00 on the 13th and on Friday', '毎月13日、または毎週金曜日の00:00'],
  ['0 0 1-31 * fri', 'at 00:00 every day', '毎日の00:00'],
  ['@every 90m', 'every 1h30m, counted from the last start', '前回の開始から1h30mごと'],
  ['0 0 31 2 *', 'never', '実行されません'],
  [
    '0 9 11,12,13,21 3-5,12 *',
    'at 09:00 on the 11th to 13th and 21st in March to May and December',
    '3月〜5月、12月の11日〜13日、21日の09:00',
  ],
]
for (const [schedule, text, japanese] of sentences) {
  test(`${schedule} means ${text}`, () => {
    assert.equal(described(schedule).text, text)
    assert.equal(described(schedule, 'ja').text, japanese)
  })
}

test('it warns when either of two day fields is enough', () => {
  assert.match(described('0 0 13 * fri').warnings.join(), /either of them/)
  assert.deepEqual(described('0 0 * * fri').warnings, [])
})

test('it warns of schedules that never fire, and of several runs in one minute', () => {
  assert.match(described('0 0 31 2 *').warnings.join(), /never fires/)
  assert.match(described('@every 20s').warnings.join(), /only the first is started/)
})

test('it warns of times that clocks leave out or go through twice', () => {
  assert.deepEqual(described('30 2 * * *', 'en', 'America/New_York').warnings, [
    'Clocks in America/New_York are put forward over 2026-03-08 02:30: that run is left out.',
  ])
  assert.deepEqual(described('30 1 * * *', 'en', 'America/New_York').warnings, [
    'Clocks in America/New_York are put back over 2026-11-01 01:30: that run comes twice.',
  ])
  assert.deepEqual(described('30 12 * * *', 'en', 'America/New_York').warnings, [])
  assert.equal(described('30 1 * * *', 'ja', 'America/New_York').warnings.length, 1)
})

test('the next times are shown in their zone', () => {
  const parsed = parseSchedule('0 9 * * *')
  const zone = timeZone('Asia/Tokyo')
  assert.ok(parsed.ok && zone)
  assert.deepEqual(upcoming(parsed.value, zone, now, 2), ['2026-01-02T09:00:00+09:00', '2026-01-03T09:00:00+09:00'])
})
