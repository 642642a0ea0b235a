/** Which container is to blame for the end of a Job, in words. Upstream says only that a limit was reached. */
import type { ContainerFailure, ContainerStateTerminated } from '../../apis/core/index.ts'

/** The signals that end processes most, by number: a shell reports 128 and the number. */
const signals: ReadonlyMap<number, string> = new Map([
  [1, 'SIGHUP'],
  [2, 'SIGINT'],
  [3, 'SIGQUIT'],
  [4, 'SIGILL'],
  [6, 'SIGABRT'],
  [7, 'SIGBUS'],
  [8, 'SIGFPE'],
  [9, 'SIGKILL'],
  [11, 'SIGSEGV'],
  [13, 'SIGPIPE'],
  [14, 'SIGALRM'],
  [15, 'SIGTERM'],
])

/** Reasons that say no more than the exit code does. */
const plainReasons: ReadonlySet<string> = new Set(['Error', 'Completed'])

/** `container main of pod pi-x7k2p: exit code 137 (OOMKilled)`. */
export function describeFailure({ pod, container, terminated }: ContainerFailure): string {
  const { exitCode, reason = '', message = '' } = terminated
  const isStart = isStartFailure(terminated)
  const why = plainReasons.has(reason) || reason === '' ? signals.get(exitCode - 128) : reason
  const code = `exit code ${exitCode}${why === undefined ? '' : ` (${why})`}`
  return `container ${container} of pod ${pod.metadata.name}: ${code}${isStart && message !== '' ? `: ${message}` : ''}`
}

/** The container never ran: its command or its working directory is not there, or may not be used. */
export const isStartFailure = ({ reason }: ContainerStateTerminated): boolean =>
  reason === 'StartError' || reason === 'ContainerCannotRun'
