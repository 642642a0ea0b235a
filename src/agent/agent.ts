/** The node agent: sees the pods of its node, makes them real, and says how they fare. */
import type { Pod, Service } from '../apis/core/index.ts'
import { createTimers, millis, type Timers } from '../base/index.ts'
import { createAgentLogs } from './agent-logs.ts'
import { type AgentOptions, pidsLimitOf, resourcesOf, volumeRootsOf } from './agent-options.ts'
import { type Claims, followClaims } from './claims.ts'
import { type Devices, GPU, openDevices } from './devices.ts'
import { createEventRecorder, type EventRecorder } from './event-recorder.ts'
import { unlessRefused } from './host-files.ts'
import { createImageKeeper } from './images/index.ts'
import { createTimeKeeper, type KeptLogs, knownRuns, type PodLogs, type TimeKeeper } from './logs/index.ts'
import { hostFilesFacts, limitsText, type NodeIdentity } from './node-object.ts'
import { createRegistration } from './node-registration.ts'
import { createPodNames, type PodNames } from './pod-names.ts'
import { clusterName } from './pod-sandbox.ts'
import { leave, observeRun, takePod, touch } from './pod-worker.ts'
import { sandboxOf } from './prepare-start.ts'
import { reflect } from './reflector.ts'
import { HOST_ADDRESS, type Observed, type Runtime } from './runtime/index.ts'
import { type Scheduler, startScheduler } from './scheduler/index.ts'
import { followServices, type ServiceLinks } from './service-links.ts'
import { createPodStreams, type PodStreams } from './streams/index.ts'
import { followVolumeSources } from './volume-sources.ts'
import { removeVolumes, removeVolumesExcept } from './volumes/index.ts'
import { newWorker, type PodWorker, type WorkerContext } from './worker.ts'
import { workerContext } from './worker-context.ts'

export type Agent = {
  /** Lets go of everything; containers run on. */
  readonly stop: () => Promise<void>
  /** After `stop`: fulfilled once no volumes are being made for pods any more. */
  readonly idle: () => Promise<void>
  readonly logs: PodLogs
  readonly streams: PodStreams
  /** Fulfilled once the node is registered and every pod of it has been looked at. */
  readonly ready: Promise<void>
}

type State = {
  readonly options: AgentOptions
  readonly context: WorkerContext
  readonly timers: Timers
  readonly recorder: EventRecorder
  readonly timeKeeper: TimeKeeper
  readonly kept: KeptLogs | undefined
  /** Pods that are not over, by uid. */
  readonly workers: Map<string, PodWorker>
  /** Pods that are over and of which the watch may still tell older news: their newest version, by uid. */
  readonly released: Map<string, number>
  scheduler?: Scheduler | undefined
  claims?: Claims | undefined
  /** Absent where no GPUs were declared. */
  readonly devices: Devices | undefined
  /** Deleted pods whose files are being removed, by uid. */
  readonly leaving: Map<string, Pod>
  /** Volumes that are being made. */
  readonly preparing: Set<Promise<unknown>>
  readonly services: ServiceLinks
  /** Absent where pods find each other by a name server. */
  readonly names: PodNames | undefined
  stopped: boolean
}

