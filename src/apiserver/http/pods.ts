/**
 * What the API server needs of the node agent: logs and streams of containers. The agent implements it; without one,
 * requests are answered as when the node cannot be reached.
 */
import { badRequest, type Status } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'

export type LogRequest = {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly previous: boolean
  readonly follow: boolean
  readonly sinceSeconds?: number | undefined
  readonly sinceTime?: Instant | undefined
  readonly timestamps: boolean
  readonly tailLines?: number | undefined
  readonly limitBytes?: number | undefined
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

/** The log of a Job: of all runs of all its pods, gone ones included, one after the other. */
export type JobLogRequest = Omit<LogRequest, 'pod' | 'previous' | 'follow' | 'stream'> & { readonly job: string }

export type PodLogs = {
  /** As `open`; does not follow, and needs no pod to be there. */
  readonly openJob: (request: JobLogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  /**
   * The bytes of a log, in pieces, until its end, or for as long as the container runs with `follow`. A reader that has
   * gone calls `return` on the iterator. Fails with a Status that says why there is no log.
   */
  readonly open: (request: LogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
}

export type TerminalSize = { readonly width: number; readonly height: number }

export type ExecRequest = {
  readonly kind: 'exec' | 'attach'
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Empty for attach. */
  readonly command: readonly string[]
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** How a command ended, or why it could not be run. */
export type ExecEnd =
  | { readonly kind: 'Exited'; readonly exitCode: number }
  | { readonly kind: 'Failed'; readonly message: string }

/** What the process says. A call that answers false asks to wait until `resume` of the session is called. */
export type ExecOutput = {
  readonly stdout: (bytes: Uint8Array) => boolean
  readonly stderr: (bytes: Uint8Array) => boolean
  /** Called once, after all output. */
  readonly end: (end: ExecEnd) => void
}

export type ExecSession = {
  /** `taken` is called when the process, or nobody any more, will take further bytes. */
  readonly write: (bytes: Uint8Array, taken: () => void) => void
  readonly endStdin: () => void
  readonly resize: (size: TerminalSize) => void
  /** The reader has caught up. */
  readonly resume: () => void
  /** The client has gone: an exec'd process is ended, an attached one is left alone. */
  readonly close: () => void
}

/** One connection to a port of a Pod. */
export type PortSession = {
  /** `taken` is called when the pod, or nobody any more, will take further bytes. */
  readonly write: (bytes: Uint8Array, taken: () => void) => void
  readonly end: () => void
  readonly close: () => void
  /** The reader has caught up. */
  readonly resume: () => void
}
const ignore = (): void => undefined
/** Takes what nobody wants any more. */
export const nowhere: PortSession = { write: (_bytes, taken) => taken(), end: ignore, close: ignore, resume: ignore }

/** How a connection ended: in order, in the middle, or before it began, with the reason. */
export type PortEnd =
  | { readonly kind: 'Ended' }
  | { readonly kind: 'Broken' }
  | { readonly kind: 'Failed'; readonly message: string }
/** What the pod says. A call that answers false asks to wait until `resume` of the session is called. */
export type PortOutput = {
  readonly data: (bytes: Uint8Array) => boolean
  /** Called once. */
  readonly end: (how: PortEnd) => void
}

export type PodStreams = {
  readonly exec: (request: ExecRequest, output: ExecOutput) => Promise<Result<ExecSession, Status>>
  readonly portForward: (
    target: { readonly namespace: string; readonly pod: string; readonly port: number },
    output: PortOutput,
  ) => Promise<Result<PortSession, Status>>
}

/**
 * The container that a request means: the only one where it names none.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/strategy.go, validateContainer
 */
export function containerOf(pod: Pod, asked: string): Result<string, Status> {
  const { spec, metadata } = pod
  const containers = spec?.containers ?? []
  const names = [...(spec?.initContainers ?? []), ...containers, ...(spec?.ephemeralContainers ?? [])].map(
    ({ name }) => name,
  )
  if (asked !== '') {
    if (names.includes(asked)) return ok(asked)
    return fail(badRequest(`container ${asked} is not valid for pod ${metadata.name}`))
  }
  if (containers.length === 1 && containers[0] !== undefined) return ok(containers[0].name)
  const which = `a container name must be specified for pod ${metadata.name}`
  return fail(badRequest(names.length === 0 ? which : `${which}, choose one of: [${names.join(' ')}]`))
}

export const hostOf = (pod: Pod): string => pod.spec?.nodeName ?? ''

export const noHost = (name: string): Status => badRequest(`pod ${name} does not have a host assigned`)
