import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelErrors, labelSelectorErrors } from './labels.ts'
import * as names from './names.ts'

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const namePart =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const cases: readonly [string, (value: string) => readonly string[], string, readonly string[]][] = [
  ['a DNS label', names.dns1123LabelProblems, 'a-1', []],
  ['a DNS label of 63 characters', names.dns1123LabelProblems, 'a'.repeat(63), []],
  ['a DNS label that is too long', names.dns1123LabelProblems, 'a'.repeat(64), ['must be no more than 63 characters']],
  ['a subdomain where a label is due', names.dns1123LabelProblems, 'a.b', ['must not contain dots']],
  ['an empty DNS label', names.dns1123LabelProblems, '', [label]],
  ['a qualified name with a prefix', names.qualifiedNameProblems, 'example.com/My_name', []],
  ['a qualified name with an empty prefix', names.qualifiedNameProblems, '/a', ['prefix part must be non-empty']],
  ['a qualified name without a name', names.qualifiedNameProblems, 'a/', ['name part must be non-empty', namePart]],
  [
    'a qualified name counted in bytes',
    names.qualifiedNameProblems,
    'ä'.repeat(32),
    ['name part must be no more than 63 bytes', namePart],
  ],
  ['an empty label value', names.labelValueProblems, '', []],
  ['a label value that is too long', names.labelValueProblems, 'v'.repeat(64), ['must be no more than 63 bytes']],
  ['a C identifier', names.cIdentifierProblems, '_a1', []],
  ['an environment variable with odd characters', names.envVarNameProblems, 'a b-1.~', []],
  [
    'an environment variable with an equals sign',
    names.envVarNameProblems,
    'a=b',
    ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
  ],
  ['an empty environment variable', names.envVarNameProblems, '', ['environment variable name must be non-empty']],
  ['a config key that names the parent folder', names.configMapKeyProblems, '..', ["must not be '..'"]],
  ['a config key that begins with two dots', names.configMapKeyProblems, '..a', ["must not start with '..'"]],
  ['a port name', names.portNameProblems, 'http-1', []],
  [
    'a port name with everything wrong',
    names.portNameProblems,
    '-1--1-',
    [
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ],
  ],
  [
    'a path segment with a slash and a percent sign',
    names.pathSegmentNameProblems,
    'a/%',
    ["may not contain '/'", "may not contain '%'"],
  ],
  ['a dot as path segment', names.pathSegmentNameProblems, '.', ["may not be '.'"]],
]
for (const [name, problems, value, expected] of cases)
  test(`${name} is ${expected.length === 0 ? 'fine' : 'refused'}`, () => {
    assert.deepEqual(problems(value), expected)
  })

test('ranges and domain-prefixed paths are judged', () => {
  assert.deepEqual(names.portNumberProblems(0), ['must be between 1 and 65535, inclusive'])
  assert.deepEqual(names.unixIdProblems(2147483647), [])
  assert.deepEqual(names.domainPrefixedPathProblems('acme.io/foo'), [])
  assert.equal(
    names.domainPrefixedPathProblems('acme')[0]?.problem,
    'must be a domain-prefixed path (such as "acme.io/foo")',
  )
  assert.equal(names.domainPrefixedPathProblems('Acme.io/foo')[0]?.value, 'Acme.io')
})

test('label maps and selectors give field errors', () => {
  assert.deepEqual(
    labelErrors({ 'a b': 'x', ok: 'y z' }, 'metadata.labels').map(({ field, kind }) => [field, kind]),
    [
      ['metadata.labels', 'Invalid'],
      ['metadata.labels', 'Invalid'],
    ],
  )
  const selector = {
    matchExpressions: [
      { key: 'a', operator: 'In' },
      { key: 'b', operator: 'Exists', values: ['x'] },
      { key: 'c', operator: 'Near', values: [] },
    ],
  }
  assert.deepEqual(
    labelSelectorErrors(selector, 'spec.selector').map(({ field, kind }) => `${field} ${kind}`),
    [
      'spec.selector.matchExpressions[0].values Required',
      'spec.selector.matchExpressions[1].values Forbidden',
      'spec.selector.matchExpressions[2].operator Invalid',
    ],
  )
})
