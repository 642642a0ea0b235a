/** What an engine tells of a container, and what of it becomes a pod's container state. */
import { type Instant, instant } from '../../base/index.ts'
import type { ContainerState, Exit } from '../runtime/index.ts'

/** The part of `/containers/{id}/json` that is looked at. */
export type Inspection = {
  readonly Id: string
  readonly Image: string
  readonly State: {
    readonly Status: string
    readonly Running: boolean
    readonly Paused?: boolean
    readonly OOMKilled: boolean
    readonly Pid: number
    readonly ExitCode: number
    readonly Error: string
    readonly StartedAt: string
    readonly FinishedAt: string
  }
  readonly Config: {
    readonly Labels?: Readonly<Record<string, string>>
    readonly Tty: boolean
    readonly OpenStdin?: boolean
  }
  readonly NetworkSettings?: {
    readonly IPAddress?: string
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string; readonly GlobalIPv6Address?: string }>>
  }
}

/** `Unstarted` is a container that was made, and neither was started nor failed to. */
export type Judgement = ContainerState | { readonly kind: 'Unstarted' }

/** @param now the time of an end that the engine does not know */
export function judge({ State }: Inspection, now: Instant): Judgement {
  const startedAt = timeOf(State.StartedAt)
  if (State.Running)
    return { kind: 'Running', startedAt: startedAt ?? now, pid: State.Pid === 0 ? undefined : State.Pid }
  if (startedAt === undefined || State.Status === 'created') {
    const failed = State.Error !== '' || State.ExitCode !== 0
    return failed ? { kind: 'Exited', exit: startError(State.Error, now) } : { kind: 'Unstarted' }
  }
  // An engine may note the start of a short run after its end.
  const finishedAt = instant(Math.max(startedAt, timeOf(State.FinishedAt) ?? now))
  return { kind: 'Exited', exit: { ...endOf(State), startedAt, finishedAt } }
}

function endOf({ ExitCode, OOMKilled }: Inspection['State']): Pick<Exit, 'exitCode' | 'reason'> {
  if (ExitCode === 0) return { exitCode: 0, reason: 'Completed' }
  return { exitCode: ExitCode, reason: OOMKilled ? 'OOMKilled' : 'Error' }
}

/** A command that could not be executed: the run never was, and has ended. */
export const startError = (message: string, at: Instant): Exit => ({
  exitCode: 128,
  reason: 'StartError',
  message: message === '' ? 'the container could not be started' : message,
  startedAt: at,
  finishedAt: at,
})

/** Engines write the year 1 for a time that never was. */
function timeOf(text: string): Instant | undefined {
  const at = Date.parse(text)
  return Number.isNaN(at) || at <= 0 ? undefined : instant(at)
}

/** The address of the container in its network; undefined when it has none of its own. */
export function addressIn({ NetworkSettings }: Inspection): string | undefined {
  const networks = Object.values(NetworkSettings?.Networks ?? {})
  const all = [NetworkSettings?.IPAddress, ...networks.flatMap((one) => [one.IPAddress, one.GlobalIPv6Address])]
  return all.find((address) => address !== undefined && address !== '')
}
