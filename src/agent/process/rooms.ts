/**
 * Room for mount points that the host does not have: the directory that is to hold one is shown to a run as another, which
 * has a place of the same name for each of its entries, and to each of these the entry is bound. Nothing is made on the host.
 *
 * Rooms lie in a file system in memory that only the spawner's mount namespace has, and go with their pod. What a program
 * writes beside the entries is in there too, for its run alone.
 */
import { chmodSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../../base/index.ts'
import { fstabLine, isLeftOut } from './stage.ts'

/** Where the rooms of all runs lie. */
export type RoomPlace = {
  /** The root directory of the namespace that runs start from, as this process sees it. */
  readonly view: string
  /** The directory of rooms in there. */
  readonly path: string
}

/** A mount point to be made: `rest` in `directory`, which is there. */
export type MissingPlace = { readonly directory: string; readonly rest: string; readonly isDirectory: boolean }

/**
 * The way to the root directory by which whatever is mounted over it is found. A process that has the old root thus reaches
 * the new one, and `mount`, which is told to take paths as they are, never takes a mount for one that is there: of several
 * it leaves out those of the same name at the same place, another file system in memory for one.
 */
export const TOP = '/..'

/**
 * Makes one room, and answers the mounts that put it in the place of its directory. The root directory is only covered by
 * its room: whoever is to see it has to make `TOP` its root.
 *
 * @param path of the room, in the namespace
 * @param isReadOnly whether nothing can be written beside its entries
 */
export function makeRoom(
  { view, path }: RoomPlace,
  directory: string,
  missing: readonly MissingPlace[],
  isReadOnly: boolean,
): Result<readonly string[], string> {
  try {
    const room = `${view}${path}`
    mkdirSync(room, { recursive: true })
    const made = new Set(missing.map(({ rest }) => rest.slice(0, `${rest}/`.indexOf('/'))))
    const binds = fillRoom(room, `${view}${directory}`, (name) => !made.has(name) && !isLeftOut(directory, name))
    for (const place of missing) makePlace(room, place)
    chmodSync(room, statSync(`${view}${directory}`).mode & 0o7777)
    const isRoot = directory === '/'
    const source = isRoot ? '' : directory
    const target = isRoot ? TOP : `${TOP}${path}`
    const entries = binds.map((name) => fstabLine(`${source}/${name}`, `${target}/${name}`, 'rbind'))
    return ok(
      isRoot
        ? [fstabLine(path, TOP, isReadOnly ? 'bind,ro' : 'bind'), ...entries]
        : [...entries, fstabLine(path, `${TOP}${directory}`, isReadOnly ? 'rbind,ro' : 'rbind')],
    )
  } catch (error) {
    return fail(`making room for mounts in ${directory}: ${(error as Error).message}`)
  }
}

/** The entries that have to be bound; links are copied. */
function fillRoom(room: string, directory: string, isWanted: (name: string) => boolean): readonly string[] {
  const binds: string[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry
    if (!isWanted(name)) continue
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(`${directory}/${name}`), `${room}/${name}`)
    else {
      if (entry.isDirectory()) mkdirSync(`${room}/${name}`)
      else writeFileSync(`${room}/${name}`, '')
      binds.push(name)
    }
  }
  return binds
}

/** For whoever the program runs as, whatever this process's umask is. */
function makePlace(room: string, { rest, isDirectory }: MissingPlace): void {
  const parents = rest.split('/').slice(0, -1)
  for (let depth = 1; depth <= parents.length; depth += 1) {
    const parent = `${room}/${parents.slice(0, depth).join('/')}`
    mkdirSync(parent, { recursive: true })
    chmodSync(parent, 0o755)
  }
  if (isDirectory) mkdirSync(`${room}/${rest}`, { recursive: true })
  else {
    mkdirSync(dirname(`${room}/${rest}`), { recursive: true })
    writeFileSync(`${room}/${rest}`, '')
  }
}
