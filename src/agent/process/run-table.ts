/** The runs that this daemon knows, by pod and by id. */
import type { ContainerConfig, ContainerKey, Observed } from '../runtime/index.ts'
import { fileNameOf, type RunName, runIdOf } from './run-name.ts'

export type Run = {
  readonly key: ContainerKey
  readonly id: string
  /** Absolute path of the run's files without the ending. */
  readonly base: string
  /** Known for runs that this daemon asked for. */
  readonly config?: ContainerConfig | undefined
  readonly generation: number
  namespaced: boolean
  /** A namespaced run that is the first of its pod works in the pod's directory, every other in one of its own. */
  readonly isFirst: boolean
  /** It starts where files of the host can only be read. */
  readonly isReadOnly: boolean
  phase: 'Queued' | 'Requested' | 'Up' | 'Ended'
  observed?: Observed | undefined
  /** What its pod is to be told of it, such as a limit that it has reached. */
  trouble?: string | undefined
  /** Why it was killed here, other than for its memory. */
  killedFor?: string | undefined
  /** It was killed here for more memory than it may have. */
  isOutOfMemory?: boolean | undefined
  /** Those who wait until the run is up or has ended. */
  waiters: ((observed: Observed) => void)[]
  /** Those who wait until it has ended. */
  mourners: (() => void)[]
}

export type RunTable = {
  /** Pod uid → `<container>.<attempt>` → run. */
  readonly pods: Map<string, Map<string, Run>>
  /** What must survive a reboot: claims, exit records and logs. */
  readonly root: string
  /** What may be lost with one: launch scripts and the directories that first processes work in. */
  readonly scratch: string
}

const slotOf = (key: ContainerKey): string => `${key.container}.${key.attempt}`

export const findRun = (table: RunTable, key: ContainerKey): Run | undefined =>
  table.pods.get(key.podUid)?.get(slotOf(key))

export const runsOf = (table: RunTable, podUid: string): readonly Run[] => [...(table.pods.get(podUid)?.values() ?? [])]

export function addRun(
  table: RunTable,
  name: RunName,
  facts: Pick<Run, 'phase' | 'namespaced' | 'config'> & { readonly isFirst?: boolean; readonly isReadOnly?: boolean },
): Run {
  const id = runIdOf(name)
  const run: Run = {
    key: name.key,
    id,
    base: `${table.root}/${id}`,
    config: facts.config,
    generation: name.generation,
    namespaced: facts.namespaced,
    isFirst: facts.isFirst === true,
    isReadOnly: facts.isReadOnly === true,
    phase: facts.phase,
    waiters: [],
    mourners: [],
  }
  const slots = table.pods.get(name.key.podUid) ?? new Map<string, Run>()
  slots.set(slotOf(name.key), run)
  table.pods.set(name.key.podUid, slots)
  return run
}

export function dropRun(table: RunTable, key: ContainerKey): void {
  const slots = table.pods.get(key.podUid)
  slots?.delete(slotOf(key))
  if (slots?.size === 0) table.pods.delete(key.podUid)
}

export function* unfinishedRuns(table: RunTable): Generator<Run> {
  for (const slots of table.pods.values()) {
    for (const run of slots.values()) if (run.phase !== 'Ended') yield run
  }
}

/** The two directories of a pod's files. */
export const podDirectories = ({ root, scratch }: RunTable, podUid: string) => ({
  root: `${root}/${fileNameOf(podUid)}`,
  scratch: `${scratch}/${fileNameOf(podUid)}`,
})
