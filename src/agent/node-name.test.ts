import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from '../apimachinery/validation/names.ts'
import { nodeNameOf } from './node-name.ts'

const cases: readonly (readonly [sentence: string, hostname: string, name: string])[] = [
  ['a name of a host is the name of its node', 'worker-1.example.com', 'worker-1.example.com'],
  ['in lower case', 'Box', 'box'],
  ['also with several dashes in a row', 'a--b', 'a--b'],
  ['a host without a name is localhost', '(none)', 'localhost'],
  ['also where the kernel says nothing', '', 'localhost'],
  ['a dash stands for what a name must not have', 'my_host', 'my-host'],
  ['but not at its ends', '_build(1)_', 'build-1'],
  ['nor at the ends of a label', 'a-.-b..c', 'a.b.c'],
  ['letters of other scripts are none of a name', 'サーバ', 'localhost'],
  ['what is longer than a label may be is cut', 'a'.repeat(64), 'a'.repeat(63)],
  ['and does not end in a dot', `${'a'.repeat(62)}.b`, 'a'.repeat(62)],
]
for (const [sentence, hostname, name] of cases) {
  test(sentence, () => {
    assert.equal(nodeNameOf(hostname), name)
    assert.deepEqual([...names.dns1123SubdomainProblems(name), ...names.labelValueProblems(name)], [])
  })
}
