/**
 * exec and attach, whatever carries them: a command and its channels on one side, a client on the other.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/remotecommand (facts: statuses)
 */
import { type Clock, millis } from '../../base/index.ts'
import type { Exchange } from './exchange.ts'
import type { ExecEnd, ExecSession, PodStreams, TerminalSize } from './pods.ts'
import { boolOf, optionalBool } from './query.ts'
import type { Route } from './routes.ts'

/** What a client does; comes in order, also before the command runs. */
export type ExecInput = {
  readonly stdin: (bytes: Uint8Array) => void
  readonly endStdin: () => void
  /** JSON of the new size of the terminal. */
  readonly resize: (bytes: Uint8Array) => void
  /** What was written has gone out. */
  readonly drained: () => void
  /** The client has gone: it took its leave, or the connection broke. */
  readonly closed: (inOrder: boolean) => void
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

/** What the client does not want. */
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

type Control = {
  readonly pause: () => void
  readonly resume: () => void
  /** The client has gone; `asEnd`: in order, and before it said that its input ends. */
  readonly leave: (session: ExecSession, asEnd: boolean) => void
}

/** The client's words for a session that may not be there yet: what comes before is kept, until too much waits. */
function inputFor(stdin: boolean, control: Control, drained: () => void) {
  let session: ExecSession | undefined
  let inputEnded = false
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
    endStdin() {
      inputEnded = true
      tell((to) => to.endStdin())
    },
    resize(bytes) {
      const size = resizeOf(bytes)
      if (size !== undefined) tell((to) => to.resize(size))
    },
    drained,
    closed: (inOrder) => tell((to) => control.leave(to, inOrder && !inputEnded)),
  }
  const connect = (to: ExecSession): void => {
    session = to
    for (const what of early.splice(0)) what(to)
  }
  return { input, connect }
}

/** What sessions are made with. `abandoned` ends commands whose clients have left, for who stops the server. */
export type SessionParts = {
  readonly streams: PodStreams
  readonly clock: Clock
  readonly abandoned: Set<() => void>
}

/**
 * How long a command may go on whose client left in order and thereby ended its input: before version 5 there is no other
 * way to end it, and fabric8 uploads files so. As long as a container has to end. An attached process is only let go then.
 */
const inputGrace = millis(30_000)

/** Closes a session unless it ends by itself in time. Answers what is to be called when it has. */
function endLater(session: ExecSession, { clock, abandoned }: SessionParts): () => void {
  const close = (): void => {
    forget()
    session.close()
  }
  const cancel = clock.wake(inputGrace, close)
  const forget = (): void => {
    cancel()
    abandoned.delete(close)
  }
  abandoned.add(close)
  return forget
}

/** Runs the command of a request, or attaches to the main process, until one side ends. */
export async function runExec(
  x: Exchange,
  parts: SessionParts,
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
  /** As the API documents them, outputs are on unless they are refused. */
  const isAsked = (output: 'stdout' | 'stderr') => optionalBool(query, output) !== false
  let transport: ExecTransport | undefined
  let session: ExecSession | undefined
  let ended = false
  let forget = (): void => {}
  const kind = route.subresource === 'attach' ? 'attach' : 'exec'
  // A terminal that is closed takes its command with it.
  const finishes = wanted.stdin && (kind === 'attach' || !tty)
  const control: Control = {
    pause: () => transport?.pause(),
    resume: () => transport?.resume(),
    leave(to, asEnd) {
      if (!asEnd || !finishes) return to.close()
      forget = endLater(to, parts)
      to.endStdin()
      // Nobody reads its output any more, which so never waits.
      to.resume()
    },
  }
  const { input, connect } = inputFor(wanted.stdin, control, () => session?.resume())
  const closed = (inOrder: boolean): void => {
    if (!ended) input.closed(inOrder)
  }
  transport = await open({ ...input, closed }, wanted)
  if (transport === undefined) return
  const { stdout, stderr, version, end: tell } = transport
  const end = (how: ExecEnd): void => {
    if (ended) return
    ended = true
    forget()
    tell(endText(how, version))
  }
  const opened = await parts.streams.exec(
    {
      ...wanted,
      kind,
      namespace: route.namespace ?? '',
      pod: route.name ?? '',
      container,
      command: query.get('command') ?? [],
    },
    {
      stdout: isAsked('stdout') ? stdout : taken,
      stderr: isAsked('stderr') ? stderr : taken,
      end: (how) => end(how.kind === 'Failed' ? failed(kind, how.message) : how),
    },
  )
  if (!opened.ok) return end({ kind: 'Failed', message: opened.error.message ?? 'unknown failure' })
  session = opened.value
  connect(session)
}
