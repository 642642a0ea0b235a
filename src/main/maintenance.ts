/** What an administrator can have done to the store of a running server. */
import { join } from 'node:path'
import { fail, ok, type Result } from '../base/index.ts'
import type { Store, StoreError } from '../storage/revision/index.ts'
import type { SqliteStore } from '../storage/sqlite/index.ts'
import { newUid } from './real.ts'

/** The tasks of `POST /jobd/v1/…`; each answers a sentence, the backup the name of the file that it made. */
export function maintenanceOf(store: Store, directory: string) {
  return { compact: () => compact(store), backup: () => backup(store, directory) }
}

async function compact(store: Store): Promise<Result<string, string>> {
  const done = await store.compact(store.revision())
  return done.ok
    ? ok(`the history up to revision ${done.value} is forgotten`)
    : fail(sentenceOf('the history cannot be forgotten', done.error))
}

/** A copy in the data directory under a new name, for `jobd backup` to take away: only there may the server write. */
async function backup(store: Store, directory: string): Promise<Result<string, string>> {
  if (!isSqlite(store)) {
    return fail(
      'there is no database to back up: with --store memory nothing is kept, an etcd has etcdctl snapshot save',
    )
  }
  const file = join(directory, `backup-${newUid()}.db`)
  const done = await store.backup(file)
  return done.ok ? ok(file) : fail(sentenceOf('the backup cannot be written', done.error))
}

const isSqlite = (store: Store): store is SqliteStore => 'backup' in store

const sentenceOf = (what: string, error: StoreError): string =>
  error.kind === 'Unavailable' ? error.message : `${what}: ${error.kind}`
