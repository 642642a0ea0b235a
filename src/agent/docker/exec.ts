/** Running a command inside a container, over a connection that goes both ways. */
import type { Socket } from 'node:net'
import { fail, millis, ok, pause, type Result } from '../../base/index.ts'
import type { ContainerKey, ExecEnd, ExecHandle, ExecOutput, ExecSpec } from '../runtime/index.ts'
import { createFrameReader } from './frames.ts'
import { isProcessOf } from './processes.ts'
import { endOfRun, findRun, type State } from './state.ts'

export async function execInRun(
  state: State,
  key: ContainerKey,
  { spec, output }: { readonly spec: ExecSpec; readonly output: ExecOutput },
): Promise<Result<ExecHandle, string>> {
  const run = findRun(state, key)
  if (run === undefined || endOfRun(run) !== undefined) return fail('the container is not running')
  const made = await state.engine.call<{ readonly Id: string }>({
    method: 'POST',
    path: `/containers/${run.id}/exec`,
    body: {
      AttachStdin: spec.stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: spec.tty,
      Cmd: spec.command,
    },
  })
  if (!made.ok) return fail(made.error.message)
  const { Id } = made.value
  const joined = await state.engine.hijack({
    method: 'POST',
    path: `/exec/${Id}/start`,
    body: { Detach: false, Tty: spec.tty },
  })
  if (!joined.ok) return fail(joined.error.message)
  const socket = joined.value
  void conveyed(socket, output, spec.tty).then(async () => output.end(await endOf(state, Id)))
  return ok({
    ...handleOf(socket),
    resize: ({ width, height }) => {
      void state.engine.call({ method: 'POST', path: `/exec/${Id}/resize`, query: { w: width, h: height } })
    },
    close: () => {
      void endCommand(state, Id, run.id).finally(() => socket.destroy())
    },
  })
}

/** What can be done with a connection to a program, whoever started it. */
export const handleOf = (socket: Socket): Pick<ExecHandle, 'write' | 'endStdin' | 'resume'> => ({
  write: (bytes, taken) => {
    // Called for a failure as well: nobody takes what a command no longer reads.
    if (socket.writable) socket.write(bytes, () => taken())
    else taken()
  },
  endStdin: () => void (socket.writable && socket.end()),
  resume: () => void socket.resume(),
})

/** Hands on what comes until the connection ends. */
export function conveyed(socket: Socket, output: ExecOutput, tty: boolean): Promise<void> {
  const give = (bytes: Buffer, isError: boolean) => {
    const goOn = isError ? output.stderr(bytes) : output.stdout(bytes)
    if (!goOn) socket.pause()
  }
  const read = tty ? (bytes: Buffer) => give(bytes, false) : createFrameReader(give)
  return new Promise((resolve) => {
    socket.on('data', read)
    // A connection that breaks has ended like any other: what the command said before was handed on.
    socket.on('error', () => resolve())
    socket.once('close', () => resolve())
    socket.once('end', () => resolve())
  })
}

type ExecInspection = { readonly Running: boolean; readonly ExitCode: number | null; readonly Pid: number }

async function inspect({ engine }: State, id: string) {
  return engine.call<ExecInspection>({ method: 'GET', path: `/exec/${id}/json` })
}

async function endOf(state: State, id: string): Promise<ExecEnd> {
  const found = await inspect(state, id)
  if (!found.ok) return { kind: 'Failed', message: found.error.message }
  const { ExitCode, Running } = found.value
  if (Running || ExitCode === null) return { kind: 'Failed', message: 'the connection to the command broke' }
  return { kind: 'Exited', exitCode: ExitCode }
}

const LOOK_AGAIN = millis(20)
/** A command that an engine has not started by then will hardly be. */
const MOST_LOOKS = 500

/**
 * Kills a command that still runs, or is just being started. Engines have no way for it; so it is done by its process
 * number, after a look that the number is in the very container.
 */
async function endCommand(state: State, id: string, containerId: string): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const found = await inspect(state, id)
    if (!found.ok) return
    const { Running, ExitCode, Pid } = found.value
    if (!Running && ExitCode !== null) return
    if (Running && Pid !== 0) {
      kill(state, Pid, containerId)
      return
    }
    await pause(state.options.clock, LOOK_AGAIN)
  }
}

function kill({ options }: State, pid: number, containerId: string): void {
  if (!isProcessOf(pid, containerId)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    options.log.debug('a command could not be ended', { because: String(error) })
  }
}
