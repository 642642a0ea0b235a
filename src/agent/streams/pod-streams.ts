/** exec, attach and port forwarding for the pods of this node: what the API server's streams are connected to. */
import { connect } from 'node:net'
import { badRequest, type Status } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { PodLogs } from '../logs/index.ts'
import type { ContainerKey, ExecHandle, ExecOutput, PortConnection, Runtime } from '../runtime/index.ts'

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
/** How a connection ended: in order, or in the middle. */
export type PortEnd = { readonly kind: 'Ended' } | { readonly kind: 'Broken' }
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
  /** Where the ports of a pod are: tried in this order. */
  readonly addressesOf: (pod: Pod) => readonly string[]
  /** Fulfilled once it is known what runs here. */
  readonly ready: Promise<void>
}

export function createPodStreams(options: PodStreamsOptions): PodStreams {
  return {
    exec: async (request, output) => {
      await options.ready
      const found = await options.findPod(request.namespace, request.pod)
      if (!found.ok) return found
      const key = options.runningOf(found.value.metadata.uid ?? '', request.container)
      if (key === undefined) return fail(badRequest(notRunning(found.value, request.container)))
      if (request.kind === 'attach') return attach(options, request, key, output)
      const { command, stdin, tty } = request
      if (command.length === 0) return fail(badRequest(`${EXEC}: no command was given`))
      const started = await options.runtime.exec(key, { command, stdin, tty }, output)
      return started.ok ? started : fail(badRequest(`${EXEC}: ${started.error}`))
    },
    portForward: async ({ namespace, pod, port }, output) => {
      const found = await options.findPod(namespace, pod)
      if (!found.ok) return found
      if (found.value.status.phase !== 'Running') {
        return fail(
          badRequest(`unable to forward port because pod is not running. Current status=${found.value.status.phase}`),
        )
      }
      const connected = await reach(options, found.value, port)
      return connected.ok ? ok(forward(connected.value, output)) : fail(badRequest(connected.error))
    },
  }
}

const EXEC = 'error executing command in container'

/** @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, GetExec (the text for what was never started) */
function notRunning({ status }: Pod, container: string): string {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const ended = all.find(({ name }) => name === container)?.state?.terminated
  return ended === undefined
    ? `unable to upgrade connection: container not found ("${container}")`
    : `container "${container}" is not running: it ended with exit code ${ended.exitCode}`
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
  }
  pump().then(
    () => output.end({ kind: 'Exited', exitCode: 0 }),
    (error) => output.end({ kind: 'Failed', message: `its output cannot be read: ${String(error)}` }),
  )
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

/** By the first address that takes the connection, or from inside the pod; fails with what the first one said. */
async function reach(
  { addressesOf, runtime }: PodStreamsOptions,
  pod: Pod,
  port: number,
): Promise<Result<PortConnection, string>> {
  const failures: string[] = []
  for (const host of addressesOf(pod)) {
    const connected = await connection(host, port)
    if (connected.ok) return connected
    failures.push(`failed to connect to ${host}:${port} inside the pod: ${connected.error}`)
  }
  const inside = await runtime.dial?.(pod.metadata.uid ?? '', port)
  return inside?.ok === true ? inside : fail(failures[0] ?? 'the pod has no address')
}

function connection(host: string, port: number): Promise<Result<PortConnection, string>> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    const failed = ({ message }: Error) => resolve(fail(message))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve(ok(socket))
    })
  })
}

function forward(socket: PortConnection, output: PortOutput): PortSession {
  const state = { isOver: false }
  const end = (kind: PortEnd['kind']): void => {
    if (state.isOver) return
    state.isOver = true
    output.end({ kind })
  }
  socket.on('data', (bytes) => void (output.data(bytes) || socket.pause()))
  socket.on('error', () => end('Broken'))
  socket.on('end', () => end('Ended'))
  socket.on('close', () => end('Broken'))
  return {
    write: (bytes, taken) => void socket.write(bytes, () => taken()),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
    resume: () => void socket.resume(),
  }
}
