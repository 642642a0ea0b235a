/**
 * Limits that the kernel enforces: a control group for each run that has any, below a group of ours where this process may
 * make one. Version 1 has a tree for each controller, version 2 one for all.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdir, rmdir } from 'node:fs/promises'
import { type ContainerConfig, refusalsIn } from '../runtime/index.ts'
import { attempt, closeDelegated, type Handed, HOST_GROUPS, openDelegated } from './delegated-group.ts'
import { shellQuote } from './shell-quote.ts'

type Controller = 'memory' | 'cpu' | 'pids'
type Limits = ContainerConfig['limits']

export type Cgroups = {
  readonly version: 1 | 2
  /** Our own group by controller; in version 2 always the same. */
  readonly parents: Readonly<Partial<Record<Controller, string>>>
  /** How our group of version 2 came about. */
  readonly handed?: Handed<Controller> | undefined
}

const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids']

const { read } = HOST_GROUPS

export const hasLimits = ({ cpuMillis, memoryBytes, pids }: Limits): boolean =>
  cpuMillis !== undefined || memoryBytes !== undefined || pids !== undefined

/** Makes our group; undefined where the host does not permit it. Groups that earlier runs left empty go. */
export function openCgroups(name: string): Cgroups | undefined {
  const cgroups = openVersion2(name) ?? openVersion1(name)
  for (const parent of new Set(Object.values(cgroups?.parents ?? {}))) {
    for (const below of HOST_GROUPS.below(parent)) removeGroup(`${parent}/${below}`)
  }
  return cgroups
}

function openVersion2(name: string): Cgroups | undefined {
  const mount = mountPoints('cgroup2')[0]?.path
  const own = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1]
  if (mount === undefined || own === undefined) return undefined
  const handed = openDelegated(HOST_GROUPS, { mount, own, name }, CONTROLLERS)
  if (handed === undefined) return undefined
  const parents = Object.fromEntries(handed.controllers.map((controller) => [controller, handed.group]))
  return { version: 2, parents, handed }
}

function openVersion1(name: string): Cgroups | undefined {
  const parents: Partial<Record<Controller, string>> = {}
  const own = read('/proc/self/cgroup')
  for (const controller of CONTROLLERS) {
    const mount = mountPoints('cgroup').find(({ options }) => options.includes(controller))?.path
    const line = own.split('\n').find((text) => text.split(':')[1]?.split(',').includes(controller))
    if (mount === undefined || line === undefined) continue
    const path = line.split(':').slice(2).join(':')
    const group = `${mount}${path === '/' ? '' : path}/${name}`
    if (attempt(() => mkdirSync(group, { recursive: true }))) parents[controller] = group
  }
  return Object.keys(parents).length === 0 ? undefined : { version: 1, parents }
}

