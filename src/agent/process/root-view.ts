/** Paths as a container sees them whose root is a directory of the host, looked up without entering it. */
import { lstatSync, readlinkSync, statSync } from 'node:fs'
import type { Mount } from '../runtime/index.ts'

/** As many links in one path are a loop. @source path_resolution(7) */
const MOST_LINKS = 40

/**
 * A path inside a root with every link on its way followed, so that no link leads out of the root: absolute ones begin
 * there again and `..` ends there. Parts that do not exist stay as they are.
 */
export function resolveInRoot(root: string, path: string): string {
  const waiting = path.split('/').reverse()
  let known: readonly string[] = []
  for (let links = 0; waiting.length > 0; ) {
    const part = waiting.pop() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      known = known.slice(0, -1)
      continue
    }
    const next = `${root}/${[...known, part].join('/')}`
    const isLink = lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink() === true
    if (!isLink) {
      known = [...known, part]
      continue
    }
    links += 1
    // A loop leads nowhere: it is as if it were not there.
    if (links > MOST_LINKS) continue
    const target = readlinkSync(next)
    if (target.startsWith('/')) known = []
    waiting.push(...target.split('/').reverse())
  }
  return known.length === 0 ? root : `${root}/${known.join('/')}`
}

export type RootView = {
  readonly root: string
  readonly mounts: readonly Mount[]
}

/** Where on the host a path of the container lies, also one in a volume. */
function onHost({ root, mounts }: RootView, path: string): string {
  const around = mounts
    .filter(({ target }) => path === target || path.startsWith(`${target}/`))
    .sort((one, other) => other.target.length - one.target.length)[0]
  return around === undefined ? resolveInRoot(root, path) : `${around.source}${path.slice(around.target.length)}`
}

/** Why a command cannot be executed, as the launch script tells it; undefined when it can. */
export function commandMissing(
  view: RootView,
  { command, path, workingDir }: { readonly command: string; readonly path: string; readonly workingDir: string },
): 'exec 127' | 'exec 126' | undefined {
  const places = command.startsWith('/')
    ? [command]
    : command.includes('/')
      ? [`${workingDir}/${command}`]
      : path.split(':').map((place) => `${place}/${command}`)
  const found = places.flatMap((place) => statSync(onHost(view, place), { throwIfNoEntry: false }) ?? [])
  if (found.some((stats) => stats.isFile() && (stats.mode & 0o111) !== 0)) return undefined
  return found.length === 0 ? 'exec 127' : 'exec 126'
}