export function startAgent(options: AgentOptions): Agent {
  const { client, clock, log, runtime, nodeName } = options
  const timers = createTimers(clock)
  const recorder = createEventRecorder({ client, clock, log, nodeName })
  const { space, kept, logs, maxAge } = createAgentLogs(options, timers, {
    workerOf: (podUid) => state.workers.get(podUid),
    leaving: () => state.leaving.values(),
    whenReady: () => ready,
  })
  const services = followServices({ client, clock, log, addressOf: (service) => serviceAddress(runtime, service) })
  const names = runtime.isOnHost ? createPodNames({ services, timers, onChange: () => renewNames(state) }) : undefined
  const sources = followVolumeSources({ client, clock, log })
  const images = createImageKeeper(runtime.images, clock)
  const devices = devicesOf(options)
  const preparing = new Set<Promise<unknown>>()
  const state: State = {
    options,
    timers,
    recorder,
    timeKeeper: createTimeKeeper({ clock, timers, space, maxAge, log }),
    kept,
    workers: new Map(),
    released: new Map(),
    leaving: new Map(),
    devices,
    preparing,
    services,
    names,
    stopped: false,
    context: workerContext(
      options,
      { timers, recorder, services, names, sources, images, devices, kept, preparing },
      (worker) => {
        const uid = worker.pod.metadata.uid ?? ''
        names?.drop(worker.pod)
        state.workers.delete(uid)
        state.released.set(uid, versionOf(worker.pod))
        inBackground(options, () => runtime.release(uid))
        state.claims?.sweep()
        images.forget(uid)
        state.devices?.release(uid)
        inBackground(options, () => removeVolumes(volumeRootsOf(options), worker.pod))
      },
    ),
  }
  const silence = runtime.onChange((observed) => {
    const worker = state.workers.get(observed.key.podUid)
    keepTime(state, observed)
    if (worker !== undefined) observeRun(state.context, worker, observed)
  })
  const running: { stop: () => void }[] = [services, sources]
  const podsHere = function* () {
    for (const { pod } of state.workers.values()) yield pod
  }
  const registration = createRegistration({
    ...{ client, clock, timers, log, identity: identityOf(options) },
    hostFiles: runtime.hostFiles?.().then((found) => hostFilesFacts(options.hostFiles, found)),
  })
  const ready = registration.registered.then(
    () =>
      new Promise<void>((resolve) => {
        if (state.stopped) return
        if (options.schedules !== false) {
          state.scheduler = startScheduler({ client, clock, log, nodeName, recorder })
          running.push(state.scheduler)
        }
        const claims = followClaims({ client, clock, log, dir: options.dataDir, pods: podsHere })
        state.claims = claims
        const watched = registration.keep((node) => state.scheduler?.onNode(node))
        running.push(claims, watched, watchPods(state, resolve))
      }),
  )
  return {
    ready,
    logs,
    streams: createPodStreams({
      runtime,
      logs,
      ready,
      addressesOf: (pod) => portAddresses(state.context.addressOf(pod)),
      findPod: (namespace, name) => client.get<Pod>({ resource: 'pods', namespace, name }),
      runningOf: (podUid, container) =>
        [...(state.workers.get(podUid)?.runs.values() ?? [])].find(
          (run) => run.key.container === container && run.state.kind === 'Running',
        )?.key,
    }),
    stop: async () => {
      state.stopped = true
      registration.stop()
      silence()
      for (const part of running) part.stop()
      for (const worker of state.workers.values()) leave(worker)
      state.timeKeeper.stop()
      kept?.stop()
      timers.stop()
    },
    idle: async () => void (await Promise.allSettled(preparing)),
  }
}

/** A program of the host that listens at `localhost` may do so in one of two families. */
function portAddresses(address: string): readonly string[] {
  if (address === HOST_ADDRESS) return [HOST_ADDRESS, '::1']
  return address === '' ? [] : [address]
}

/** Tells pods of the names that have come and gone since they started. */
function renewNames({ services, names, options, workers }: State): void {
  for (const [uid, { pod }] of workers) {
    inBackground(options, async () => {
      const sandbox = await sandboxOf(pod, { services, names })
      if (workers.has(uid)) await options.runtime.preparePod(sandbox)
    })
  }
}

/** Pods with a network of their own find each other by name. */
const serviceAddress = ({ isOnHost }: Runtime, { metadata }: Service): string =>
  isOnHost ? HOST_ADDRESS : clusterName(metadata.name ?? '', metadata.namespace ?? '')

function devicesOf({ dataDir, extraResources = {} }: AgentOptions): Devices | undefined {
  const count = extraResources[GPU]
  return count === undefined ? undefined : openDevices(`${dataDir}/gpus.json`, Number(count))
}

const identityOf = ({ nodeName, version, runtime, ...options }: AgentOptions): NodeIdentity => ({
  name: nodeName,
  version,
  runtimeVersion: `${runtime.name}://${runtime.version}`,
  address: HOST_ADDRESS,
  resources: resourcesOf(options),
  limits: limitsText(runtime.limiting(), pidsLimitOf(options)),
})

const versionOf = ({ metadata }: Pod): number => Number(metadata.resourceVersion ?? 0)

function watchPods(state: State, onReady: () => void): { readonly stop: () => void } {
  const { client, clock, log, nodeName } = state.options
  return reflect<Pod>({
    client,
    clock,
    log,
    resource: 'pods',
    selection: { fieldSelector: `spec.nodeName=${nodeName}` },
    onList: (pods) => void takeList(state, pods).then(onReady),
    onEvents: (events) => {
      for (const { type, object } of events) {
        if (type === 'DELETED') onDeleted(state, object)
        else void onPod(state, object)
      }
    },
  })
}

