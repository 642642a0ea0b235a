/**
 * Replays recorded requests through decoding, defaults, preparation and validation, without a server, and compares what
 * upstream answered: messages and causes of refused objects, the whole object of accepted ones.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decodeObject, invalidFields, type KubeObject, schema } from '../../apimachinery/index.ts'
import { type Instant, parseTime } from '../../base/index.ts'
import { type ApiOptions, strategyOf, type WriteContext } from '../index.ts'

type Answer = { readonly status: number; readonly body: unknown; readonly headers: Record<string, string> }
type Step = { readonly call: string; readonly body?: unknown; readonly expect?: Answer }
type Case = { readonly id: string; readonly title: string; readonly steps: readonly Step[] }
type Invalid = { readonly message: string; readonly details: { readonly causes: unknown } }

const folder = new URL('../../../../shared/wire/', import.meta.url)
const now = parseTime('2026-01-02T03:04:05Z') as Instant
const options: ApiOptions = { exact: true, isTimeZone: () => true }

/** Decided by admission, which is not part of this test. */
const admitted = new Set(['node', 'priority-class', 'priority-mismatch', 'priority-class-name-bad', 'runtime-class'])

const resourceOf = (call: string): string => (call.split(' ')[1] as string).split('?')[0]?.split('/').at(-1) as string

function kindOf(call: string) {
  const parts = (call.split(' ')[1] as string).split('?')[0]?.split('/') as string[]
  const group = parts[1] === 'api' ? '' : (parts[2] as string)
  return schema.kinds.find((kind) => kind.group === group && kind.resource === resourceOf(call))
}

/** Big dumps of internal structures count as equal, as the checker of the recordings has it. */
function lenient(value: unknown): unknown {
  if (typeof value === 'string') return value.length < 300 ? value : (withoutDumps(value).split('\n')[0] as string)
  if (Array.isArray(value)) return value.map(lenient)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, lenient(part)]))
}

function withoutDumps(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') {
      let depth = 0
      let j = i
      for (; j < text.length; j++) {
        if (text[j] === '{') depth++
        else if (text[j] === '}' && --depth === 0) break
      }
      if (j - i >= 100) {
        out += '{…}'
        i = j
        continue
      }
    }
    out += text[i]
  }
  return out
}

const fill = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('{{ns}}', 'recorded').replaceAll('{{u}}', 'u1'))

/** Makes the object of a request as the registry does before it is stored. */
function create(step: Step) {
  const kind = kindOf(step.call)
  assert(kind?.type, `no kind for ${step.call}`)
  const strategy = strategyOf(kind.type)
  assert(strategy)
  const decoded = decodeObject(kind.type, fill(step.body), 'Warn')
  assert(decoded.ok, 'error' in decoded ? decoded.error.message : '')
  const requested = decoded.value.object
  const namespace = kind.namespaced ? { namespace: 'recorded' } : {}
  const { generateName, name = generateName === undefined ? undefined : `${generateName.slice(0, 58)}gen1` } =
    requested.metadata
  const metadata = { ...namespace, ...requested.metadata, name, creationTimestamp: '2026-01-02T03:04:05Z' }
  const context: WriteContext = { now, options, requested }
  const defaulted = strategy.defaults({ ...requested, metadata })
  assert.equal(strategy.defaults(defaulted), defaulted, 'defaults are idempotent and share what does not change')
  const object = strategy.prepareForCreate(defaulted, context)
  const errors = strategy.validateCreate(object, context)
  return { kind, strategy, object, errors, context }
}

function compareInvalid(step: Step): void {
  const { kind, object, errors } = create(step)
  const expected = fill(step.expect?.body) as Invalid
  assert.ok(errors.length > 0, `accepted, but upstream says: ${expected.message}`)
  const status = invalidFields(kind, object.metadata.name ?? '', errors)
  assert.deepEqual(lenient(status.message), lenient(expected.message))
  assert.deepEqual(lenient(status.details?.causes), lenient(expected.details.causes))
}

/** Drops what storing and admission add, and what is made up anew each time. */
function comparable(object: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(object)) as KubeObject & { spec?: Record<string, unknown> }
  const { uid: _u, resourceVersion: _r, creationTimestamp: _c, managedFields: _m, ...metadata } = copy.metadata
  const { priority: _p, preemptionPolicy: _pp, tolerations: _t, ...spec } = copy.spec ?? {}
  const isPod = copy.kind === 'Pod'
  return normalTimes({ ...copy, metadata, ...(copy.spec === undefined ? {} : { spec: isPod ? spec : copy.spec }) })
}

const normalTimes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll('"2026-01-02T03:04:05Z"', '"<time>"')
      .replace(/"\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z"/g, '"<microtime>"')
      .replaceAll('<gen:1>', 'gen1'),
  )

function replay(file: string, compare: (step: Step) => void, picks: (step: Step, id: string) => boolean): void {
  const path = new URL(file, folder)
  if (!existsSync(path)) {
    test(`recorded cases of ${file}`, { skip: 'the recordings are not here' }, () => {})
    return
  }
  const cases = (JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] }).cases
  for (const { id, title, steps } of cases) {
    for (const [index, step] of steps.entries()) {
      if (!step.call?.startsWith('POST') || step.expect === undefined || !picks(step, id)) continue
      test(`${id}#${index}: ${title}`, () => compare(step))
    }
  }
}

const isOwn = (step: Step): boolean => !step.call.startsWith('POST /apis/batch/')

describe('refused as upstream refuses', () => {
  for (const file of ['invalid/goldens/pod.json', 'invalid/goldens/other.json']) {
    replay(file, compareInvalid, (step, id) => step.expect?.status === 422 && !admitted.has(id))
  }
})

describe('accepted as upstream accepts, with the same warnings', () => {
  const accepted = (step: Step): void => {
    const { strategy, object, errors, context } = create(step)
    assert.deepEqual(errors, [])
    const warnings = strategy.warningsOnCreate?.(object, context) ?? []
    const header = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join('\n')
    assert.equal(header, step.expect?.headers?.['warning'] ?? '')
  }
  replay('invalid/goldens/pod.json', accepted, (step) => step.expect?.status === 201)
  replay('invalid/goldens/other.json', accepted, (step) => step.expect?.status === 201)
})

describe('stored as upstream stores', () => {
  const stored = (step: Step): void => {
    const { object, errors } = create(step)
    assert.deepEqual(errors, [])
    assert.deepEqual(comparable(object), comparable(fill(step.expect?.body)))
  }
  replay(
    'defaults/goldens/objects.json',
    stored,
    (step, id) => step.expect?.status === 201 && isOwn(step) && !admitted.has(id),
  )
})
