/**
 * Recorded requests of upstream, without HTTP: decode, defaults, prepare, validate, and compare with what it answered.
 * Needs the recordings beside the checkout.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeObject, invalidFields, type KubeObject, type Status } from '../../apimachinery/index.ts'
import { instant } from '../../base/index.ts'
import { isTimeZone } from '../../cron/index.ts'
import type { Strategy, UpdateStrategy, WriteContext } from '../strategy.ts'
import { batchStrategies } from './index.ts'

const wire = new URL('../../../../shared/wire/', import.meta.url)
const suites = [
  'invalid/goldens/job.json',
  'invalid/goldens/job-status.json',
  'invalid/goldens/podfailurepolicy.json',
  'invalid/goldens/successpolicy.json',
  'invalid/goldens/cronjob.json',
  'invalid/goldens/cron-schedules.json',
  'invalid/goldens/timezones.json',
  'invalid/goldens/update-job.json',
  'defaults/goldens/objects.json',
]

type Step = {
  readonly call?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Json
  readonly setup?: boolean
  /** Pointers to what was recorded; `body` then maps them to values. */
  readonly only?: readonly string[]
  readonly expect?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: Json }
}
type Json = { readonly [key: string]: unknown }
type Case = { readonly id: string; readonly title: string; readonly steps: readonly Step[] }

const options = { exact: true, isTimeZone }
const context: WriteContext = { now: instant(Date.UTC(2026, 0, 1)), options }

const kinds: Readonly<Record<string, { readonly type: string; readonly kind: string }>> = {
  jobs: { type: 'batch.v1.Job', kind: 'Job' },
  cronjobs: { type: 'batch.v1.CronJob', kind: 'CronJob' },
}
const uid = '11111111-2222-3333-4444-555555555555'

type Outcome = { readonly status: number; readonly body: unknown; readonly warnings: readonly string[] }
type Target = {
  readonly strategy: Strategy
  readonly kind: string
  readonly name?: string | undefined
  readonly sub?: string | undefined
}

const route =
  /^(\w+) \/apis\/batch\/v1\/namespaces\/\{\{ns\}\}\/(jobs|cronjobs)(?:\/([^/?]+))?(?:\/(status))?(?:\?.*)?$/

function targetOf(step: Step): (Target & { readonly method: string }) | undefined {
  const match = route.exec(step.call ?? '')
  const known = kinds[match?.[2] ?? '']
  if (match === null || known === undefined) return undefined
  const strategy = batchStrategies.find(({ type }) => type === known.type)
  if (strategy === undefined) return undefined
  return { method: match[1] ?? '', strategy, kind: known.kind, name: match[3], sub: match[4] }
}

function refusal(kind: string, object: KubeObject, errors: Parameters<typeof invalidFields>[2]): Outcome {
  const status: Status = invalidFields({ group: 'batch', kind }, object.metadata.name ?? '', errors)
  return { status: 422, body: status, warnings: [] }
}

function decoded(strategy: Strategy, json: unknown): KubeObject {
  const result = decodeObject(strategy.type, json, 'Ignore')
  assert.ok(result.ok, JSON.stringify(result))
  return strategy.defaults(result.value.object)
}

function create({ strategy, kind }: Target, body: Json): Outcome {
  const object = decoded(strategy, body)
  const { generateName } = object.metadata
  const metadata = {
    ...object.metadata,
    ...(generateName && !object.metadata.name ? { name: `${generateName}abcde` } : {}),
    namespace: '{{ns}}'.replace(/[{}]/g, ''),
    uid,
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: undefined,
  }
  const prepared = strategy.prepareForCreate({ ...object, metadata }, context)
  const errors = strategy.validateCreate(prepared, context)
  if (errors.length > 0) return refusal(kind, prepared, errors)
  const warnings = strategy.warningsOnCreate?.(prepared, context) ?? []
  return { status: 201, body: strategy.defaults(prepared), warnings }
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = key === 'containers' ? mergeNamed(merged[key], value) : mergePatch(merged[key], value)
  }
  return merged
}

/** The one list that the recorded strategic merge patches touch. */
function mergeNamed(target: unknown, patch: unknown): unknown {
  const list = target as readonly Json[]
  return (patch as readonly Json[]).map((item) =>
    mergePatch(
      list.find(({ name }) => name === item.name),
      item,
    ),
  )
}

