import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fileNameOf, parseRunId, runIdOf, textOfFileName } from './run-name.ts'

test('any text has a file name, and every file name leads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
      const name = fileNameOf(text)
      assert.match(name, /^[A-Za-z0-9_%-]+$/)
      assert.equal(textOfFileName(name), text)
    }),
  )
})

test('the id of a run names its key and generation', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(text, text, fc.nat(), fc.nat(9), (podUid, container, attempt, generation) => {
      const parsed = parseRunId(runIdOf({ key: { podUid, container, attempt }, generation }))
      assert.deepEqual(parsed?.key, { podUid, container, attempt })
      assert.equal(parsed?.generation, generation)
    }),
  )
})
