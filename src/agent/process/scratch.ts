/** The place for what may be lost with a reboot. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readlinkSync, statfsSync, writeFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Log } from '../../base/index.ts'
import { unmountBelow } from '../memory/index.ts'
import { allPids, commandLineOf, isAlive, statOf } from './proc.ts'

const TMPFS = 0x01021994
/** A pod that runs has about 40 KB there. */
const NEEDED = 256 * 1024 * 1024
const PLACES = ['/run', '/dev/shm']

/**
 * A directory in memory where root has one: making a file there never waits for the disk, and secrets do not reach it.
 * Everybody else has none that outlives their last login, as pods do; theirs is beside the rest on disk.
 *
 * @param dir the runtime's directory on disk
 */
export function scratchDirectory(dir: string): string {
  const places = process.getuid?.() === 0 ? PLACES : []
  const inPlace = (place: string): string => `${place}/jobd/${nameOf(dir)}`
  // What an earlier daemon has put somewhere stays there, also when that place has filled up meanwhile.
  const place = places.find((each) => existsSync(inPlace(each))) ?? places.find(isRoomy)
  return place === undefined ? `${dir}/scratch` : inPlace(place)
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

/** The file that tells whose a directory is. */
const OWNER = 'owner'

/**
 * Says whose data a directory serves, and that this process uses it, so that it can be told when nobody's data stands
 * behind it any more. Processes are told apart by number, start and the namespace of their numbers.
 */
export function claimDirectory(path: string, dir: string): void {
  const { pid } = process
  writeFileSync(`${path}/${OWNER}`, `${dir}\n${pid} ${statOf(pid)?.startTime} ${numbering()}\n`)
}

function numbering(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    // Not a Linux: there is one for all.
    return 'one'
  }
}

/** Undefined for one that nobody has claimed, or not yet. */
function ownerOf(path: string): { readonly dir: string; readonly daemon: readonly string[] } | undefined {
  try {
    const [dir = '', daemon = ''] = readFileSync(`${path}/${OWNER}`, 'utf8').split('\n')
    return { dir, daemon: daemon.split(' ') }
  } catch {
    // Gone this moment, or another's.
    return undefined
  }
}

/**
 * Whether nobody uses a claimed directory any more: neither the daemon that has claimed it nor a run of it, whose
 * supervisor has its path among its words. One that is used under other process numbers than ours is left alone.
 */
export function isAbandoned(path: string): boolean {
  const owner = ownerOf(path)
  if (owner === undefined) return false
  const [pid = '', startTime = '', numbers] = owner.daemon
  if (numbers !== undefined && (numbers !== numbering() || isAlive({ pid: Number(pid), startTime }))) return false
  const names = [`${path}/`, `${owner.dir}/`]
  return !allPids().some((each) => {
    const words = commandLineOf(each) ?? ''
    return names.some((name) => words.includes(name))
  })
}

/** Removes a scratch directory with all that is mounted in it. */
export async function removeScratch(scratchDir: string): Promise<void> {
  await unmountBelow(scratchDir)
  await rm(scratchDir, { recursive: true, force: true })
}

/**
 * Removes the scratch directories of runtimes whose directory on disk is gone: of servers that were killed and then
 * deleted, as test runs do. In a place of its own there are no others.
 */
export async function removeAbandoned(scratchDir: string, log: Log): Promise<void> {
  const places = new Set([dirname(scratchDir), ...PLACES.map((place) => `${place}/jobd`)])
  for (const place of places) {
    if (process.getuid?.() !== 0 || basename(place) !== 'jobd' || !existsSync(place)) continue
    for (const name of await readdir(place).catch(() => [])) {
      const path = `${place}/${name}`
      const dir = ownerOf(path)?.dir
      if (dir === undefined || existsSync(dir) || !isAbandoned(path)) continue
      await removeScratch(path).catch((error) =>
        log.warn('what a server that is gone has left in memory cannot be removed', { path, because: String(error) }),
      )
    }
  }
}
