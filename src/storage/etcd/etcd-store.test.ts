/** The Store on a real etcd: the contract of all drivers, and what only a store elsewhere can meet. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { runStoreContract } from '../../../test/contract/store-contract.ts'
import { type EtcdServer, etcdMissing, startEtcd } from '../../../test/support/etcd.ts'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import type { Change, Store } from '../revision/index.ts'
import { openConnection } from './connection.ts'
import { openEtcdStore } from './etcd-store.ts'
import { encode, type RangeResponse } from './messages.ts'
import { type EtcdTarget, parseEtcdTarget } from './target.ts'

describe('etcd', { skip: etcdMissing ?? false }, () => {
  const directory = temporaryDirectory()
  let etcd: EtcdServer
  let places = 0
  before(async () => {
    etcd = await startEtcd(directory.path)
  })
  after(async () => {
    await etcd.stop()
    directory.dispose()
  })

  function memberOf(place: string): EtcdTarget {
    const target = parseEtcdTarget(`etcd://${etcd.address}${place}`)
    assert.ok(target.ok)
    return target.value
  }
  const openAt = (place: string, id: string) =>
    openEtcdStore({ target: memberOf(place), holder: { id, name: `server ${id}` }, clock: realClock })
  async function opened(place: string, id = 'one'): Promise<Store> {
    const store = await openAt(place, id)
    assert.ok(store.ok, JSON.stringify(store))
    return store.value
  }
  const newPlace = (): string => `/test/${++places}`

  runStoreContract('etcd', async () => {
    const store = await opened(newPlace())
    return { store, dispose: () => store.close() }
  })

  test('what was written is there after a restart, and what others write is not shown', async () => {
    const [place, other] = [newPlace(), newPlace()]
    const store = await opened(place)
    await store.create('/a', 'kept')
    await store.close()
    const stranger = await opened(other)
    await stranger.create('/b', 'not ours')
    const again = await opened(place)
    const listed = await again.list('/')
    assert.deepEqual(listed.ok && listed.value.entries.map(({ key, value }) => [key, value]), [['/a', 'kept']])
    await Promise.all([again.close(), stranger.close()])
  })

  test('a place in use is refused, naming who has it, until that server ends', async () => {
    const place = newPlace()
    const first = await opened(place)
    assert.deepEqual(await openAt(place, 'two'), { ok: false, error: 'it is in use by server one' })
    await first.close()
    const second = await opened(place, 'two')
    await second.close()
  })

  test('a server that comes back takes its place over at once, and its former life can write no more', async () => {
    const place = newPlace()
    const former = await opened(place)
    await former.create('/a', '1')
    const now = await opened(place)
    assert.equal((await now.create('/b', '1')).ok, true)
    const late = await former.create('/c', '1')
    assert.deepEqual(late, { ok: false, error: { kind: 'Unavailable', message: 'it is in use by server one' } })
    assert.equal(former.problem(), 'it is in use by server one')
    assert.equal((await now.create('/d', '1')).ok, true)
    await Promise.all([former.close(), now.close()])
  })

  /** What happens when a server does not run, or reach etcd, for longer than its lease. */
  async function endLease(place: string): Promise<void> {
    const connection = openConnection({ members: memberOf(place).members, clock: realClock })
    const held = await connection.ask<RangeResponse>('/v3/kv/range', { key: encode(`${place}/lock`) })
    const lease = held.ok ? held.value.kvs?.[0]?.lease : undefined
    assert.ok(lease !== undefined)
    await connection.ask('/v3/lease/revoke', { ID: lease })
    connection.close()
  }

  test('a lease that ended is taken again when nobody else has the place', async () => {
    const place = newPlace()
    const store = await opened(place)
    await endLease(place)
    assert.equal((await store.create('/a', '1')).ok, true)
    assert.equal(store.problem(), undefined)
    await store.close()
  })

  test('a server whose lease ended writes nothing behind the back of its successor, and still sees all', async () => {
    const place = newPlace()
    const former = await opened(place)
    await endLease(place)
    const successor = await opened(place, 'two')
    const seen = new Promise<readonly Change[]>((resolve) => {
      const watch = former.watch('/', former.revision(), { onChanges: resolve, onEnd: () => {} })
      assert.ok(watch.ok)
    })
    const refused = await former.create('/a', 'former')
    assert.deepEqual(refused, { ok: false, error: { kind: 'Unavailable', message: 'it is in use by server two' } })
    await successor.create('/a', 'successor')
    assert.deepEqual(
      (await seen).map((change) => change.kind === 'Put' && change.entry.value),
      ['successor'],
    )
    await successor.close()
    assert.equal((await former.create('/b', 'free again')).ok, true)
    await former.close()
  })

  test('writes and watches go on when etcd was killed and is back', async () => {
    const place = newPlace()
    const store = await opened(place)
    const seen: Change[] = []
    assert.ok(store.watch('/', store.revision(), { onChanges: (changes) => seen.push(...changes), onEnd: () => {} }).ok)
    const before = await Promise.all(['/a', '/b'].map((key) => store.create(key, '1')))
    await etcd.kill()
    const meanwhile = ['/c', '/d', '/e'].map((key) => store.create(key, '1'))
    await etcd.start()
    const after = await Promise.all(meanwhile)
    assert.deepEqual(
      [...before, ...after].map(({ ok }) => ok),
      [true, true, true, true, true],
    )
    assert.deepEqual(seen.map((change) => change.kind === 'Put' && change.entry.key).sort(), [
      '/a',
      '/b',
      '/c',
      '/d',
      '/e',
    ])
    assert.equal(store.problem(), undefined)
    await store.close()
  })

  test('compaction by others is told to who asks for what is gone, and does no harm to what is there', async () => {
    const place = newPlace()
    const store = await opened(place)
    const stranger = await opened(newPlace())
    await store.create('/a', '1')
    const at = store.revision()
    await stranger.create('/x', '1')
    await stranger.create('/y', '1')
    await stranger.compact(stranger.revision())
    const listed = await store.list('/', { at })
    assert.deepEqual(listed.ok && [listed.value.revision, listed.value.entries.length], [at, 1])
    await store.create('/b', '1')
    const gone = await store.list('/', { at })
    assert.equal(!gone.ok && gone.error.kind, 'Compacted')
    await Promise.all([store.close(), stranger.close()])
  })

  test('no member, one member that is away: the others are asked, and nobody at all is told in words', async () => {
    const target = parseEtcdTarget(`etcd://127.0.0.1:1,${etcd.address}${newPlace()}`)
    assert.ok(target.ok)
    const store = await openEtcdStore({ target: target.value, holder: { id: 'one', name: 'one' }, clock: realClock })
    assert.ok(store.ok)
    assert.equal((await store.value.create('/a', '1')).ok, true)
    await store.value.close()
  })
})
