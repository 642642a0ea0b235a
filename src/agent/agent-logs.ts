/** The logs of this node: of pods that are there, and of Jobs whose pods are gone. */
import { jobNameLabel } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { type Clock, type Log, type Millis, millis, ok, type Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import {
  createKeptLogs,
  createLogSpace,
  type KeptLogs,
  knownRuns,
  type LogSource,
  type LogSpace,
  openJobLog,
  openLog,
  type PodLogs,
} from './logs/index.ts'
import type { ContainerKey, Runtime } from './runtime/index.ts'
import type { PodWorker } from './worker.ts'

export type LogLimits = {
  /** Bytes of one run. */
  readonly runBytes: number
  /** How long lines are kept while their run goes on, and logs after their pods are gone. */
  readonly age: Millis
  /** Bytes of all logs whose pods are gone. */
  readonly keptBytes: number
}
export const defaultLogLimits: LogLimits = {
  runBytes: 100 * 2 ** 20,
  age: millis(14 * 24 * 3_600_000),
  keptBytes: 2 ** 30,
}

export type AgentLogs = {
  readonly space: LogSpace
  /** Undefined where logs go with their pods. */
  readonly kept: KeptLogs | undefined
  readonly logs: PodLogs
  readonly maxAge: Millis
}

export type AgentLogsOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly runtime: Runtime
  readonly logLimits?: Partial<LogLimits> | undefined
  readonly keptLogsDir?: string | undefined
}

export type KnownPods = {
  readonly workerOf: (podUid: string) => PodWorker | undefined
  /** Pods whose objects are gone, and whose files are not yet. */
  readonly leaving: () => Iterable<Pod>
  /** Fulfilled once it is known what runs here. */
  readonly whenReady: () => Promise<void>
}

export function createAgentLogs(
  { client, clock, log, runtime, keptLogsDir, logLimits }: AgentLogsOptions,
  timers: Timers,
  { workerOf, leaving, whenReady }: KnownPods,
): AgentLogs {
  const { runBytes, age: maxAge, keptBytes: maxBytes } = { ...defaultLogLimits, ...logLimits }
  const space = createLogSpace({ maxBytes: runBytes, log })
  const { logPath } = runtime
  const kept =
    keptLogsDir === undefined
      ? undefined
      : createKeptLogs({ dir: keptLogsDir, maxAge, maxBytes, logPath, clock, timers, log })
  const runningOf = ({ podUid, container, attempt }: ContainerKey) =>
    workerOf(podUid)?.runs.get(`${container}.${attempt}`)?.state.kind === 'Running'
  const source: LogSource = {
    clock,
    space,
    logPath: runtime.logPath,
    runEnd: (key) => ({
      hasEnded: () => !runningOf(key),
      onEnd: (callback) =>
        runtime.onChange(({ key: other }) => {
          if (other.podUid === key.podUid) callback()
        }),
    }),
  }
  const logs: PodLogs = {
    open: async (request) => {
      const { namespace, pod: name } = request
      // Before that, whoever runs would seem to have ended.
      if (request.follow === true) await whenReady()
      const found = await client.get<Pod>({ resource: 'pods', namespace, name })
      if (!found.ok) return found
      // What the node knows may be a moment ahead of what it has written.
      const worker = workerOf(found.value.metadata.uid ?? '')
      const pod = worker?.wanted === undefined ? found.value : { ...found.value, status: worker.wanted }
      return openLog(source, pod, request)
    },
    openJob: (request) =>
      openJobLog(
        {
          ...source,
          kept,
          podsOf: async (namespace, job) => {
            const labelSelector = `${jobNameLabel}=${job}`
            const listed = await client.list<Pod>('pods', { namespace, labelSelector })
            if (!listed.ok) return listed
            const uids = new Set(listed.value.items.map(({ metadata }) => metadata.uid))
            const gone = [...leaving()].filter(
              ({ metadata }) =>
                metadata.namespace === namespace && metadata.labels?.[jobNameLabel] === job && !uids.has(metadata.uid),
            )
            return ok([...listed.value.items, ...gone])
          },
          runsOf: (pod) => knownRuns(workerOf(pod.metadata.uid ?? '')?.runs.values() ?? [], pod),
        },
        request,
      ),
  }
  return { space, kept, logs, maxAge }
}
