import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dictionary, ownValue } from './dictionary.ts'

const everywhere = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

test('a dictionary has its entries and nothing that every object has', () => {
  const table = dictionary<number>({ a: 1 })
  assert.equal(table['a'], 1)
  for (const name of everywhere) assert.equal(table[name], undefined, name)
})

test('the value of a key is the own one', () => {
  for (const name of everywhere) assert.equal(ownValue({ a: 1 }, name), undefined, name)
  assert.equal(ownValue(JSON.parse('{"__proto__":2}') as Record<string, number>, '__proto__'), 2)
  assert.equal(ownValue(undefined, 'a'), undefined)
})
