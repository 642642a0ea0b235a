import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boolOf, deleteOptionsOfQuery, intProblem, listParameters, optionalBool, parseQuery } from './query.ts'
import { durationOf } from './server.ts'

describe('a query', () => {
  it('keeps repeated parameters in order', () => assert.deepEqual(parseQuery('a=1&b=2&a=3').get('a'), ['1', '3']))
  it('decodes escapes and plus signs', () => assert.deepEqual(parseQuery('a=%C3%BC+b%2B').get('a'), ['ü b+']))
  it('has an empty value where none is given', () => assert.deepEqual(parseQuery('watch').get('watch'), ['']))
  it('drops pairs with a semicolon, as Go does', () => assert.equal(parseQuery('a=1;b=2').size, 0))

  const bools: readonly [string, boolean][] = [
    ['x=1', true],
    ['x=maybe', true],
    ['x=', true],
    ['x=0', false],
    ['x=FALSE', false],
    ['y=1', false],
  ]
  for (const [text, expected] of bools) {
    it(`${text}: x is ${expected}`, () => assert.equal(boolOf(parseQuery(text), 'x'), expected))
  }
  it('tells absent from false', () => assert.equal(optionalBool(parseQuery(''), 'x'), undefined))
  it('refuses a limit that is no number in words of Go', () => {
    const read = listParameters(parseQuery('limit=a"b'))
    assert.ok(!read.ok)
    assert.equal(read.error.message, 'strconv.ParseInt: parsing "a\\"b": invalid syntax')
  })
  it('knows the bounds of int64', () => {
    assert.equal(intProblem('9223372036854775807'), undefined)
    assert.match(intProblem('9223372036854775808') ?? '', /value out of range/)
  })
  it('reads the options of a delete', () => {
    const options = deleteOptionsOfQuery(parseQuery('gracePeriodSeconds=0&propagationPolicy=Orphan&dryRun=All'))
    assert.deepEqual(options, {
      ok: true,
      value: { gracePeriodSeconds: 0, propagationPolicy: 'Orphan', dryRun: ['All'] },
    })
  })
})

describe('a duration', () => {
  const cases: readonly [string, number | undefined][] = [
    ['32s', 32_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['100ms', 100],
    ['-1s', -1000],
    ['0', 0],
    ['32', undefined],
    ['soon', undefined],
    ['', undefined],
  ]
  for (const [text, expected] of cases) {
    it(`${JSON.stringify(text)} is ${expected}`, () => assert.equal(durationOf(text), expected))
  }
})
