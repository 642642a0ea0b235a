/**
 * exec and attach, whatever carries them: a command and its channels on one side, a client on the other.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/remotecommand (facts: statuses)
 */
import type { Exchange } from './exchange.ts'
import type { ExecEnd, ExecSession, PodStreams, TerminalSize } from './pods.ts'
import { boolOf } from './query.ts'
import type { Route } from './routes.ts'

/** What a client does; comes in order, also before the command runs. */
export type ExecInput = {
  readonly stdin: (bytes: Uint8Array) => void
  readonly endStdin: () => void
  /** JSON of the new size of the terminal. */
  readonly resize: (bytes: Uint8Array) => void
  /** What was written has gone out. */
  readonly drained: () => void
  /** The client has gone. */
  readonly closed: () => void
}

/** A client that is connected. */
export type ExecTransport = {
  /** 1 to 5, as of the channel protocol: from 4 on the end is told as a Status. */
  readonly version: number
  /** False asks to wait for `drained`. */
  readonly stdout: (bytes: Uint8Array) => boolean
  readonly stderr: (bytes: Uint8Array) => boolean
  /** Tells how the command ended, after all output, and closes. Empty: there is nothing to tell. */
  readonly end: (text: string) => void
  /** Stops and goes on taking input. */
  readonly pause: () => void
  readonly resume: () => void
}

/** Connects the client; undefined when it went away before all was there. */
export type OpenExec = (input: ExecInput, wanted: ExecWanted) => Promise<ExecTransport | undefined>
export type ExecWanted = {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** What the client did not ask for. */
const taken = (): boolean => true

const success = JSON.stringify({ metadata: {}, status: 'Success' })

/** How a command ended, or why there was none, for the error channel. */
function endText(end: ExecEnd, version: number): string {
  if (end.kind === 'Exited' && end.exitCode === 0) return version >= 4 ? success : ''
  const message =
    end.kind === 'Exited'
      ? `command terminated with non-zero exit code: exit status ${end.exitCode}`
      : `Internal error occurred: ${end.message}`
  if (version < 4) return message
  const failure = { metadata: {}, status: 'Failure', message }
  return JSON.stringify(
    end.kind === 'Exited'
      ? {
          ...failure,
          reason: 'NonZeroExitCode',
          details: { causes: [{ reason: 'ExitCode', message: String(end.exitCode) }] },
        }
      : { ...failure, reason: 'InternalError', details: { causes: [{ message: end.message }] }, code: 500 },
  )
}

/** What the runtime says of a session that broke off. */
const failed = (kind: 'exec' | 'attach', why: string): ExecEnd => {
  const what = kind === 'attach' ? 'error attaching to container' : 'error executing command in container'
  return { kind: 'Failed', message: `${what}: ${why}` }
}

/** Bytes of input that may wait for the command before the client is asked to pause. */
const maxWaiting = 1024 * 1024

/** The size of a terminal; undefined for a text that is none. */
function resizeOf(bytes: Uint8Array): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { Width: unknown; Height: unknown }
    if (typeof Width !== 'number' || typeof Height !== 'number') return undefined
    return { width: Width, height: Height }
  } catch {
    return undefined
  }
}

/** The client's words for a session that may not be there yet: what comes before is kept, until too much waits. */
function inputFor(stdin: boolean, control: { pause: () => void; resume: () => void }, drained: () => void) {
  let session: ExecSession | undefined
  let isClosed = false
  let waiting = 0
  const early: ((to: ExecSession) => void)[] = []
  const tell = (what: (to: ExecSession) => void): void => {
    if (session === undefined) early.push(what)
    else what(session)
  }
  const input: ExecInput = {
    stdin(bytes) {
      if (!stdin) return
      waiting += bytes.length
      if (waiting > maxWaiting) control.pause()
      tell((to) =>
        to.write(bytes, () => {
          waiting -= bytes.length
          if (waiting <= maxWaiting / 2) control.resume()
        }),
      )
    },
    endStdin: () => tell((to) => to.endStdin()),
    resize(bytes) {
      const size = resizeOf(bytes)
      if (size !== undefined) tell((to) => to.resize(size))
    },
    drained,
    closed() {
      isClosed = true
      session?.close()
    },
  }
  const connect = (to: ExecSession): void => {
    session = to
    for (const what of early.splice(0)) what(to)
    if (isClosed) to.close()
  }
  return { input, connect }
}

/** Runs the command of a request, or attaches to the main process, until one side ends. */
export async function runExec(
  x: Exchange,
  streams: PodStreams,
  route: Route,
  container: string,
  open: OpenExec,
): Promise<void> {
  const { query } = x
  const tty = boolOf(query, 'tty')
  const wanted: ExecWanted = {
    tty,
    stdin: boolOf(query, 'stdin'),
    stdout: boolOf(query, 'stdout'),
    stderr: boolOf(query, 'stderr') && !tty,
  }
  let transport: ExecTransport | undefined
  let session: ExecSession | undefined
  let ended = false
  const { input, connect } = inputFor(
    wanted.stdin,
    { pause: () => transport?.pause(), resume: () => transport?.resume() },
    () => session?.resume(),
  )
  const closed = (): void => {
    if (!ended) input.closed()
  }
  transport = await open({ ...input, closed }, wanted)
  if (transport === undefined) return
  const { stdout, stderr, version, end: tell } = transport
  const kind = route.subresource === 'attach' ? 'attach' : 'exec'
  const end = (how: ExecEnd): void => {
    if (ended) return
    ended = true
    tell(endText(how, version))
  }
  const opened = await streams.exec(
    {
      ...wanted,
      kind,
      namespace: route.namespace ?? '',
      pod: route.name ?? '',
      container,
      command: query.get('command') ?? [],
    },
    {
      stdout: wanted.stdout ? stdout : taken,
      stderr: wanted.stderr ? stderr : taken,
      end: (how) => end(how.kind === 'Failed' ? failed(kind, how.message) : how),
    },
  )
  if (!opened.ok) return end({ kind: 'Failed', message: opened.error.message ?? 'unknown failure' })
  session = opened.value
  connect(session)
}
