import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { decodeObject } from '../decode/decoder.ts'
import { typeOfKind } from './kinds.ts'
import {
  decodeMessage,
  decodeWatchFrames,
  encodeProtobuf,
  openEnvelope,
  type WatchEventType,
  watchFrameText,
} from './protobuf.ts'

type Sample = {
  readonly name: string
  readonly title: string
  readonly json: unknown
  readonly contentType: string
  readonly protobuf: string
}
type Whole = { readonly apiVersion: string; readonly kind: string }

const samples: readonly Sample[] = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/protobuf/samples.json', import.meta.url), 'utf8'),
)

const value = <Value>(result: { ok: true; value: Value } | { ok: false; error: unknown }): Value => {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
const typeOf = ({ apiVersion, kind }: Whole): string => {
  const type = typeOfKind(apiVersion, kind)
  assert.ok(type !== undefined, `${apiVersion} ${kind} has a type`)
  return type
}
const canonical = (object: Whole): Whole =>
  value(decodeObject(typeOf(object), object, 'Strict')).object as unknown as Whole
const encoded = (object: Whole): Buffer => Buffer.from(encodeProtobuf(typeOf(object), object, canonical(object)))
const decoded = (body: Uint8Array): unknown => {
  const { raw, ...kind } = value(openEnvelope(body))
  return value(decodeMessage(typeOf(kind), raw, kind))
}
/** Items of lists have no kind on the wire. */
const withoutItemKinds = (object: Whole & { items?: readonly Whole[] }): unknown =>
  object.items === undefined
    ? object
    : { ...object, items: object.items.map(({ kind: _, apiVersion: __, ...item }) => item) }

describe('protobuf, as upstream sent it', () => {
  for (const { name, title, json, contentType, protobuf } of samples) {
    const bytes = Buffer.from(protobuf, 'base64')
    if (contentType.includes('stream=watch')) {
      const events = (json as { readonly stream: unknown }).stream as readonly {
        readonly type: WatchEventType
        readonly object: Whole
      }[]
      it(`${name}: ${title} has the same bytes`, () => {
        const frames = events.map(({ type, object }) => watchFrameText(type, encoded(object).toString('latin1')))
        assert.equal(Buffer.from(frames.join(''), 'latin1').toString('hex'), bytes.toString('hex'))
      })
      it(`${name}: ${title} is read back`, () => {
        const { frames, taken } = value(decodeWatchFrames(bytes))
        assert.equal(taken, bytes.length)
        assert.deepEqual(
          frames.map(({ type, object }) => ({ type, object: decoded(object) })),
          events,
        )
      })
      continue
    }
    it(`${name}: ${title} has the same bytes`, () => {
      assert.equal(encoded(json as Whole).toString('hex'), bytes.toString('hex'))
    })
    it(`${name}: ${title} is read back`, () => {
      assert.equal(JSON.stringify(decoded(bytes)), JSON.stringify(withoutItemKinds(json as Whole)))
    })
  }
})
