import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseYaml, parseYamlDocuments } from './parse/parse.ts'
import { compareKeys, yamlText } from './text/text.ts'

describe('YAML as it is written', () => {
  const cases: readonly [string, unknown, string][] = [
    ['keys are sorted', { b: 1, a: 2 }, 'a: 2\nb: 1\n'],
    ['sequences stand under their key', { a: [{ b: 1, c: [2] }] }, 'a:\n- b: 1\n  c:\n  - 2\n'],
    ['sequences in sequences', { a: [[1, 2], []] }, 'a:\n- - 1\n  - 2\n- []\n'],
    ['empty things', { a: {}, b: [], c: null }, 'a: {}\nb: []\nc: null\n'],
    ['undefined fields are left out', { a: undefined, b: 1 }, 'b: 1\n'],
    [
      'texts that look like something else',
      { a: '1', b: 'true', c: '', d: 'y', e: '1e3', f: '~' },
      'a: "1"\nb: "true"\nc: ""\nd: "y"\ne: "1e3"\nf: "~"\n',
    ],
    ['times', { a: '2026-01-02T03:04:05Z' }, 'a: "2026-01-02T03:04:05Z"\n'],
    ['plain texts', { a: 'jobs.batch "x" not found' }, 'a: jobs.batch "x" not found\n'],
    ['texts that need quotes', { a: 'a: b', b: '- a', c: "it's: so" }, "a: 'a: b'\nb: '- a'\nc: 'it''s: so'\n"],
    ['a text of several lines', { a: 'x\ny\n' }, 'a: |\n  x\n  y\n'],
    ['a text of several lines without an end', { a: 'x\ny' }, 'a: |-\n  x\n  y\n'],
    ['a control character', { a: 'x\u0007' }, 'a: "x\\a"\n'],
    [
      'a long text is folded',
      {
        message:
          'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      },
      "message: 'only the following media types are accepted: application/json;stream=watch,\n  application/vnd.kubernetes.protobuf;stream=watch'\n",
    ],
  ]
  for (const [name, value, expected] of cases) it(name, () => assert.equal(yamlText(value), expected))

  it('sorts digits by their number and letters last', () =>
    assert.deepEqual(['a10', 'a9', 'ab', 'a', '.', 'f:a'].sort(compareKeys), ['.', 'a', 'a9', 'a10', 'ab', 'f:a']))

  it('reads back as it was', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('a b', ' x', 'x ', '#', 'a #b', 'no', '012', 'a\nb', '\n', 'x\n\n'),
    )
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 3 }),
      map: fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    })).map
    fc.assert(
      fc.property(tree, (value) => {
        const parsed = parseYaml(yamlText(value))
        assert.ok(parsed.ok, parsed.ok ? '' : parsed.error)
        assert.deepEqual(parsed.value.value, value)
      }),
      { numRuns: 300 },
    )
  })
})

describe('YAML as it is read', () => {
  const cases: readonly [string, string, unknown][] = [
    ['words of YAML 1.1', 'a: yes\nn: off', { a: true, false: false }],
    ['dates are texts', 'a: 2026-01-02', { a: '2026-01-02' }],
    ['the first document only', 'a: 1\n---\nb: 2', { a: 1 }],
    ['a leading mark', '---\na: 1\n', { a: 1 }],
    ['JSON is YAML', '{"a":[1,"x"]}', { a: [1, 'x'] }],
    ['nothing', '', null],
    [
      'names that begin as numbers do',
      '[e3, 1e3, 12:30:45, 0x1f, 010, 1_000, .5]',
      ['e3', 1000, '12:30:45', 31, 8, 1000, 0.5],
    ],
    ['anchors', 'a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    ['a name from the prototype', '__proto__: 1', JSON.parse('{"__proto__":1}')],
  ]
  for (const [name, text, value] of cases) {
    it(name, () => {
      const parsed = parseYaml(text)
      assert.ok(parsed.ok)
      assert.deepEqual(parsed.value.value, value)
    })
  }
  it('reads every document of a text, and counts lines from its start', () => {
    const value = (one: unknown) => ({ ok: true, value: { value: one, problems: [] } })
    const read = parseYamlDocuments('# first\na: on\n---\n---\nb: 2026-01-02\n---\nc: 1\nd: : 2\n')
    const fault = 'yaml: line 8: mapping values are not allowed in this context'
    assert.deepEqual(read, [value({ a: true }), value(null), value({ b: '2026-01-02' }), { ok: false, error: fault }])
    assert.deepEqual(parseYamlDocuments(''), [])
  })
  it('tells keys that stand twice, the last one wins', () => {
    const parsed = parseYaml('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n')
    assert.deepEqual(parsed, {
      ok: true,
      value: {
        value: { a: 3, b: { c: 2 } },
        problems: ['line 4: key "c" already set in map', 'line 5: key "a" already set in map'],
      },
    })
  })
  const refused: readonly [string, string][] = [
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['a: 1\nb:\n\tc: 1', 'yaml: line 3: found character that cannot start any token'],
  ]
  for (const [text, error] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.deepEqual(parseYaml(text), { ok: false, error }))
  }
  const heavy: readonly [string, string, string][] = [
    ['brackets in brackets', `a: ${'['.repeat(50_000)}`, 'yaml: exceeded max depth'],
    ['maps in maps', `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, 'yaml: exceeded max depth'],
    ['dashes', `${'- '.repeat(50_000)}a`, 'yaml: exceeded max depth'],
    [
      'more parts than anybody needs',
      `[${'1,'.repeat(400_000)}1]`,
      'yaml: document has too many parts: send it as JSON',
    ],
  ]
  for (const [name, text, error] of heavy) {
    it(`refuses ${name} before it reads them`, () => assert.deepEqual(parseYaml(text), { ok: false, error }))
  }
  it('takes the first document also where it is empty and many follow', () =>
    assert.deepEqual(parseYaml(`${'---\n'.repeat(100_000)}a: 1`), { ok: true, value: { value: null, problems: [] } }))
  it('refuses a bomb of aliases', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
      )
    assert.ok(!parseYaml(lines.join('\n')).ok)
  })
})