/** What runs here of pods that are not in the list belongs to nobody any more. */
async function takeList(state: State, pods: readonly Pod[]): Promise<void> {
  const listed = new Map(pods.map((pod) => [pod.metadata.uid ?? '', pod]))
  const { options, workers } = state
  const { runtime } = options
  // All that is decided by the list is decided at once: pods that come while somebody is waited for are newer than it.
  for (const podUid of state.released.keys()) if (!listed.has(podUid)) state.released.delete(podUid)
  for (const [podUid, worker] of [...workers]) if (!listed.has(podUid)) onDeleted(state, worker.pod)
  state.devices?.keep(new Set(listed.keys()))
  const isKnown = (podUid: string): boolean => listed.has(podUid) || workers.has(podUid)
  inBackground(options, () => removeVolumesExcept(volumeRootsOf(options), isKnown))
  for (const podUid of await runtime.podUids()) {
    const pod = listed.get(podUid)
    if (!isKnown(podUid)) inBackground(options, () => runtime.remove(podUid, async () => state.kept?.keepNoted(podUid)))
    else if (pod !== undefined && isOver(pod) && !workers.has(podUid)) {
      inBackground(options, () => runtime.release(podUid))
    }
  }
  await Promise.all(pods.map((pod) => onPod(state, pod)))
}

async function onPod(state: State, pod: Pod): Promise<void> {
  const uid = pod.metadata.uid ?? ''
  const releasedAt = state.released.get(uid)
  // A watch that lags behind our own writes must not bring a pod back that is over.
  if (releasedAt !== undefined && versionOf(pod) < releasedAt) return
  state.released.delete(uid)
  state.scheduler?.onNodePod(pod)
  const known = state.workers.get(uid)
  if (known !== undefined) {
    takePod(state.context, known, pod)
    touch(state.context, known)
    return
  }
  if (isOver(pod) && (pod.metadata.deletionTimestamp === undefined || pod.metadata.deletionGracePeriodSeconds === 0))
    return
  const worker = newWorker(pod)
  state.workers.set(uid, worker)
  state.names?.take(pod)
  // Nothing is decided before it is known what already runs.
  worker.isDirty = true
  const runs = isOver(pod) ? [] : await state.options.runtime.observe(uid)
  for (const run of runs) {
    keepTime(state, run)
    if (!worker.runs.has(`${run.key.container}.${run.key.attempt}`)) observeRun(state.context, worker, run)
  }
  worker.isDirty = false
  touch(state.context, worker)
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

/** The object is gone. What still runs is asked to end, and has a moment to do so. */
function onDeleted(state: State, pod: Pod): void {
  const { runtime } = state.options
  const uid = pod.metadata.uid ?? ''
  const worker = state.workers.get(uid)
  state.workers.delete(uid)
  state.names?.drop(pod)
  state.released.delete(uid)
  state.scheduler?.onNodePodGone(uid)
  if (worker !== undefined) leave(worker)
  state.leaving.set(uid, pod)
  const running = [...(worker?.runs.values() ?? [])].filter((run) => run.state.kind === 'Running')
  if (running.length === 0 && (worker?.starting.size ?? 0) === 0) {
    inBackground(state.options, () => clear(state, pod))
    return
  }
  for (const { key } of running) void runtime.signal(key, 'SIGTERM')
  const grace = millis(1000 * Math.max(1, pod.metadata.deletionGracePeriodSeconds ?? 0))
  state.timers.after(grace, () => inBackground(state.options, () => clear(state, pod)))
}

/** Removing what a pod had may fail as the host pleases. What is left is tried again with the next start. */
function inBackground({ log }: Pick<AgentOptions, 'log'>, work: () => Promise<void>): void {
  void unlessRefused(work, (because) => log.warn('what a pod had here could not be removed', { because }))
}

/** Ends what still runs of a pod and removes all that it had here. */
async function clear({ options, kept, claims, devices, leaving }: State, pod: Pod): Promise<void> {
  const uid = pod.metadata.uid ?? ''
  await options.runtime
    .remove(uid, async () => {
      await kept?.keep(pod, knownRuns(await options.runtime.observe(uid), pod))
    })
    .finally(() => leaving.delete(uid))
  claims?.sweep()
  devices?.release(uid)
  await removeVolumes(volumeRootsOf(options), pod)
}

function keepTime({ options, timeKeeper }: State, { key, state }: Observed): void {
  const path = options.runtime.logPath(key)
  if (state.kind === 'Running') timeKeeper.track(path)
  else timeKeeper.forget(path)
}
