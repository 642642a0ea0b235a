/** A resource on disk answers as one in memory does: the same random writes and questions, asked of both. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { configMap, jsonBody, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { Status } from '../../apimachinery/index.ts'
import { strategies } from '../../apis/index.ts'
import { revision } from '../../base/index.ts'
import type { Listing, ListQuery } from './api.ts'

const type = 'core.v1.ConfigMap'

async function twins(): Promise<readonly [memory: TestApi, disk: TestApi]> {
  const strategy = strategies.get(type)
  assert.ok(strategy !== undefined)
  const onDisk = new Map(strategies).set(type, { ...strategy, onDisk: {} })
  const apis = [await testApi(), await testApi({ strategies: onDisk })] as const
  for (const api of apis) {
    const body = jsonBody({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } })
    value(await api.create({ resource: 'namespaces' }, body, api.context))
  }
  return apis
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate)
}

/** What one watcher was told, and how it ended. */
function listen(api: TestApi, target: { readonly namespace?: string }, query: ListQuery): readonly unknown[] {
  const heard: unknown[] = []
  const started = api.watchSoon({ resource: 'configmaps', ...target }, query, {
    onEvents: (events) => heard.push(...events.map((event) => JSON.stringify(event))),
    onEnd: (status?: Status) => heard.push(status ?? 'closed'),
  })
  if (!started.ok) heard.push(started.error)
  return heard
}

const name = fc.constantFrom('a', 'b', 'c', 'c-1', 'd', 'e')
const namespace = fc.constantFrom('default', 'other')
const scope = fc.option(namespace, { nil: undefined })
const selectors = fc.record({
  labelSelector: fc.constantFrom(undefined, undefined, 'odd=yes', 'odd!=yes'),
  fieldSelector: fc.constantFrom(undefined, undefined, 'metadata.name=c', 'metadata.name!=c'),
})
/** How far back a version lies that is asked for; undefined: none is. */
const back = fc.option(fc.nat({ max: 12 }), { nil: undefined })
const match = fc.constantFrom(undefined, 'Exact', 'NotOlderThan')
const step = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), name, namespace, odd: fc.boolean(), data: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('create' as const), name, namespace, odd: fc.boolean(), dryRun: fc.boolean() }),
  fc.record({ kind: fc.constant('delete' as const), name, namespace }),
  fc.record({ kind: fc.constant('get' as const), name, namespace }),
  fc.record({
    kind: fc.constant('list' as const),
    scope,
    selectors,
    back,
    match,
    limit: fc.constantFrom(undefined, 1, 2, 3),
  }),
  fc.record({ kind: fc.constant('continue' as const), limit: fc.constantFrom(undefined, 1, 2) }),
  fc.record({ kind: fc.constant('watch' as const), scope, selectors, back, bookmarks: fc.boolean() }),
  fc.record({ kind: fc.constant('compact' as const), back: fc.nat({ max: 8 }) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Does the steps; answers all that was answered, and what each watcher was told. */
async function play(api: TestApi, steps: readonly Step[]): Promise<readonly unknown[]> {
  const told: unknown[] = []
  const start = Number(api.revision())
  const versionOf = (back: number | undefined) =>
    back === undefined ? undefined : String(Math.max(start, Number(api.revision()) - back))
  let page: { readonly target: { readonly namespace?: string }; readonly query: ListQuery } | undefined
  const list = async (target: { readonly namespace?: string }, query: ListQuery): Promise<void> => {
    const listed = await api.list({ resource: 'configmaps', ...target }, query, api.context)
    told.push(listed)
    const next = listed.ok ? listed.value.continue : (listed.error.metadata as { continue?: string })?.continue
    page = next === undefined ? undefined : { target, query: { ...query, continue: next } }
  }
  for (const one of steps) {
    if (one.kind === 'list' || one.kind === 'watch') {
      const target = one.scope === undefined ? {} : { namespace: one.scope }
      const query = { ...one.selectors, resourceVersion: versionOf(one.back) }
      if (one.kind === 'watch') told.push(listen(api, target, { ...query, allowWatchBookmarks: one.bookmarks }))
      else await list(target, { ...query, limit: one.limit, resourceVersionMatch: one.match })
    } else if (one.kind === 'continue') {
      const { resourceVersion: _, resourceVersionMatch: __, ...query } = page?.query ?? {}
      if (page !== undefined) await list(page.target, { ...query, limit: one.limit })
    } else if (one.kind === 'compact') {
      await api.registry.store.compact(revision(Math.max(0, Number(api.revision()) - one.back)))
    } else told.push(await write(api, one))
    await settle()
  }
  return told
}

async function write(
  api: TestApi,
  one: Extract<Step, { readonly kind: 'put' | 'create' | 'delete' | 'get' }>,
): Promise<unknown> {
  const { namespace, name } = one
  const target = { resource: 'configmaps', namespace, name }
  switch (one.kind) {
    case 'get':
      return await api.get(target, {}, api.context)
    case 'delete':
      return await api.delete(target, {}, api.context)
    case 'put':
    case 'create': {
      const labels = one.odd ? { odd: 'yes' } : {}
      const data = { data: { a: one.kind === 'put' ? String(one.data) : 'new' } }
      const body = jsonBody(configMap(name, { metadata: { name, namespace, labels }, ...data }))
      if (one.kind === 'put') return await api.update(target, body, api.context)
      const context = one.dryRun ? { ...api.context, dryRun: ['All'] } : api.context
      return await api.create({ resource: 'configmaps', namespace }, body, context)
    }
  }
}

test('lists, pages, watches and writes of a resource on disk are as of one in memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const [memory, disk] = await twins()
      const [expected, actual] = [await play(memory, steps), await play(disk, steps)]
      memory.close()
      disk.close()
      assert.deepEqual(actual, expected)
    }),
    { numRuns: 150, seed: 6 },
  )
})

test('pages of a list at one version tell how many follow, whatever comes between', async () => {
  const [, disk] = await twins()
  for (let i = 0; i < 9; i++) {
    value(
      await disk.create({ resource: 'configmaps', namespace: 'default' }, jsonBody(configMap(`m${i}`)), disk.context),
    )
  }
  const target = { resource: 'configmaps', namespace: 'default' }
  const remaining: (number | undefined)[] = []
  const names: (string | undefined)[] = []
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page: Listing = value(await disk.list(target, { limit: 2, continue: next }, disk.context))
    remaining.push(page.remainingItemCount)
    names.push(...page.items.map(({ metadata }) => metadata.name))
    next = page.continue
    const created = jsonBody(configMap(`late-${names.length}`))
    value(await disk.create(target, created, disk.context))
  }
  assert.deepEqual(remaining, [7, 5, 3, 1, undefined])
  assert.deepEqual(
    names,
    Array.from({ length: 9 }, (_, i) => `m${i}`),
  )
})
