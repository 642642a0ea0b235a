import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { runStoreContract } from '../../../test/contract/store-contract.ts'
import { newVirtualDisk } from '../../../test/sim/virtual-disk.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { revision } from '../../base/index.ts'
import { keyOf } from '../revision/index.ts'
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts'

async function inDirectory(body: (file: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'jobd-store-'))
  try {
    await body(join(directory, 'jobd.db'))
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function opened(file: string): Promise<SqliteStore> {
  const store = await openSqliteStore(file)
  assert.ok(store.ok, JSON.stringify(store))
  return store.value
}

async function refusal(file: string): Promise<{ kind: string; message: string }> {
  const store = await openSqliteStore(file)
  assert.ok(!store.ok)
  return store.error
}

runStoreContract('sqlite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'jobd-store-'))
  const store = await opened(join(directory, 'jobd.db'))
  return {
    store,
    dispose: async () => {
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
})

describe('sqlite: what lasts', () => {
  test('state, revisions and history are there after opening again', () =>
    inDirectory(async (file) => {
      const first = await opened(file)
      await first.create('/a', '1')
      await first.update('/a', '2', revision(1))
      await first.create('/b', '1')
      await first.delete('/b', revision(3))
      await first.close()
      const second = await opened(file)
      assert.equal(second.revision(), 4)
      assert.deepEqual(await second.update('/a', 'x', revision(1)), {
        ok: false,
        error: { kind: 'Conflict', current: 2 },
      })
      const then = await second.list('/', { at: revision(3) })
      assert.deepEqual(then.ok && then.value.entries.map(({ key, value }) => `${key}=${value}`), ['/a=2', '/b=1'])
      const next = await second.create('/b', 'again')
      assert.equal(next.ok && next.value.modified, 5)
      await second.close()
    }))

  test('revisions never go back, also when the newest write was forgotten', () =>
    inDirectory(async (file) => {
      const first = await opened(file)
      await first.create('/a', '1')
      await first.delete('/a', revision(1))
      await first.compact(revision(2))
      await first.close()
      const second = await opened(file)
      assert.deepEqual([second.revision(), second.oldest()], [2, 2])
      await second.close()
    }))

  test('forgotten rows leave the file', () =>
    inDirectory(async (file) => {
      const store = await opened(file)
      await store.create('/a', 'v')
      for (let i = 1; i < 50; i++) await store.update('/a', `v${i}`, revision(i))
      await store.create('/b', 'v')
      await store.delete('/b', revision(51))
      await store.compact(revision(52))
      await store.close()
      const db = new DatabaseSync(file)
      assert.equal(db.prepare('SELECT count(*) AS n FROM revisions').get()?.['n'], 1)
      db.close()
    }))

  test('a backup taken while writing is a whole database', () =>
    inDirectory(async (file) => {
      const store = await opened(file)
      const writes = Promise.all(Array.from({ length: 200 }, (_, i) => store.create(`/${i}`, 'v')))
      const backup = await store.backup(`${file}.backup`)
      assert.deepEqual(backup, { ok: true, value: undefined })
      await writes
      await store.close()
      const copy = await opened(`${file}.backup`)
      const listed = await copy.list('/')
      assert.equal(listed.ok && listed.value.entries.length, copy.revision())
      await copy.close()
    }))
})

describe('sqlite: what is refused, and in which words', () => {
  test('a file that another process holds', () =>
    inDirectory(async (file) => {
      const store = await opened(file)
      assert.equal((await refusal(file)).kind, 'Locked')
      await store.close()
      await (await opened(file)).close()
    }))

  test('a database of another program', () =>
    inDirectory(async (file) => {
      const db = new DatabaseSync(file)
      db.exec('CREATE TABLE t (x)')
      db.close()
      const { kind, message } = await refusal(file)
      assert.equal(kind, 'Foreign')
      assert.match(message, /is not a jobd database/)
    }))

  test('a database of a newer jobd', () =>
    inDirectory(async (file) => {
      await (await opened(file)).close()
      const db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 99')
      db.close()
      const { kind, message } = await refusal(file)
      assert.equal(kind, 'Newer')
      assert.match(message, /format 99/)
    }))

  test('a file that is no database', () =>
    inDirectory(async (file) => {
      await writeFile(file, 'this is not a database at all, it is a text of more than a page\n'.repeat(200))
      assert.equal((await refusal(file)).kind, 'Damaged')
    }))

  test('a database with torn pages', () =>
    inDirectory(async (file) => {
      const store = await opened(file)
      for (let i = 0; i < 200; i++) await store.create(`/${i}`, 'x'.repeat(2000))
      await store.close()
      await truncate(file, 40_960)
      assert.equal((await refusal(file)).kind, 'Damaged')
    }))

  test('a directory that is not there', async () => {
    const { kind, message } = await refusal('/nonexistent-directory/jobd.db')
    assert.equal(kind, 'Unusable')
    assert.match(message, /check that the data directory exists/)
  })
})

describe('sqlite: a full disk', () => {
  async function onDisk() {
    const disk = { isFull: false }
    const faults = { slowness: () => 0, refuses: () => disk.isFull, diesNow: () => false }
    const store = await openSqliteStore('', newVirtualDisk().open({ open: true }, realClock, faults))
    assert.ok(store.ok)
    return { disk, store: store.value }
  }

  test('a write that is refused is the problem until one is kept', async () => {
    const { disk, store } = await onDisk()
    assert.equal(store.problem(), undefined)
    disk.isFull = true
    assert.ok(!(await store.create('a', '1')).ok)
    assert.match(store.problem() ?? '', /the disk is full/)
    disk.isFull = false
    assert.ok((await store.create('a', '1')).ok)
    assert.equal(store.problem(), undefined)
  })

  test('of what is written together it takes what makes room, and only that', async () => {
    const { disk, store } = await onDisk()
    for (const key of ['a', 'b', 'c']) await store.create(key, '1')
    disk.isFull = true
    const seen: string[] = []
    store.watch('', revision(3), {
      onChanges: (changes) => {
        for (const each of changes) seen.push(`${each.kind} ${keyOf(each)}@${each.revision}`)
      },
      onEnd: () => undefined,
    })
    const outcomes = await Promise.all([
      store.create('d', '1'),
      store.delete('a', revision(1)),
      store.update('b', 'new', revision(2)),
      store.update('c', 'marked', revision(3), true),
      // What it was decided after is not kept.
      store.delete('b', revision(6)),
      store.delete('c', revision(7)),
    ])
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [false, true, false, true, false, false],
    )
    assert.deepEqual(seen, ['Delete a@4', 'Put c@5'])
    assert.deepEqual(outcomes[4], { ok: false, error: { kind: 'Conflict', current: 2 } })
    assert.match(store.problem() ?? '', /the disk is full/)
    assert.deepEqual(await store.delete('c', revision(5)), { ok: true, value: 6 })
    const listed = await store.list('')
    assert.deepEqual(listed.ok && listed.value.entries.map(({ key, value }) => `${key}=${value}`), ['b=1'])
  })
})
