/**
 * One pod of this node. Each look is pure (pod/); here its actions are carried out, one status write at a time, and
 * whatever comes of them leads to the next look.
 */
import { isDeepStrictEqual } from 'node:util'
import { isConflict, isNotFound, notFound, type Status } from '../apimachinery/index.ts'
import type { Pod, PodStatus } from '../apis/core/index.ts'
import { after, between, fail, type Instant, later, millis, type Result } from '../base/index.ts'
import { afterStart, beforeStop, containerOf, watchRun } from './container-hooks.ts'
import { watchEmptyDirs } from './empty-dir-limits.ts'
import { unlessRefused } from './host-files.ts'
import { HOST_IMAGE } from './images/index.ts'
import { type PodAction, planPod, podEvent, shiftMemory, slotOf } from './pod/index.ts'
import { hasProbes, initialFacts } from './probes/index.ts'
import type { ContainerKey, Observed, Signal, StartFailure } from './runtime/index.ts'
import { showsItself } from './volume-sources.ts'
import type { PodWorker, WorkerContext } from './worker.ts'
import { failureEvent, tell, tellLimits, tellUnlimited } from './worker-events.ts'

/** A start that could not be is tried again after this; as often as a kubelet looks at a pod that failed to sync. */
const START_RETRY = millis(10_000)
/** @source kubernetes v1.36 pkg/util/goroutinemap/exponentialbackoff */
const MOUNT_RETRY = { first: 500, most: 122_000 }
/**
 * A pod that ends this soon after its start is written once instead of twice; the more starts are under way, the longer
 * even the shortest program takes.
 */
const FOLD_RUNNING = { least: 15, most: 250 }
/** Being about to start is worth a write only when it takes long. */
const FOLD_PENDING = millis(5000)

/**
 * Takes a newer version of the pod. Versions of one server only grow, and they come by two ways, the watch and the answers
 * to our own writes, either of which may be behind.
 */
export function takePod(context: WorkerContext, worker: PodWorker, pod: Pod): void {
  const { metadata } = worker.pod
  if (Number(pod.metadata.resourceVersion) <= Number(metadata.resourceVersion)) return
  worker.pod = pod
  const isSame =
    isDeepStrictEqual(pod.metadata.labels, metadata.labels) &&
    isDeepStrictEqual(pod.metadata.annotations, metadata.annotations)
  if (!isSame && showsItself(pod)) refreshVolumes(context, worker)
}

/** Asks for a look, once for all that changes in this turn. */
export function touch(context: WorkerContext, worker: PodWorker): void {
  if (worker.isDirty || worker.isGone) return
  worker.isDirty = true
  queueMicrotask(() => {
    worker.isDirty = false
    if (!worker.isGone) look(context, worker)
  })
}

/** Takes what the runtime saw. */
export function observeRun(context: WorkerContext, worker: PodWorker, observed: Observed): void {
  const { key, state } = observed
  const slot = slotOf(key)
  const isNews = observed.trouble !== undefined && worker.runs.get(slot)?.trouble === undefined
  worker.runs.set(slot, withImage(worker, withMessage(context, worker.pod, observed)))
  tellRun(context, worker, observed)
  if (isNews) tell(context, worker, key, { type: 'Warning', reason: 'LimitReached', message: observed.trouble ?? '' })
  if (state.kind === 'Running') watch(context, worker, key, state.startedAt)
  else unwatch(worker, slot)
  touch(context, worker)
}

/** Tells of a run that this agent has started: that it was, or why it could not be. */
function tellRun(context: WorkerContext, worker: PodWorker, { key, state }: Observed): void {
  const isNew = worker.starting.get(key.container) === key.attempt
  if (isNew) {
    worker.starting.delete(key.container)
    worker.failedStarts.delete(key.container)
    tell(context, worker, key, { type: 'Normal', reason: 'Created', message: 'Container created' })
    tellLimits(context, worker, key)
  }
  if (state.kind === 'Exited' && state.exit.reason === 'StartError') {
    const message = `Error: ${state.exit.message ?? 'the container could not be started'}`
    tell(context, worker, key, { type: 'Warning', reason: 'Failed', message })
  } else if (isNew) tell(context, worker, key, { type: 'Normal', reason: 'Started', message: 'Container started' })
}

/** Begins to probe a run, if it has probes and is not yet probed. */
function watch(context: WorkerContext, worker: PodWorker, key: ContainerKey, startedAt: Instant): void {
  const slot = slotOf(key)
  const container = containerOf(worker.pod, key.container)
  // Nobody is probed before the hook after its start has ended.
  if (container === undefined || worker.watches.has(slot) || worker.hooking.has(slot)) return
  if (hasProbes(container)) worker.probes.set(key.container, initialFacts(container))
  const run = { pod: worker.pod, container, key, startedAt }
  const stop = watchRun(context, run, {
    onFacts: (facts) => {
      worker.probes.set(key.container, facts)
      touch(context, worker)
    },
    onDead: (unhealthy) => {
      worker.unhealthy.set(slot, unhealthy)
      touch(context, worker)
    },
  })
  if (stop !== undefined) worker.watches.set(slot, stop)
}

