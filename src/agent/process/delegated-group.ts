/**
 * Where control groups of version 2 may be made. A group can hand controllers to the groups below it only while no process
 * is in it, but for the very first: so this process looks for such a group above itself, and else leaves the one it is in.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'

/** The files of control groups; what is not permitted fails by an exception, as it does in `node:fs`. */
export type GroupFiles = {
  /** Empty where there is no such file. */
  readonly read: (path: string) => string
  readonly write: (path: string, text: string) => void
  /** It is no matter if it is there already. */
  readonly make: (group: string) => void
  readonly remove: (group: string) => void
  /** The names of the groups right below one; none where there is no such group. */
  readonly below: (group: string) => readonly string[]
}

export const HOST_GROUPS: GroupFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  },
  write: (path, text) => writeFileSync(path, text),
  make: (group) => void mkdirSync(group, { recursive: true }),
  remove: (group) => rmdirSync(group),
  below(group) {
    try {
      const entries = readdirSync(group, { withFileTypes: true })
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    } catch {
      return []
    }
  },
}

export type Handed<Controller extends string> = {
  /** The group that was made. */
  readonly group: string
  /** Those whose limits can be set in the groups below it. */
  readonly controllers: readonly Controller[]
  /** The group whose processes were moved into one below it, for this. */
  readonly left?: string | undefined
}

/** Where the processes of a group go that has to be without any. */
const SERVER = 'jobd-server'
/** Processes may be born while others are moved. */
const ROUNDS = 20

/**
 * Makes a group below the nearest one that hands on the first of the controllers, or can be made to; undefined where there
 * is none.
 *
 * @param mount where the tree is mounted
 * @param own the group of this process in that tree, `/` for the topmost
 */
export function openDelegated<Controller extends string>(
  files: GroupFiles,
  { mount, own, name }: { readonly mount: string; readonly own: string; readonly name: string },
  wanted: readonly Controller[],
): Handed<Controller> | undefined {
  const path = own === '/' ? '' : own
  for (const above of aboveOf(path)) {
    const found = handOn(files, `${mount}${above}`, name, wanted)
    if (found === undefined) continue
    return path === `${above}/${SERVER}` ? { ...found, left: `${mount}${above}` } : found
  }
  const home = `${mount}${path}`
  if (!wordsOf(files, `${home}/cgroup.controllers`).includes(wanted[0] ?? '')) return undefined
  if (leave(files, home)) {
    const found = handOn(files, home, name, wanted)
    if (found !== undefined) return { ...found, left: home }
  }
  comeBack(files, home)
  return undefined
}

/** Removes a group that was made, if none is left in it, and goes back to where this process was. */
export function closeDelegated(files: GroupFiles, { group, left }: Handed<string>): void {
  attempt(() => files.remove(group))
  if (left === undefined) return
  const handed = wordsOf(files, `${left}/cgroup.subtree_control`)
  // Refused while a group below hands them on itself: that of runs that go on, or of another jobd.
  const isFree = attempt(() =>
    files.write(`${left}/cgroup.subtree_control`, handed.map((word) => `-${word}`).join(' ')),
  )
  if (isFree) comeBack(files, left)
}

/** A path and all that it is in, the nearest first; the topmost is the empty one. */
function* aboveOf(path: string): Generator<string> {
  for (let above = path; ; above = above.slice(0, above.lastIndexOf('/'))) {
    yield above
    if (above === '') return
  }
}

/** Makes a group, and has it hand on what it gets. */
function handOn<Controller extends string>(
  files: GroupFiles,
  above: string,
  name: string,
  wanted: readonly Controller[],
): Handed<Controller> | undefined {
  const control = `${above}/cgroup.subtree_control`
  const isHanded = () => wordsOf(files, control).includes(wanted[0] ?? '')
  if (!isHanded()) {
    const there = wordsOf(files, `${above}/cgroup.controllers`)
    // In this order: with processes in it a group refuses memory, but would take cpu and pids, and then be a group of
    // threads, which no process can leave for one below.
    for (const controller of wanted.filter((each) => there.includes(each)))
      if (!attempt(() => files.write(control, `+${controller}`))) break
  }
  if (!isHanded()) return undefined
  const group = `${above}/${name}`
  const handed = wordsOf(files, control)
  const controllers = wanted.filter((controller) => handed.includes(controller))
  const isMade =
    attempt(() => files.make(group)) &&
    attempt(() => files.write(`${group}/cgroup.subtree_control`, controllers.map((word) => `+${word}`).join(' ')))
  if (isMade) return { group, controllers }
  attempt(() => files.remove(group))
  return undefined
}

/** Moves all processes of a group into one below it; false while any is left. */
const leave = (files: GroupFiles, home: string): boolean =>
  attempt(() => files.make(`${home}/${SERVER}`)) && moveAll(files, home, `${home}/${SERVER}`)

function comeBack(files: GroupFiles, home: string): void {
  moveAll(files, `${home}/${SERVER}`, home)
  attempt(() => files.remove(`${home}/${SERVER}`))
}

function moveAll(files: GroupFiles, from: string, to: string): boolean {
  for (let round = 0; round < ROUNDS; round++) {
    const pids = wordsOf(files, `${from}/cgroup.procs`)
    if (pids.length === 0) return true
    // One that has ended meanwhile cannot be moved, nor need it be.
    for (const pid of pids) attempt(() => files.write(`${to}/cgroup.procs`, pid))
  }
  return false
}

const wordsOf = (files: GroupFiles, path: string): readonly string[] =>
  files
    .read(path)
    .split(/\s+/)
    .filter((word) => word !== '')

/** What this process may not do is an answer here, not an error. */
export function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
