/**
 * A directory of the host that is to show more than it holds to all runs: staged as a small file system of its own that has
 * all entries of the original bound into it. Only the namespace at hand sees it, so that nothing is ever created on the host.
 * What one run alone needs is in rooms.ts.
 */
import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { shellQuote } from './shell-quote.ts'

export type Stage = {
  /** The directory that is staged; `/` becomes a new root. */
  readonly directory: string
  /** Entries of the original that are left out, because `fill` makes others in their place. */
  readonly without?: readonly string[] | undefined
  /** Shell commands, run in the staged directory before it takes the place of the original. */
  readonly fill: readonly string[]
}

export type StageTools = {
  readonly mount: string
  /** Device files may be made anew, which is cheaper than binding each; permitted to real root only. */
  readonly canMakeDevices: boolean
}

/** An empty directory, and the path of a file to be written, that belong to this stage alone. */
export type StagePlace = { readonly directory: string; readonly table: string }

export type StageText = {
  /** Ends with a status other than 0 when anything fails. */
  readonly script: string
  /** What has to stand in `place.table`: the mounts, in the format of fstab. */
  readonly table: string
}

/** Terminals and disks of the machine: many, and no business of a pod. */
const LEFT_OUT = /^(?:tty\d+|ttyS\d+|vcs[au]?\d*|loop\d+|ram\d+)$/

export const isLeftOut = (directory: string, name: string): boolean => directory === '/dev' && LEFT_OUT.test(name)

export function stageText(stage: Stage, place: StagePlace, tools: StageTools): StageText {
  const { directory } = stage
  const path = (name: string) => (directory === '/' ? `/${name}` : `${directory}/${name}`)
  const entries = readdirSync(directory, { withFileTypes: true }).filter(
    ({ name }) => stage.without?.includes(name) !== true && !isLeftOut(directory, name),
  )
  const isCopied = (entry: Dirent) =>
    entry.isSymbolicLink() ||
    (tools.canMakeDevices && directory === '/dev' && (entry.isCharacterDevice() || entry.isBlockDevice()))
  const bound = entries.filter((entry) => !isCopied(entry))
  const words = (list: readonly Dirent[]) => list.map(({ name }) => shellQuote(`./${name}`)).join(' ')
  const directories = bound.filter((entry) => entry.isDirectory())
  const files = bound.filter((entry) => !entry.isDirectory())
  const copies = entries.filter(isCopied).map(({ name }) => shellQuote(path(name)))
  const commands = [
    `${tools.mount} -t tmpfs -o mode=755 tmpfs ${shellQuote(place.directory)}`,
    `cd ${shellQuote(place.directory)}`,
    ...(directories.length === 0 ? [] : [`mkdir ${words(directories)}`]),
    ...files.map(({ name }) => `: >${shellQuote(`./${name}`)}`),
    ...(copies.length === 0 ? [] : [`cp ${tools.canMakeDevices ? '-pRP' : '-RP'} ${copies.join(' ')} .`]),
    ...(bound.length === 0 ? [] : [`${tools.mount} -a -T ${shellQuote(place.table)}`]),
    ...stage.fill,
    ...(directory === '/' ? newRoot(tools) : replacing(directory, place, tools)),
  ]
  const table = bound.map(({ name }) => fstabLine(path(name), `${place.directory}/${name}`, 'rbind'))
  return { script: `{ ${commands.join(' && ')}; }`, table: table.join('') }
}

const newRoot = ({ mount }: StageTools): readonly string[] => [
  'mkdir -p .jobd-old',
  'pivot_root . .jobd-old',
  'cd /',
  `${umountOf(mount)} -l /.jobd-old`,
]

/** Binding and letting go does what moving does, and is permitted in user namespaces, where moving is not. */
const replacing = (directory: string, place: StagePlace, { mount }: StageTools): readonly string[] => [
  'cd /',
  `${mount} --rbind ${shellQuote(place.directory)} ${shellQuote(directory)}`,
  `${umountOf(mount)} -l ${shellQuote(place.directory)}`,
]

const umountOf = (mount: string): string => mount.replace(/mount$/, 'umount')

/** One mount in the format of fstab. */
export const fstabLine = (source: string, target: string, options: string): string =>
  `${fstabWord(source)} ${fstabWord(target)} none ${options} 0 0\n`

/** A path as fstab and the kernel's list of mounts have it: blanks and backslashes by their octal numbers. */
export const fstabWord = (path: string): string =>
  path.replace(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)

/** The directory that has to be staged for a path to exist; undefined when it exists already. */
export function missingFrom(path: string): { readonly directory: string; readonly rest: string } | undefined {
  if (existsSync(path)) return undefined
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    if (!existsSync(parent)) continue
    const rest = path.slice(parent === '/' ? 1 : parent.length + 1)
    return { directory: realpathSync(parent), rest }
  }
}
