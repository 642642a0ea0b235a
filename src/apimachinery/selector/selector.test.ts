import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesFields, parseFieldSelector, printFieldSelector } from './field-selector.ts'
import { formatLabelSelector, parseLabelSelector, printLabelSelector, selectorMatches } from './label-selector.ts'
import { matchesLabels } from './requirements.ts'

const printed: readonly [string, string][] = [
  ['a=b', 'a=b'],
  ['b==c , a!=', 'a!=,b==c'],
  ['x in (foo,,baz),y,z notin ()', 'x in (,baz,foo),y,z notin ()'],
  ['!k', '!k'],
  ['n>5,m<6', 'm<6,n>5'],
  ['in in (in), notin', 'in in (in),notin'],
  ['a in (,)', 'a in ()'],
  ['a in (b,)', 'a in (,b)'],
]
for (const [text, canonical] of printed)
  test(`the label selector ${text} prints as ${canonical}`, () => {
    const parsed = parseLabelSelector(text)
    assert.ok(parsed.ok)
    assert.equal(printLabelSelector(parsed.value), canonical)
  })

test('matching follows the operators, and absent keys only fulfil negations', () => {
  const labels = { env: 'prod', n: '10', empty: '' }
  const cases: readonly [string, boolean][] = [
    ['env=prod', true],
    ['env!=prod', false],
    ['tier!=web', true],
    ['tier', false],
    ['!tier', true],
    ['empty=', true],
    ['env in (dev,prod)', true],
    ['tier notin (a)', true],
    ['n>9', true],
    ['n<10', false],
    ['env>1', false],
    ['toString', false],
  ]
  for (const [text, expected] of cases) {
    const parsed = parseLabelSelector(text)
    assert.ok(parsed.ok, text)
    assert.equal(matchesLabels(parsed.value, labels), expected, text)
  }
})

test('a LabelSelector object prints sorted, empty as <none>, and selects nothing when absent', () => {
  const selector = {
    matchLabels: { b: '1', a: '2' },
    matchExpressions: [
      { key: 'c', operator: 'In', values: ['y', 'x'] },
      { key: 'd', operator: 'DoesNotExist' },
    ],
  }
  assert.equal(formatLabelSelector(selector), 'a=2,b=1,c in (x,y),!d')
  assert.equal(formatLabelSelector({}), '<none>')
  assert.equal(formatLabelSelector(undefined), '<none>')
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Near' }] }), '<error>')
  assert.equal(selectorMatches({}, undefined), true)
  assert.equal(selectorMatches(undefined, {}), false)
  assert.equal(selectorMatches(selector, { a: '2', b: '1', c: 'x' }), true)
})

test('field selectors unescape values, and absent fields read as empty', () => {
  const parsed = parseFieldSelector('b!=x\\,y,a==1\\=2,')
  assert.ok(parsed.ok)
  assert.deepEqual(parsed.value, [
    { field: 'a', operator: '=', value: '1=2' },
    { field: 'b', operator: '!=', value: 'x,y' },
  ])
  assert.equal(printFieldSelector(parsed.value), 'a=1\\=2,b!=x\\,y')
  assert.equal(
    matchesFields(parsed.value, (field) => (field === 'a' ? '1=2' : '')),
    true,
  )
})

const name = fc.stringMatching(/^[a-z]([a-z0-9._-]{0,8}[a-z0-9])?$/)
const requirementText = fc.oneof(
  fc.tuple(name, fc.constantFrom('=', '==', '!='), name).map((parts) => parts.join('')),
  fc
    .tuple(name, fc.constantFrom(' in ', ' notin '), fc.array(name, { minLength: 1, maxLength: 3 }))
    .map(([key, operator, values]) => `${key}${operator}(${values.join(', ')})`),
  name,
  name.map((key) => `!${key}`),
  fc.tuple(name, fc.constantFrom('>', '<'), fc.nat()).map((parts) => parts.join('')),
)

test('printing and parsing again gives the same requirements', () => {
  fc.assert(
    fc.property(fc.array(requirementText, { minLength: 1, maxLength: 4 }), (texts) => {
      const first = parseLabelSelector(texts.join(','))
      assert.ok(first.ok)
      const again = parseLabelSelector(printLabelSelector(first.value))
      assert.deepEqual(again, first)
    }),
  )
})

type Golden = {
  cases: {
    id: string
    steps: { call?: string; body?: Body; expect?: { status: number; body: Body } }[]
  }[]
}
type Body = { message?: string; names?: string[]; metadata?: { name: string; labels?: Record<string, string> } }

const goldens = new URL('../../../../shared/wire/rest/goldens/', import.meta.url)
const available = existsSync(goldens)
const selectorOf = (call: string, parameter: string): string | undefined =>
  new URL(call.split(' ')[1] as string, 'http://x').searchParams.get(parameter) ?? undefined

test('recorded label selectors select or are refused as upstream did', { skip: !available && 'no goldens' }, () => {
  const golden = JSON.parse(readFileSync(new URL('label-selectors.json', goldens), 'utf8')) as Golden
  let checked = 0
  for (const { id, steps } of golden.cases) {
    const objects = steps.flatMap(({ call, body }) =>
      call?.startsWith('POST') && body?.metadata ? [body.metadata] : [],
    )
    for (const { call = '', expect } of steps) {
      const text = call.startsWith('GET') ? selectorOf(call, 'labelSelector') : undefined
      if (text === undefined || expect === undefined) continue
      const parsed = parseLabelSelector(text)
      checked++
      if (expect.status === 400) assert.equal(parsed.ok ? 'accepted' : parsed.error, expect.body.message, id)
      else if (expect.body.names !== undefined && objects.length > 0) {
        assert.ok(parsed.ok, id)
        const names = objects.filter(({ labels }) => matchesLabels(parsed.value, labels)).map(({ name }) => name)
        assert.deepEqual(names.sort(), expect.body.names.toSorted(), `${id} ${text}`)
      }
    }
  }
  assert.ok(checked > 40)
})

test('recorded field selectors with a broken grammar are refused as upstream did', {
  skip: !available && 'no goldens',
}, () => {
  const golden = JSON.parse(readFileSync(new URL('field-selectors.json', goldens), 'utf8')) as Golden
  for (const { id, steps } of golden.cases)
    for (const { call = '', expect } of steps) {
      const text = call.startsWith('GET') ? selectorOf(call, 'fieldSelector') : undefined
      if (text === undefined || expect === undefined) continue
      const parsed = parseFieldSelector(text)
      const refused = expect.status === 400 && expect.body.message?.startsWith('invalid') === true
      assert.equal(parsed.ok ? undefined : parsed.error, refused ? expect.body.message : undefined, id)
    }
})
