/** exec, attach and port forwarding for the pods of this node: what the API server's streams are connected to. */
import { connect } from 'node:net'
import { badRequest, type Status } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { PodLogs } from '../logs/index.ts'
import type { ContainerKey, ExecHandle, ExecOutput, Runtime } from '../runtime/index.ts'

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

/** One connection to a port of a pod. */
export type PortSession = {
  /** `taken` is called when the pod, or nobody any more, will take further bytes. */
  readonly write: (bytes: Uint8Array, taken: () => void) => void
  readonly end: () => void
  readonly close: () => void
  /** The reader has caught up. */
  readonly resume: () => void
}
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
export type PortTarget = { readonly namespace: string; readonly pod: string; readonly port: number }

export type PodStreams = {
  readonly exec: (request: ExecRequest, output: ExecOutput) => Promise<Result<ExecHandle, Status>>
  readonly portForward: (target: PortTarget, output: PortOutput) => Promise<Result<PortSession, Status>>
}

export type PodStreamsOptions = {
  readonly runtime: Runtime
  readonly logs: PodLogs
  readonly findPod: (namespace: string, name: string) => Promise<Result<Pod, Status>>
  /** The run of a container that is up; undefined when there is none. */
  readonly runningOf: (podUid: string, container: string) => ContainerKey | undefined
  /** Where the ports of a pod are. */
  readonly addressOf: (pod: Pod) => string
}

export function createPodStreams(options: PodStreamsOptions): PodStreams {
  return {
    exec: async (request, output) => {
      const found = await options.findPod(request.namespace, request.pod)
      if (!found.ok) return found
      const key = options.runningOf(found.value.metadata.uid ?? '', request.container)
      if (key === undefined) return fail(badRequest(`container not found ("${request.container}")`))
      if (request.kind === 'attach') return attach(options, request, key, output)
      const { command, stdin, tty } = request
      const started = await options.runtime.exec(key, { command, stdin, tty }, output)
      return started.ok ? started : fail(badRequest(started.error))
    },
    portForward: async ({ namespace, pod, port }, output) => {
      const found = await options.findPod(namespace, pod)
      if (!found.ok) return found
      if (found.value.status.phase !== 'Running') {
        return fail(
          badRequest(`unable to forward port because pod is not running. Current status=${found.value.status.phase}`),
        )
      }
      return ok(forward(options.addressOf(found.value), port, output))
    },
  }
}

/**
 * What the main process says from now on, and its input, if it has one. Its output is one file, so that all of it comes as
 * stdout.
 */
async function attach(
  { logs, runtime }: PodStreamsOptions,
  { namespace, pod, container, stdin, tty }: ExecRequest,
  key: ContainerKey,
  output: ExecOutput,
): Promise<Result<ExecHandle, Status>> {
  const opened = await logs.open({ namespace, pod, container, follow: true, tailLines: 0 })
  if (!opened.ok) return opened
  const input = stdin || tty ? await runtime.openInput(key) : undefined
  const chunks = opened.value[Symbol.asyncIterator]()
  const reader: { resume: () => void } = { resume: () => undefined }
  const pump = async () => {
    for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) {
      if (output.stdout(chunk.value)) continue
      await new Promise<void>((resolve) => {
        reader.resume = resolve
      })
    }
    output.end({ kind: 'Exited', exitCode: 0 })
  }
  void pump()
  return ok({
    write: (bytes, taken) => (input !== undefined && stdin ? input.write(bytes, taken) : taken()),
    endStdin: () => input?.endStdin(),
    resize: (size) => input?.resize(size),
    resume: () => reader.resume(),
    close: () => {
      input?.close()
      reader.resume()
      void chunks.return?.(undefined)
    },
  })
}

function forward(host: string, port: number, output: PortOutput): PortSession {
  const socket = connect({ host, port, allowHalfOpen: true })
  const state = { isOver: false, isConnected: false }
  const end = (how: PortEnd): void => {
    if (state.isOver) return
    state.isOver = true
    output.end(how)
  }
  socket.once('connect', () => {
    state.isConnected = true
  })
  socket.on('data', (bytes: Buffer) => void (output.data(bytes) || socket.pause()))
  socket.on('error', ({ message }) =>
    end(
      state.isConnected
        ? { kind: 'Broken' }
        : { kind: 'Failed', message: `failed to connect to ${host}:${port} inside the pod: ${message}` },
    ),
  )
  socket.on('end', () => end({ kind: 'Ended' }))
  socket.on('close', () => end({ kind: 'Broken' }))
  return {
    write: (bytes, taken) => void socket.write(bytes, () => taken()),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
    resume: () => void socket.resume(),
  }
}
