/** What the process runtime holds in memory. Everything that has to outlive it lies in files, see run-name.ts. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, joined, type Log, type Millis } from '../../base/index.ts'
import type { MemoryVolumes } from '../memory/index.ts'
import type { ContainerKey, ImageService, Observed } from '../runtime/index.ts'
import { type Cgroups, openCgroups } from './cgroups.ts'
import type { EventFile } from './event-file.ts'
import type { NamesOfPod, PodNames } from './host-names.ts'
import { stemOf } from './run-name.ts'
import { findRun, type Run, type RunTable } from './run-table.ts'
import { nameOf } from './scratch.ts'
import type { Mode, Spawner } from './spawner.ts'
import type { StartLedger } from './start-ledger.ts'
import { ROOMS, RUN_TERMINATION_LOG } from './template.ts'
import type { HostTools, NamespacesOption } from './tools.ts'

export type ProcessRuntimeOptions = {
  /** An absolute path of its own for this runtime; made when absent. Holds what must survive a reboot: logs above all. */
  readonly dir: string
  /** For what may be lost with a reboot. Chosen by `scratchDirectory` when absent. */
  readonly scratchDir?: string | undefined
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** The daemon's environment: PATH tells where the programs are that the runtime works with. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>
  readonly namespaces?: NamespacesOption | undefined
  /** What images stand for; they are not looked at when absent. */
  readonly images?: ImageService | undefined
  /** `auto` makes control groups where that is permitted, `never` does not try. */
  readonly controlGroups?: 'auto' | 'never' | undefined
}

/** What runs see of files of the host that are not their volumes. */
export const views = ['Writable', 'ReadOnly'] as const
export type HostView = (typeof views)[number]

/** Where runs start from that have one view of the host. */
export type Starter = {
  readonly spawner: Spawner
  /** The root directory of the namespace that they start from, as this process sees it. */
  readonly root: string
  /** The places that every pod expects are there, volumes can be mounted, and the view is what it should be. */
  readonly isReady: boolean
}

/** The host as it was found, and the spawners on it. */
export type Host = {
  readonly tools: HostTools
  readonly starters: {
    readonly Writable: Starter
    /** Absent where files of the host cannot be shown read-only. */
    readonly ReadOnly?: Starter | undefined
  }
  /** Directories for temporary files, settings of the kernel and the file of names, that there are; without links. */
  readonly temporary: readonly string[]
  readonly kernel: readonly string[]
  readonly hosts?: string | undefined
  /** Absent where nothing can be mounted for all containers of a pod. */
  readonly memory?: MemoryVolumes | undefined
}

export type State = {
  readonly options: ProcessRuntimeOptions
  readonly table: RunTable
  readonly listeners: Set<(observed: Observed) => void>
  /** Runs that wait for a free place; started in order. */
  readonly queue: Run[]
  /** Runs asked for that are not yet up. */
  starting: number
  ended: number
  readonly events: EventFile
  readonly starts: StartLedger
  opening?: Promise<Host | undefined> | undefined
  /** Spawners that are being started in the place of lost ones. */
  readonly replacing: Set<Promise<void>>
  /** Found out when the first run with limits comes; null where the host permits no groups. */
  cgroups?: Cgroups | null | undefined
  readonly names: PodNames
  /** Control groups that are being removed, by run. */
  readonly leaving: Map<string, Promise<void>>
  /** Set once it is open; the newest when a spawner was lost. */
  host?: Host | undefined
  /** Called once a spawner has prepared itself, by the view that it is for; whether it could. */
  readonly onTemplate: Map<string, (isReady: boolean) => void>
  cancelLook?: (() => void) | undefined
  cancelLimitLook?: (() => void) | undefined
  /** Ended runs without namespaces whose left-over processes are still to be looked for, and who waits for each. */
  readonly doomed: Map<string, (() => void)[]>
  cancelSweep?: (() => void) | undefined
  sweepPause: Millis
  closed: boolean
  /** Fulfilled with it. */
  readonly closing: PromiseWithResolvers<void>
}

export const logPathOf = ({ root }: RunTable, key: ContainerKey): string => `${root}/${stemOf(key)}.log`

export const scriptOf = ({ scratch }: RunTable, { id }: Run): string => `${scratch}/${id}.run`

/** Where volumes in memory are mounted. */
export const memoryOf = ({ scratch }: RunTable): string => `${dirname(scratch)}/memory`

/** What belongs to the mount namespaces that runs start from. */
export const TEMPLATES = '.template'
export const templateOf = ({ scratch }: RunTable, view: HostView): string => `${scratch}/${TEMPLATES}/${view}`

/** Where the rooms of a pod or of a run are in such a namespace, see rooms.ts. */
export const roomsOf = (table: RunTable, view: HostView, id: string): string =>
  `${templateOf(table, view)}/${ROOMS}/${id}`

/** Where the pipes of a run's input are, without their endings. */
export const inputPathOf = ({ scratch }: RunTable, { id }: Run): string => `${scratch}/${id}`

export const containerIdOf = (key: ContainerKey): string =>
  joined('jobd://', key.podUid, '_', key.container, '_', String(key.attempt))

/** What a run is given of names; undefined for a program of the host, which has the host's. */
export const namesOf = ({ names }: State, { key, namespaced, isReadOnly, config }: Run): NamesOfPod | undefined =>
  namespaced && (isReadOnly || config?.root !== undefined) ? names.get(key.podUid) : undefined

/** The name that the machine has for a run; empty for that of the host. */
export function hostnameOf(state: State, run: Run): string {
  const sandbox = namesOf(state, run)?.sandbox
  return sandbox === undefined || sandbox.network === 'Host' ? '' : sandbox.hostname
}

/** How the spawner is asked for a run. */
export const modeOf = ({ namespaced, isFirst }: Run): Mode => (namespaced ? (isFirst ? 'N' : 'n') : 'p')

export const viewOf = ({ isReadOnly }: Run): HostView => (isReadOnly ? 'ReadOnly' : 'Writable')

/** Those that are there. */
export const startersOf = (host: Host | undefined): readonly Starter[] =>
  Object.values(host?.starters ?? {}).filter((starter) => starter !== undefined)

export function starterOf({ starters }: Host, run: Run): Starter {
  const starter = starters[viewOf(run)]
  if (starter === undefined) throw new Error(`no place to start ${run.id} from`)
  return starter
}

/** The directory that a namespaced run's first process works in: the first run of a pod has the pod's. */
export function runDirectory({ scratch }: RunTable, { id, isFirst }: Run): string {
  const own = `${scratch}/${id}.d`
  return isFirst ? dirname(own) : own
}

/** The file that the link of the template leads to. */
export function messagePathOf(table: RunTable, key: ContainerKey): string {
  const own = `${table.scratch}/${findRun(table, key)?.id ?? stemOf(key)}.d`
  return `${existsSync(own) ? own : dirname(own)}/${RUN_TERMINATION_LOG}`
}

/** The control groups of this runtime; undefined where the host permits none. */
export function cgroupsOf(state: State): Cgroups | undefined {
  const { dir, controlGroups } = state.options
  state.cgroups ??= (controlGroups === 'never' ? undefined : openCgroups(`jobd-${nameOf(dir)}`)) ?? null
  return state.cgroups ?? undefined
}
