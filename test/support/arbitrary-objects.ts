/** Random objects of every served type, made from the schema, for property tests. */
import fc from 'fast-check'
import { type FieldSchema, schema, type TypeName } from '../../src/apimachinery/index.ts'

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const text = fc.oneof(
  word,
  fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.toWellFormed()),
)
const times = fc.integer({ min: -62_135_596_799, max: 253_402_300_799 })
const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19)

function scalar(type: FieldSchema['type']): fc.Arbitrary<unknown> {
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'int32':
      return fc.oneof(fc.constant(0), fc.integer())
    case 'int64':
      return fc.oneof(fc.constant(0), fc.maxSafeInteger())
    case 'time':
      return times.map((seconds) => `${timeText(seconds)}Z`)
    case 'microTime':
      return fc
        .tuple(times, fc.integer({ min: 0, max: 999_999 }))
        .map(([seconds, micros]) => `${timeText(seconds)}.${String(micros).padStart(6, '0')}Z`)
    case 'quantity':
      return fc
        .tuple(
          fc.integer({ min: -5000, max: 500_000 }),
          fc.constantFrom('', 'm', 'k', 'Ki', 'Mi', 'Gi', 'n', 'e3', 'E'),
        )
        .map(([number, suffix]) => `${number}${suffix}`)
    case 'intOrString':
      return fc.oneof(fc.integer(), text)
    case 'bytes':
      return fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    case 'fieldsV1':
    case 'rawExtension':
      return fc.dictionary(word, fc.dictionary(word, fc.constant({}), { maxKeys: 2 }), { maxKeys: 3 })
    default:
      return text
  }
}

function field(rule: FieldSchema, minLength = 0): fc.Arbitrary<unknown> {
  if (rule.ref !== undefined) return typeArbitrary(rule.ref)
  if (rule.list !== undefined) return fc.array(field(rule.list), { minLength, maxLength: 3 })
  if (rule.map !== undefined) return fc.dictionary(text, field(rule.map), { maxKeys: 3 })
  return scalar(rule.type)
}

/** An empty list of exit codes is kept as it came, for the error that refuses it; protobuf has no word for it. */
const leastOf = (type: TypeName, name: string): number =>
  type === 'batch.v1.PodFailurePolicyOnExitCodesRequirement' && name === 'values' ? 1 : 0

const known = new Map<TypeName, fc.Arbitrary<unknown>>()

/** A part of an object: each field is there or not, in random order. */
function typeArbitrary(type: TypeName): fc.Arbitrary<unknown> {
  const made = known.get(type)
  if (made !== undefined) return made
  const fields = Object.entries(schema.types[type]?.fields ?? {}).filter(
    // In a part of an object a kind that is only in JSON would be lost in protobuf.
    ([name, rule]) => rule.proto !== undefined || (name !== 'kind' && name !== 'apiVersion'),
  )
  const arbitrary =
    fields.length === 0
      ? fc.constant({})
      : fc
          .shuffledSubarray(fields, { maxLength: Math.min(fields.length, 6) })
          .chain((chosen) =>
            fc.record(Object.fromEntries(chosen.map(([name, rule]) => [name, field(rule, leastOf(type, name))]))),
          )
  known.set(type, arbitrary)
  return arbitrary
}

/** A whole object of `type`; its kind is the caller's to add. */
export const arbitraryObject = (type: TypeName): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  typeArbitrary(type) as fc.Arbitrary<Readonly<Record<string, unknown>>>
