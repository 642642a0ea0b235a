import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { schema } from '../schema/schema.ts'
import { decodeObject } from './decoder.ts'
import { parseJson } from './json.ts'

describe('decoding anything', () => {
  const names = [...new Set(Object.values(schema.types).flatMap(({ fields }) => Object.keys(fields)))]
  const value = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom<unknown>(null, '', 0, false, -1, 1.5, 1e300, '5', 'a', [], {}),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, '__proto__', 'x'), tie('value'), { maxKeys: 6 }),
    ),
  })).value
  const types = schema.kinds.flatMap(({ type }) => type ?? [])

  it('never throws, and what comes out is canonical', () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), value, (type, json) => {
        const parsed = parseJson(JSON.stringify(json))
        assert.ok(parsed.ok)
        const result = decodeObject(type, parsed.value.value, 'Warn', parsed.value.exact)
        if (!result.ok) return
        const text = JSON.stringify(result.value.object)
        const again = decodeObject(type, JSON.parse(text), 'Strict')
        assert.ok(again.ok, again.ok ? '' : again.error.message)
        assert.equal(JSON.stringify(again.value.object), text)
      }),
      { numRuns: 2000 },
    )
  })
})
