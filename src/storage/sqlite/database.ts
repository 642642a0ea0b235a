/**
 * The file behind the SQLite store: opening, checking, migrating, and the statements on it.
 *
 * One row for each write. The row with the highest revision of a key is its state; older ones are history until they
 * are forgotten. `value` is the text in UTF-8, kept as bytes so that it is handed on as it came; NULL is a removal.
 */
import { isUtf8 } from 'node:buffer'
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { fail, ok, type Result, revision } from '../../base/index.ts'
import type { Change, Entry, Version } from '../revision/index.ts'
import type { Batch, OpenError, Opened, Superseded } from './messages.ts'

/** 'jobd' in ASCII: marks a database as ours. */
const applicationId = 0x6a_6f_62_64

/** Step n brings a database of version n to n + 1. A released step is never changed. */
const migrations: readonly string[] = [
  `CREATE TABLE revisions (
     revision INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     created INTEGER NOT NULL,
     previous INTEGER NOT NULL,
     value BLOB
   ) STRICT;
   CREATE UNIQUE INDEX revisions_of_key ON revisions (key, revision);
   CREATE TABLE state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     revision INTEGER NOT NULL,
     oldest INTEGER NOT NULL
   ) STRICT;
   INSERT INTO state VALUES (1, 0, 0);`,
]

/** The format that this program writes; it reads every older one. */
export const format = migrations.length

export type Database = {
  readonly opened: Omit<Opened, 'heads'>
  /** Keys and revisions of all that is there, some at a time: nobody holds all of them here. */
  readonly heads: () => Iterable<readonly Version[]>
  readonly commit: (batch: Batch) => void
  /** Brings the log into the database, as far as the disk has room for that, and frees what the log took. */
  readonly foldLog: () => void
  readonly get: (key: string) => Entry | undefined
  readonly list: (
    prefix: string,
    at: number,
    from: string,
    limit: number | undefined,
    uncounted: boolean,
  ) => { readonly entries: readonly Entry[]; readonly remaining: number }
  readonly history: (prefix: string, from: number, to: number) => readonly Change[]
  /** Writes a whole copy of the database to a new file that only its owner can read. */
  readonly backup: (file: string) => void
  /** Looks at every page, index and value; answers what is wrong. */
  readonly problem: (isReadable: (value: string) => boolean) => string | undefined
  /** Forgets all history, and goes on at a revision that is `gap` later: nobody's knowledge of versions holds any more. */
  readonly leap: (gap: number) => void
  readonly close: () => void
}

/** Opens or makes the database, takes the exclusive lock that the process holds until it ends, and reads the index. */
export function openDatabase(file: string): Result<Database, OpenError> {
  let db: DatabaseSync | undefined
  try {
    const fresh = !existsSync(file) || statSync(file).size === 0
    // Ours alone, whatever the mode of the directory: it holds tokens. SQLite gives its log the mode of the database.
    closeSync(openSync(file, 'a', 0o600))
    db = new DatabaseSync(file, { timeout: 0 })
    const problem = prepare(db, file, fresh)
    if (problem !== undefined) {
      db.close()
      return fail(problem)
    }
    return ok(statementsOn(db))
  } catch (error) {
    db?.close()
    return fail(openError(error, file))
  }
}

function prepare(db: DatabaseSync, file: string, fresh: boolean): OpenError | undefined {
  // Exclusive mode needs no shared-memory file and keeps the kernel's lock, which dies with the process.
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  // Objects of two or three kilobytes leave half of SQLite's usual page empty. Older databases keep the size they have.
  if (fresh) db.exec('PRAGMA page_size = 8192')
  else {
    const id = pragma(db, 'application_id')
    const version = pragma(db, 'user_version')
    if (id !== applicationId) {
      return {
        kind: 'Foreign',
        message: `${file} is not a jobd database: choose another data directory, or move the file away`,
      }
    }
    if (version > migrations.length) {
      return {
        kind: 'Newer',
        message: `${file} was written by a newer jobd (format ${version}, this one knows ${migrations.length}): upgrade jobd, or restore a backup made with this version`,
      }
    }
  }
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY')
  // A write lock taken and given back: fails at once when another process holds the file.
  db.exec('BEGIN IMMEDIATE; ROLLBACK')
  if (!fresh) {
    const [first] = db.prepare('PRAGMA quick_check(1)').all()
    if (first?.['quick_check'] !== 'ok') return damaged(file, String(first?.['quick_check']))
  }
  migrate(db)
  return undefined
}

