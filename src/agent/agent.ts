/** The node agent: sees the pods of its node, makes them real, and says how they fare. */
import { byteCount, type Pod, type Service } from '../apis/core/index.ts'
import { type Clock, createTimers, type Log, millis, type Random, type Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { createAgentLogs, type LogLimits } from './agent-logs.ts'
import { type Claims, followClaims } from './claims.ts'
import type { HostFilesPolicy } from './container-config.ts'
import { containerOf } from './container-hooks.ts'
import { type Devices, GPU, openDevices } from './devices.ts'
import { createEventRecorder, type EventRecorder } from './event-recorder.ts'
import { unlessRefused } from './host-files.ts'
import { createImageKeeper, type ImageKeeper } from './images/index.ts'
import {
  createTimeKeeper,
  type KeptLogs,
  mergeRuns,
  type PodLogs,
  runOfObserved,
  runsOfStatus,
  type TimeKeeper,
} from './logs/index.ts'
import { hostFilesFacts, limitsText, type NodeIdentity, nodeResources } from './node-object.ts'
import { createRegistration } from './node-registration.ts'
import { createPodNames, type PodNames } from './pod-names.ts'
import { clusterName, podSandbox } from './pod-sandbox.ts'
import { preparePodVolumes } from './pod-volumes.ts'
import { leave, newWorker, observeRun, type PodWorker, takePod, tell, touch, type WorkerContext } from './pod-worker.ts'
import { prepareStart } from './prepare-start.ts'
import { reflect } from './reflector.ts'
import type { Observed, Runtime } from './runtime/index.ts'
import { type Scheduler, startScheduler } from './scheduler/index.ts'
import { followServices, type ServiceLinks } from './service-links.ts'
import { createPodStreams, type PodStreams } from './streams/index.ts'
import { terminationMessage } from './termination-message.ts'
import { followVolumeSources, type VolumeSources } from './volume-sources.ts'
import { removeVolumes, removeVolumesExcept, type VolumeRoots } from './volumes/index.ts'

export type AgentOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly runtime: Runtime
  /** A directory of its own for volumes. */
  readonly dataDir: string
  readonly nodeName: string
  readonly version: string
  /** The daemon's environment; a few variables of it are handed on to containers. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>
  /**
   * Where in-pod clients find the API server: KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT and what else. Asked at each
   * start, since a server knows its port only when it listens.
   */
  readonly serviceEnv?: (() => Readonly<Record<string, string>>) | undefined
  /** Whether this agent also binds pods to its node; true unless a scheduler of another kind does. */
  readonly schedules?: boolean | undefined
  /** What the node has to give; what this machine has when absent. */
  readonly resources?: Readonly<Record<string, string>> | undefined
  /** What the node has besides: `nvidia.com/gpu`, `example.com/licence`. */
  readonly extraResources?: Readonly<Record<string, string>> | undefined
  /** Whether a status that news may soon supersede is held back for some milliseconds; true unless told otherwise. */
  readonly foldsStatus?: boolean | undefined
  /** How many processes and threads a container may have at once; -1 for any number, 4096 when absent. */
  readonly podPidsLimit?: number | undefined
  /** Whose files of the host are read-only; see there. */
  readonly hostFiles?: HostFilesPolicy | undefined
  /** How much of logs is kept; each as `defaultLogLimits` has it unless told otherwise. */
  readonly logLimits?: Partial<LogLimits> | undefined
  /** Where the logs of Jobs' pods go when the pods do; they go with them when absent. */
  readonly keptLogsDir?: string | undefined
}

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

/** What containers inherit of the host. Everything else of the daemon's environment stays with the daemon. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TMPDIR']
const POD_LIMIT = 100_000
/** A fork bomb ends here, long before the machine does. */
const PIDS_LIMIT = 4096
const ADDRESS = '127.0.0.1'

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
  /** Volumes that are being made. */
  readonly preparing: Set<Promise<unknown>>
  /** Absent where pods find each other by a name server. */
  readonly names: PodNames | undefined
  stopped: boolean
}

