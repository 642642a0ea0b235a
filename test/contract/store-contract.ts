/** What every storage driver must do, as tests. A driver passes a factory for an empty store. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Revision, revision } from '../../src/base/index.ts'
import type { Change, Entry, Store, StoreError } from '../../src/storage/revision/index.ts'

type Opened = { readonly store: Store; readonly dispose: () => Promise<void> }

export function runStoreContract(driver: string, open: () => Promise<Opened>): void {
  const scenario = (name: string, body: (store: Store, nth: Nth) => Promise<void>): void => {
    test(name, async () => {
      const { store, dispose } = await open()
      const empty = store.revision()
      try {
        await body(store, (writes) => revision(empty + writes))
      } finally {
        await dispose()
      }
    })
  }
  describe(`${driver}: the contract of a store`, () => {
    writes(scenario)
    reads(scenario)
    watches(scenario)
    compaction(scenario)
    random(open)
  })
}

/** The revision after so many writes of an empty store: not every driver counts from 0. */
type Nth = (writes: number) => Revision
type Scenario = (name: string, body: (store: Store, nth: Nth) => Promise<void>) => void

async function made(store: Store, key: string, value = `${key}-1`): Promise<Entry> {
  const result = await store.create(key, value)
  assert.ok(result.ok, `create ${key}`)
  return result.value
}

function writes(scenario: Scenario): void {
  scenario('an empty store holds nothing', async (store) => {
    assert.deepEqual(await keys(store, '/'), [])
  })
  scenario('each write takes the next revision', async (store, nth) => {
    const a = await made(store, '/a')
    const b = await made(store, '/b')
    const updated = await store.update('/a', 'new', a.modified)
    assert.deepEqual([a.created, a.modified, b.modified], [nth(1), nth(1), nth(2)])
    assert.deepEqual(updated, { ok: true, value: { key: '/a', value: 'new', created: nth(1), modified: nth(3) } })
    assert.deepEqual(await store.delete('/b', b.modified), { ok: true, value: nth(4) })
    assert.equal(store.revision(), nth(4))
  })
  scenario('create of a key that is there answers Exists and takes no revision', async (store, nth) => {
    await made(store, '/a')
    assert.deepEqual(await store.create('/a', 'x'), { ok: false, error: { kind: 'Exists', current: nth(1) } })
    assert.equal(store.revision(), nth(1))
  })
  scenario('a removed key can be made again', async (store, nth) => {
    const a = await made(store, '/a')
    await store.delete('/a', a.modified)
    assert.equal((await made(store, '/a', 'again')).created, nth(3))
  })
  scenario('update of a key that never was answers Missing', async (store, nth) => {
    const missing = { ok: false, error: { kind: 'Missing', current: nth(0) } }
    assert.deepEqual(await store.update('/a', 'x', nth(1)), missing)
  })
  scenario('a second delete answers Missing, and from when on the key is gone', async (store, nth) => {
    const { modified } = await made(store, '/a')
    const watch = collector(store, '/', store.revision())
    const answers = await Promise.all([store.delete('/a', modified), store.delete('/a', modified)])
    const late = answers.find(({ ok }) => !ok)
    assert.deepEqual(late, { ok: false, error: { kind: 'Missing', current: nth(2) } })
    assert.ok(answers.some((answer) => answer.ok && answer.value === nth(2)))
    assert.deepEqual(
      watch.seen.map(({ revision }) => revision),
      [nth(2)],
      'its removal has been told by then',
    )
  })
  scenario('update and delete at a stale revision answer Conflict with the newest', async (store, nth) => {
    const a = await made(store, '/a')
    await store.update('/a', 'two', a.modified)
    const conflict = { ok: false, error: { kind: 'Conflict', current: nth(2) } }
    assert.deepEqual(await store.update('/a', 'x', a.modified), conflict)
    assert.deepEqual(await store.delete('/a', a.modified), conflict)
  })
  scenario('of concurrent updates at one revision exactly one wins', async (store, nth) => {
    const a = await made(store, '/a')
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.update('/a', `v${i}`, a.modified)))
    assert.equal(results.filter(({ ok }) => ok).length, 1)
    assert.equal(store.revision(), nth(2))
  })
  scenario('values keep every character', async (store) => {
    const value = '{"a":"ü\\u0000\\n😀"}\u0000\u{10ffff}'
    await made(store, '/a', value)
    const read = await store.get('/a')
    assert.equal(read.ok && read.value?.value, value)
  })
  scenario('after close every call answers Unavailable', async (store) => {
    await store.close()
    const created = await store.create('/a', 'x')
    assert.equal(!created.ok && created.error.kind, 'Unavailable')
    const read = await store.get('/a')
    assert.equal(!read.ok && read.error.kind, 'Unavailable')
  })
}

