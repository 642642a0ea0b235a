import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { acceptedByRoute, mediaTypes, negotiate, wantsPretty } from './negotiate.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

describe('negotiation', () => {
  const chosen: readonly [string, string | undefined, string][] = [
    ['no header is JSON', undefined, 'json'],
    ['an empty header is JSON', '', 'json'],
    ['anything is JSON', '*/*', 'json'],
    ['application/* is JSON', 'application/*', 'json'],
    ['YAML by name', 'application/yaml', 'yaml'],
    ['the higher quality wins', 'application/json;q=0.5,application/yaml', 'yaml'],
    ['equal quality goes by order', 'application/vnd.kubernetes.protobuf,application/json', 'protobuf'],
    ['unknown types are passed over', 'text/html,*/*;q=0.1', 'json'],
    ['unknown parameters do not matter', 'application/json;foo=bar', 'json'],
    ['blanks around clauses do not matter', ' application/yaml ; q=0.2 , application/json;q=0.1', 'yaml'],
  ]
  for (const [name, header, media] of chosen) {
    it(name, () => {
      const form = negotiate(header, 'resource')
      assert.ok(form.ok)
      assert.equal(form.value.media, media)
      assert.equal(form.value.as, undefined)
    })
  }

  const conversions: readonly [string, string, string | undefined, string][] = [
    ['a Table as JSON', table, 'Table', 'json'],
    ['a Table as YAML', table.replace('json', 'yaml'), 'Table', 'yaml'],
    ['a Table of v1beta1', table.replace('v=v1', 'v=v1beta1'), 'Table', 'json'],
    [
      'metadata as protobuf',
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
      'PartialObjectMetadata',
      'protobuf',
    ],
    ['an unknown version falls back', `${table.replace('v=v1', 'v=v9')},application/json`, undefined, 'json'],
    [
      'a Table as protobuf falls back',
      `${table.replace('json', 'vnd.kubernetes.protobuf')},application/json`,
      undefined,
      'json',
    ],
  ]
  for (const [name, header, as, media] of conversions) {
    it(name, () => {
      const form = negotiate(header, 'resource')
      assert.ok(form.ok)
      assert.deepEqual([form.value.as, form.value.media], [as, media])
    })
  }

  const refused: readonly [string, string, 'resource' | 'plain' | 'discovery', boolean][] = [
    ['a Table without version', 'application/json;as=Table;g=meta.k8s.io', 'resource', false],
    ['a Table of a plain endpoint', table, 'plain', false],
    ['an unknown conversion', table.replace('Table', 'Chair'), 'resource', false],
    [
      'another version of discovery',
      'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
      'discovery',
      false,
    ],
    ['YAML for a stream', 'application/yaml', 'resource', true],
    ['an unknown type', 'application/cbor', 'resource', false],
  ]
  for (const [name, header, endpoint, stream] of refused) {
    it(`refuses ${name}`, () => {
      const form = negotiate(header, endpoint, stream)
      assert.ok(!form.ok)
      assert.equal(form.error.code, 406)
    })
  }

  it('takes the stream parameter for a watch', () => {
    const form = negotiate('application/vnd.kubernetes.protobuf;stream=watch', 'resource', true)
    assert.ok(form.ok && form.value.media === 'protobuf')
  })
})

describe('the router', () => {
  const cases: readonly [string, string | undefined, boolean][] = [
    ['takes every client without a header', undefined, true],
    ['takes anything', 'text/html, */*', true],
    ['takes a type with parameters', 'application/json;as=Table', true],
    ['does not know half a wildcard', 'application/*', false],
    ['tells upper case apart', 'APPLICATION/JSON', false],
  ]
  for (const [name, header, expected] of cases) {
    it(name, () => assert.equal(acceptedByRoute(header, mediaTypes), expected))
  }
})

describe('indented JSON', () => {
  it('is for people', () => assert.ok(wantsPretty(undefined, 'curl/8.0')))
  it('is not for clients', () => assert.ok(!wantsPretty(undefined, 'kubectl/v1.33')))
  it('follows the parameter first', () => assert.ok(!wantsPretty('false', 'curl/8.0') && wantsPretty('1', 'x')))
})
