import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, job, jsonBody, namesOf, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { DeleteOptions, KubeObject, Status } from '../../apimachinery/index.ts'
import { fail } from '../../base/index.ts'
import { createMemoryStore } from '../../storage/memory/index.ts'
import type { Store } from '../../storage/revision/index.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }
const jobs = { resource: 'jobs.batch', namespace: 'default' }
const pods = { resource: 'pods', namespace: 'default' }
const exists = async (api: TestApi, target: object): Promise<boolean> =>
  (await api.get(target as typeof pods, {}, api.context)).ok

test('what becomes of a Job and its dependents', async (t) => {
  const cases: readonly [name: string, finalizers: string[], options: DeleteOptions, after: string[] | undefined][] = [
    ['without a wish it is held for orphaning', [], {}, ['orphan']],
    ['Background takes it away at once', [], { propagationPolicy: 'Background' }, undefined],
    ['Foreground holds it', [], { propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
    ['Orphan holds it', [], { propagationPolicy: 'Orphan' }, ['orphan']],
    ['orphanDependents false is Background', [], { orphanDependents: false }, undefined],
    ['orphanDependents true is Orphan', [], { orphanDependents: true }, ['orphan']],
    ['a finalizer that is set says what happens', ['foregroundDeletion'], {}, ['foregroundDeletion']],
    ['a wish wins over it', ['orphan'], { propagationPolicy: 'Foreground' }, ['foregroundDeletion']],
    ['other finalizers hold it too', ['example.com/a'], { propagationPolicy: 'Background' }, ['example.com/a']],
  ]
  for (const [name, finalizers, options, after] of cases) {
    await t.test(name, async () => {
      const api = await testApi()
      const body = { ...job('pi'), metadata: { name: 'pi', finalizers } }
      value(await api.create(jobs, jsonBody(body), api.context))
      const pi = { ...jobs, name: 'pi' }
      const deleted = value(await api.delete(pi, options, api.context))
      assert.equal(deleted.pending, after !== undefined)
      assert.equal(await exists(api, pi), after !== undefined)
      if (after === undefined) return
      const { metadata } = deleted.object as KubeObject
      assert.deepEqual(metadata.finalizers, after)
      assert.deepEqual([metadata.generation, metadata.deletionGracePeriodSeconds], [2, 0])
    })
  }
})

test('only a Job that is deleted without a wish warns', async () => {
  const api = await testApi()
  failure(await api.delete({ ...jobs, name: 'none' }, { propagationPolicy: 'Orphan' }, api.context))
  assert.equal(api.warnings.length, 0)
  failure(await api.delete({ ...jobs, name: 'none' }, {}, api.context))
  assert.match(api.warnings[0] ?? '', /^child pods are preserved by default/)
})

const pod = (name: string, spec: object = {}, finalizers?: string[]): object => ({
  metadata: { name, finalizers },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})

async function podApi(config: Parameters<typeof testApi>[0] = {}): Promise<TestApi> {
  return testApi({ disabledAdmission: ['ServiceAccount'], ...config })
}

test('a bound Pod gets its grace period, which may only be shortened', async () => {
  const api = await podApi()
  value(await api.create(pods, jsonBody(pod('p', { nodeName: 'n' })), api.context))
  const p = { ...pods, name: 'p' }
  const ask = async (gracePeriodSeconds?: number) => {
    const { object, pending } = value(
      await api.delete(p, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }, api.context),
    )
    const { deletionTimestamp, deletionGracePeriodSeconds, generation } = (object as KubeObject).metadata
    return [deletionTimestamp, deletionGracePeriodSeconds, generation, pending]
  }
  assert.deepEqual(await ask(), ['2026-01-01T00:00:30Z', 30, 2, true])
  api.clock.advance(5000)
  assert.deepEqual(await ask(), ['2026-01-01T00:00:30Z', 30, 2, true])
  assert.deepEqual(await ask(4), ['2026-01-01T00:00:04Z', 4, 2, true])
  assert.deepEqual(await ask(60), ['2026-01-01T00:00:04Z', 4, 2, true])
  assert.deepEqual(await ask(0), ['2026-01-01T00:00:00Z', 0, 2, false])
  assert.equal(await exists(api, p), false)
})

test('a Pod without a node goes at once; its finalizers hold it', async () => {
  const api = await podApi()
  value(await api.create(pods, jsonBody(pod('free')), api.context))
  assert.equal(value(await api.delete({ ...pods, name: 'free' }, {}, api.context)).pending, false)
  value(await api.create(pods, jsonBody(pod('held', {}, ['example.com/t'])), api.context))
  const held = { ...pods, name: 'held' }
  const first = value(await api.delete(held, {}, api.context))
  const second = value(await api.delete(held, { gracePeriodSeconds: 0 }, api.context))
  assert.equal(second.object, first.object, 'a second delete changes nothing')
  const patch = { type: 'merge', body: { kind: 'Value', value: { metadata: { finalizers: null } } } } as const
  value(await api.patch(held, patch, api.context))
  assert.equal(await exists(api, held), false)
})

test('a Pod whose removal failed after it was marked goes with the next delete, whatever that asks for', async () => {
  const store = createMemoryStore()
  let isFull = false
  const api = await podApi({
    store: {
      ...store,
      delete: async (key, ifRevision) =>
        isFull ? fail({ kind: 'Unavailable', message: 'the disk is full' }) : store.delete(key, ifRevision),
    },
  })
  for (const options of [{}, { gracePeriodSeconds: 0 }, { gracePeriodSeconds: 30 }]) {
    const p = { ...pods, name: 'p' }
    value(await api.create(pods, jsonBody(pod('p', { nodeName: 'n' })), api.context))
    isFull = true
    failure(await api.delete(p, { gracePeriodSeconds: 0 }, api.context))
    isFull = false
    assert.equal(await exists(api, p), true)
    assert.equal(value(await api.delete(p, options, api.context)).pending, false)
    assert.equal(await exists(api, p), false)
  }
})

test('of many deletes of a Pod at once the one that marked it has deleted it', async (t) => {
  const prompt = createMemoryStore()
  const late: Store = {
    ...prompt,
    watch: (prefix, from, observer) =>
      prompt.watch(prefix, from, {
        ...observer,
        onChanges: (changes) => void setImmediate(() => observer.onChanges(changes)),
      }),
  }
  for (const [name, store] of Object.entries({ 'seen at once': createMemoryStore(), 'seen later': late })) {
    await t.test(name, async () => {
      const api = await podApi({ store })
      value(await api.create(pods, jsonBody(pod('p', { nodeName: 'n' })), api.context))
      const ask = () => api.delete({ ...pods, name: 'p' }, { gracePeriodSeconds: 0 }, api.context)
      const [first, ...others] = await Promise.all([ask(), ask(), ask()])
      assert.equal(value(first).pending, false)
      for (const other of others) assert.ok(other.ok || other.error.code === 404, JSON.stringify(other))
    })
  }
})

test('deletes that are refused', async (t) => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context)).object as KubeObject
  const { uid, resourceVersion } = made.metadata
  const cases: readonly [name: string, options: DeleteOptions, code: number, message: string][] = [
    [
      'another uid',
      { preconditions: { uid: 'u-2' } },
      409,
      `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (u-2) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    ],
    [
      'another version',
      { preconditions: { resourceVersion: '1' } },
      409,
      `Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    ],
    [
      'an unknown policy',
      { propagationPolicy: 'background' },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "background": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      'two policies',
      { propagationPolicy: 'Orphan', orphanDependents: true },
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
  ]
  for (const [name, options, code, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.delete({ ...configMaps, name: 'a' }, options, api.context))
      assert.deepEqual([status.code, status.message], [code, message])
    })
  }
  value(await api.delete({ ...configMaps, name: 'a' }, { preconditions: { uid: uid ?? '' } }, api.context))
})