function migrate(db: DatabaseSync): void {
  const from = pragma(db, 'user_version')
  if (from === migrations.length) return
  db.exec('BEGIN')
  for (const step of migrations.slice(from)) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`)
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

const damaged = (file: string, detail: string): OpenError => ({
  kind: 'Damaged',
  message: `the database ${file} is damaged (${detail.replace(/\s*\n\s*/g, ' ')}): put a good copy in its place, or move the file away to start empty`,
})

/** Those failures that a user can do something about, in words. */
function openError(error: unknown, file: string): OpenError {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (code === 5 || code === 6) return { kind: 'Locked', message: `${file} is in use by another process` }
  if (code === 11 || code === 26) return damaged(file, text)
  return { kind: 'Unusable', message: `cannot use the database ${file}: ${troubleText(error)}` }
}

/** SQLite's primary result code; where the system refused before SQLite was asked, the one that SQLite has for that. */
function codeOf(error: unknown): number {
  if (!(error instanceof Error)) return 0
  if ('errcode' in error) return Number(error.errcode) & 0xff
  return 'code' in error ? (systemCodes[String(error.code)] ?? 0) : 0
}

export const isDiskFull = (error: unknown): boolean => codeOf(error) === 13

const systemCodes: Readonly<Record<string, number>> = {
  EROFS: 8,
  EIO: 10,
  ENOSPC: 13,
  EACCES: 14,
  ENOENT: 14,
  EISDIR: 14,
}

/** A failed read or write in words: what is wrong with the disk and what to do. */
export function troubleText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  switch (codeOf(error)) {
    case 8:
      return 'the disk is read-only: make the data directory writable'
    case 10:
      return `the disk reports an error (${text}): check the disk`
    case 13:
      return 'the disk is full: free some space'
    case 14:
      return 'the file cannot be opened: check that the data directory exists and is yours'
    default:
      return text
  }
}

type Row = Record<string, SQLOutputValue>
const text = new TextDecoder()

function statementsOn(db: DatabaseSync): Database {
  const insert = db.prepare('INSERT INTO revisions VALUES (?, ?, ?, ?, ?)')
  const drop = db.prepare('DELETE FROM revisions WHERE revision = ?')
  const advance = db.prepare('UPDATE state SET revision = max(revision, ?), oldest = max(oldest, ?) WHERE id = 1')
  const newest = db.prepare('SELECT * FROM revisions WHERE key = ? ORDER BY revision DESC LIMIT 1')
  const between = db.prepare('SELECT * FROM revisions WHERE revision > ? AND revision <= ? AND key >= ? AND key < ?')
  const pages = pageStatements(db)
  return {
    opened: readState(db),
    heads: () => readHeads(db),
    commit: (batch) => commit(db, batch, { insert, drop, advance }),
    foldLog: () => foldLog(db),
    get: (key) => entryOf(newest.get(key)),
    list: (prefix, at, from, limit, uncounted) => {
      // One lower bound: of two SQLite would use the first, and step over what lies between them.
      const range = [from > prefix ? from : prefix, prefixEnd(prefix), at] as const
      const rows = pages.page.all(...range, at, limit === undefined ? -1 : limit + 1)
      const entries = rows.slice(0, limit).map((row) => entryOf(row) as Entry)
      if (uncounted || rows.length === entries.length) return { entries, remaining: rows.length - entries.length }
      return { entries, remaining: pages.count(...range) - entries.length }
    },
    history: (prefix, from, to) => between.all(from, to, prefix, prefixEnd(prefix)).map(changeOfRow),
    backup: (file) => backup(db, file),
    problem: (isReadable) => problemOf(db, isReadable),
    leap: (gap) => leap(db, gap),
    close: () => db.close(),
  }
}

function foldLog(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    // What there is no room for stays in the log, and counts as before.
    if (!isDiskFull(error)) throw error
  }
}

function backup(db: DatabaseSync, file: string): void {
  closeSync(openSync(file, 'wx', 0o600))
  db.prepare('VACUUM INTO ?').run(file)
  const copy = openSync(file, 'r')
  fsyncSync(copy)
  closeSync(copy)
}

function problemOf(db: DatabaseSync, isReadable: (value: string) => boolean): string | undefined {
  const found = String(db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'])
  if (found !== 'ok') return found.replace(/\s*\n\s*/g, ' ')
  // SQLite checks how rows lie on their pages, not what is in them.
  for (const row of db.prepare('SELECT key, value FROM revisions WHERE value IS NOT NULL').iterate()) {
    const value = Buffer.from(row['value'] as Uint8Array)
    if (!isUtf8(value) || !isReadable(value.toString())) return `${row['key']} cannot be read`
  }
  return undefined
}

function leap(db: DatabaseSync, gap: number): void {
  db.exec(`BEGIN IMMEDIATE;
    DELETE FROM revisions WHERE value IS NULL
      OR EXISTS (SELECT 1 FROM revisions n WHERE n.key = revisions.key AND n.revision > revisions.revision);
    UPDATE state SET revision = revision + ${gap}, oldest = revision + ${gap} WHERE id = 1;
    COMMIT`)
}

type Pages = {
  readonly page: StatementSync
  readonly count: (from: string, end: string, at: number) => number
}

function pageStatements(db: DatabaseSync): Pages {
  const isNewest = `r.revision <= ?
    AND NOT EXISTS (SELECT 1 FROM revisions n WHERE n.key = r.key AND n.revision > r.revision AND n.revision <= ?)`
  // Counted in the index alone. Removals are looked for in the history, as there are none that is older.
  const ever = db.prepare('SELECT count(DISTINCT key) AS n FROM revisions WHERE key >= ? AND key < ? AND revision <= ?')
  const removed = db.prepare(`SELECT count(*) AS n FROM revisions r
    WHERE r.revision > (SELECT oldest FROM state) AND r.value IS NULL AND +r.key >= ? AND +r.key < ? AND ${isNewest}`)
  const number = (row: Row | undefined): number => Number(row?.['n'] ?? 0)
  return {
    page: db.prepare(`SELECT r.* FROM revisions r
      WHERE r.key >= ? AND r.key < ? AND r.value IS NOT NULL AND ${isNewest} ORDER BY r.key LIMIT ?`),
    count: (from, end, at) => number(ever.get(from, end, at)) - number(removed.get(from, end, at, at)),
  }
}

type CommitStatements = { insert: StatementSync; drop: StatementSync; advance: StatementSync }

function commit(db: DatabaseSync, batch: Batch, { insert, drop, advance }: CommitStatements): void {
  const { revisions, keys, created, previous, bytes, lengths } = batch
  db.exec('BEGIN IMMEDIATE')
  try {
    let at = 0
    for (let i = 0; i < revisions.length; i++) {
      const length = lengths[i] as number
      const value = length < 0 ? null : bytes.subarray(at, at + length)
      at += Math.max(0, length)
      insert.run(revisions[i] as number, keys[i] as string, created[i] as number, previous[i] as number, value)
    }
    for (const row of batch.forget) drop.run(row)
    advance.run(revisions.at(-1) ?? 0, batch.oldest)
    db.exec('COMMIT')
  } catch (error) {
    // After some errors SQLite has rolled back by itself; a second ROLLBACK would hide the first error.
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The first text that lies behind all texts with this prefix. */
function prefixEnd(prefix: string): string {
  return `${prefix}\u{10ffff}`
}

function entryOf(row: Row | undefined): Entry | undefined {
  if (row === undefined || row['value'] === null) return undefined
  return {
    key: String(row['key']),
    value: text.decode(row['value'] as Uint8Array),
    created: revision(Number(row['created'])),
    modified: revision(Number(row['revision'])),
  }
}

function changeOfRow(row: Row): Change {
  const at = revision(Number(row['revision']))
  const created = revision(Number(row['created']))
  const key = String(row['key'])
  const before = revision(Number(row['previous']))
  const entry = entryOf(row)
  if (entry === undefined) return { kind: 'Delete', revision: at, previous: { key, created, modified: before } }
  const previous = before === 0 ? undefined : { key, created, modified: before }
  return { kind: 'Put', revision: at, entry, previous }
}

const headsAtOnce = 4000

function* readHeads(db: DatabaseSync): Iterable<readonly Version[]> {
  let heads: Version[] = []
  const newest = db.prepare(
    'SELECT key, created, max(revision) AS revision, value IS NULL AS removed FROM revisions GROUP BY key',
  )
  for (const row of newest.iterate()) {
    if (row['removed'] === 1) continue
    heads.push({
      key: String(row['key']),
      created: revision(Number(row['created'])),
      modified: revision(Number(row['revision'])),
    })
    if (heads.length < headsAtOnce) continue
    yield heads
    heads = []
  }
  yield heads
}

function readState(db: DatabaseSync): Omit<Opened, 'heads'> {
  const state = db.prepare('SELECT revision, oldest FROM state WHERE id = 1').get()
  const oldest = Number(state?.['oldest'] ?? 0)
  const superseded: Superseded[] = []
  const later = db.prepare(
    'SELECT revision, previous, value IS NULL AS removed FROM revisions WHERE revision > ? AND (previous > 0 OR value IS NULL) ORDER BY revision',
  )
  for (const row of later.iterate(oldest)) {
    const at = Number(row['revision'])
    superseded.push({ revision: at, drop: dropsOf(at, Number(row['previous']), row['removed'] === 1) })
  }
  return { superseded, revision: revision(Number(state?.['revision'] ?? 0)), oldest: revision(oldest) }
}

/** The rows that are history once the write `at` is the oldest state anybody may ask for. */
export function dropsOf(at: number, previous: number, removed: boolean): readonly number[] {
  const drops = previous > 0 ? [previous] : []
  return removed ? [...drops, at] : drops
}
