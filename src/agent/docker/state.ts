/** What the Docker runtime holds in memory. The engine knows the rest, and tells it again after a restart. */
import type { Clock, Log, Result } from '../../base/index.ts'
import type { MemoryVolumes } from '../memory/index.ts'
import type { ContainerKey, Observed, PodSandbox, StartFailure } from '../runtime/index.ts'
import type { Place } from './container-body.ts'
import type { Engine } from './engine.ts'
import type { Gate } from './gate.ts'
import type { Inspection } from './inspection.ts'
import type { LogCopy } from './log-copy.ts'

export type DockerRuntimeOptions = {
  /** An absolute path of its own for this runtime; made when absent. Holds logs and last words. */
  readonly dir: string
  /** For secrets: in memory where the host has such a place. */
  readonly volatileDir: string
  readonly socketPath: string
  readonly clock: Clock
  readonly log: Log
  /** A text that nobody else has, by which this runtime knows its own; asked for once in the life of `dir`. */
  readonly newOwner: () => string
}

export type Run = {
  readonly key: ContainerKey
  /** The engine's id of its container. */
  readonly id: string
  readonly tty: boolean
  readonly imageId: string
  observed: Observed
  log?: LogCopy | undefined
  /** Its end is being looked into. */
  settling?: Promise<void> | undefined
}

export type PodEntry = {
  readonly podUid: string
  sandbox?: PodSandbox | undefined
  /** The container that holds the namespaces; undefined for pods that need none. */
  sandboxId?: string | undefined
  isSandboxUp?: boolean | undefined
  address?: string | undefined
  /** `<container>.<attempt>` → run. */
  readonly runs: Map<string, Run>
  /** Containers of ours that were made and never started. */
  readonly strays: Set<string>
  /** Starts under way, by the same as the runs. */
  readonly starting: Map<string, Promise<Result<Observed, StartFailure>>>
  preparing?: Promise<Result<undefined, string>> | undefined
}

export type State = {
  readonly options: DockerRuntimeOptions
  readonly engine: Engine
  readonly place: Place
  readonly pods: Map<string, PodEntry>
  /** Engine's id → run. */
  readonly byId: Map<string, Run>
  /** Containers that are being removed, or were since the last look at everything: not to be taken for news. */
  readonly removed: Map<string, 'Under way' | 'Done'>
  /** Removals of whole pods that are under way. */
  readonly removals: Set<Promise<void>>
  /** A look at everything that is under way. */
  stock?: Promise<boolean> | undefined
  readonly listeners: Set<(observed: Observed) => void>
  /** Lets only so many containers be made at once. */
  readonly gate: Gate
  /** Absent where this process may not mount. */
  readonly memory?: MemoryVolumes | undefined
  /** Ends the next look at limits; undefined while nobody looks. */
  cancelLimitLook?: (() => void) | undefined
  closed: boolean
}

export const slotOf = ({ container, attempt }: ContainerKey): string => `${container}.${attempt}`

export const findRun = ({ pods }: State, key: ContainerKey): Run | undefined =>
  pods.get(key.podUid)?.runs.get(slotOf(key))

export function entryOf({ pods }: State, podUid: string): PodEntry {
  const known = pods.get(podUid)
  if (known !== undefined) return known
  const entry: PodEntry = { podUid, runs: new Map(), starting: new Map(), strays: new Set() }
  pods.set(podUid, entry)
  return entry
}

/** Tells everybody how a run stands: that it is up, has ended or is in trouble. */
export function tellRun({ listeners }: State, { observed }: Run): void {
  for (const listener of [...listeners]) listener(observed)
}

export const podDirectory = ({ options }: State, podUid: string): string =>
  `${options.dir}/pods/${encodeURIComponent(podUid)}`

export const fileOf = (state: State, key: ContainerKey, ending: 'log' | 'message' | 'times' | 'freed'): string =>
  `${podDirectory(state, key.podUid)}/${encodeURIComponent(key.container)}.${key.attempt}.${ending}`

/** The id that a pod's status shows. */
export const containerIdOf = (id: string): string => `docker://${id}`

export const endOfRun = ({ observed }: Run) => (observed.state.kind === 'Exited' ? observed.state.exit : undefined)

export const observedOf = (key: ContainerKey, inspection: Inspection, state: Observed['state']): Observed => ({
  key,
  id: containerIdOf(inspection.Id),
  state,
  imageId: inspection.Image,
})
