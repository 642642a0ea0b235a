/** Making the volumes of one run appear at their places. */
import { chmodSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, relative } from 'node:path'
import { ok, type Result } from '../../base/index.ts'
import type { ContainerConfig, Mount } from '../runtime/index.ts'
import { HOSTS } from './host-names.ts'
import { HOST_TREE, NOTHING } from './read-only-host.ts'
import { type MissingPlace, makeRoom, type RoomPlace, TOP } from './rooms.ts'
import { shellQuote } from './shell-quote.ts'
import { fstabLine, missingFrom } from './stage.ts'
import {
  CREDENTIALS,
  CREDENTIALS_ALIAS,
  OWN_DEVICES,
  RUN_CREDENTIALS,
  RUN_TERMINATION_LOG,
  TERMINATION_LOG,
} from './template.ts'
import { type HostTools, TABLE } from './tools.ts'

export type RunMounts = {
  /** The directory of the run, there already; the links of the template lead into it. */
  readonly directory: string
  readonly config: ContainerConfig
  readonly tools: HostTools
  /** Where its rooms are to be, in a directory that is its own. */
  readonly rooms: RoomPlace
  /** Its launch script, as seen from its directory. */
  readonly script: string
  /** What is lost with a reboot lies below this directory. */
  readonly volatile: string
  /** It starts where files of the host can only be read: volumes come from elsewhere, see read-only-host.ts. */
  readonly isReadOnly: boolean
  /** Directories that are its own, empty at first; without links. */
  readonly own: readonly string[]
  /** What is to be read-only to it beside the files that are so where it starts. */
  readonly closed: readonly string[]
  /** The file with the names that it finds, where these are not those of the host. */
  readonly hosts?:
    | {
        readonly source: string
        /** Absent where the host has no such file. */
        readonly place: string | undefined
      }
    | undefined
}

/** The shell commands that mount what a run needs; each ends in `|| failed`. Prepares the directory of the run. */
export function mountCommands(run: RunMounts): readonly string[] {
  const { directory, config, tools } = run
  const followsLinks = mayFollowLinks(config, tools)
  const mounts: Mount[] = []
  for (const mount of config.mounts) {
    const target = mount.target === CREDENTIALS_ALIAS ? CREDENTIALS : mount.target.replace(/(.)\/+$/, '$1')
    if (target !== CREDENTIALS) mounts.push({ ...mount, target })
    else if (followsLinks && mount.source.startsWith(`${run.volatile}/`)) {
      // From where the run works, whatever is mounted over that.
      symlinkSync(relative(directory, mount.source), `${directory}/${RUN_CREDENTIALS}`)
    } else if (!tools.isRoot) mounts.push({ ...mount, target })
    else mounts.push(parentOf(CREDENTIALS, `${directory}/secrets`), { ...mount, target })
  }
  const messagePath = config.terminationMessagePath ?? TERMINATION_LOG
  if (messagePath !== TERMINATION_LOG || !tools.isRoot) mounts.push(messageFile(directory, messagePath))
  else if (!followsLinks) {
    const target = `${OWN_DEVICES}/${basename(TERMINATION_LOG)}`
    mounts.push(parentOf(target, `${directory}/devices`), messageFile(directory, target))
  }
  return bindAll(mounts, run)
}

/** Links to what a process has open are for those only who have all its rights. */
const mayFollowLinks = ({ runAs, security }: ContainerConfig, { isRoot }: HostTools): boolean =>
  isRoot && runAs?.uid === undefined && (security?.dropCapabilities ?? []).length === 0

/** The template has a link here that another user cannot follow: covered by a directory, `source`, to mount in. */
function parentOf(target: string, source: string): Mount {
  mkdirSync(source, { mode: 0o755 })
  const place = `${source}/${basename(target)}`
  if (target === CREDENTIALS) mkdirSync(place, { mode: 0o755 })
  else writeFileSync(place, '')
  return { source, target: dirname(target), readOnly: false }
}

export function messageFile(directory: string, target: string): Mount {
  const source = `${directory}/${RUN_TERMINATION_LOG}`
  writeFileSync(source, '')
  // Whoever the program runs as may leave a word.
  chmodSync(source, 0o666)
  return { source, target, readOnly: false }
}

function bindAll(mounts: readonly Mount[], run: RunMounts): readonly string[] {
  const { directory, tools, isReadOnly } = run
  if (mounts.length === 0 && !isReadOnly) return []
  const ordered = [...mounts].sort((one, other) => one.target.length - other.target.length)
  const own = run.own.filter((path) => ordered.every(({ target }) => !`${path}/`.startsWith(`${target}/`)))
  const outer = [...ordered.map(({ target }) => target), ...own]
  const spots = ordered.map((mount) => spotOf(mount, outer))
  const rooms = makeRooms(run, spots)
  if (!rooms.ok) return [`failed ${shellQuote(rooms.error)}`]
  const isRooted = spots.some(({ missing }) => missing?.directory === '/')
  const together = spots.flatMap(({ mount, place }) =>
    place === undefined ? [] : [fstabLine(sourceOf(mount, run), `${TOP}${place}`, bindOf(mount))],
  )
  const alone = spots.filter(({ place }) => place === undefined)
  const empty = own.map((path) => `tmpfs ${TOP}${path} tmpfs mode=1777,nosuid,nodev 0 0\n`)
  // What comes alone comes after the others, from the tree that is then covered.
  const covers = isReadOnly && alone.length === 0 ? [fstabLine(NOTHING, `${TOP}${HOST_TREE}`, 'bind')] : []
  const names = hostsLines(ordered, run)
  const closed = run.closed.map((path) => fstabLine(path, `${TOP}${path}`, 'bind,ro'))
  writeFileSync(
    `${directory}/${TABLE}`,
    [...rooms.value, ...together, ...empty, ...names, ...closed, ...covers].join(''),
    {
      mode: 0o600,
    },
  )
  const all = mountTable(tools)
  const single = alone.map(({ mount }) => bindOne(mount, outer, run))
  return [
    ...(isRooted ? [`[ "$1" = rooted ] || { ${all}; ${enterRoot(run)}; }`] : [all]),
    ...single,
    ...(isReadOnly && alone.length > 0
      ? [`${tools.mount} --bind ${NOTHING} ${HOST_TREE} || failed 'covering files of the host'`]
      : []),
  ]
}