/** Fulfilled once a run that is up has ended, or this worker no longer looks after it. */
function endOf({ ends }: PodWorker, slot: string): Promise<void> {
  const end = ends.get(slot) ?? Promise.withResolvers<void>()
  ends.set(slot, end)
  return end.promise
}

function unwatchAll(worker: PodWorker): void {
  for (const slot of [...worker.watches.keys(), ...worker.ends.keys()]) unwatch(worker, slot)
}

function unwatch(worker: PodWorker, slot: string): void {
  worker.watches.get(slot)?.()
  worker.watches.delete(slot)
  worker.ends.get(slot)?.resolve()
  worker.ends.delete(slot)
  worker.unhealthy.delete(slot)
  worker.hooking.delete(slot)
  worker.asked.delete(slot)
}

/** An exit with the message that its program left, where it has none of its own. */
export function withMessage(context: Pick<WorkerContext, 'messageOf'>, pod: Pod, observed: Observed): Observed {
  const { state } = observed
  if (state.kind !== 'Exited' || state.exit.message !== undefined) return observed
  const message = context.messageOf(pod, observed)
  return message === undefined ? observed : { ...observed, state: { ...state, exit: { ...state.exit, message } } }
}

/** A run with what it is made from: a runtime of this host's processes does not keep that, the status does. */
function withImage({ pod, imageIds }: PodWorker, observed: Observed): Observed {
  if (observed.imageId !== undefined) return observed
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status
  const known = [...containerStatuses, ...initContainerStatuses].find(({ containerID }) => containerID === observed.id)
  return { ...observed, imageId: imageIds.get(slotOf(observed.key)) ?? known?.imageID }
}

/** A wall clock that moved by more than this against the monotonic one was set. */
const STEADY = 250

/** When the wall clock was set, what is waited for stays as far away as it was. */
function followClock({ clock }: WorkerContext, worker: PodWorker): void {
  const ahead = millis(clock.now() - clock.monotonic())
  const by = millis(ahead - (worker.ahead ?? ahead))
  if (worker.ahead !== undefined && Math.abs(by) <= STEADY) return
  worker.ahead = ahead
  worker.memory = shiftMemory(worker.memory, by)
  for (const [name, failed] of worker.failedStarts) {
    worker.failedStarts.set(name, { ...failed, retryAt: after(failed.retryAt, by) })
  }
}

function look(context: WorkerContext, worker: PodWorker): void {
  followClock(context, worker)
  const now = context.clock.now()
  const plan = planPod({
    pod: worker.pod,
    runs: [...worker.runs.values()],
    starting: worker.starting,
    failedStarts: worker.failedStarts,
    probes: worker.probes,
    unhealthy: worker.unhealthy,
    hooking: worker.hooking,
    asked: worker.asked,
    isPrepared: worker.isPrepared,
    eviction: worker.eviction,
    memory: worker.memory,
    node: { ...context.node, podIP: context.addressOf(worker.pod) },
    now,
  })
  worker.memory = plan.memory
  worker.wanted = plan.status
  for (const event of plan.events) context.recorder.record(worker.pod, event)
  worker.cancelWake?.()
  worker.cancelWake =
    plan.wakeAt === undefined
      ? undefined
      : context.timers.after(between(now, plan.wakeAt), () => touch(context, worker))
  for (const action of plan.actions) perform(context, worker, action)
  writeWhenDue(context, worker)
}

function perform(context: WorkerContext, worker: PodWorker, action: PodAction): void {
  const { runtime } = context
  switch (action.kind) {
    case 'PrepareVolumes':
      worker.unfollow ??= context.sources.follow(worker.pod, () => refreshVolumes(context, worker))
      if (worker.preparing === 'No') void prepareVolumes(context, worker, MOUNT_RETRY.first)
      return
    case 'StartContainer':
      void startContainer(context, worker, action)
      return
    case 'StopContainer':
      void stopContainer(context, worker, action)
      return
    case 'KillContainer':
      void runtime.signal(action.key, 'SIGKILL')
      return
    case 'RemoveRun':
      removeRun(context, worker, slotOf(action.key))
      return
    case 'DeletePod':
      // Done after the status is written, see `writeWhenDue`.
      worker.isDeleting = true
      return
  }
}

