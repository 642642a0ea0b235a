/**
 * Recorded requests of upstream about managed fields, without HTTP: decode, defaults, ownership, the kind's strategy.
 * Needs the recordings beside the checkout.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse as parseYaml } from 'yaml'
import { strategyOf } from '../../apis/index.ts'
import type { Strategy, UpdateStrategy, WriteContext } from '../../apis/strategy.ts'
import { fail, instant, ok, type Result } from '../../base/index.ts'
import { decodeObject } from '../decode/decoder.ts'
import type { KubeObject } from '../meta/object.ts'
import { plainError } from '../meta/status.ts'
import type { ManagedFieldsEntry, Status } from '../meta/types.gen.ts'
import { type KindSchema, schema, type TypeName } from '../schema/schema.ts'
import { serverSideApply } from './apply.ts'
import { applyJsonPatch } from './json.ts'
import type { JsonObject } from './json-value.ts'
import { clearsManagedFields } from './managed-fields.ts'
import { applyMergePatch } from './merge.ts'
import { applyStrategicMergePatch } from './strategic.ts'
import { type FieldWriter, ignoreManagedFieldsTimestamps, trackUpdate } from './track-update.ts'

type Step = {
  readonly call?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: JsonObject
  readonly raw?: string
  readonly expect?: { readonly status: number; readonly body: JsonObject }
}
type Golden = { readonly cases: readonly { readonly id: string; readonly steps: readonly Step[] }[] }

const file = new URL('../../../../shared/wire/patch/goldens/apply.json', import.meta.url)
const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Golden).cases : []

const uid = '<uid:1>'
const options = { exact: true, isTimeZone: () => true }

type Target = {
  readonly method: string
  readonly kind: KindSchema
  readonly name: string
  readonly subresource: string
  readonly query: URLSearchParams
}

function targetOf(call: string): Target | undefined {
  const match =
    /^(\w+) \/(?:api|apis\/([^/]+))\/(\w+)(?:\/namespaces\/\{\{ns\}\})?\/(\w+)(?:\/([^/?]+))?(?:\/(status))?(\?.*)?$/.exec(
      call,
    )
  if (match === null) return undefined
  const [, method = '', group = '', version, resource, name = '', subresource = '', query = ''] = match
  const kind = schema.kinds.find((k) => k.group === group && k.version === version && k.resource === resource)
  return kind && { method, kind, name, subresource, query: new URLSearchParams(query) }
}

class World {
  live: KubeObject | undefined
  now = Date.UTC(2026, 0, 1)
}

function decoded(strategy: Strategy, value: unknown): Result<KubeObject, Status> {
  const result = decodeObject(strategy.type, value, 'Ignore')
  return result.ok ? ok(strategy.defaults(result.value.object)) : fail(plainError(result.error.message))
}

/** The object as a request makes it, before the kind's strategy. */
function requested(
  world: World,
  target: Target,
  step: Step,
  strategy: Strategy,
  endpoint: UpdateStrategy<KubeObject>,
): Result<KubeObject, Status> {
  const { kind, query, subresource, name, method } = target
  const writer: FieldWriter = {
    type: strategy.type,
    manager: query.get('fieldManager') ?? 'wire',
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    subresource,
    resetFields: endpoint.resetFields,
    now: instant(world.now),
  }
  const place = (object: KubeObject): KubeObject => ({
    ...object,
    apiVersion: writer.apiVersion,
    kind: kind.kind,
    metadata: {
      ...object.metadata,
      name: object.metadata.name ?? name,
      ...(kind.namespaced ? { namespace: '{{ns}}' } : {}),
    },
  })
  const type = step.headers?.['Content-Type'] ?? ''
  if (type === 'application/apply-patch+yaml') {
    const config: unknown = step.body ?? parseYaml(step.raw ?? '', { version: '1.1' })
    const applied = serverSideApply(world.live, config, {
      ...writer,
      kind: kind.kind,
      force: query.get('force') === 'true',
    })
    if (!applied.ok) return applied
    const object = decoded(strategy, applied.value)
    if (!object.ok) return object
    return ok(world.live === undefined ? place(object.value) : ignoreManagedFieldsTimestamps(object.value, world.live))
  }
  const current = world.live as unknown as JsonObject
  const body: Result<unknown, Status> =
    method !== 'PATCH'
      ? ok(step.body)
      : type.startsWith('application/merge')
        ? applyMergePatch(current, step.body)
        : type.startsWith('application/strategic')
          ? applyStrategicMergePatch(strategy.type as TypeName, current, step.body)
          : applyJsonPatch(current, step.body as unknown as JsonObject[])
  if (!body.ok) return body
  const object = decoded(strategy, body.value)
  return object.ok ? ok(trackUpdate(place(object.value), world.live, writer, clearsManagedFields(body.value))) : object
}

