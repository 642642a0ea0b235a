/** The containers of a pod as the life cycle sees them: what kind each is, and how its newest run stands. */
import type { Container, Pod } from '../../apis/core/index.ts'
import { instant, parseTime } from '../../base/index.ts'
import type { Exit, Observed } from '../runtime/index.ts'

export type ContainerKind = 'Init' | 'Sidecar' | 'App'

/** How a container stands. `Starting` covers all work between the decision to start it and its first instruction. */
export type Standing =
  | { readonly kind: 'Absent' }
  | { readonly kind: 'Starting'; readonly attempt: number }
  | {
      readonly kind: 'Running'
      readonly attempt: number
      readonly run: Observed
      /** Its postStart hook has not ended: the pod's next container waits, and so does whoever waits for this one. */
      readonly isHooking: boolean
    }
  | { readonly kind: 'Ended'; readonly attempt: number; readonly run: Observed; readonly exit: Exit }

export type ContainerView = {
  readonly spec: Container
  readonly kind: ContainerKind
  readonly standing: Standing
  /** The run before the newest one, when it ended. */
  readonly previous?: { readonly run: Observed; readonly exit: Exit } | undefined
}

/** The starts under way: container name → attempt. */
export type Starting = ReadonlyMap<string, number>

/** What is known of a pod's containers; `hooking` has the runs whose postStart hook has not ended. */
export type Known = {
  readonly pod: Pod
  readonly runs: readonly Observed[]
  readonly starting: Starting
  readonly hooking: ReadonlySet<string>
}

/** The name of a run within its pod. */
export const slotOf = ({ container, attempt }: Observed['key']): string => `${container}.${attempt}`

/** All containers of a pod: init containers and sidecars in their order, then the app containers. */
export function viewContainers({ pod, runs, starting, hooking }: Known): readonly ContainerView[] {
  const view = (spec: Container, kind: ContainerKind): ContainerView => {
    const own = runs
      .filter(({ key }) => key.container === spec.name)
      .sort((one, other) => other.key.attempt - one.key.attempt)
    const attempt = starting.get(spec.name)
    const isAhead = attempt !== undefined && !(own[0] !== undefined && own[0].key.attempt >= attempt)
    const newest = own[0] ?? rememberedRun(pod, spec.name)
    const standing: Standing = isAhead ? { kind: 'Starting', attempt } : standingOf(newest, hooking)
    return { spec, kind, standing, previous: endOf(isAhead ? own[0] : own[1]) }
  }
  return [
    ...(pod.spec.initContainers ?? []).map((spec) => view(spec, isSidecar(spec) ? 'Sidecar' : 'Init')),
    ...pod.spec.containers.map((spec) => view(spec, 'App')),
  ]
}

/**
 * A run that only the pod's status still knows, because the runtime has lost it: with its node's memory in a reboot, or
 * with its files. It has ended, and must not be taken for one that never was.
 */
function rememberedRun({ metadata, status }: Pod, name: string): Observed | undefined {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const found = all.find((container) => container.name === name)
  if (found === undefined) return undefined
  const { state, lastState, restartCount, containerID } = found
  const key = { podUid: metadata.uid ?? '', container: name, attempt: restartCount }
  const ended = state.terminated ?? (state.running === undefined ? lastState.terminated : undefined)
  if (ended === undefined && state.running === undefined) return undefined
  const at = (text: string | undefined) => parseTime(text ?? '') ?? instant(0)
  const since = at(state.running?.startedAt)
  const lost: Exit = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: LOST,
    startedAt: since,
    finishedAt: since,
  }
  const exit: Exit =
    ended === undefined
      ? lost
      : {
          exitCode: ended.exitCode,
          reason: (ended.reason ?? 'Error') as Exit['reason'],
          message: ended.message,
          startedAt: at(ended.startedAt),
          finishedAt: at(ended.finishedAt),
        }
  return { key, id: ended?.containerID ?? containerID ?? '', state: { kind: 'Exited', exit } }
}

const LOST = 'The container could not be located when the pod was terminated'

const isSidecar = (spec: Container): boolean => spec.restartPolicy === 'Always'

function standingOf(run: Observed | undefined, hooking: Known['hooking']): Standing {
  if (run === undefined) return { kind: 'Absent' }
  const { attempt } = run.key
  const { state } = run
  return state.kind === 'Running'
    ? { kind: 'Running', attempt, run, isHooking: hooking.has(slotOf(run.key)) }
    : { kind: 'Ended', attempt, run, exit: state.exit }
}

const endOf = (run: Observed | undefined): ContainerView['previous'] =>
  run?.state.kind === 'Exited' ? { run, exit: run.state.exit } : undefined

export const isRunning = ({ standing }: ContainerView): boolean =>
  standing.kind === 'Running' || standing.kind === 'Starting'

/** Whether a regular init container has done its work. */
export const hasSucceeded = ({ standing }: ContainerView): boolean =>
  standing.kind === 'Ended' && standing.exit.exitCode === 0

/** What a rule asks for that restarts the container. That the second of these leaves others be is told when the pod is made. */
const RESTARTS = new Set<string | undefined>(['Restart', 'RestartAllContainers'])

/**
 * Whether an ended run is followed by another one, as far as policies decide.
 *
 * @source kubernetes v1.36 pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted
 */
export function isRestarted(pod: Pod, { spec, kind }: ContainerView, exit: Exit): boolean {
  if (kind === 'Sidecar') return true
  const rule = spec.restartPolicyRules?.find(({ exitCodes }) => {
    if (exitCodes === undefined) return false
    const isListed = exitCodes.values?.includes(exit.exitCode) === true
    return exitCodes.operator === 'NotIn' ? !isListed : isListed
  })
  if (RESTARTS.has(rule?.action)) return true
  switch (spec.restartPolicy ?? pod.spec.restartPolicy ?? 'Always') {
    case 'Never':
      return false
    case 'OnFailure':
      return exit.exitCode !== 0
    default:
      // A regular init container that succeeded is done whatever the policy.
      return kind === 'App' || exit.exitCode !== 0
  }
}