/** Mounts the table with paths as they are, see `TOP`, or tells why that has failed already, see enter.c. */
const mountTable = ({ mount, mountsTable }: HostTools): string =>
  mountsTable
    ? `[ "$1" != failed ] || { printf '%s\\n' "$2" >&2; failed 'mounting its volumes'; }`
    : `${mount} -c -a -T ${TABLE} || failed 'mounting its volumes'`

/** Unless a volume is there. */
function hostsLines(mounts: readonly Mount[], { hosts, config }: RunMounts): readonly string[] {
  if (hosts?.place === undefined) return []
  if (mounts.some(({ target }) => `${HOSTS}/`.startsWith(`${target}/`))) return []
  const readOnly = config.security?.readOnlyRoot === true
  return [fstabLine(`${HOST_TREE}${hosts.source}`, `${TOP}${hosts.place}`, bindOf({ readOnly }))]
}

/** The launch script again, in the new root, with a word that says so. Where it works stays, whatever is mounted over it. */
const enterRoot = ({ script, tools }: RunMounts): string =>
  `exec ${tools.unshare ?? 'false'} --root=${TOP} --wd=. ${tools.shell} ${shellQuote(script)} rooted`

/** Read-write as on the host, wherever the run starts. */
const sourceOf = ({ source }: Mount, { isReadOnly }: RunMounts): string =>
  isReadOnly ? `${HOST_TREE}${source}` : source

const bindOf = ({ readOnly }: Pick<Mount, 'readOnly'>): string => (readOnly ? 'bind,ro' : 'bind')

type Spot = {
  readonly mount: Mount
  /** Where it is mounted, without links; absent for what has to wait for others. */
  readonly place?: string | undefined
  readonly missing?: MissingPlace | undefined
}

/** @param outer what is mounted, by places */
function spotOf(mount: Mount, outer: readonly string[]): Spot {
  const { source, target } = mount
  if (isInside(target, outer)) return { mount }
  if (isOfTemplate(target)) return { mount, place: target }
  const missing = missingFrom(target)
  if (missing === undefined) {
    const place = realpathSync(target)
    return isInside(place, outer) ? { mount } : { mount, place }
  }
  const { directory, rest } = missing
  // One that has just been taken away is neither: mounting it will tell.
  const isDirectory = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true
  return { mount, place: `${directory === '/' ? '' : directory}/${rest}`, missing: { ...missing, isDirectory } }
}

const isInside = (path: string, outer: readonly string[]): boolean =>
  outer.some((other) => path.startsWith(`${other}/`))

/** The rooms for what is missing, innermost first, and the mounts that put them in their places. */
function makeRooms({ rooms, isReadOnly }: RunMounts, spots: readonly Spot[]): Result<readonly string[], string> {
  const places = spots.flatMap(({ missing }) => missing ?? [])
  const directories = [...new Set(places.map(({ directory }) => directory))].sort((a, b) => b.length - a.length)
  const lines: string[] = []
  for (const [index, directory] of directories.entries()) {
    const missing = places.filter((place) => place.directory === directory)
    const made = makeRoom({ ...rooms, path: `${rooms.path}/${index}` }, directory, missing, isReadOnly)
    if (!made.ok) return made
    lines.push(...made.value)
  }
  return ok(lines)
}

function bindOne(mount: Mount, outer: readonly string[], run: RunMounts): string {
  const { target } = mount
  // Directories on the way are for whoever the program runs as.
  const make = `( umask 022 && ${makePlace(mount, target)} )`
  const place = isInside(target, outer) ? `{ [ -e ${shellQuote(target)} ] || ${make}; } && ` : ''
  const bind = `${run.tools.mount} -o ${bindOf(mount)} ${shellQuote(sourceOf(mount, run))} ${shellQuote(target)}`
  return `{ ${place}${bind}; } || failed ${shellQuote(`mounting ${target}`)}`
}

const isOfTemplate = (target: string): boolean =>
  target === TERMINATION_LOG ||
  target === CREDENTIALS ||
  target === dirname(CREDENTIALS) ||
  `${target}/`.startsWith(`${OWN_DEVICES}/`)

/** Makes what a volume is mounted on: a directory, or a file for a file. */
export function makePlace({ source }: Mount, path: string): string {
  const isDirectory = statSync(source).isDirectory()
  if (isDirectory) return `mkdir -p ${shellQuote(path)}`
  return `mkdir -p ${shellQuote(dirname(path))} && : >>${shellQuote(path)}`
}
