import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, jsonBody, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import type { ApiWatch, ListQuery } from './api.ts'

const configMaps = { resource: 'configmaps', namespace: 'default' }

type Heard = { readonly events: string[]; readonly end: () => Status | 'closed' | undefined; readonly watch: ApiWatch }

/** Watches and notes what is told: `ADDED a`, and of bookmarks their annotations. */
async function listen(api: TestApi, query: ListQuery, target: object = configMaps): Promise<Heard> {
  const events: string[] = []
  let end: Status | 'closed' | undefined
  const started = value(
    api.watchSoon(target as typeof configMaps, query, {
      onEvents: (told) => {
        for (const { type, object } of told) {
          const marks = Object.keys(object.metadata.annotations ?? {})
          events.push([type, object.metadata.name, ...marks].filter(Boolean).join(' '))
        }
      },
      onEnd: (status) => {
        end = status ?? 'closed'
      },
    }),
  )
  await Promise.resolve()
  return { events, end: () => end, watch: started }
}

const create = async (api: TestApi, name: string, more: object = {}): Promise<string> => {
  const { object } = value(await api.create(configMaps, jsonBody(configMap(name, more)), api.context))
  return (object as KubeObject).metadata.resourceVersion ?? ''
}

test('a watch without a version begins with what is there', async () => {
  const api = await testApi()
  await create(api, 'b')
  await create(api, 'a')
  for (const query of [{}, { resourceVersion: '0' }]) {
    const { events, watch } = await listen(api, query)
    await create(api, `c${query.resourceVersion ?? ''}`)
    watch.stop()
    await create(api, `d${query.resourceVersion ?? ''}`)
    assert.deepEqual(events.slice(0, 2), ['ADDED a', 'ADDED b'])
    assert.match(events.at(-1) ?? '', /^ADDED c0?$/)
  }
})

test('a watch from a version tells what happened since', async () => {
  const api = await testApi()
  const from = await create(api, 'a')
  await create(api, 'b')
  value(await api.delete({ ...configMaps, name: 'a' }, {}, api.context))
  const { events } = await listen(api, { resourceVersion: from })
  await create(api, 'c')
  assert.deepEqual(events, ['ADDED b', 'DELETED a', 'ADDED c'])
})

test('a watch from a forgotten version ends with 410', async () => {
  const api = await testApi()
  await create(api, 'a')
  const { store } = api.registry
  api.close()
  const again = await testApi({ store })
  const { end, events } = await listen(again, { resourceVersion: '1' })
  const ended = end() as Status
  assert.equal(ended.reason, 'Expired')
  assert.match(ended.message ?? '', /^too old resource version: 1 \(\d+\)$/)
  assert.deepEqual(events, [])
})

test('a watch from a version of the future waits for it', async () => {
  const api = await testApi()
  const from = Number(await create(api, 'a')) + 1
  const { events } = await listen(api, { resourceVersion: String(from) })
  await create(api, 'b')
  await create(api, 'c')
  assert.deepEqual(events, ['ADDED c'])
})

test('objects enter and leave a selection', async () => {
  const api = await testApi()
  const { events } = await listen(api, { labelSelector: 'in=yes', fieldSelector: 'metadata.name=a' })
  const label = (name: string, text: string) =>
    api.patch(
      { ...configMaps, name },
      { type: 'merge', body: { kind: 'Value', value: { metadata: { labels: { in: text } } } } },
      api.context,
    )
  await create(api, 'a')
  await create(api, 'b', { metadata: { name: 'b', labels: { in: 'yes' } } })
  await label('a', 'yes')
  await label('a', 'no')
  await label('a', 'yes')
  value(await api.delete({ ...configMaps, name: 'a' }, {}, api.context))
  assert.deepEqual(events, ['ADDED a', 'DELETED a', 'ADDED a', 'DELETED a'])
})

test('initial events end with a marked bookmark', async () => {
  const api = await testApi()
  await create(api, 'a')
  const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
  const { events } = await listen(api, { ...query, allowWatchBookmarks: true })
  assert.deepEqual(events, ['ADDED a', 'BOOKMARK k8s.io/initial-events-end'])
  assert.deepEqual((await listen(api, query)).events, ['ADDED a'], 'no bookmark unasked')
  const none = { sendInitialEvents: false, resourceVersionMatch: 'NotOlderThan' }
  assert.deepEqual((await listen(api, none)).events, [])
})

test('initial events of a version that does not come: 504', async () => {
  const api = await testApi()
  const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', resourceVersion: '999' }
  const { end } = await listen(api, query)
  api.clock.advance(3000)
  await new Promise((resolve) => setImmediate(resolve))
  assert.match((end() as Status).message ?? '', /^Timeout: Too large resource version: 999, current: \d+$/)
})

test('bookmarks come every minute and shortly before the end, to who asked', async () => {
  const api = await testApi()
  const from = await create(api, 'a')
  assert.equal(api.clock.waiting(), 0)
  const short = await listen(api, { resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds: 7 })
  const long = await listen(api, { resourceVersion: from, allowWatchBookmarks: true })
  const without = await listen(api, { resourceVersion: from })
  api.clock.advance(4999)
  assert.deepEqual(short.events, [])
  api.clock.advance(1)
  assert.deepEqual(short.events, ['BOOKMARK'])
  api.clock.advance(55_000)
  assert.deepEqual([short.events.length, long.events.length, without.events.length], [1, 1, 0])
  for (const { watch } of [short, long, without]) watch.stop()
  assert.equal(api.clock.waiting(), 0, 'no timer without readers of bookmarks')
})

test('watches that are refused', async (t) => {
  const api = await testApi()
  const cases: readonly [name: string, query: ListQuery, code: number, message: string][] = [
    [
      'no version',
      { resourceVersion: 'abc' },
      500,
      'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      'initial events without the rule',
      { sendInitialEvents: true },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'the rule without initial events',
      { resourceVersionMatch: 'NotOlderThan', resourceVersion: '1' },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'a continue token',
      { continue: 'abc' },
      422,
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    [
      'a bad label selector',
      { labelSelector: 'a in (' },
      400,
      "unable to parse requirement: found '', expected: ',', ')' or identifier",
    ],
  ]
  for (const [name, query, code, message] of cases) {
    await t.test(name, async () => {
      const status = failure(await api.watch(configMaps, query, { onEvents: () => {}, onEnd: () => {} }, api.context))
      assert.deepEqual([status.code, status.message], [code, message])
    })
  }
})

test('closing ends all watches', async () => {
  const api = await testApi()
  const { end } = await listen(api, {})
  api.close()
  assert.equal(end(), 'closed')
})

test('a thousand watchers of one object each hear of their own', async () => {
  const api = await testApi()
  const heard = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => listen(api, { fieldSelector: `metadata.name=n${i}` })),
  )
  await create(api, 'n7')
  assert.equal(heard.flatMap(({ events }) => events).length, 1)
  assert.deepEqual(heard[7]?.events, ['ADDED n7'])
})
