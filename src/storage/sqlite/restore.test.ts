import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { revision } from '../../base/index.ts'
import { format } from './database.ts'
import { restoreDatabase } from './restore.ts'
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts'

const fixtures = new URL('../../../test/fixtures/databases/', import.meta.url).pathname

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-restore-'))
  try {
    await body(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function opened(file: string): Promise<SqliteStore> {
  const store = await openSqliteStore(file)
  assert.ok(store.ok, JSON.stringify(store))
  return store.value
}

async function textsOf(store: SqliteStore): Promise<readonly string[]> {
  const listed = await store.list('/')
  assert.ok(listed.ok)
  return listed.value.entries.map(({ key, value }) => `${key}=${value}`)
}

const any = (): boolean => true
const schemaOf = (file: string): readonly unknown[] =>
  new DatabaseSync(file).prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all()

for (let version = 1; version <= format; version++) {
  test(`a database of format ${version} is read, and goes on`, () =>
    inDirectory(async (directory) => {
      const file = join(directory, 'jobd.db')
      copyFileSync(`${fixtures}format-${version}.db`, file)
      const store = await opened(file)
      assert.deepEqual(await textsOf(store), ['/a=second', '/b=kept', '/日本=語'])
      assert.deepEqual([store.revision(), store.oldest()], [7, 2])
      const next = await store.create('/new', 'x')
      assert.equal(next.ok && next.value.modified, 8)
      await store.close()
      assert.equal(new DatabaseSync(file).prepare('PRAGMA user_version').get()?.['user_version'], format)
      // A step that was changed after its release would leave old databases with other tables than new ones.
      const fresh = join(directory, 'fresh.db')
      await (await opened(fresh)).close()
      assert.deepEqual(schemaOf(file), schemaOf(fresh))
    }))
}

test('a backup is restored whole, into an empty place, at revisions that nobody has seen', () =>
  inDirectory(async (directory) => {
    const [file, copy, other] = ['jobd.db', 'backup.db', 'other.db'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ]
    const store = await opened(file)
    await store.create('/a', '1')
    await store.update('/a', '2', revision(1))
    await store.create('/gone', '1')
    await store.delete('/gone', revision(3))
    assert.ok((await store.backup(copy)).ok)
    await store.create('/later', '1')
    const seen = store.revision()
    await store.close()
    assert.equal(statSync(copy).mode & 0o777, 0o600)
    assert.deepEqual(restoreDatabase(copy, other, any), { ok: true, value: { objects: 1, replaced: undefined } })
    assert.equal(statSync(other).mode & 0o777, 0o600)
    const restored = await opened(other)
    assert.deepEqual(await textsOf(restored), ['/a=2'])
    assert.ok(restored.revision() > seen)
    assert.equal((await restored.list('/', { at: seen })).ok, false, 'old lists must not go on')
    assert.ok((await restored.update('/a', '3', revision(2))).ok, 'an object keeps its own version')
    await restored.close()
  }))

test('what was there before is kept', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'jobd.db')
    const store = await opened(file)
    await store.create('/old', '1')
    await store.close()
    const restored = restoreDatabase(`${fixtures}format-1.db`, file, any)
    assert.deepEqual(restored, { ok: true, value: { objects: 3, replaced: `${file}.replaced` } })
    const old = await opened(`${file}.replaced`)
    assert.deepEqual(await textsOf(old), ['/old=1'])
    await old.close()
  }))

/** Overwrites a value where it lies. */
function inPlace(file: string, now: string, before = 'kept'): void {
  const bytes = readFileSync(file)
  bytes.write(now, bytes.lastIndexOf(before), 'latin1')
  writeFileSync(file, bytes)
}

const damages: readonly (readonly [string, RegExp, (file: string) => void])[] = [
  [
    'a text',
    /is damaged, or no backup at all: name another one/,
    (file) => writeFileSync(file, 'not a database at all\n'.repeat(500)),
  ],
  ['an empty file', /is not a jobd database/, (file) => writeFileSync(file, '')],
  ['a half', /damaged/, (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
  [
    'a newer format',
    /was written by a newer jobd \(format 99, this one knows \d+\): upgrade jobd/,
    (file) => {
      const db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 99')
      db.close()
    },
  ],
  [
    'a key that differs between table and index',
    /the backup .* is damaged/,
    (file) => {
      const bytes = readFileSync(file)
      bytes.write('/c', bytes.lastIndexOf('/b'))
      writeFileSync(file, bytes)
    },
  ],
  ['a value that is no text', /the backup .* is damaged \(\/b cannot be read\)/, (file) => inPlace(file, 'k\xffpt')],
  ['a value that its reader refuses', /\/a cannot be read/, (file) => inPlace(file, 'spoilt', 'second')],
]
for (const [name, message, damage] of damages) {
  test(`${name} is refused, names the file, and changes nothing`, () =>
    inDirectory(async (directory) => {
      const [file, copy] = [join(directory, 'jobd.db'), join(directory, 'backup.db')]
      const store = await opened(file)
      await store.create('/old', '1')
      await store.close()
      const before = readFileSync(file)
      copyFileSync(`${fixtures}format-1.db`, copy)
      damage(copy)
      const restored = restoreDatabase(copy, file, (value) => value !== 'spoilt')
      assert.ok(!restored.ok)
      assert.match(restored.error.message, message)
      assert.ok(restored.error.message.includes(copy), restored.error.message)
      assert.deepEqual(readFileSync(file), before)
      assert.equal(existsSync(`${file}.restoring`), false)
    }))
}

test('a database that a server has is not replaced', () =>
  inDirectory(async (directory) => {
    const file = join(directory, 'jobd.db')
    const store = await opened(file)
    const restored = restoreDatabase(`${fixtures}format-1.db`, file, any)
    assert.equal(!restored.ok && restored.error.kind, 'Locked')
    await store.close()
  }))
