/**
 * Room on the disk that is kept for what frees room: a file beside the database, given up when the disk is full, so that
 * removals can still be written down, and taken back as soon as there is room for it.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { isFileTrouble } from '../../base/index.ts'
import { type Database, isDiskFull } from './database.ts'
import type { Batch } from './messages.ts'

/** What the log has come to, a thousand pages, when it is folded into the database: with this room that succeeds. */
const SIZE = 8 << 20

export type Reserve = {
  readonly path: string
  /** `Missing` where the disk had no room for it when it was opened: then all writes share what there is. */
  state: 'Held' | 'GivenUp' | 'Missing'
}

/** What is there from an earlier time is held. */
export function openReserve(path: string): Reserve {
  const reserve: Reserve = { path, state: 'Missing' }
  take(reserve)
  return reserve
}

/** Commits a batch; one that `makesRoom` with the room that is kept, too. What fails is thrown. */
export function commitWithin(
  reserve: Reserve,
  database: Pick<Database, 'commit' | 'foldLog'>,
  { batch, makesRoom }: { readonly batch: Batch; readonly makesRoom: boolean },
): void {
  if (!makesRoom && reserve.state === 'GivenUp' && !take(reserve)) {
    throw Object.assign(new Error('what is left is for removals'), { code: 'ENOSPC' })
  }
  try {
    database.commit(batch)
  } catch (error) {
    if (!makesRoom || !isDiskFull(error)) throw error
    giveUp(reserve)
    // Most of the log replaces pages that the database has already: the room that it takes comes free.
    database.foldLog()
    database.commit(batch)
  }
}

/** Whether it is held now. Where there is not room for all of it, none of it stays. */
function take(reserve: Reserve): boolean {
  const { path } = reserve
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < SIZE) {
      const { bavail, bsize } = statfsSync(dirname(path))
      if (bavail * bsize < SIZE) return false
      fill(path)
    }
    reserve.state = 'Held'
    return true
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    // Somebody else was faster, or there is a quota.
    empty(path)
    return false
  }
}

function fill(path: string): void {
  const piece = new Uint8Array(SIZE / 8)
  const file = openSync(path, 'w', 0o600)
  try {
    for (let written = 0; written < SIZE; ) written += writeSync(file, piece)
  } finally {
    closeSync(file)
  }
}

function giveUp(reserve: Reserve): void {
  if (reserve.state !== 'Held') return
  reserve.state = 'GivenUp'
  empty(reserve.path)
}

function empty(path: string): void {
  try {
    const file = openSync(path, 'r+')
    ftruncateSync(file)
    // Some file systems give nothing of it to others before this.
    fsyncSync(file)
    closeSync(file)
  } catch (error) {
    // Somebody has removed it: what it had is free.
    if (!isFileTrouble(error)) throw error
  }
}
