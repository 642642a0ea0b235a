import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  clipIndexes,
  countCommonIndexes,
  countIndexes,
  firstMissingIndexes,
  formatIndexes,
  hasIndex,
  indexSetOf,
  parseIndexes,
  uniteIndexes,
} from './indexes.ts'

const texts: readonly { readonly name: string; readonly indexes: readonly number[]; readonly text: string }[] = [
  { name: 'nothing is the empty text', indexes: [], text: '' },
  { name: 'a run of three is a range, a single stays single', indexes: [1, 3, 4, 5, 7], text: '1,3-5,7' },
  { name: 'a run of two is written out', indexes: [1, 2], text: '1,2' },
  { name: 'order and repetition do not matter', indexes: [5, 3, 4, 4, 3], text: '3-5' },
]
for (const { name, indexes, text } of texts) {
  test(`text: ${name}`, () => {
    assert.equal(formatIndexes(indexSetOf(indexes)), text)
    assert.deepEqual(parseIndexes(text, 100), indexSetOf(indexes))
  })
}

const readings: readonly {
  readonly name: string
  readonly text: string
  readonly bound: number
  readonly is: string
}[] = [
  { name: 'indexes at the bound and above are left out', text: '1,3-5,7', bound: 7, is: '1,3-5' },
  { name: 'a range over the bound is cut', text: '1,3-5', bound: 5, is: '1,3,4' },
  { name: 'fragments that are no index are skipped', text: '1,x,3-,-4,5-y,6', bound: 10, is: '1,6' },
  { name: 'a range that runs backwards is skipped', text: '5-3,7', bound: 10, is: '7' },
  { name: 'touching ranges become one', text: '0,1,2-4', bound: 10, is: '0-4' },
  { name: 'lists out of order are read all the same', text: '7,1-3,2', bound: 10, is: '1-3,7' },
]
for (const { name, text, bound, is } of readings) {
  test(`reading: ${name}`, () => assert.equal(formatIndexes(parseIndexes(text, bound)), is))
}

const sets = fc.array(fc.nat(60))
const model = (indexes: readonly number[]): number[] => [...new Set(indexes)].sort((a, b) => a - b)
const members = (set: readonly number[]): number[] =>
  Array.from({ length: 200 }, (_, i) => i).filter((i) => hasIndex(set, i))

test('sets of intervals behave as sets of numbers do', () => {
  fc.assert(
    fc.property(sets, sets, fc.nat(70), fc.nat(20), (a, b, bound, limit) => {
      const [one, other] = [indexSetOf(a), indexSetOf(b)]
      const united = uniteIndexes(one, other)
      assert.deepEqual(members(united), model([...a, ...b]))
      assert.equal(countIndexes(united), model([...a, ...b]).length)
      assert.equal(countCommonIndexes(one, other), model(a).filter((index) => b.includes(index)).length)
      assert.deepEqual(
        members(clipIndexes(one, bound)),
        model(a).filter((index) => index < bound),
      )
      const missing = Array.from({ length: bound }, (_, i) => i).filter((index) => !a.includes(index))
      assert.deepEqual(firstMissingIndexes(one, bound, limit), missing.slice(0, limit))
      assert.deepEqual(parseIndexes(formatIndexes(united), 100), united)
    }),
  )
})
