import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { duplicateMembers, parseJson } from './json.ts'

describe('parsing JSON', () => {
  it('gives what the native parser gives, however strings are escaped and texts are spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, 2), fc.boolean(), (value, spaces, escaped) => {
        const plain = JSON.stringify(value, null, spaces)
        const text = escaped
          ? plain.replace(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : plain
        const parsed = parseJson(text)
        assert.ok(parsed.ok)
        assert.deepEqual(parsed.value.value, JSON.parse(text))
      }),
    )
  })
  it('finds every repeated member and lets the last one win', () => {
    const name = fc.constantFrom('a', 'b', '"', '\\', '\\"', ':', '{', '__proto__', '1', '')
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.oneof(fc.nat(), fc.string())), { maxLength: 8 }), (members) => {
        const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
        const parsed = parseJson(text)
        assert.ok(parsed.ok)
        const last = new Map(members)
        assert.deepEqual(new Map(Object.entries(parsed.value.value as object)), last)
        const keys = members.map(([key]) => key)
        const repeated = keys.filter((key, index) => keys.indexOf(key) < index)
        assert.deepEqual(duplicateMembers(parsed.value), [...new Set(repeated)])
      }),
    )
  })
  it('is not misled by names that other texts had', () => {
    parseJson('[{"k:{\\\\":1},{"k:{\\\\":1}]')
    const text = '[{"k:{\\\\":1},{"k:{\\"name\\":\\"a\\"}":1},{"k:{\\"":2}]'
    const parsed = parseJson(text)
    assert.ok(parsed.ok)
    assert.deepEqual(parsed.value.value, [{ 'k:{\\': 1 }, { 'k:{"name":"a"}': 1 }, { 'k:{"': 2 }])
  })
  it('refuses what the native parser refuses, and only that', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{}",:01.eE\-+atrufalsn\\ ]{0,12}$/), (text) => {
        let native = true
        try {
          // A reviver keeps V8 from guessing names, see countMembers.
          JSON.parse(text, (_, value) => value)
        } catch {
          native = false
        }
        const parsed = parseJson(text)
        assert.equal(parsed.ok, native)
        if (!parsed.ok) assert.match(parsed.error, /^(?:invalid character .+|unexpected end of JSON input)$/s)
      }),
      { numRuns: 3000 },
    )
  })
})