export function startAgent(options: AgentOptions): Agent {
  const { client, clock, log, runtime, nodeName } = options
  const timers = createTimers(clock)
  const recorder = createEventRecorder({ client, clock, log, nodeName })
  const { space, kept, logs, maxAge } = createAgentLogs(options, timers, (podUid) => state.workers.get(podUid))
  const services = followServices({ client, clock, log, addressOf: (service) => serviceAddress(runtime, service) })
  const names = runtime.isOnHost
    ? createPodNames({ services, timers, address: ADDRESS, onChange: () => renewNames(state) })
    : undefined
  const sources = followVolumeSources({ client, clock, log })
  const images = runtime.images === undefined ? undefined : createImageKeeper(runtime.images, clock)
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
    devices,
    preparing,
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
        images?.forget(uid)
        state.devices?.release(uid)
        inBackground(options, () => removeVolumes(volumeRoots(options), worker.pod))
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
      addressOf: state.context.addressOf,
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

/** Tells pods of the names that have come and gone since they started. */
function renewNames({ names, options, workers }: State): void {
  for (const [uid, { pod }] of workers) {
    inBackground(options, async () => {
      const peers = (await names?.peersOf(pod)) ?? []
      if (workers.has(uid)) await options.runtime.preparePod(podSandbox(pod, { services: [], peers }))
    })
  }
}

type Parts = {
  readonly timers: Timers
  readonly recorder: EventRecorder
  readonly services: ServiceLinks
  readonly names: PodNames | undefined
  readonly sources: VolumeSources
  readonly images: ImageKeeper | undefined
  readonly kept: KeptLogs | undefined
  readonly devices: Devices | undefined
  readonly preparing: Set<Promise<unknown>>
}

function workerContext(
  { client, clock, log, runtime, nodeName, ...options }: AgentOptions,
  parts: Parts,
  onOver: (worker: PodWorker) => void,
): WorkerContext {
  const hostEnv = Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = options.hostEnv[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  const allocatable = resourcesOf(options)
  const addressOf = (pod: Pod) => {
    if (pod.spec.hostNetwork === true) return ADDRESS
    // What has ended keeps the address under which it was known.
    return runtime.addressOf(pod.metadata.uid ?? '') ?? pod.status.podIP ?? ''
  }
  const factsOf = (pod: Pod) => ({ pod, hostIP: ADDRESS, podIP: addressOf(pod), allocatable })
  const volumes = {
    client,
    clock,
    runtime,
    roots: volumeRoots({ runtime, dataDir: options.dataDir }),
    claimsDir: options.dataDir,
    factsOf,
    memoryBytes: byteCount(allocatable['memory']),
  }
  const { recorder, services, names, sources, timers, images, devices, preparing } = parts
  const serviceEnv = () => options.serviceEnv?.() ?? {}
  const starts = {
    pidsLimit: pidsLimitOf(options),
    hostFiles: options.hostFiles,
    client,
    runtime,
    services,
    names,
    images,
    devices,
    factsOf,
    hostEnv,
    serviceEnv,
  }
  return {
    client,
    clock,
    log,
    runtime,
    recorder,
    timers,
    sources,
    load: { starting: 0 },
    foldsStatus: options.foldsStatus !== false,
    node: { name: nodeName, hostIP: ADDRESS },
    addressOf,
    prepare: (pod) => {
      const work = preparePodVolumes(volumes, pod)
      preparing.add(work)
      return work.finally(() => preparing.delete(work))
    },
    configOf: ({ pod, volumes }, { key, container }) =>
      prepareStart(starts, { pod, key, container, volumes, tell: (event) => tell({ recorder }, { pod }, key, event) }),
    messageOf: (pod, observed) => messageOf(runtime, pod, observed),
    removeRun: async (pod, run) => {
      await parts.kept?.keep(pod, [runOfObserved(run)])
      await runtime.removeRun(run.key)
    },
    onOver,
  }
}

/** Pods with a network of their own find each other by name. */
const serviceAddress = ({ isOnHost }: Runtime, { metadata }: Service): string =>
  isOnHost ? ADDRESS : clusterName(metadata.name ?? '', metadata.namespace ?? '')

const pidsLimitOf = ({ podPidsLimit = PIDS_LIMIT }: Pick<AgentOptions, 'podPidsLimit'>): number | undefined =>
  podPidsLimit === -1 ? undefined : podPidsLimit

type Resources = Pick<AgentOptions, 'resources' | 'extraResources' | 'dataDir'>
const resourcesOf = ({ resources, extraResources, dataDir }: Resources) =>
  resources ?? { ...nodeResources(POD_LIMIT, dataDir), ...extraResources }

function devicesOf({ dataDir, extraResources = {} }: AgentOptions): Devices | undefined {
  const count = extraResources[GPU]
  return count === undefined ? undefined : openDevices(`${dataDir}/gpus.json`, Number(count))
}

const identityOf = ({ nodeName, version, runtime, ...options }: AgentOptions): NodeIdentity => ({
  name: nodeName,
  version,
  runtimeVersion: `${runtime.name}://${runtime.version}`,
  address: ADDRESS,
  resources: resourcesOf(options),
  limits: limitsText(runtime.limiting(), pidsLimitOf(options)),
})

const versionOf = ({ metadata }: Pod): number => Number(metadata.resourceVersion ?? 0)

const volumeRoots = ({ runtime, dataDir }: Pick<AgentOptions, 'runtime' | 'dataDir'>): VolumeRoots => ({
  disk: `${dataDir}/volumes`,
  memory: `${runtime.volatileDir}/volumes`,
})

function messageOf(runtime: Runtime, pod: Pod, { key, state }: Observed): string | undefined {
  const container = containerOf(pod, key.container)
  if (container === undefined || state.kind !== 'Exited') return undefined
  const files = { messagePath: runtime.messagePath(key), logPath: runtime.logPath(key) }
  return terminationMessage({ pod, container, exit: state.exit }, files)
}

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
  inBackground(options, () => removeVolumesExcept(volumeRoots(options), isKnown))
  for (const podUid of await runtime.podUids()) {
    const pod = listed.get(podUid)
    if (!isKnown(podUid)) inBackground(options, () => runtime.remove(podUid))
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
  const worker = newWorker(pod, [])
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
async function clear({ options, kept, claims, devices }: State, pod: Pod): Promise<void> {
  const uid = pod.metadata.uid ?? ''
  await options.runtime.remove(uid, async () => {
    const runs = await options.runtime.observe(uid)
    await kept?.keep(pod, mergeRuns(runs.map(runOfObserved), runsOfStatus(pod)))
  })
  claims?.sweep()
  devices?.release(uid)
  await removeVolumes(volumeRoots(options), pod)
}

function keepTime({ options, timeKeeper }: State, { key, state }: Observed): void {
  const path = options.runtime.logPath(key)
  if (state.kind === 'Running') timeKeeper.track(path)
  else timeKeeper.forget(path)
}
