/**
 * Volumes that lie in memory and hold no more than they may: a tmpfs for each, mounted on the host, so that all containers
 * of a pod share it and it stays while containers, or this daemon, come and go. Only root may mount there.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Log } from '../../base/index.ts'
import type { MemoryVolume } from '../runtime/index.ts'

export type MemoryVolumes = {
  /** Makes the volume unless it is there, and answers its path; undefined where that fails. */
  readonly open: (volume: MemoryVolume) => Promise<string | undefined>
  /** Gives the memory of a pod back. */
  readonly remove: (podUid: string) => Promise<void>
  /** Lets go of the directory, when no volume is there any more. */
  readonly close: () => Promise<void>
}

export type MemoryVolumesOptions = {
  /** A directory of its own; made when absent. */
  readonly dir: string
  /** What is mounted here from now on is seen in the mount namespaces that are made from now on. */
  readonly isShared: boolean
  readonly log: Log
}

/** The pods that have volumes in a directory of `openMemoryVolumes`, those of earlier daemons included. */
export const podsWithMemory = (dir: string): readonly string[] =>
  existsSync(dir) ? readdirSync(dir).map(decodeURIComponent) : []

/** Undefined where this process may not mount. */
export async function openMemoryVolumes({
  dir,
  isShared,
  log,
}: MemoryVolumesOptions): Promise<MemoryVolumes | undefined> {
  if (process.getuid?.() !== 0) return undefined
  mkdirSync(dir, { recursive: true, mode: 0o711 })
  const attempt = async (...command: readonly [string, ...string[]]): Promise<boolean> => {
    const because = await failureOf(command)
    if (because !== undefined) log.info('volumes in memory are directories', { because })
    return because === undefined
  }
  if (isShared && !mountsBelow(dir).includes(dir)) {
    const isBound = (await attempt('mount', '--bind', dir, dir)) && (await attempt('mount', '--make-shared', dir))
    if (!isBound) return undefined
  }
  const known = new Set(readdirSync(dir))
  return {
    open: async ({ podUid, volume, bytes }) => {
      const name = encodeURIComponent(podUid)
      const path = `${dir}/${name}/${volume}`
      known.add(name)
      mkdirSync(path, { recursive: true })
      if (mountsBelow(path).length > 0) return path
      const isMounted = await attempt('mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=0777`, 'tmpfs', path)
      return isMounted ? path : undefined
    },
    remove: async (podUid) => {
      const name = encodeURIComponent(podUid)
      if (!known.delete(name)) return
      const pod = `${dir}/${name}`
      await unmountBelow(pod)
      // With the directory go the copies that the namespaces of other pods have of the mount, and so the memory.
      for (const volume of readdirSync(pod)) await rmdir(`${pod}/${volume}`)
      await rmdir(pod)
    },
    close: async () => {
      if (known.size > 0) return
      await unmountBelow(dir)
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Ends the mounts at and below a path. A program of the host that is in there keeps what it has open. */
export async function unmountBelow(path: string): Promise<void> {
  for (const place of mountsBelow(path)) await failureOf(['umount', '-l', place])
}

const run = promisify(execFile)

/** Why a program failed; undefined when it ended well. */
const failureOf = ([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> =>
  run(program, args, { timeout: 10_000 }).then(
    () => undefined,
    (error: Error & { readonly stderr?: string }) => error.stderr?.trim() || error.message,
  )

/** Where something is mounted at or below a path, innermost first. */
function mountsBelow(path: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
    )
    .filter((place) => place === path || place.startsWith(`${path}/`))
    .reverse()
}
