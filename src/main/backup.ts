/** `jobd backup` and `jobd restore`. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fail, isFileTrouble, ok, type Result, reasonOf } from '../base/index.ts'
import { serverTask } from './compact.ts'
import { dataDirectory, keptOut, makeDataDirectory, readHolder } from './data-dir.ts'
import { newUid, realTerminal } from './real.ts'

type BackupFlags = { readonly dataDir?: string | undefined; readonly force: boolean }

/** Writes a whole copy of the database, of the running server or of the data directory of one that is down. */
export async function backup(file: string, flags: BackupFlags): Promise<number> {
  const target = resolve(file)
  const there = existsSync(target) ? statSync(target) : undefined
  // A device, say: it would be replaced by a file.
  if (there?.isFile() === false) return told(fail(`${target} is there and no file: name another`))
  if (there !== undefined && !flags.force) return told(fail(`${target} exists: name another file, or give --force`))
  const directory = dataDirectory(flags.dataDir)
  const made =
    readHolder(directory) === undefined ? await backupOfFiles(directory) : await serverTask(flags.dataDir, 'backup')
  if (!made.ok) return told(made)
  try {
    moveFile(made.value, target)
    return told(ok(`backed up ${directory} to ${target}; it holds secrets, keep it private`))
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return told(fail(`cannot write ${target}: ${reasonOf(error)}`))
  } finally {
    rmSync(made.value, { force: true })
  }
}

async function backupOfFiles(directory: string): Promise<Result<string, string>> {
  const file = join(directory, 'jobd.db')
  if (!existsSync(file)) {
    const kept = keptOut(directory)
    if (kept !== undefined) return fail(`the database of ${directory} cannot be read: ${kept}; ask as its user`)
    return fail(`${directory} has no database: name another with --data-dir`)
  }
  const { openSqliteStore } = await import('../storage/sqlite/index.ts')
  const opened = await openSqliteStore(file)
  if (!opened.ok) return fail(opened.error.message)
  const copy = join(directory, `backup-${newUid()}.db`)
  const done = await opened.value.backup(copy)
  await opened.value.close()
  return done.ok ? ok(copy) : fail('message' in done.error ? done.error.message : done.error.kind)
}

/** The file appears whole under its name, or not at all; also on another disk. */
function moveFile(from: string, to: string): void {
  const draft = `${to}.writing`
  rmSync(draft, { force: true })
  closeSync(openSync(draft, 'wx', 0o600))
  try {
    copyFileSync(from, draft)
    chmodSync(draft, 0o600)
    sync(draft)
    renameSync(draft, to)
    sync(dirname(to))
  } finally {
    rmSync(draft, { force: true })
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Puts a backup into a data directory that no server uses. */
export async function restore(file: string, flags: BackupFlags): Promise<number> {
  const source = resolve(file)
  const directory = dataDirectory(flags.dataDir)
  const problem = problemOf(source)
  if (problem !== undefined) return told(fail(problem))
  const holder = readHolder(directory)
  if (holder !== undefined) {
    const stop = `stop it with 'jobd down --data-dir ${directory}'`
    return told(fail(`${directory} is in use by process ${holder.pid} at ${holder.url}: ${stop}, then restore`))
  }
  const target = join(directory, 'jobd.db')
  if (existsSync(target) && !flags.force) {
    return told(fail(`${directory} has a database: name another with --data-dir, or replace it with --force`))
  }
  const made = makeDataDirectory(directory)
  if (!made.ok) return told(made)
  const { restoreDatabase } = await import('../storage/sqlite/index.ts')
  try {
    const restored = restoreDatabase(source, target, isObject)
    if (!restored.ok) return told(fail(restored.error.message))
    const { objects, replaced } = restored.value
    const kept = replaced === undefined ? '' : `; what was there before is ${replaced}`
    return told(ok(`restored ${objects} objects to ${directory}${kept}`))
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return told(fail(`cannot restore to ${directory}: ${reasonOf(error)}`))
  }
}

function isObject(value: string): boolean {
  try {
    const { kind, metadata } = JSON.parse(value)
    return typeof kind === 'string' && typeof metadata === 'object'
  } catch {
    return false
  }
}

/** Why a path is no backup that can be read. */
function problemOf(source: string): string | undefined {
  if (!existsSync(source)) return `${source} does not exist: check the path`
  try {
    accessSync(source, constants.R_OK)
    return statSync(source).isFile() ? undefined : `${source} is no file: name one that 'jobd backup' has written`
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return `cannot read ${source}: ${reasonOf(error)}`
  }
}

function told(result: Result<string, string>): number {
  realTerminal().err(`${result.ok ? result.value : result.error}\n`)
  return result.ok ? 0 : 1
}
