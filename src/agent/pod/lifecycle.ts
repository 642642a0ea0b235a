/**
 * The life of a pod on its node, decided purely: what to start and stop next, what its status says, which events tell
 * of it, and when to look again.
 */
import type { Container, Pod, PodStatus } from '../../apis/core/index.ts'
import { after, type Instant, instant, millis, parseTime, seconds, toMillis } from '../../base/index.ts'
import type { ContainerKey, Exit } from '../runtime/index.ts'
import { assumedBackOff, type BackOff, formatDelay, nextBackOff, restartAt } from './back-off.ts'
import { RESETTING, type Waiting } from './container-status.ts'
import { type ContainerView, hasSucceeded, isRestarted, isRunning, slotOf, viewContainers } from './containers.ts'
import { finalPhaseOf, isDecided, isInitialized, type Phase, phaseOf } from './phase.ts'
import { type EventFacts, killingEvent, type PodEvent, podEvent } from './pod-events.ts'
import type { PodInput, PodMemory, Stopping, Teardown } from './pod-input.ts'
import { podStatusOf } from './pod-status.ts'
import { namesOfReset, resetContainers, restartOf } from './restart-all.ts'

export type PodAction =
  | { readonly kind: 'PrepareVolumes' }
  | { readonly kind: 'StartContainer'; readonly key: ContainerKey; readonly container: Container }
  /** SIGTERM after the preStop hook, when there is one; SIGKILL comes as `KillContainer`. */
  | {
      readonly kind: 'StopContainer'
      readonly key: ContainerKey
      readonly container: Container
      readonly killAt: Instant
    }
  | { readonly kind: 'KillContainer'; readonly key: ContainerKey }
  /** Forget a run that no status shows any more. */
  | { readonly kind: 'RemoveRun'; readonly key: ContainerKey }
  /** The pod is over and asked to go: delete the object for good, once the status is written. */
  | { readonly kind: 'DeletePod' }

export type PodPlan = {
  readonly actions: readonly PodAction[]
  readonly status: PodStatus
  readonly events: readonly PodEvent[]
  readonly memory: PodMemory
  readonly wakeAt?: Instant | undefined
}

/** What one look gathers while it goes through the containers. */
type Draft = {
  readonly actions: PodAction[]
  readonly events: PodEvent[]
  readonly waiting: Map<string, Waiting>
  readonly wakes: Instant[]
  memory: PodMemory
}

export function planPod(input: PodInput): PodPlan {
  const containers = viewContainers(input)
  const draft: Draft = { actions: [], events: [], waiting: new Map(), wakes: [], memory: input.memory }
  const startedAt = draft.memory.startedAt ?? parseTime(input.pod.status.startTime ?? '') ?? input.now
  // Nothing has started in the future: the clock was set back since.
  const activeSince = draft.memory.activeSince ?? instant(Math.min(startedAt, input.now))
  draft.memory = { ...draft.memory, startedAt, activeSince }
  const known = input.pod.status.phase
  const isOver = known === 'Succeeded' || known === 'Failed'
  const anyRunning = containers.some(isRunning)
  const restart = restartOf(input.pod, containers)
  const isEnding = restart === 'None' && isDecided(input.pod, containers)
  const hasEndedByItself = draft.memory.teardown === undefined && isEnding && !anyRunning
  const teardown = isOver || hasEndedByItself ? undefined : teardownOf(input, draft)
  const isRestarting = restart !== 'None' && teardown === undefined
  if (!isOver) {
    if (teardown !== undefined) stopAll(input, containers, teardown, draft)
    else if (isRestarting) {
      // Until the status tells of it, a server that starts anew could take what is ended here for an end of its own.
      if (restart === 'Told') endAll(input, containers, draft)
    } else {
      stopUnhealthy(input, containers, draft)
      if (isEnding) stopSidecars(input, containers, draft)
      else startDue(input, containers, draft)
    }
    dropOldRuns(input, draft)
  }
  const isReset = isRestarting && restart === 'Told' && !anyRunning
  const shown = isReset ? resetContainers(containers) : containers
  if (isReset) for (const name of namesOfReset(shown)) draft.waiting.set(name, RESETTING)
  const isBeingEnded = teardown === undefined ? isRestarting && !isReset : anyRunning
  const phase: Phase = isOver
    ? known
    : isBeingEnded
      ? beforeTheEnd(known)
      : teardown === undefined
        ? phaseOf(input.pod, shown)
        : teardown.reason === undefined
          ? finalPhaseOf(shown)
          : 'Failed'
  const isFinal = phase === 'Succeeded' || phase === 'Failed'
  const { metadata } = input.pod
  if (isFinal && metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds !== 0) {
    draft.actions.push({ kind: 'DeletePod' })
  }
  const status = isOver
    ? input.pod.status
    : podStatusOf({
        input,
        containers: shown,
        phase,
        waiting: draft.waiting,
        teardown,
        startedAt,
        isRestarting: isRestarting && !isReset,
      })
  const wakeAt = draft.wakes.length === 0 ? undefined : (Math.min(...draft.wakes) as Instant)
  return { actions: draft.actions, status, events: draft.events, memory: draft.memory, wakeAt }
}

