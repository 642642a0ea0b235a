/** What a server has on its host, counted: to be the same after a thousand pods as before them. */
import { type Dirent, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { nameOf } from '../../src/agent/process/scratch.ts'
import type { SeededRandom } from '../sim/seeded-random.ts'
import type { Server } from './executable.ts'
import { whenProcesses } from './files.ts'

export type Leftovers = {
  /** Of the server, its spawner, supervisors, and whatever has `JOBD_TEST_MARK` with its directory in its environment. */
  readonly processes: number
  readonly mounts: number
  readonly cgroups: number
  /** Files and directories of pods and volumes, on disk and in memory. */
  readonly files: number
  /** Open files of the server and its spawner; connections come and go and are left out. */
  readonly handles: number
}

/** The variable by which processes that hide from their parents are found. */
export const MARK = 'JOBD_TEST_MARK'

export function leftoversOf({ pid, directory }: Pick<Server, 'pid' | 'directory'>): Leftovers {
  const pods = join(directory, 'pods')
  const name = nameOf(pods)
  const { spawners, supervisors } = helpersOf({ pid, directory })
  const helpers = [...spawners, ...supervisors]
  const marked = markedWith(directory)
  const ours = [pid, ...helpers]
  // Other servers mount and unmount theirs in the same namespace meanwhile.
  const isOurs = (mount: string): boolean => mount.includes(`/jobd/${name}/`) || mount.includes(`${directory}/`)
  const places = [pods, join(directory, 'volumes'), `/run/jobd/${name}`, `/dev/shm/jobd/${name}`]
  return {
    processes: ours.length + marked.length,
    mounts: sum(ours.map((one) => textOf(`/proc/${one}/mountinfo`).split('\n').filter(isOurs).length)),
    cgroups: cgroupsNamed('/sys/fs/cgroup', `jobd-${name}`, 3),
    files: sum(places.map(countBelow)),
    handles: sum(ours.map(handlesOf)),
  }
}

/** The spawner is the server's child, the supervisors are what it forked; those of an earlier server run on. */
export function helpersOf({ pid, directory }: Pick<Server, 'pid' | 'directory'>): {
  readonly spawners: readonly number[]
  readonly supervisors: readonly number[]
} {
  const place = `\0${join(directory, 'pods')}/pods\0`
  const ours = numbers('/proc').filter((other) => textOf(`/proc/${other}/cmdline`).includes(place))
  const parentOf = (other: number): number => Number(/^PPid:\s+(\d+)$/m.exec(textOf(`/proc/${other}/status`))?.[1])
  const spawners = ours.filter((other) => parentOf(other) === pid)
  return { spawners, supervisors: ours.filter((other) => !spawners.includes(other)) }
}

/** SIGKILL for one of the processes; false when there is none any more. */
export function killOne(pids: readonly number[], random: SeededRandom): boolean {
  return pids.length > 0 && orNothing(() => process.kill(random.pick(pids), 'SIGKILL'), false)
}

/** Sends a signal to a server that was started with `MARK`, its helpers, and pods that have it in their environment. */
export function signalAll(directory: string, signal: NodeJS.Signals): void {
  for (const pid of allOf(directory)) orNothing(() => process.kill(pid, signal), false)
}

/** Ends them all, as a machine without power does. */
export function killAll(directory: string): Promise<void> {
  return whenProcesses(() => {
    signalAll(directory, 'SIGKILL')
    return allOf(directory).length === 0
  })
}

/** Also those that are about to become a container, whose words have the path of its script. */
function allOf(directory: string): readonly number[] {
  const pods = join(directory, 'pods')
  const scratch = `/jobd/${nameOf(pods)}/`
  const isOfPods = (pid: number): boolean => {
    const words = textOf(`/proc/${pid}/cmdline`)
    return words.includes(`${pods}/pods\0`) || words.includes(scratch)
  }
  return [...new Set([...markedWith(directory), ...numbers('/proc').filter(isOfPods)])]
}

const markedWith = (directory: string): readonly number[] =>
  numbers('/proc').filter((pid) => textOf(`/proc/${pid}/environ`).includes(`${MARK}=${directory}\0`))

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0)
const numbers = (path: string): readonly number[] =>
  namesIn(path)
    .map(Number)
    .filter((number) => number > 0)

function cgroupsNamed(path: string, name: string, depth: number): number {
  const children = directoriesIn(path)
  return sum(
    children.map((child) => {
      const below = join(path, child.name)
      if (child.name === name) return directoriesIn(below).length
      return depth === 0 ? 0 : cgroupsNamed(below, name, depth - 1)
    }),
  )
}

/** Other servers make and remove theirs meanwhile. */
const directoriesIn = (path: string): readonly Dirent[] =>
  orNothing(() => readdirSync(path, { withFileTypes: true }), []).filter((entry) => entry.isDirectory())

const countBelow = (path: string): number => {
  try {
    return readdirSync(path, { recursive: true }).length
  } catch {
    // This host has its scratch space elsewhere, or it is being removed this moment.
    return 0
  }
}

const handlesOf = (pid: number): number =>
  namesIn(`/proc/${pid}/fd`).filter((fd) => {
    const target = linkOf(`/proc/${pid}/fd/${fd}`)
    return target !== '' && !target.startsWith('socket:')
  }).length

/** Processes and their files may be gone at any moment: then they count for nothing. */
function orNothing<T>(look: () => T, nothing: T): T {
  try {
    return look()
  } catch {
    return nothing
  }
}
const namesIn = (path: string): readonly string[] => orNothing(() => readdirSync(path), [])
const textOf = (path: string): string => orNothing(() => readFileSync(path, 'utf8'), '')
const linkOf = (path: string): string => orNothing(() => readlinkSync(path), '')

/** What has grown; looks again and again, for a minute at most, since files go a moment after their pod. */
export async function grown(look: () => Leftovers, before: Leftovers): Promise<readonly string[]> {
  const end = Date.now() + 60_000
  const names = Object.keys(before) as readonly (keyof Leftovers)[]
  let more: readonly string[] = []
  await whenProcesses(() => {
    const now = look()
    more = names.filter((name) => now[name] > before[name]).map((name) => `${name}: ${before[name]}, now ${now[name]}`)
    return more.length === 0 || Date.now() > end
  })
  return more
}