function mountPoints(
  type: 'cgroup' | 'cgroup2',
): readonly { readonly path: string; readonly options: readonly string[] }[] {
  return read('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , found]) => found === type)
    .map(([, path = '', , options = '']) => ({ path, options: options.split(',') }))
}

/** The groups of a run, each once: those that its limits need, or all where these are not known. */
function groupsOf({ parents }: Cgroups, id: string, limits?: Limits): readonly string[] {
  const needed = limits === undefined ? CONTROLLERS : controllersOf(limits)
  const found = needed.flatMap((controller) => parents[controller] ?? [])
  return [...new Set(found)].map((parent) => `${parent}/${id.replaceAll('/', '_')}`)
}

function controllersOf({ cpuMillis, memoryBytes, pids }: Limits): readonly Controller[] {
  const isNeeded = { memory: memoryBytes !== undefined, cpu: cpuMillis !== undefined, pids: pids !== undefined }
  return CONTROLLERS.filter((controller) => isNeeded[controller])
}

/** The group of a run for one controller. */
const groupOf = ({ parents }: Cgroups, controller: Controller, id: string): string | undefined =>
  parents[controller] === undefined ? undefined : `${parents[controller]}/${id.replaceAll('/', '_')}`

/**
 * Makes the groups of a run with its limits. Not on this thread: every group that is made or removed waits for all others
 * of the machine.
 */
export async function makeGroups(cgroups: Cgroups, id: string, limits: Limits): Promise<void> {
  await Promise.all(groupsOf(cgroups, id, limits).map((group) => mkdir(group, { recursive: true })))
  for (const [controller, file, value] of settings(cgroups.version, limits)) {
    const group = groupOf(cgroups, controller, id)
    if (group !== undefined) attempt(() => writeFileSync(`${group}/${file}`, value))
  }
}

/**
 * The shell commands by which the first process of a run enters its groups.
 *
 * @param host the root directory of the host, as that process reaches it
 */
export const enterGroups = (cgroups: Cgroups, id: string, limits: Limits, host: string): readonly string[] =>
  groupsOf(cgroups, id, limits).map(
    (group) => `echo 0 >${shellQuote(`${host}${group}/cgroup.procs`)} || failed 'entering its control group'`,
  )

/** Which file of which controller gets what. Swap counts as memory: a limit that only makes a program slow is none. */
function settings(version: 1 | 2, limits: Limits): readonly (readonly [Controller, string, string])[] {
  const { cpuMillis, memoryBytes, pids } = limits
  const period = 100_000
  const quota = cpuMillis === undefined ? 0 : Math.max(1000, (cpuMillis * period) / 1000)
  const memory = String(memoryBytes)
  return [
    ...(memoryBytes === undefined
      ? []
      : version === 2
        ? ([
            ['memory', 'memory.max', memory],
            ['memory', 'memory.swap.max', '0'],
            ['memory', 'memory.oom.group', '1'],
          ] as const)
        : ([
            ['memory', 'memory.limit_in_bytes', memory],
            ['memory', 'memory.memsw.limit_in_bytes', memory],
          ] as const)),
    ...(cpuMillis === undefined
      ? []
      : version === 2
        ? ([['cpu', 'cpu.max', `${quota} ${period}`]] as const)
        : ([
            ['cpu', 'cpu.cfs_period_us', String(period)],
            ['cpu', 'cpu.cfs_quota_us', String(quota)],
          ] as const)),
    ...(pids === undefined ? [] : ([['pids', 'pids.max', String(pids)]] as const)),
  ]
}

/** Whether the kernel has killed a process of the run because it wanted more memory than its limit. */
export function wasOutOfMemory(cgroups: Cgroups, id: string): boolean {
  const group = groupOf(cgroups, 'memory', id)
  const text = read(`${group}/${cgroups.version === 2 ? 'memory.events' : 'memory.oom_control'}`)
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0
}

/** How often a process of the run was refused another one, because there were as many as its limit. */
export function refusedProcesses(cgroups: Cgroups, id: string): number {
  const group = groupOf(cgroups, 'pids', id)
  return refusalsIn(read(`${group}/pids.events`))
}

/** Removes the groups of a run; false while a process is still in one. */
export async function removeGroups(cgroups: Cgroups, id: string, limits?: Limits): Promise<boolean> {
  const removed = groupsOf(cgroups, id, limits).map((group) =>
    rmdir(group).then(
      () => true,
      ({ code }: NodeJS.ErrnoException) => code !== 'EBUSY' || removeGroup(group),
    ),
  )
  return (await Promise.all(removed)).every((isGone) => isGone)
}

/** Removes a group with those that were made below it; false while a process is in one. */
function removeGroup(group: string): boolean {
  if (attempt(() => rmdirSync(group)) || !existsSync(group)) return true
  for (const below of HOST_GROUPS.below(group)) removeGroup(`${group}/${below}`)
  return attempt(() => rmdirSync(group))
}

/** Removes our own groups, if no run is in one. */
export function closeCgroups({ parents, handed }: Cgroups): void {
  if (handed !== undefined) closeDelegated(HOST_GROUPS, handed)
  else for (const parent of new Set(Object.values(parents))) attempt(() => rmdirSync(parent))
}