const beforeTheEnd = (known: string | undefined): Phase => (known === 'Running' ? 'Running' : 'Pending')

/**
 * Ends what runs of a pod that is to start anew, without preStop hooks and with the least time that a container has.
 *
 * @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod
 */
function endAll(input: PodInput, containers: readonly ContainerView[], draft: Draft): void {
  for (const view of containers) stop(input, view, input.now, draft, 'killing')
}

/** Why the whole pod has to stop, if it has to. @source kubernetes v1.36 pkg/kubelet/active_deadline.go */
function teardownOf(input: PodInput, draft: Draft): Teardown | undefined {
  const { pod, now } = input
  const known = draft.memory.teardown
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (deletionTimestamp !== undefined) {
    // The timestamp has lost its fraction of a second, and a grace period must not be cut short.
    const end = after(parseTime(deletionTimestamp) ?? now, millis(1000))
    const grace = after(now, millis(1000 * Math.max(deletionGracePeriodSeconds ?? 0, 1)))
    const killAt = deletionGracePeriodSeconds === 0 || grace < end ? grace : end
    const teardown = known === undefined ? { since: now, killAt } : known
    // A later delete may ask for less time.
    const shorter = killAt < teardown.killAt ? { ...teardown, killAt } : teardown
    draft.memory = { ...draft.memory, teardown: shorter }
    return shorter
  }
  if (known !== undefined) return known
  if ((pod.spec.os?.name ?? 'linux') !== 'linux') return rejectOs(now, draft)
  if (input.eviction !== undefined) return evict(input.eviction, now, draft)
  const deadline = pod.spec.activeDeadlineSeconds
  if (deadline === undefined) return undefined
  const end = after(draft.memory.activeSince ?? now, toMillis(seconds(deadline)))
  if (now < end) {
    draft.wakes.push(end)
    return undefined
  }
  const message = 'Pod was active on the node longer than the specified deadline'
  draft.events.push(podEvent('Normal', 'DeadlineExceeded', message))
  const teardown = { since: now, killAt: after(now, graceOf(pod)), reason: 'DeadlineExceeded', message }
  draft.memory = { ...draft.memory, teardown }
  return teardown
}

/**
 * A pod that has taken more than it may goes at once.
 *
 * @source kubernetes v1.36 pkg/kubelet/eviction/eviction_manager.go, evictPod and immediateEvictionGracePeriodSeconds
 */
function evict(message: string, now: Instant, draft: Draft): Teardown {
  draft.events.push(podEvent('Warning', 'Evicted', message))
  const teardown = { since: now, killAt: after(now, millis(1000)), reason: 'Evicted', message }
  draft.memory = { ...draft.memory, teardown }
  return teardown
}

/** @source kubernetes v1.36 pkg/kubelet/lifecycle/predicate.go, rejectPodAdmissionBasedOnOSField; pkg/kubelet/kubelet.go, rejectPod */
function rejectOs(now: Instant, draft: Draft): Teardown {
  const message = "Failed to admit pod as the OS field doesn't match node OS"
  draft.events.push(podEvent('Warning', 'PodOSNotSupported', message))
  const reason = 'PodOSNotSupported'
  const teardown = { since: now, killAt: now, reason, message: `Pod was rejected: ${message}`, isRejected: true }
  draft.memory = { ...draft.memory, teardown }
  return teardown
}

const graceOf = (pod: Pod) => toMillis(seconds(Math.max(pod.spec.terminationGracePeriodSeconds ?? 30, 1)))

/** App and init containers stop together; sidecars, the last first, once those have ended. */
function stopAll(input: PodInput, containers: readonly ContainerView[], { killAt }: Teardown, draft: Draft): void {
  const running = containers.filter(isRunning)
  const first = running.filter(({ kind }) => kind !== 'Sidecar')
  const sidecar = running.findLast(({ kind }) => kind === 'Sidecar')
  const due = first.length > 0 ? first : sidecar === undefined ? [] : [sidecar]
  for (const view of input.now >= killAt ? running : due) stop(input, view, killAt, draft)
}

