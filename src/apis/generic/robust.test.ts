/** Objects of every kind with any fields set: their rules neither throw nor change their arguments, and are stable. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeObject, type FieldSchema, type KubeObject, schema, type TypeName } from '../../apimachinery/index.ts'
import { instant } from '../../base/index.ts'
import { type Strategy, strategies, type WriteContext } from '../index.ts'

/** A stream of choices, from a seed. */
function choicesOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}

const texts = ['', 'a', 'main', 'Always', 'Never', 'In', 'Exists', 'TCP', 'x.example.com/y', '/etc', '10.0.0.1', 'A b']
const scalars: Readonly<Record<string, readonly unknown[]>> = {
  bool: [true, false],
  int32: [0, 1, -1, 8080, 2147483647],
  int64: [0, 1, -1, 1000, 4294967296],
  bytes: ['', 'aGVsbG8='],
  time: ['2026-01-01T00:00:00Z'],
  microTime: ['2026-01-01T00:00:00.000001Z'],
  quantity: ['0', '1', '100m', '-1', '1Gi', '0.1m'],
  intOrString: [0, 80, '50%', 'http'],
  fieldsV1: [{}],
  rawExtension: [{}],
}

/** Any value of a field; the deeper, the more is left out. */
function anyValue(field: FieldSchema, depth: number, choose: (below: number) => number): unknown {
  const { list, map, ref } = field
  if (list !== undefined) return Array.from({ length: choose(3) }, () => anyValue(list, depth + 1, choose))
  if (map !== undefined) {
    const keys = [...texts, 'cpu', 'memory', 'hugepages-2Mi', 'example.com/gpu']
    const count = choose(3)
    return Object.fromEntries(
      Array.from({ length: count }, () => [keys[choose(keys.length)], anyValue(map, depth + 1, choose)]),
    )
  }
  if (ref !== undefined) return anyObject(ref, depth + 1, choose)
  const pool = [...(field.enum ?? []), ...(scalars[field.type ?? ''] ?? texts)]
  return pool[choose(pool.length)]
}

function anyObject(type: TypeName, depth: number, choose: (below: number) => number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema.types[type]?.fields ?? {})) {
    if (name === 'managedFields' || depth > 12) continue
    if (choose(depth < 4 ? 3 : 4) === 0 || (field.required === true && choose(4) > 0)) {
      out[name] = anyValue(field, depth, choose)
    }
  }
  return out
}

const kindOf = new Map(
  schema.kinds.flatMap(({ type, group, version, kind, resource }) =>
    type === undefined || resource.includes('/')
      ? []
      : [[type, { apiVersion: group === '' ? version : `${group}/${version}`, kind }] as const],
  ),
)

const context: WriteContext = {
  now: instant(1_780_000_000_000),
  options: { exact: false, nodeWarnings: () => ['images are not used'], isTimeZone: () => true },
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(Object.freeze(value))) frozen(member)
  return value
}

function decoded(type: TypeName, fields: Record<string, unknown>): KubeObject | undefined {
  const result = decodeObject(type, { ...fields, ...kindOf.get(type) }, 'Ignore')
  return result.ok ? frozen({ ...result.value.object, metadata: { ...result.value.object.metadata } }) : undefined
}

/** For each structure within a type, one value in which it stands empty and nothing else is set. */
function* emptyParts(type: TypeName, depth = 0): Generator<Record<string, unknown>> {
  yield {}
  if (depth > 9) return
  for (const [name, { ref, list, map }] of Object.entries(schema.types[type]?.fields ?? {})) {
    const part = ref ?? list?.ref ?? map?.ref
    if (part === undefined || name === 'managedFields') continue
    for (const value of emptyParts(part, depth + 1)) {
      yield { [name]: ref !== undefined ? value : list !== undefined ? [value] : { a: value } }
    }
  }
}

/** Everything that is asked of a kind, with a new object and with one that replaces `other`. */
function askAll(strategy: Strategy, object: KubeObject, other: KubeObject): void {
  const filled = frozen(strategy.defaults(object))
  assert.deepEqual(strategy.defaults(filled), filled)
  const old = frozen(strategy.defaults(other))
  const made = frozen(strategy.prepareForCreate(filled, { ...context, requested: object }))
  strategy.validateCreate(made, context)
  strategy.warningsOnCreate?.(made, { ...context, requested: object })
  for (const update of [strategy, ...Object.values(strategy.subresources)]) {
    const next = frozen(update.prepareForUpdate(filled, old, context))
    update.validateUpdate(next, old, context)
    update.warningsOnUpdate?.(next, old, context)
  }
  const { cells } = strategy.table.row(filled, context.now, context.options)
  assert.equal(cells.length, strategy.table.columns(context.options).length)
  for (const text of Object.values(strategy.fields)) assert.equal(typeof text(filled), 'string')
  strategy.deletion.gracePeriod?.(filled, undefined)
}

const seeds = fc.tuple(fc.integer(), fc.integer())
/** A PodTemplate whose containers are null, which a random seed found once. */
const examples: [[number, number]][] = [[[349_169_083, 0]]]
const runs = { numRuns: 400, examples }

describe('rules for anything of the kind', () => {
  for (const [type, strategy] of strategies) {
    test(`${type} never throw, and filling in twice is filling in once`, () => {
      fc.assert(
        fc.property(seeds, ([seed, otherSeed]) => {
          const object = decoded(type, anyObject(type, 0, choicesOf(seed)))
          const other = decoded(type, anyObject(type, 0, choicesOf(otherSeed)))
          if (object !== undefined && other !== undefined) askAll(strategy, object, other)
        }),
        runs,
      )
    })

    test(`${type} never throw where a part is empty`, () => {
      const nothing = decoded(type, {})
      assert.ok(nothing)
      for (const fields of emptyParts(type)) {
        const object = decoded(type, fields)
        assert.ok(object)
        try {
          askAll(strategy, object, nothing)
          askAll(strategy, nothing, object)
        } catch (cause) {
          throw new Error(JSON.stringify(fields), { cause })
        }
      }
    })
  }
})
