/** What is known of one pod of this node while it lasts, and what its worker is given to do its work with. */
import type { Pod, PodStatus } from '../apis/core/index.ts'
import type { Clock, Log, Millis, Monotonic, Result, Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import {
  type FailedStart,
  type NodeFacts,
  newMemory,
  type PodAction,
  type PodMemory,
  type ProbeFacts,
  type Unhealthy,
} from './pod/index.ts'
import type { PreparedVolumes } from './pod-volumes.ts'
import type { ContainerConfig, Observed, Runtime, StartFailure } from './runtime/index.ts'
import type { VolumeSources } from './volume-sources.ts'
import type { VolumeFailure } from './volumes/index.ts'

export type WorkerContext = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly runtime: Runtime
  readonly recorder: EventRecorder
  readonly timers: Timers
  /** How much goes on: starts asked of the runtime and not yet answered. */
  readonly load: { starting: number }
  /** Whether a status that news may soon supersede is held back a little. */
  readonly foldsStatus: boolean
  readonly node: Omit<NodeFacts, 'podIP'>
  /** Where a pod is reached; empty while it has no address. */
  readonly addressOf: (pod: Pod) => string
  readonly sources: VolumeSources
  readonly prepare: (pod: Pod) => Promise<Result<PreparedVolumes, readonly VolumeFailure[]>>
  readonly configOf: (
    worker: PodWorker,
    action: Extract<PodAction, { kind: 'StartContainer' }>,
  ) => Promise<Result<ContainerConfig, StartFailure>>
  /** What the run left as its last word, for an exit that has no message of its own. */
  readonly messageOf: (pod: Pod, observed: Observed) => string | undefined
  /** Takes over the log of an ended run that is older than those shown in a status, and forgets the run. */
  readonly removeRun: (pod: Pod, run: Observed) => void
  /** Notes on disk what there is to know of the runs of a pod that is over. */
  readonly noteRuns: (worker: PodWorker) => Promise<void>
  /** The pod is over and its final status is written; nothing more happens until it is deleted. */
  readonly onOver: (worker: PodWorker) => void
}

export type PodWorker = {
  pod: Pod
  memory: PodMemory
  readonly runs: Map<string, Observed>
  /** What runs that were started here are made from, by run, where the runtime does not know. */
  readonly imageIds: Map<string, string>
  readonly starting: Map<string, number>
  readonly failedStarts: Map<string, FailedStart>
  readonly probes: Map<string, ProbeFacts>
  /** Runs that failed a probe or a hook, by run. */
  readonly unhealthy: Map<string, Unhealthy>
  /** Runs whose postStart hook has not ended, by run. */
  readonly hooking: Set<string>
  /** Runs that were sent SIGTERM, by run. */
  readonly asked: Set<string>
  /** Ends the probes of a run, by run. */
  readonly watches: Map<string, () => void>
  /** For hooks that wait: the end of their run, by run. */
  readonly ends: Map<string, PromiseWithResolvers<void>>
  isPrepared: boolean
  /** Volumes are being made, or are waited for after a failure. */
  preparing: 'No' | 'Now' | 'Later'
  /** What the volumes are made of has changed since they were last begun to be made. */
  isStale: boolean
  /** Volume → path. */
  volumes: ReadonlyMap<string, string>
  /** Why the pod has used more of the node than it may. */
  eviction?: string | undefined
  unlimit?: (() => void) | undefined
  isGone: boolean
  isWriting: boolean
  isDeleting: boolean
  /** The status that the last look asked for. */
  wanted?: PodStatus | undefined
  /** A look is due in this turn of the event loop. */
  isDirty: boolean
  cancelWake?: (() => void) | undefined
  cancelWrite?: (() => void) | undefined
  cancelRefresh?: (() => void) | undefined
  unfollow?: (() => void) | undefined
  /** When the status is to be written, on the clock that nobody sets. */
  writeAt?: Monotonic | undefined
  /** What the wall clock was ahead of the monotonic one when it was last seen to have been set. */
  ahead?: Millis | undefined
}

/** Of a pod of which nothing is known to run yet. */
export const newWorker = (pod: Pod): PodWorker => ({
  pod,
  memory: newMemory,
  runs: new Map(),
  imageIds: new Map(),
  starting: new Map(),
  failedStarts: new Map(),
  probes: new Map(),
  unhealthy: new Map(),
  hooking: new Set(),
  asked: new Set(),
  watches: new Map(),
  ends: new Map(),
  isPrepared: (pod.spec.volumes ?? []).length === 0,
  preparing: 'No',
  isStale: false,
  volumes: new Map(),
  isGone: false,
  isWriting: false,
  isDeleting: false,
  isDirty: false,
})