/** Brings volumes up to date after a change of what they are made of, or makes those that have waited for it. */
function refreshVolumes(context: WorkerContext, worker: PodWorker): void {
  if (worker.isGone || worker.pod.metadata.deletionTimestamp !== undefined) return
  if (worker.preparing === 'Now') worker.isStale = true
  else if (worker.isPrepared || worker.preparing === 'Later') void prepareVolumes(context, worker, MOUNT_RETRY.first)
}

function removeRun(context: WorkerContext, worker: PodWorker, slot: string): void {
  const run = worker.runs.get(slot)
  worker.runs.delete(slot)
  worker.imageIds.delete(slot)
  if (run !== undefined) context.removeRun(worker.pod, run)
}

/** Makes the volumes ready, again and again with longer pauses until it works or the pod is on its way out. */
async function prepareVolumes(context: WorkerContext, worker: PodWorker, pause: number): Promise<void> {
  worker.preparing = 'Now'
  worker.isStale = false
  worker.cancelRefresh?.()
  const prepared = await context.prepare(worker.pod)
  if (worker.isGone) return
  const { timers, recorder } = context
  if (prepared.ok) {
    if (!worker.isPrepared) tellUnlimited(context, worker, prepared.value)
    worker.preparing = 'No'
    worker.isPrepared = true
    worker.volumes = prepared.value.paths
    worker.unlimit ??= watchEmptyDirs(timers, worker, (message) => {
      worker.eviction = message
      touch(context, worker)
    })
    const { refreshAt } = prepared.value
    if (refreshAt !== undefined) {
      worker.cancelRefresh = timers.at(refreshAt, () => void prepareVolumes(context, worker, MOUNT_RETRY.first))
    }
    if (worker.isStale) refreshVolumes(context, worker)
    touch(context, worker)
    return
  }
  for (const { volume, message } of prepared.error) {
    const text = `MountVolume.SetUp failed for volume "${volume}" : ${message}`
    recorder.record(worker.pod, podEvent('Warning', 'FailedMount', text))
  }
  worker.preparing = 'Later'
  worker.cancelRefresh = timers.after(millis(pause), () => {
    if (worker.isGone || worker.pod.metadata.deletionTimestamp !== undefined) worker.preparing = 'No'
    else void prepareVolumes(context, worker, Math.min(2 * pause, MOUNT_RETRY.most))
  })
  if (worker.isStale) refreshVolumes(context, worker)
}

async function stopContainer(
  context: WorkerContext,
  worker: PodWorker,
  { key, container, killAt }: Extract<PodAction, { kind: 'StopContainer' }>,
): Promise<void> {
  const slot = slotOf(key)
  await beforeStop(context, { pod: worker.pod, container, key, ended: () => endOf(worker, slot) }, killAt)
  // Whoever looks after the pod now sees what it needs.
  if (worker.isGone) return
  await context.runtime.signal(key, (container.lifecycle?.stopSignal ?? 'SIGTERM') as Signal)
  if (worker.runs.get(slot)?.state.kind !== 'Running') return
  worker.asked.add(slot)
  touch(context, worker)
}

type StartAction = Extract<PodAction, { kind: 'StartContainer' }>

async function startContainer(context: WorkerContext, worker: PodWorker, action: StartAction): Promise<void> {
  const { key, container } = action
  worker.starting.set(key.container, key.attempt)
  if (container.lifecycle?.postStart !== undefined) worker.hooking.add(slotOf(key))
  const refused = (message: string) => fail<StartFailure>({ reason: 'CreateContainerError', message })
  const config = await unlessRefused(() => context.configOf(worker, action), refused)
  // The pod was deleted while this was found out.
  if (worker.isGone) return
  if (config.ok) worker.imageIds.set(slotOf(key), config.value.root ?? HOST_IMAGE)
  context.load.starting += 1
  const started = config.ok ? await unlessRefused(() => context.runtime.start(config.value), refused) : config
  context.load.starting -= 1
  if (!started.ok) {
    worker.starting.delete(key.container)
    worker.hooking.delete(slotOf(key))
    const retryAt = after(context.clock.now(), START_RETRY)
    const { reason, message } = started.error
    // A pod without a sandbox has no container that could be in any state of its own.
    const shown = reason === 'FailedCreatePodSandBox' ? 'ContainerCreating' : reason
    worker.failedStarts.set(key.container, { reason: shown, message, retryAt })
    tell(context, worker, key, failureEvent(started.error))
    touch(context, worker)
    return
  }
  const { state } = started.value
  if (!worker.runs.has(slotOf(key))) observeRun(context, worker, started.value)
  if (state.kind !== 'Running') return
  if (!worker.hooking.has(slotOf(key))) return
  const ended = () => endOf(worker, slotOf(key))
  const unhealthy = await afterStart(context, { pod: worker.pod, container, key, ended })
  worker.hooking.delete(slotOf(key))
  if (worker.isGone || worker.runs.get(slotOf(key))?.state.kind !== 'Running') return
  if (unhealthy === undefined) watch(context, worker, key, state.startedAt)
  else worker.unhealthy.set(slotOf(key), unhealthy)
  touch(context, worker)
}