function stopSidecars(input: PodInput, containers: readonly ContainerView[], draft: Draft): void {
  const sidecar = containers.findLast((view) => view.kind === 'Sidecar' && isRunning(view))
  if (sidecar !== undefined) stop(input, sidecar, after(input.now, graceOf(input.pod)), draft)
}

/** What failed its probe ends; whether it comes back is for its policy to say, once it has ended. */
function stopUnhealthy(input: PodInput, containers: readonly ContainerView[], draft: Draft): void {
  for (const view of containers) {
    if (view.standing.kind !== 'Running') continue
    const found = input.unhealthy.get(slotOf(view.standing.run.key))
    if (found !== undefined)
      stop(input, view, after(input.now, found.grace ?? graceOf(input.pod)), draft, found.message)
  }
}

/**
 * Between SIGTERM and SIGKILL there is at least this much, also when a preStop hook has used up all the time there was.
 *
 * @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer, minimumGracePeriodInSeconds
 */
const LEAST_GRACE = millis(2000)

/** Takes one container through being asked and being killed. */
function stop(input: PodInput, view: ContainerView, killAt: Instant, draft: Draft, message?: string): void {
  const { now, pod, asked } = input
  const { standing, spec } = view
  if (standing.kind !== 'Running') return
  const { key } = standing.run
  const slot = slotOf(key)
  const known = draft.memory.stopping[slot]
  const deadline = known === undefined ? killAt : (Math.min(known.killAt, killAt) as Instant)
  const askedAt = known?.askedAt ?? (asked.has(slot) ? now : undefined)
  // The preStop hook ends with its time: SIGTERM comes then, at the latest.
  const lastCall = known === undefined && deadline < now ? now : deadline
  const atLeast = after(askedAt ?? lastCall, LEAST_GRACE)
  const end = deadline > atLeast ? deadline : atLeast
  if (known === undefined) draft.events.push(killingEvent(factsOf(pod, view), message))
  const isDue = now >= end
  if (isDue && known?.killed !== true) draft.actions.push({ kind: 'KillContainer', key })
  if (!isDue) {
    draft.wakes.push(end)
    if (known === undefined) draft.actions.push({ kind: 'StopContainer', key, container: spec, killAt: deadline })
  }
  const stopping: Stopping = { killAt: deadline, askedAt, killed: isDue }
  draft.memory = { ...draft.memory, stopping: { ...draft.memory.stopping, [slot]: stopping } }
}

const factsOf = (pod: Pod, { spec, kind }: ContainerView): EventFacts => ({ pod, container: spec.name, kind })

/**
 * Starts what may start now: init containers one after the other, sidecars among them without waiting for their end, then
 * all app containers together; each of them after the postStart hooks of those before it.
 *
 * @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_container.go, computeInitContainerActions;
 * kuberuntime_manager.go, SyncPod
 */
function startDue(input: PodInput, containers: readonly ContainerView[], draft: Draft): void {
  if (!input.isPrepared) {
    draft.actions.push({ kind: 'PrepareVolumes' })
    return
  }
  const isPastInit = containers.some((view) => view.kind === 'App' && isInitialized(view))
  let isOpen = true
  let isHeld = containers.some(isHooking)
  for (const view of containers) {
    if (isPastInit && view.kind === 'Init') continue
    if (isOpen || isPastInit) isHeld = startIfDue(input, view, draft, isHeld) || isHeld
    else draft.waiting.set(view.spec.name, { reason: 'PodInitializing' })
    if (view.kind !== 'App') isOpen &&= view.kind === 'Init' ? hasSucceeded(view) : hasStarted(input, view)
  }
}

/** Whether a container is on its way to the end of its postStart hook. */
const isHooking = ({ spec, standing }: ContainerView): boolean =>
  spec.lifecycle?.postStart !== undefined &&
  (standing.kind === 'Starting' || (standing.kind === 'Running' && standing.isHooking))

/** A sidecar lets the next container start once it runs and its startup probe, if any, has succeeded. */
const hasStarted = ({ probes }: PodInput, { spec, standing }: ContainerView): boolean =>
  standing.kind === 'Running' && !standing.isHooking && (probes.get(spec.name)?.started ?? true)

