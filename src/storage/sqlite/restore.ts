/** Putting a backup in the place of a database. On the calling thread: nothing else happens meanwhile. */
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../../base/index.ts'
import { openDatabase } from './database.ts'
import type { OpenError } from './messages.ts'

/** More writes than anybody made since the backup: revisions that clients remember never come again. */
const gap = 1_000_000_000

export type Restored = { readonly objects: number; readonly replaced: string | undefined }

/**
 * Checks a copy of the backup from end to end, each value by `isReadable`, too, brings it to this program's format, and
 * puts it at `file`. A database that is there is kept beside it under the name `replaced`. Nothing changes when anything is wrong. Files have mode 0600.
 */
export function restoreDatabase(
  backup: string,
  file: string,
  isReadable: (value: string) => boolean,
): Result<Restored, OpenError> {
  const draft = `${file}.restoring`
  const clear = (): void => {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(draft + ending, { force: true })
  }
  clear()
  closeSync(openSync(draft, 'wx', 0o600))
  try {
    copyFileSync(backup, draft)
    const prepared = prepare(draft, backup, isReadable)
    if (!prepared.ok) return prepared
    sync(draft)
    const held = holdOld(file)
    if (!held.ok) return held
    const { replaced } = held.value
    renameSync(draft, file)
    sync(dirname(file))
    return ok({ objects: prepared.value, replaced })
  } finally {
    clear()
  }
}

function prepare(draft: string, backup: string, isReadable: (value: string) => boolean): Result<number, OpenError> {
  // An empty file would be taken for a new database.
  if (statSync(draft).size === 0)
    return fail({ kind: 'Foreign', message: `${backup} is not a jobd database: it is empty` })
  const opened = openDatabase(draft)
  if (!opened.ok) {
    // What helps a damaged database, to start without it, is no help here.
    const { kind, message } = opened.error
    const another = `${backup} is damaged, or no backup at all: name another one that 'jobd backup' has written`
    return fail({ kind, message: kind === 'Damaged' ? another : message.replaceAll(draft, backup) })
  }
  const problem = opened.value.problem(isReadable)
  if (problem !== undefined) {
    opened.value.close()
    return fail({ kind: 'Damaged', message: `the backup ${backup} is damaged (${problem}): take another one` })
  }
  let count = 0
  for (const heads of opened.value.heads()) count += heads.length
  opened.value.leap(gap)
  opened.value.close()
  return ok(count)
}

/** Moves the database away that is there, unless a server has it. */
function holdOld(file: string): Result<{ readonly replaced: string | undefined }, OpenError> {
  if (!existsSync(file)) return ok({ replaced: undefined })
  const old = openDatabase(file)
  // What cannot be read any more is just what a restore replaces; closing brings its log into the file.
  if (old.ok) old.value.close()
  else if (old.error.kind === 'Locked') return old
  const replaced = `${file}.replaced`
  for (const ending of ['-wal', '-shm']) {
    rmSync(replaced + ending, { force: true })
    if (existsSync(file + ending)) renameSync(file + ending, replaced + ending)
  }
  renameSync(file, replaced)
  return ok({ replaced })
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
