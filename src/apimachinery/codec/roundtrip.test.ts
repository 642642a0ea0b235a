import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { arbitraryObject } from '../../../test/support/arbitrary-objects.ts'
import { decodeObject } from '../decode/decoder.ts'
import { parseJson } from '../decode/json.ts'
import { schema, type TypeName } from '../schema/schema.ts'
import { decodeMessage, decodeWatchFrames, encodeMessage, openEnvelope } from './protobuf.ts'

const served = [...new Set(schema.kinds.flatMap(({ type, listType }) => [type, listType]))].filter(
  (type): type is TypeName => type !== undefined,
)

function canonical(type: TypeName, json: unknown): object {
  const result = decodeObject(type, json, 'Strict')
  if (!result.ok) throw new Error(result.error.message)
  return result.value.object
}

function readBack(type: TypeName, bytes: Uint8Array): object {
  const result = decodeMessage(type, bytes)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

describe('an object of any served type', () => {
  for (const type of served) {
    it(`${type}: decoding is idempotent and shares what is canonical`, () => {
      fc.assert(
        fc.property(arbitraryObject(type), (json) => {
          const once = canonical(type, json)
          const text = JSON.stringify(once)
          const again = canonical(type, JSON.parse(text))
          assert.equal(JSON.stringify(again), text)
        }),
        { numRuns: 30 },
      )
    })
    it(`${type}: protobuf and back gives the same JSON`, () => {
      fc.assert(
        fc.property(arbitraryObject(type), (json) => {
          const object = canonical(type, json)
          assert.equal(JSON.stringify(readBack(type, encodeMessage(type, object))), JSON.stringify(object))
        }),
        { numRuns: 30 },
      )
    })
  }
})

describe('a map', () => {
  const names = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'a')
  const map = fc.dictionary(names, fc.string(), { noNullPrototype: true })
  const type = 'core.v1.ConfigMap'
  it('keeps keys that objects have a meaning for, as JSON and as protobuf', () => {
    fc.assert(
      fc.property(map, map, (data, labels) => {
        const text = JSON.stringify({ data, metadata: { labels } })
        const parsed = parseJson(text)
        assert.ok(parsed.ok)
        const object = canonical(type, parsed.value.value)
        const kept = object as { data?: object; metadata: { labels?: object } }
        assert.deepEqual([kept.data ?? {}, kept.metadata.labels ?? {}], [data, labels])
        assert.equal(JSON.stringify(readBack(type, encodeMessage(type, object))), JSON.stringify(object))
      }),
      { numRuns: 200 },
    )
  })
})

describe('bytes that are no message', () => {
  const object = fc.sample(arbitraryObject('batch.v1.Job'), { numRuns: 20, seed: 7 })
  it('are answered with an error or an object, never with an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...served), (bytes, type) => {
        decodeMessage(type, bytes)
        openEnvelope(Uint8Array.from([0x6b, 0x38, 0x73, 0, ...bytes]))
        decodeWatchFrames(bytes)
      }),
      { numRuns: 300 },
    )
  })
  it('are survived in every prefix and with every single byte changed', () => {
    for (const json of object) {
      const bytes = encodeMessage('batch.v1.Job', canonical('batch.v1.Job', json))
      for (let end = 0; end < bytes.length; end++) decodeMessage('batch.v1.Job', bytes.subarray(0, end))
      for (let at = 0; at < bytes.length; at++) {
        const broken = bytes.slice()
        broken[at] = (broken[at] as number) ^ (1 + ((at * 37) % 255))
        decodeMessage('batch.v1.Job', broken)
      }
    }
  })
  it('may hold unknown fields, which are skipped', () => {
    const unknown = [0xf8, 0x07, 0x05, 0xfa, 0x07, 2, 1, 2, 0xfd, 0x07, 1, 2, 3, 4, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8]
    const group = [0xfb, 0x07, 0x08, 1, 0xfc, 0x07]
    const bytes = Uint8Array.from([...unknown, ...group, 0x12, 1, 0x6b])
    assert.deepEqual(readBack('core.v1.ConfigMapKeySelector', bytes), { key: 'k' })
  })
})

describe('types', () => {
  it('never hold themselves, so that recursion is bounded by the schema', () => {
    const visit = (type: TypeName, open: readonly TypeName[]): void => {
      assert.ok(!open.includes(type), `${[...open, type].join(' → ')}`)
      for (const field of Object.values(schema.types[type]?.fields ?? {})) {
        const ref = field.ref ?? field.list?.ref ?? field.map?.ref
        if (ref !== undefined) visit(ref, [...open, type])
      }
    }
    for (const type of served) visit(type, [])
  })
})

describe('texts that are remembered', () => {
  it('are those of their bytes, however many there are', () => {
    const texts = Array.from(
      { length: 3000 },
      (_, at) => `${at % 11 === 0 ? '\ufeff' : ''}${'ab'.repeat(at % 40)}${at}${at % 7 === 0 ? 'é😀' : ''}`,
    )
    const object = canonical('core.v1.ConfigMap', {
      data: Object.fromEntries(texts.map((text) => [`k-${text}`, text])),
    })
    const bytes = encodeMessage('core.v1.ConfigMap', object)
    assert.deepEqual(readBack('core.v1.ConfigMap', bytes), object)
    assert.deepEqual(readBack('core.v1.ConfigMap', bytes), object, 'when they are known')
    assert.deepEqual(encodeMessage('core.v1.ConfigMap', object), bytes)
  })
})