/** Starts a container if it is its time and no hook holds it back; answers whether its own hook now does so to others. */
function startIfDue(input: PodInput, view: ContainerView, draft: Draft, isHeld: boolean): boolean {
  const { spec } = view
  const attempt = nextAttemptOf(input, view, draft)
  if (attempt === undefined) return false
  const failed = input.failedStarts.get(spec.name)
  if (failed !== undefined) {
    draft.waiting.set(spec.name, { reason: failed.reason, message: failed.message })
    if (input.now < failed.retryAt) {
      draft.wakes.push(failed.retryAt)
      return false
    }
  }
  if (isHeld) return false
  rememberRestart(input, view, draft)
  draft.actions.push({
    kind: 'StartContainer',
    key: { podUid: input.pod.metadata.uid ?? '', container: spec.name, attempt },
    container: spec,
  })
  return spec.lifecycle?.postStart !== undefined
}

/** The attempt that should start now; undefined when none should, or not yet. */
function nextAttemptOf(input: PodInput, view: ContainerView, draft: Draft): number | undefined {
  const { standing, spec } = view
  const last = followedRun(input.pod, view)
  if (last === undefined) return standing.kind === 'Absent' ? standing.attempt : undefined
  const backOff = backOffOf(draft.memory, spec.name, last)
  const due = heldUntil(input, { name: spec.name, backOff, ...last }, draft)
  if (due === undefined || backOff === undefined || input.now >= due) return last.attempt + 1
  draft.wakes.push(due)
  tellBackOff(input, view, { attempt: last.attempt, delay: formatDelay(backOff.delay) }, draft)
  return undefined
}

type EndedRun = { readonly attempt: number; readonly exit: Exit }

/** The newest run, when it has ended and another one is to follow. */
function followedRun(pod: Pod, view: ContainerView): EndedRun | undefined {
  const { standing, previous } = view
  if (standing.kind === 'Absent') return previous && { attempt: standing.attempt - 1, exit: previous.exit }
  if (standing.kind !== 'Ended' || !isRestarted(pod, view, standing.exit)) return undefined
  return { attempt: standing.attempt, exit: standing.exit }
}

type Ended = EndedRun & { readonly name: string; readonly backOff: BackOff | undefined }

/** Until when a container is held back; kept once it is known, so that a clock that is set does not change it. */
function heldUntil({ now }: PodInput, { name, attempt, backOff, exit }: Ended, draft: Draft): Instant | undefined {
  const known = draft.memory.held[name]
  if (known?.attempt === attempt) return known.until
  // Nothing ends in the future: the clock was set back since.
  const finishedAt = exit.finishedAt > now ? now : exit.finishedAt
  const until = restartAt(backOff, { ...exit, finishedAt })
  if (until === undefined) return undefined
  draft.memory = { ...draft.memory, held: { ...draft.memory.held, [name]: { attempt, until } } }
  return until
}

const backOffOf = (memory: PodMemory, container: string, { attempt, exit }: EndedRun): BackOff | undefined =>
  memory.backOff[container] ?? assumedBackOff(attempt, exit.startedAt)

function rememberRestart({ pod, now }: PodInput, view: ContainerView, draft: Draft): void {
  const last = followedRun(pod, view)
  if (last === undefined) return
  const { name } = view.spec
  const next = nextBackOff(backOffOf(draft.memory, name, last), last.exit, now)
  draft.memory = { ...draft.memory, backOff: { ...draft.memory.backOff, [name]: next } }
}

/** @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_manager.go, doBackOff */
function tellBackOff(
  { pod }: PodInput,
  view: ContainerView,
  { attempt, delay }: { readonly attempt: number; readonly delay: string },
  draft: Draft,
): void {
  const { name } = view.spec
  const { metadata } = pod
  const where = `${metadata.name ?? ''}_${metadata.namespace ?? ''}(${metadata.uid ?? ''})`
  const message = `back-off ${delay} restarting failed container=${name} pod=${where}`
  draft.waiting.set(name, { reason: 'CrashLoopBackOff', message })
  if (draft.memory.toldBackOff[name] === attempt) return
  draft.memory = { ...draft.memory, toldBackOff: { ...draft.memory.toldBackOff, [name]: attempt } }
  const text = `Back-off restarting failed container ${name} in pod ${where}`
  draft.events.push(podEvent('Warning', 'BackOff', text, factsOf(pod, view)))
}

/** A status shows the newest run and the one before. */
function dropOldRuns({ runs }: PodInput, draft: Draft): void {
  for (const { key, state } of runs) {
    if (state.kind !== 'Exited') continue
    const isOld = runs.some((other) => other.key.container === key.container && other.key.attempt > key.attempt + 1)
    if (isOld) draft.actions.push({ kind: 'RemoveRun', key })
  }
}
