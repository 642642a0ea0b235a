/** What one look at a pod is given, and what it remembers for the next. */
import { after, type Instant, type Millis } from '../../base/index.ts'
import type { BackOff } from './back-off.ts'
import type { Waiting } from './container-status.ts'
import type { Known } from './containers.ts'

/** `podIP` is empty while the pod has no address. */
export type NodeFacts = { readonly name: string; readonly hostIP: string; readonly podIP: string }

/** How far probes have got; without an entry a container counts as started and ready as soon as it runs. */
export type ProbeFacts = { readonly started: boolean; readonly ready: boolean }

/** `pod` is as the API server has it, with the status last written; `runs` is everything the runtime has of it. */
export type PodInput = Known & {
  /** Starts that failed without a run, by container: what is wrong, and when to try again. */
  readonly failedStarts: ReadonlyMap<string, FailedStart>
  readonly probes: ReadonlyMap<string, ProbeFacts>
  /** Runs that failed a probe or a hook and have to end, by run: `<container>.<attempt>`. */
  readonly unhealthy: ReadonlyMap<string, Unhealthy>
  /** Runs that were sent SIGTERM, after their preStop hook where they have one, by run. */
  readonly asked: ReadonlySet<string>
  /** Volumes are set up. */
  readonly isPrepared: boolean
  /** Why the pod has used more of the node than it may, where it has. */
  readonly eviction?: string | undefined
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
  /** The node never took the pod: of its containers there is nothing to say. */
  readonly isRejected?: boolean | undefined
}

/** One container that is being stopped. `askedAt` is when it was seen to have been sent SIGTERM. */
export type Stopping = {
  readonly killAt: Instant
  readonly askedAt?: Instant | undefined
  readonly killed: boolean
}

/** `attempt` is the one that ended. */
export type Held = { readonly attempt: number; readonly until: Instant }

/** What the life cycle remembers between two looks. All of it may be lost: then it is derived anew. */
export type PodMemory = {
  readonly teardown?: Teardown | undefined
  /** By run: `<container>.<attempt>`. */
  readonly stopping: Readonly<Record<string, Stopping>>
  /** By container. */
  readonly backOff: Readonly<Record<string, BackOff>>
  /** Containers whose back-off was told since they last ran, by container: the attempt. */
  readonly toldBackOff: Readonly<Record<string, number>>
  /** How long a container that ended has to wait for its next run, by container. */
  readonly held: Readonly<Record<string, Held>>
  /** When the pod was first looked at; `status.startTime` is this in whole seconds. */
  readonly startedAt?: Instant | undefined
  /** The same for its deadline: unlike the time that is shown, it goes along when the clock is set. */
  readonly activeSince?: Instant | undefined
}

export const newMemory: PodMemory = { stopping: {}, backOff: {}, toldBackOff: {}, held: {} }

/** The memory after the wall clock was set by a span: what was so long ago, or is so far away, stays so. */
export function shiftMemory(memory: PodMemory, by: Millis): PodMemory {
  const { teardown, stopping, backOff, held, activeSince } = memory
  return {
    ...memory,
    teardown: teardown && { ...teardown, since: after(teardown.since, by), killAt: after(teardown.killAt, by) },
    stopping: mapped(stopping, (one) => ({
      ...one,
      killAt: after(one.killAt, by),
      askedAt: one.askedAt && after(one.askedAt, by),
    })),
    backOff: mapped(backOff, (one) => ({ ...one, restartedAt: after(one.restartedAt, by) })),
    held: mapped(held, (one) => ({ ...one, until: after(one.until, by) })),
    activeSince: activeSince && after(activeSince, by),
  }
}

const mapped = <T>(record: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
