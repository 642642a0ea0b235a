import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatten, manualPage } from '../cli/shell/index.ts'
import { describeProgram } from './main.ts'
import { commandInfo } from './shell.ts'

const root = commandInfo(describeProgram(() => {}))

test('no description begins with what is to be typed, which the manual page would begin with a capital', () => {
  for (const [path, { options }] of flatten(root))
    for (const { long, choices, fallback, description } of options) {
      const [first = ''] = /^[\w./:-]+/.exec(description) ?? []
      const literals = [...choices, ...(fallback === undefined ? [] : [fallback])]
      assert.ok(!literals.includes(first), `${path.join(' ')} ${long}: ${description}`)
    }
  assert.match(manualPage(root, '1'), /^Where objects are kept: sqlite, memory, or etcd:/m)
})