test('a dry run deletes nothing', async () => {
  const api = await testApi()
  const made = value(await api.create(configMaps, jsonBody(configMap('a')), api.context)).object as KubeObject
  const deleted = value(await api.delete({ ...configMaps, name: 'a' }, { dryRun: ['All'] }, api.context))
  assert.equal((deleted.object as Status).details?.uid, made.metadata.uid)
  assert.equal(await exists(api, { ...configMaps, name: 'a' }), true)
})

test('a Namespace ends when it is finalized', async () => {
  const api = await testApi()
  const namespaces = { resource: 'namespaces' }
  value(await api.create(namespaces, jsonBody({ metadata: { name: 'n' } }), api.context))
  const n = { ...namespaces, name: 'n' }
  const first = value(await api.delete(n, {}, api.context))
  assert.equal(first.pending, true)
  assert.equal((first.object as { status?: { phase?: string } }).status?.phase, 'Terminating')
  assert.equal(value(await api.delete(n, {}, api.context)).object, first.object)
  const refused = failure(await api.create({ ...configMaps, namespace: 'n' }, jsonBody(configMap('a')), api.context))
  assert.deepEqual(refused.details?.causes, [
    { reason: 'NamespaceTerminating', message: 'namespace n is being terminated', field: 'metadata.namespace' },
  ])
  const empty = jsonBody({ metadata: { name: 'n' }, spec: { finalizers: [] } })
  value(await api.update({ ...n, subresource: 'finalize' }, empty, api.context))
  assert.equal(await exists(api, n), false)
})

