/** Making the volumes of one run appear at their places. */
import { chmodSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ok, type Result } from '../../base/index.ts'
import type { ContainerConfig, Mount } from '../runtime/index.ts'
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
import type { HostTools } from './tools.ts'

export type RunMounts = {
  /** The directory of the run, there already; the links of the template lead into it. */
  readonly directory: string
  readonly config: ContainerConfig
  readonly tools: HostTools
  /** Where its rooms are to be, in a directory that is its own. */
  readonly rooms: RoomPlace
  /** Its launch script, as seen from its directory. */
  readonly script: string
}

/** The shell commands that mount what a run needs; each ends in `|| failed`. Prepares the directory of the run. */
export function mountCommands(run: RunMounts): readonly string[] {
  const { directory, config, tools } = run
  const followsLinks = mayFollowLinks(config, tools)
  const mounts: Mount[] = []
  for (const mount of config.mounts) {
    const target = mount.target === CREDENTIALS_ALIAS ? CREDENTIALS : mount.target.replace(/(.)\/+$/, '$1')
    if (target !== CREDENTIALS) mounts.push({ ...mount, target })
    else if (followsLinks) symlinkSync(mount.source, `${directory}/${RUN_CREDENTIALS}`)
    else if (!tools.isRoot) mounts.push({ ...mount, target })
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
  const { directory, tools } = run
  if (mounts.length === 0) return []
  const ordered = [...mounts].sort((one, other) => one.target.length - other.target.length)
  const spots = ordered.map((mount) => spotOf(mount, ordered))
  const rooms = makeRooms(run, spots)
  if (!rooms.ok) return [`failed ${shellQuote(rooms.error)}`]
  const isRooted = spots.some(({ missing }) => missing?.directory === '/')
  const together = spots.flatMap(({ mount, place }) =>
    place === undefined ? [] : [fstabLine(mount.source, `${TOP}${place}`, mount.readOnly ? 'bind,ro' : 'bind')],
  )
  const table = `${directory}/fstab`
  writeFileSync(table, [...rooms.value, ...together].join(''), { mode: 0o600 })
  // Paths as they are, see `TOP`.
  const all = `${tools.mount} -c -a -T ${shellQuote(table)} || failed 'mounting its volumes'`
  const single = spots.filter(({ place }) => place === undefined).map(({ mount }) => bindOne(mount, ordered, tools))
  return [...(isRooted ? [`[ $# -gt 0 ] || { ${all}; ${enterRoot(run)}; }`] : [all]), ...single]
}

/** The launch script again, in the new root, with a word that says so. Where it works stays, whatever is mounted over it. */
const enterRoot = ({ script, tools }: RunMounts): string =>
  `exec ${tools.unshare?.[0] ?? 'false'} --root=${TOP} --wd=. ${tools.shell} ${shellQuote(script)} rooted`

type Spot = {
  readonly mount: Mount
  /** Where it is mounted, without links; absent for what has to wait for others. */
  readonly place?: string | undefined
  readonly missing?: MissingPlace | undefined
}

function spotOf(mount: Mount, all: readonly Mount[]): Spot {
  const { source, target } = mount
  if (isInside(mount, all)) return { mount }
  if (isOfTemplate(target)) return { mount, place: target }
  const missing = missingFrom(target)
  if (missing === undefined) return { mount, place: realpathSync(target) }
  const { directory, rest } = missing
  // One that has just been taken away is neither: mounting it will tell.
  const isDirectory = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true
  return { mount, place: `${directory === '/' ? '' : directory}/${rest}`, missing: { ...missing, isDirectory } }
}

const isInside = ({ target }: Mount, all: readonly Mount[]): boolean =>
  all.some((other) => target.startsWith(`${other.target}/`))

/** The rooms for what is missing, innermost first, and the mounts that put them in their places. */
function makeRooms({ rooms }: RunMounts, spots: readonly Spot[]): Result<readonly string[], string> {
  const places = spots.flatMap(({ missing }) => missing ?? [])
  const directories = [...new Set(places.map(({ directory }) => directory))].sort((a, b) => b.length - a.length)
  const lines: string[] = []
  for (const [index, directory] of directories.entries()) {
    const missing = places.filter((place) => place.directory === directory)
    const made = makeRoom({ ...rooms, path: `${rooms.path}/${index}` }, directory, missing)
    if (!made.ok) return made
    lines.push(...made.value)
  }
  return ok(lines)
}

function bindOne(mount: Mount, all: readonly Mount[], { mount: program = 'false' }: HostTools): string {
  const { source, target, readOnly } = mount
  // Directories on the way are for whoever the program runs as.
  const make = `( umask 022 && ${makePlace(mount, target)} )`
  const place = isInside(mount, all) ? `{ [ -e ${shellQuote(target)} ] || ${make}; } && ` : ''
  const bind = `${program} -o ${readOnly ? 'bind,ro' : 'bind'} ${shellQuote(source)} ${shellQuote(target)}`
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
