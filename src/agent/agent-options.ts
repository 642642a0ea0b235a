/** What an agent is told, and what follows from it for the node and its pods. */
import type { Clock, Log, Random } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { LogLimits } from './agent-logs.ts'
import type { HostFilesPolicy } from './container-config.ts'
import { nodeResources } from './node-object.ts'
import type { Runtime } from './runtime/index.ts'
import type { VolumeRoots } from './volumes/index.ts'

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

const POD_LIMIT = 100_000
/** A fork bomb ends here, long before the machine does. */
const PIDS_LIMIT = 4096

/** How many processes and threads a container may have at once; undefined for any number. */
export const pidsLimitOf = ({ podPidsLimit = PIDS_LIMIT }: Pick<AgentOptions, 'podPidsLimit'>): number | undefined =>
  podPidsLimit === -1 ? undefined : podPidsLimit

type Resources = Pick<AgentOptions, 'resources' | 'extraResources' | 'dataDir'>

/** What the node has to give. */
export const resourcesOf = ({ resources, extraResources, dataDir }: Resources): Readonly<Record<string, string>> =>
  resources ?? { ...nodeResources(POD_LIMIT, dataDir), ...extraResources }

/** Where volumes lie. */
export const volumeRootsOf = ({ runtime, dataDir }: Pick<AgentOptions, 'runtime' | 'dataDir'>): VolumeRoots => ({
  disk: `${dataDir}/volumes`,
  memory: `${runtime.volatileDir}/volumes`,
})
