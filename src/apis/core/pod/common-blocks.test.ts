import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commonBlocks } from './common-blocks.ts'
import { specDifference } from './spec-diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', '{', '}'), { maxLength: 300 })

test('common runs are equal in both texts, in order, and as many as there can be at their ends', () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      let i = 0
      let j = 0
      for (const block of commonBlocks(a, b)) {
        assert.ok(block.size > 0 && block.a >= i && block.b >= j)
        assert.deepEqual(a.slice(block.a, block.a + block.size), b.slice(block.b, block.b + block.size))
        i = block.a + block.size
        j = block.b + block.size
      }
      assert.ok(i <= a.length && j <= b.length)
    }),
  )
})

test('equal texts are one run', () => {
  assert.deepEqual(commonBlocks(['a', 'b'], ['a', 'b']), [{ a: 0, b: 0, size: 2 }])
  assert.equal(specDifference('EnvVar', { name: 'A' }, { name: 'A' }), '')
})

test('the longest run wins over an earlier one', () => {
  assert.deepEqual(commonBlocks(['a', 'b'], ['a', 'c', 'a', 'b']), [{ a: 0, b: 2, size: 2 }])
})

test('a difference shows three lines around each change', () => {
  assert.equal(
    specDifference('EnvVar', { name: 'A', value: '<1>' }, { name: 'A', value: '2' }),
    '@@ -1,5 +1,5 @@\n {\n  "Name": "A",\n- "Value": "\\u003c1\\u003e",\n+ "Value": "2",\n  "ValueFrom": null\n }\n',
  )
})
