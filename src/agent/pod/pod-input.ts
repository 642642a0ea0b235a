/** What one look at a pod is given, and what it remembers for the next. */
import type { Pod } from '../../apis/core/index.ts'
import type { Instant, Millis } from '../../base/index.ts'
import type { Observed } from '../runtime/index.ts'
import type { BackOff } from './back-off.ts'
import type { Waiting } from './container-status.ts'
import type { Starting } from './containers.ts'

export type NodeFacts = { readonly name: string; readonly hostIP: string; readonly podIP: string }

/** How far probes have got; without an entry a container counts as started and ready as soon as it runs. */
export type ProbeFacts = { readonly started: boolean; readonly ready: boolean }

export type PodInput = {
  /** As the API server has it, with the status last written. */
  readonly pod: Pod
  /** Everything the runtime has of the pod. */
  readonly runs: readonly Observed[]
  readonly starting: Starting
  /** Starts that failed without a run, by container: what is wrong, and when to try again. */
  readonly failedStarts: ReadonlyMap<string, FailedStart>
  readonly probes: ReadonlyMap<string, ProbeFacts>
  /** Runs that failed a probe or a hook and have to end, by run: `<container>.<attempt>`. */
  readonly unhealthy: ReadonlyMap<string, Unhealthy>
  /** Volumes are set up. */
  readonly isPrepared: boolean
  readonly memory: PodMemory
  readonly node: NodeFacts
  readonly now: Instant
}
export type FailedStart = Waiting & { readonly retryAt: Instant }

/** Why a run has to end. `grace` is the probe's own, the pod's where it has none. */
export type Unhealthy = { readonly message: string; readonly grace?: Millis | undefined }

/** Why everything of the pod is being stopped. */
export type Teardown = {
  readonly since: Instant
  /** SIGKILL follows here for what has not ended. */
  readonly killAt: Instant
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

/** One container that is being stopped. */
export type Stopping = { readonly killAt: Instant; readonly killed: boolean }

/** What the life cycle remembers between two looks. All of it may be lost: then it is derived anew. */
export type PodMemory = {
  readonly teardown?: Teardown | undefined
  /** By run: `<container>.<attempt>`. */
  readonly stopping: Readonly<Record<string, Stopping>>
  /** By container. */
  readonly backOff: Readonly<Record<string, BackOff>>
  /** Containers whose back-off was told since they last ran, by container: the attempt. */
  readonly toldBackOff: Readonly<Record<string, number>>
  /** When the pod was first looked at; `status.startTime` is this in whole seconds. */
  readonly startedAt?: Instant | undefined
}

export const newMemory: PodMemory = { stopping: {}, backOff: {}, toldBackOff: {} }
