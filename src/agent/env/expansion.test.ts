import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expand } from './expansion.ts'

const env = { A: 'one', B: '$(A)', EMPTY: '' }
const cases: readonly (readonly [string, string, string])[] = [
  ['a reference becomes the value', '$(A)', 'one'],
  ['references stand among other text', 'x$(A)y$(A)', 'xoneyone'],
  ['a value is not expanded again', '$(B)', '$(A)'],
  ['an empty value is a value', '[$(EMPTY)]', '[]'],
  ['an unknown name stays', '$(NONE)', '$(NONE)'],
  ['a doubled dollar is one', '$$(A)', '$(A)'],
  ['doubled dollars pair from the left', '$$$(A)', '$one'],
  ['an opening without its end stays', '$(A', '$(A'],
  ['a lone dollar stays', 'cost: 5$ and $x', 'cost: 5$ and $x'],
  ['a dollar at the end stays', 'x$', 'x$'],
  ['an empty reference stays', '$()', '$()'],
  ['shell syntax is none of ours', '$A $[A]', '$A $[A]'],
]
for (const [name, text, expanded] of cases) test(name, () => assert.equal(expand(text, env), expanded))
