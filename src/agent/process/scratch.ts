/** The place for what may be lost with a reboot. */
import { createHash } from 'node:crypto'
import { existsSync, statfsSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { unmountBelow } from '../memory/index.ts'

const TMPFS = 0x01021994
/** A pod that runs has about 40 KB there. */
const NEEDED = 256 * 1024 * 1024

/**
 * A directory in memory where root has one: making a file there never waits for the disk, and secrets do not reach it.
 * Everybody else has none that outlives their last login, as pods do; theirs is beside the rest on disk.
 *
 * @param dir the runtime's directory on disk
 */
export function scratchDirectory(dir: string): string {
  const places = process.getuid?.() === 0 ? ['/run', '/dev/shm'] : []
  const place = places.find(isRoomy)
  return place === undefined ? `${dir}/scratch` : `${place}/jobd/${nameOf(dir)}`
}

/** A short name that belongs to this runtime alone, for places that it shares with others. */
export const nameOf = (dir: string): string => createHash('sha256').update(dir).digest('hex').slice(0, 12)

function isRoomy(path: string): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(path)
    return type === TMPFS && bavail * bsize >= NEEDED
  } catch {
    return false
  }
}

/** The file that tells whose scratch directory it is in. */
const OWNER = 'owner'

/** Says whose the directory is, so that it can be told when nobody's data stands behind it any more. */
export const claimScratch = (scratchDir: string, dir: string): void => writeFileSync(`${scratchDir}/${OWNER}`, dir)

/**
 * Removes the scratch directories of runtimes whose directory on disk is gone: of servers that were killed and then
 * deleted, as test runs do. In a place of its own there are no others.
 */
export async function removeAbandoned(scratchDir: string): Promise<void> {
  const place = dirname(scratchDir)
  if (basename(place) !== 'jobd') return
  for (const name of await readdir(place)) {
    const owner = await readFile(`${place}/${name}/${OWNER}`, 'utf8').catch(() => undefined)
    if (owner === undefined || existsSync(owner)) continue
    await unmountBelow(`${place}/${name}`)
    await rm(`${place}/${name}`, { recursive: true, force: true })
  }
}