async function keys(store: Store, prefix: string, options: Parameters<Store['list']>[1] = {}): Promise<string[]> {
  const listed = await store.list(prefix, options)
  assert.ok(listed.ok, JSON.stringify(listed))
  return listed.value.entries.map(({ key }) => key)
}

function reads(scenario: Scenario): void {
  scenario('get of a missing key answers undefined', async (store) => {
    assert.deepEqual(await store.get('/none'), { ok: true, value: undefined })
  })
  scenario('list has the keys of a prefix in order, and nothing beside it', async (store) => {
    for (const key of ['/p/b', '/p/a', '/pa', '/o/z', '/p/c/d']) await made(store, key)
    assert.deepEqual(await keys(store, '/p/'), ['/p/a', '/p/b', '/p/c/d'])
  })
  scenario('list pages with limit and a first key, and counts what remains', async (store) => {
    for (const key of ['/a', '/b', '/c', '/d']) await made(store, key)
    const page = await store.list('/', { limit: 3 })
    assert.ok(page.ok)
    assert.deepEqual([page.value.entries.length, page.value.remaining], [3, 1])
    const few = await store.list('/', { limit: 1 })
    assert.equal(few.ok && few.value.remaining, 3)
    const uncounted = await store.list('/', { limit: 1, uncounted: true })
    assert.equal(uncounted.ok && uncounted.value.remaining, 1, 'that there is more, not how much')
    const rest = await store.list('/', { from: '/a\u0000', limit: 3, uncounted: true })
    assert.equal(rest.ok && rest.value.remaining, 0)
    assert.deepEqual(await keys(store, '/', { from: '/d', limit: 3 }), ['/d'])
  })
  scenario('list at an older revision shows that snapshot', async (store, nth) => {
    const a = await made(store, '/a')
    const b = await made(store, '/b')
    await store.update('/a', 'later', a.modified)
    await store.delete('/b', b.modified)
    await made(store, '/c')
    const then = await store.list('/', { at: nth(2) })
    assert.ok(then.ok)
    assert.deepEqual(
      then.value.entries.map(({ key, value, modified }) => [key, value, modified]),
      [
        ['/a', '/a-1', nth(1)],
        ['/b', '/b-1', nth(2)],
      ],
    )
  })
  scenario('list at a future revision answers Future', async (store, nth) => {
    const listed = await store.list('/', { at: nth(1) })
    assert.deepEqual(listed, { ok: false, error: { kind: 'Future', current: nth(0) } })
  })
}

/** Collects changes and lets a test wait until there are enough. */
function collector(store: Store, prefix: string, from: Revision) {
  const seen: Change[] = []
  let waiting: { count: number; resolve: () => void } | undefined
  let ended: StoreError | undefined | 'open' = 'open'
  const watch = store.watch(prefix, from, {
    onChanges(changes) {
      seen.push(...changes)
      if (waiting !== undefined && seen.length >= waiting.count) waiting.resolve()
    },
    onEnd(error) {
      ended = error
    },
  })
  const until = (count: number): Promise<void> =>
    seen.length >= count ? Promise.resolve() : new Promise((resolve) => (waiting = { count, resolve }))
  return { watch, seen, until, ended: () => ended }
}

const shortOf = (change: Change): string =>
  change.kind === 'Put' ? `${change.entry.key}=${change.entry.value}` : `${change.previous.key} gone`

/** What was told, and at which revisions. */
const toldOf = ({ seen }: { readonly seen: readonly Change[] }) => [
  seen.map(shortOf),
  seen.map(({ revision }) => revision),
]

