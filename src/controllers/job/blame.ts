/** Which container is to blame for the end of a Job, in words. Upstream says only that a limit was reached. */
import type { Container, ContainerStatus, Pod } from '../../apis/core/index.ts'

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>

/** A container that ended with an exit code other than 0. */
export type ContainerFailure = {
  readonly pod: Pod
  readonly container: Container['name']
  readonly terminated: Terminated
}

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

/**
 * The container that failed last, as the present state or, after a restart, the last one has it; undefined when none
 * failed. Pods that were told to go count for nothing.
 */
export function newestFailure(pods: Iterable<Pod>): ContainerFailure | undefined {
  let newest: ContainerFailure | undefined
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue
    for (const failure of failuresOf(pod)) {
      const { finishedAt = '' } = failure.terminated
      if (newest === undefined || finishedAt >= (newest.terminated.finishedAt ?? '')) newest = failure
    }
  }
  return newest
}

function failuresOf(pod: Pod): readonly ContainerFailure[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state, lastState }) => {
    const terminated = state?.terminated ?? lastState?.terminated
    return terminated === undefined || (terminated.exitCode ?? 0) === 0 ? [] : [{ pod, container: name, terminated }]
  })
}

/** `container main of pod pi-x7k2p: exit code 137 (OOMKilled)`. */
export function describeFailure({ pod, container, terminated }: ContainerFailure): string {
  const { exitCode, reason = '', message = '' } = terminated
  const isStart = isStartFailure(terminated)
  const why = plainReasons.has(reason) || reason === '' ? signals.get(exitCode - 128) : reason
  const code = `exit code ${exitCode}${why === undefined ? '' : ` (${why})`}`
  return `container ${container} of pod ${pod.metadata.name}: ${code}${isStart && message !== '' ? `: ${message}` : ''}`
}

/** The container never ran: its command or its working directory is not there, or may not be used. */
export const isStartFailure = ({ reason }: Terminated): boolean =>
  reason === 'StartError' || reason === 'ContainerCannotRun'
