import assert from 'node:assert/strict'
import { test } from 'node:test'
import { instant, parseTime } from '../../base/index.ts'
import { answerLine, nextTimes } from './next.ts'

const after = parseTime('2026-01-01T00:00:00Z') ?? instant(0)

test('times are strictly after the given one, in UTC', () => {
  assert.deepEqual(nextTimes({ schedule: '0 0 * * *', after, count: 2 }), {
    ok: true,
    value: ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'],
  })
})

test('a schedule that never fires ends the list', () => {
  assert.deepEqual(nextTimes({ schedule: '0 0 31 2 *', after, count: 3 }), { ok: true, value: [] })
})

const lines = [
  {
    name: 'a question',
    line: '{"schedule":"0 3 * * *","timeZone":"Asia/Tokyo","after":"2026-01-01T00:00:00Z","count":1}',
    answer: '{"next":["2026-01-01T18:00:00Z"]}',
  },
  {
    name: 'an invalid schedule tells its error',
    line: '{"schedule":"0 0 * * 7","after":"2026-01-01T00:00:00Z"}',
    answer: '{"error":"end of range (7) above maximum (6): 7"}',
  },
  { name: 'a line that is no JSON', line: '{', answer: '{"error":"the line is not JSON"}' },
  { name: 'a line without a schedule', line: '{}', answer: '{"error":"schedule must be a text"}' },
  {
    name: 'an unknown zone',
    line: '{"schedule":"@daily","timeZone":"Mars/Base"}',
    answer: '{"error":"unknown time zone Mars/Base"}',
  },
  {
    name: 'a count that is out of bounds',
    line: '{"schedule":"@daily","count":-1}',
    answer: '{"error":"count must be a whole number from 0 to 10000"}',
  },
]
for (const { name, line, answer } of lines) {
  test(`a line of standard input: ${name}`, () => assert.equal(answerLine(line, after), answer))
}