test('the first Namespaces stay', async () => {
  const api = await testApi()
  const status = failure(await api.delete({ resource: 'namespaces', name: 'default' }, {}, api.context))
  assert.equal(status.message, 'namespaces "default" is forbidden: this namespace may not be deleted')
})

test('a collection is deleted by selector and answered as it was', async () => {
  const api = await testApi()
  for (const name of ['a', 'b', 'c']) {
    const labels = { keep: name === 'b' ? 'yes' : 'no' }
    value(await api.create(configMaps, jsonBody(configMap(name, { metadata: { name, labels } })), api.context))
  }
  const deleted = value(await api.deleteCollection(configMaps, {}, { labelSelector: 'keep=no' }, api.context))
  assert.deepEqual(namesOf(deleted.items), ['a', 'c'])
  assert.deepEqual(namesOf(value(await api.list(configMaps, {}, api.context)).items), ['b'])
})

test('an Event goes an hour after it was last told', async () => {
  const api = await testApi()
  const events = { resource: 'events', namespace: 'default' }
  const event = (name: string, lastTimestamp: string) =>
    jsonBody({ metadata: { name }, involvedObject: { namespace: 'default' }, lastTimestamp })
  value(await api.create(events, event('old', '2026-01-01T00:00:00Z'), api.context))
  value(await api.create(events, event('new', '2026-01-01T00:30:00Z'), api.context))
  const left = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return namesOf(value(await api.list(events, {}, api.context)).items)
  }
  api.clock.advance(59 * 60_000)
  assert.deepEqual(await left(), ['new', 'old'])
  api.clock.advance(60_000)
  assert.deepEqual(await left(), ['new'])
  api.clock.advance(30 * 60_000)
  assert.deepEqual(await left(), [])
  assert.equal(api.clock.waiting(), 0, 'no timer without Events')
})

test('of too many Events the oldest go, those that warn last', async () => {
  const api = await testApi({ mostEvents: 32 })
  const events = { resource: 'events', namespace: 'default' }
  const tell = async (name: string, type: string) => {
    const event = { metadata: { name }, involvedObject: { namespace: 'default' }, type }
    value(await api.create(events, jsonBody(event), api.context))
  }
  const left = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return namesOf(value(await api.list(events, {}, api.context)).items)
  }
  const number = (n: number) => String(n).padStart(3, '0')
  await tell('a-warning', 'Warning')
  for (let n = 0; n < 31; n++) await tell(number(n), 'Normal')
  assert.equal((await left()).length, 32)
  // Told again, it is the newest.
  const again = { type: 'merge', body: jsonBody({ count: 2 }) } as const
  value(await api.patch({ ...events, name: '000' }, again, api.context))
  await tell('100', 'Normal')
  const names = await left()
  assert.deepEqual(names.slice(0, 2), ['000', '004'], 'three more than asked for are gone')
  assert.ok(names.includes('a-warning') && names.includes('100'))
  for (let n = 200; n < 300; n++) await tell(number(n), n % 50 === 0 ? 'Warning' : 'Normal')
  const last = await left()
  assert.ok(last.length <= 32, `${last.length}`)
  for (const name of ['a-warning', '200', '250', '299']) assert.ok(last.includes(name), name)
})