function play(world: World, target: Target, step: Step): Result<KubeObject, Status> | undefined {
  const strategy = strategyOf(target.kind.type ?? '')
  if (strategy === undefined) return undefined
  const endpoint = target.subresource === '' ? strategy : strategy.subresources[target.subresource]
  if (endpoint === undefined) return undefined
  world.now += 10_000
  const object = requested(world, target, step, strategy, endpoint)
  if (!object.ok) return object
  const context: WriteContext = { now: instant(world.now), options }
  const { live } = world
  if (live === undefined) {
    const metadata = {
      ...object.value.metadata,
      uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    }
    // What is read from storage has defaults again: a Job gets labels from its template that way.
    world.live = strategy.defaults(strategy.prepareForCreate({ ...object.value, metadata }, context))
  } else {
    const { uid, creationTimestamp, generation, resourceVersion } = live.metadata
    const metadata = { ...object.value.metadata, uid, creationTimestamp, generation, resourceVersion }
    world.live = endpoint.prepareForUpdate({ ...object.value, metadata }, live, context)
  }
  return ok(world.live)
}

/** What is compared: all but versions and generated names; of times only whether there is one. */
function comparable(object: JsonObject): unknown {
  const { metadata, spec, status, data } = object as Record<string, JsonObject>
  const { labels, annotations, finalizers, managedFields } = (metadata ?? {}) as Record<string, unknown>
  const managers = ((managedFields ?? []) as ManagedFieldsEntry[])
    .map((entry) => ({ ...entry, time: entry.time === undefined ? undefined : '<time>' }))
    .sort((a, b) => (JSON.stringify([a.operation, a.manager]) < JSON.stringify([b.operation, b.manager]) ? -1 : 1))
  return JSON.parse(JSON.stringify({ labels, annotations, finalizers, managers, spec, status, data }))
}

/** Cases about what only a whole server does: names, generated owners, options, validation, deletion. test/conformance has them. */
const elsewhere = new Set([
  'owner-list',
  'no-manager',
  'manager-long',
  'force-not-apply',
  'no-name',
  'uid-new',
  'status-create',
  'remove-required',
  'immutable',
  'deleted',
  'namespace',
  'pod-status-conditions',
])

let compared = 0
for (const { id, steps } of cases.filter((each) => !elsewhere.has(each.id)))
  test(`recorded apply: ${id}`, () => {
    const world = new World()
    for (const step of steps) {
      const target = targetOf(step.call ?? '')
      if (target === undefined) continue
      if (target.method === 'GET' || target.method === 'DELETE') continue
      if (step.raw === 'a: b: amber') continue
      const result = play(world, target, step)
      if (result === undefined || step.expect === undefined) continue
      compared++
      if (step.expect.status >= 400) assert.deepEqual(result.ok ? 'accepted' : result.error, step.expect.body)
      else {
        assert.ok(result.ok, result.ok ? '' : (result.error.message ?? ''))
        if (step.expect.body['kind'] !== undefined)
          assert.deepEqual(comparable(result.value as unknown as JsonObject), comparable(step.expect.body))
      }
    }
  })

test('enough was compared', { skip: cases.length === 0 && 'no recordings here' }, () => {
  assert.ok(compared > 30, `${compared}`)
})