/** Writes the wanted status when it is news, at once or after the time in which newer news may make it needless. */
function writeWhenDue(context: WorkerContext, worker: PodWorker): void {
  const { wanted } = worker
  if (worker.isWriting || worker.isGone || wanted === undefined) return
  if (isDeepStrictEqual(wanted, worker.pod.status)) {
    worker.cancelWrite?.()
    worker.writeAt = undefined
    settled(context, worker)
    return
  }
  const now = context.clock.monotonic()
  const delay = foldingTime(context, worker, wanted)
  const due = later(now, delay)
  if (worker.writeAt !== undefined && worker.writeAt <= due && worker.writeAt > now) return
  worker.cancelWrite?.()
  if (delay <= 0) {
    void write(context, worker, wanted)
    return
  }
  worker.writeAt = due
  worker.cancelWrite = context.timers.after(delay, () => {
    worker.writeAt = undefined
    if (worker.wanted !== undefined && !worker.isWriting && !worker.isGone) void write(context, worker, worker.wanted)
  })
}

function foldingTime({ load, foldsStatus }: WorkerContext, { starting, pod }: PodWorker, wanted: PodStatus) {
  if (!foldsStatus) return millis(0)
  if (wanted.phase === 'Succeeded' || wanted.phase === 'Failed') return millis(0)
  if (pod.metadata.deletionTimestamp !== undefined) return millis(0)
  const isStarting = wanted.phase === 'Pending' && starting.size > 0
  return isStarting ? FOLD_PENDING : millis(Math.min(FOLD_RUNNING.least + load.starting, FOLD_RUNNING.most))
}

async function write(context: WorkerContext, worker: PodWorker, status: PodStatus): Promise<void> {
  worker.isWriting = true
  const written = await context.client.update('pods', { ...worker.pod, status }, { subresource: 'status' })
  worker.isWriting = false
  // A conflict means that somebody else was faster, or that the pod is gone: both are seen in the newest version.
  const newest = !written.ok && isConflict(written.error) ? await readAgain(context, worker) : written
  if (newest.ok) {
    takePod(context, worker, newest.value)
    touch(context, worker)
    return
  }
  // The watch will tell, and clean up.
  if (isNotFound(newest.error)) return
  context.log.warn('writing the status of a pod failed; trying again', {
    pod: `${worker.pod.metadata.namespace}/${worker.pod.metadata.name}`,
    because: newest.error.message,
  })
  context.timers.after(millis(1000), () => touch(context, worker))
}

async function readAgain({ client }: WorkerContext, worker: PodWorker): Promise<Result<Pod, Status>> {
  const { namespace, name = '', uid } = worker.pod.metadata
  const found = await client.get<Pod>({ resource: 'pods', namespace, name })
  // Another pod has the name by now.
  return found.ok && found.value.metadata.uid !== uid ? fail(notFound({ group: '', resource: 'pods', name })) : found
}

/** The API server knows what we know. */
function settled(context: WorkerContext, worker: PodWorker): void {
  const { phase } = worker.pod.status
  if (phase !== 'Succeeded' && phase !== 'Failed') return
  const noted = context.noteRuns(worker)
  if (worker.isDeleting) {
    worker.isDeleting = false
    void noted.then(() => deletePod(context, worker))
  } else release(context, worker)
}

/** Nothing more is done for this pod by this worker. */
export function leave(worker: PodWorker): void {
  worker.isGone = true
  worker.cancelWake?.()
  worker.cancelWrite?.()
  worker.cancelRefresh?.()
  worker.unfollow?.()
  worker.unlimit?.()
  unwatchAll(worker)
}

/** Lets go of a pod that is over. */
function release(context: WorkerContext, worker: PodWorker): void {
  unwatchAll(worker)
  worker.cancelWake?.()
  worker.cancelRefresh?.()
  worker.unfollow?.()
  worker.unlimit?.()
  context.onOver(worker)
}

async function deletePod(context: WorkerContext, worker: PodWorker): Promise<void> {
  const { namespace, name = '', uid = '' } = worker.pod.metadata
  const gone = await context.client.delete(
    { resource: 'pods', namespace, name },
    { gracePeriodSeconds: 0, preconditions: { uid } },
  )
  if (gone.ok || isNotFound(gone.error) || isConflict(gone.error)) {
    release(context, worker)
    return
  }
  const pod = `${namespace}/${name}`
  context.log.warn('deleting a pod for good failed; trying again', { pod, because: gone.error.message })
  context.timers.after(millis(1000), () => touch(context, worker))
}
