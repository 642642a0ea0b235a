/** What the workers of an agent share: its parts, put together for one pod after the other. */
import { byteCount, type Pod } from '../apis/core/index.ts'
import type { Timers } from '../base/index.ts'
import { type AgentOptions, pidsLimitOf, resourcesOf, volumeRootsOf } from './agent-options.ts'
import { containerOf } from './container-hooks.ts'
import type { Devices } from './devices.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { ImageKeeper } from './images/index.ts'
import { type KeptLogs, knownRuns, runOfObserved } from './logs/index.ts'
import type { PodNames } from './pod-names.ts'
import { preparePodVolumes } from './pod-volumes.ts'
import { prepareStart } from './prepare-start.ts'
import { HOST_ADDRESS, type Observed, type Runtime } from './runtime/index.ts'
import type { ServiceLinks } from './service-links.ts'
import { terminationMessage } from './termination-message.ts'
import type { VolumeSources } from './volume-sources.ts'
import type { PodWorker, WorkerContext } from './worker.ts'
import { tell } from './worker-events.ts'

/** What containers inherit of the host. Everything else of the daemon's environment stays with the daemon. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TMPDIR']

/** The parts of an agent that its workers use. */
export type WorkerParts = {
  readonly timers: Timers
  readonly recorder: EventRecorder
  readonly services: ServiceLinks
  readonly names: PodNames | undefined
  readonly sources: VolumeSources
  readonly images: ImageKeeper
  readonly kept: KeptLogs | undefined
  readonly devices: Devices | undefined
  readonly preparing: Set<Promise<unknown>>
}

/** @param onOver see there */
export function workerContext(
  { client, clock, log, runtime, nodeName, ...options }: AgentOptions,
  parts: WorkerParts,
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
    if (pod.spec.hostNetwork === true) return HOST_ADDRESS
    // What has ended keeps the address under which it was known.
    return runtime.addressOf(pod.metadata.uid ?? '') ?? pod.status.podIP ?? ''
  }
  const factsOf = (pod: Pod) => ({ pod, hostIP: HOST_ADDRESS, podIP: addressOf(pod), allocatable })
  const volumes = {
    client,
    clock,
    runtime,
    roots: volumeRootsOf({ runtime, dataDir: options.dataDir }),
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
    node: { name: nodeName, hostIP: HOST_ADDRESS },
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
    noteRuns: async ({ pod, runs }) => parts.kept?.note(pod, knownRuns(runs.values(), pod)),
    onOver,
  }
}

function messageOf(runtime: Runtime, pod: Pod, { key, state }: Observed): string | undefined {
  const container = containerOf(pod, key.container)
  if (container === undefined || state.kind !== 'Exited') return undefined
  const files = { messagePath: runtime.messagePath(key), logPath: runtime.logPath(key) }
  return terminationMessage({ pod, container, exit: state.exit }, files)
}