function update({ strategy, kind, sub }: Target, json: unknown, old: KubeObject): Outcome {
  const given = decoded(strategy, json)
  const { resourceVersion, creationTimestamp, namespace } = old.metadata
  const object = {
    ...given,
    metadata: {
      ...given.metadata,
      resourceVersion,
      creationTimestamp,
      namespace,
      uid: given.metadata.uid ?? old.metadata.uid,
      managedFields: undefined,
    },
  }
  const endpoint: UpdateStrategy<KubeObject> | undefined = sub === undefined ? strategy : strategy.subresources[sub]
  assert.ok(endpoint)
  const prepared = endpoint.prepareForUpdate(object, old, context)
  const errors = endpoint.validateUpdate(prepared, old, context)
  if (errors.length > 0) return refusal(kind, prepared, errors)
  return {
    status: 200,
    body: strategy.defaults(prepared),
    warnings: endpoint.warningsOnUpdate?.(prepared, old, context) ?? [],
  }
}

/** Values that differ from run to run, written as the recordings do. */
const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(uid, '<uid:1>')
      .replaceAll('2026-01-01T00:00:00Z', '<time>')
      .replaceAll(/([A-Za-z0-9]+)-abcde/g, '$1-<gen>')
      .replaceAll('"namespace":"ns"', '"namespace":"{{ns}}"'),
  )

/** Empty and absent maps, lists and texts are the same on the wire; the encoder leaves them out. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, bare(inner)] as const)
      .filter(([, inner]) => inner !== undefined && inner !== null && !isEmpty(inner))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

function withoutVersions(body: unknown): unknown {
  const { metadata, ...rest } = (body ?? {}) as Json
  const { resourceVersion: _, ...kept } = (metadata ?? {}) as Json
  return bare({ ...rest, metadata: kept })
}

/** What a JSON pointer leads to; null for nothing, as recorded. */
const pointed = (value: unknown, pointer: string): unknown =>
  pointer
    .slice(1)
    .split('/')
    .reduce<unknown>((inner, key) => (inner as Json | null)?.[key] ?? null, value)

function compare(actual: Outcome, expected: NonNullable<Step['expect']>, only: Step['only']): void {
  assert.equal(actual.status, expected.status, JSON.stringify(actual.body).slice(0, 1500))
  if (expected.body === undefined) return
  if (only !== undefined) {
    const body = normal(actual.body)
    assert.deepEqual(Object.fromEntries(only.map((pointer) => [pointer, pointed(body, pointer)])), expected.body)
    return
  }
  if (expected.status >= 400) {
    const { message, details } = normal(actual.body) as Json
    assert.deepEqual({ message, details }, { message: expected.body.message, details: expected.body.details })
    return
  }
  const recordedBody = JSON.parse(JSON.stringify(expected.body).replaceAll('<gen:1>', '<gen>'))
  assert.deepEqual(withoutVersions(normal(actual.body)), withoutVersions(recordedBody))
  const warnings = actual.warnings.map((text) => `299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`)
  const recorded = (expected.headers?.warning ?? '').split('\n').filter((text) => text !== '')
  // Warnings about fields of the request as such are the registry's.
  assert.deepEqual(
    warnings,
    recorded.filter((text) => !text.includes('.metadata.')),
  )
}

function replay({ steps }: Case): void {
  let stored: KubeObject | undefined
  for (const step of steps) {
    const target = targetOf(step)
    if (target === undefined || step.body === undefined) continue
    const actual = outcomeOf(target, target.method, step.body, stored)
    if (step.expect !== undefined && step.setup !== true) {
      // Answers of the registry itself (names in URLs, preconditions) are not made here.
      if (step.expect.status === 400 || step.expect.status === 409) continue
      compare(actual, step.expect, step.only)
    }
    if (actual.status < 300) {
      const object = actual.body as KubeObject
      stored = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } }
    }
  }
}

function outcomeOf(target: Target, method: string, body: Json, stored: KubeObject | undefined): Outcome {
  if (method === 'POST') return create(target, body)
  assert.ok(stored, 'an update needs a stored object')
  return update(target, method === 'PUT' ? body : JSON.parse(JSON.stringify(mergePatch(stored, body))), stored)
}

/** Cases about more than one object, or about answers of the registry and the decoder. */
const elsewhere = new Set([
  'invalid/goldens/update-job.json put-as-read',
  'invalid/goldens/update-job.json kind',
  'invalid/goldens/update-job.json api-version',
  'invalid/goldens/job.json owner-dup',
  'defaults/goldens/objects.json job-labels',
])

for (const suite of suites) {
  const url = new URL(suite, wire)
  const cases: readonly Case[] = existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')).cases : []
  const skip = cases.length === 0 ? 'the recordings are not beside this checkout' : false
  test(`${suite} is answered as upstream answered`, { skip }, async (context) => {
    for (const recorded of cases) {
      if (elsewhere.has(`${suite} ${recorded.id}`)) continue
      if (!recorded.steps.some((step) => step.expect !== undefined && targetOf(step) !== undefined)) continue
      await context.test(`${recorded.id}: ${recorded.title}`, () => replay(recorded))
    }
  })
}