function watches(scenario: Scenario): void {
  scenario('a watch tells history first, then what follows, each once and in order', async (store, nth) => {
    const a = await made(store, '/a', '1')
    await made(store, '/b', '1')
    const watch = collector(store, '/', nth(1))
    await store.update('/a', '2', a.modified)
    await store.delete('/a', nth(3))
    await watch.until(3)
    assert.deepEqual(toldOf(watch), [
      ['/b=1', '/a=2', '/a gone'],
      [nth(2), nth(3), nth(4)],
    ])
  })
  scenario('changes reach a live watch no later than the answer reaches the writer', async (store) => {
    const watch = collector(store, '/', store.revision())
    await made(store, '/a')
    assert.equal(watch.seen.length, 1)
  })
  scenario('a watch sees only its prefix', async (store) => {
    const watch = collector(store, '/p/', store.revision())
    for (const key of ['/p/a', '/q/a', '/p/b']) await made(store, key)
    assert.deepEqual(watch.seen.map(shortOf), ['/p/a=/p/a-1', '/p/b=/p/b-1'])
  })
  scenario('a change tells the version that it replaced', async (store, nth) => {
    const watch = collector(store, '/', store.revision())
    const a = await made(store, '/a')
    await store.update('/a', '2', a.modified)
    await store.delete('/a', nth(2))
    assert.deepEqual(
      watch.seen.map(({ previous }) => previous?.modified),
      [undefined, nth(1), nth(2)],
    )
  })
  scenario('a stopped watch is told nothing more', async (store) => {
    const watch = collector(store, '/', store.revision())
    assert.ok(watch.watch.ok)
    watch.watch.value.stop()
    await made(store, '/a')
    assert.equal(watch.seen.length, 0)
  })
  scenario('a watch from the future answers Future', async (store, nth) => {
    const watch = collector(store, '/', nth(5))
    assert.deepEqual(watch.watch, { ok: false, error: { kind: 'Future', current: nth(0) } })
  })
  scenario('closing the store ends its watches', async (store, nth) => {
    await made(store, '/a')
    const watches = [collector(store, '/', store.revision()), collector(store, '/', nth(0))]
    await store.close()
    for (const watch of watches) assert.notEqual(watch.ended(), 'open')
  })
}

function compaction(scenario: Scenario): void {
  scenario('after compaction older watches and lists answer Compacted, newer ones go on', async (store, nth) => {
    const a = await made(store, '/a', '1')
    await store.update('/a', '2', a.modified)
    const b = await made(store, '/b', '1')
    await store.delete('/b', b.modified)
    assert.deepEqual(await store.compact(nth(3)), { ok: true, value: nth(3) })
    const compacted = { ok: false, error: { kind: 'Compacted', oldest: nth(3) } }
    assert.deepEqual(await store.list('/', { at: nth(2) }), compacted)
    assert.deepEqual(collector(store, '/', nth(2)).watch, compacted)
    const watch = collector(store, '/', nth(3))
    await watch.until(1)
    assert.deepEqual(toldOf(watch), [['/b gone'], [nth(4)]])
    assert.deepEqual(await keys(store, '/', { at: nth(3) }), ['/a', '/b'])
    assert.deepEqual(await keys(store, '/'), ['/a'])
  })
  scenario('compaction never goes back and not into the future', async (store, nth) => {
    await made(store, '/a')
    await store.compact(nth(1))
    assert.deepEqual(await store.compact(nth(0)), { ok: true, value: nth(1) })
    assert.deepEqual(await store.compact(nth(9)), { ok: false, error: { kind: 'Future', current: nth(1) } })
  })
}

/** Any sequence of writes: what a watch from 0 tells adds up to what list shows, at every revision. */
function random(open: () => Promise<Opened>): void {
  const step = fc.record({ key: fc.constantFrom('/a', '/b', '/c'), act: fc.constantFrom('create', 'update', 'delete') })
  test('the watched history adds up to the listed state at each revision', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { store, dispose } = await open()
        try {
          const watch = collector(store, '/', store.revision())
          await Promise.all(steps.map((one, i) => perform(store, one, i)))
          const state = new Map<string, string>()
          for (const change of watch.seen) {
            if (change.kind === 'Put') state.set(change.entry.key, change.entry.value)
            else state.delete(change.previous.key)
            const listed = await store.list('/', { at: change.revision })
            assert.ok(listed.ok)
            assert.deepEqual(new Map(listed.value.entries.map(({ key, value }) => [key, value])), sorted(state))
          }
          assert.deepEqual(await keys(store, '/'), [...state.keys()].sort())
        } finally {
          await dispose()
        }
      }),
      { numRuns: 25 },
    )
  })
}

const sorted = (map: Map<string, string>): Map<string, string> => new Map([...map].sort())

async function perform(store: Store, { key, act }: { key: string; act: string }, i: number): Promise<void> {
  const head = await store.get(key)
  const at = head.ok ? (head.value?.modified ?? revision(0)) : revision(0)
  if (act === 'create') await store.create(key, `v${i}`)
  else if (act === 'update') await store.update(key, `v${i}`, at)
  else await store.delete(key, at)
}
