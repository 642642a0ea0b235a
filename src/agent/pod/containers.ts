/** The containers of a pod as the life cycle sees them: what kind each is, and how its newest run stands. */
import type { Container, ContainerState, Pod } from '../../apis/core/index.ts'
import { type Instant, instant, parseTime } from '../../base/index.ts'
import type { Exit, Observed } from '../runtime/index.ts'

export type ContainerKind = 'Init' | 'Sidecar' | 'App'

/** How a container stands. `Starting` covers all work between the decision to start it and its first instruction. */
export type Standing =
  /** `attempt` is the one to come: 0, unless all containers of the pod have ended to start anew. */
  | { readonly kind: 'Absent'; readonly attempt: number }
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
  readonly previous?: Previous | undefined
}

/** `isReset`: it is over because all containers of the pod have started anew since, however it ended. */
export type Previous = { readonly run: Observed; readonly exit: Exit; readonly isReset?: boolean }

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
  const restartsAll = mayRestartAll(pod)
  const view = (spec: Container, kind: ContainerKind): ContainerView => {
    const own = runs
      .filter(({ key }) => key.container === spec.name)
      .sort((one, other) => other.key.attempt - one.key.attempt)
    const attempt = starting.get(spec.name)
    const isAhead = attempt !== undefined && !(own[0] !== undefined && own[0].key.attempt >= attempt)
    const newest = own[0] ?? rememberedRun(pod, spec.name)
    const standing: Standing = isAhead ? { kind: 'Starting', attempt } : standingOf(newest, hooking)
    const plain = { spec, kind, standing, previous: endOf(isAhead ? own[0] : own[1]) }
    const first = restartsAll ? firstAfterReset(pod, spec.name) : undefined
    return first === undefined ? plain : viewAfterReset(pod, plain, first)
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
  // It waits to start anew: the attempt that is counted has not begun.
  if (state.waiting !== undefined && isReset(lastState)) return undefined
  const key = { podUid: metadata.uid ?? '', container: name, attempt: restartCount }
  const ended = state.terminated ?? (state.running === undefined ? lastState.terminated : undefined)
  if (ended === undefined && state.running === undefined) return undefined
  const at = (text: string | undefined) => parseTime(text ?? '') ?? instant(0)
  const since = at(state.running?.startedAt)
  const exit: Exit =
    ended === undefined
      ? lostAt(since)
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
const lostAt = (at: Instant): Exit => ({
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: LOST,
  startedAt: at,
  finishedAt: at,
})

const isSidecar = (spec: Container): boolean => spec.restartPolicy === 'Always'

function standingOf(run: Observed | undefined, hooking: Known['hooking']): Standing {
  if (run === undefined) return { kind: 'Absent', attempt: 0 }
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

/**
 * Whether an ended run is followed by another one, as far as policies decide.
 *
 * @source kubernetes v1.36 pkg/kubelet/container/helpers.go, ShouldContainerBeRestarted
 */
export function isRestarted(pod: Pod, { spec, kind }: ContainerView, exit: Exit): boolean {
  if (kind === 'Sidecar') return true
  const action = actionAfter(spec, exit)
  if (action === 'Restart' || action === 'RestartAllContainers') return true
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

/** What the first rule of a container that an exit code matches asks for. */
export function actionAfter({ restartPolicyRules = [] }: Container, { exitCode }: Exit): string | undefined {
  const rule = restartPolicyRules.find(({ exitCodes }) => {
    if (exitCodes === undefined) return false
    const isListed = exitCodes.values?.includes(exitCode) === true
    return exitCodes.operator === 'NotIn' ? !isListed : isListed
  })
  return rule?.action
}

const mayAskForAll = ({ restartPolicyRules }: Container): boolean =>
  restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers') === true

/** Whether a rule of any container may ask for all of them to be restarted. */
export const mayRestartAll = ({ spec }: Pod): boolean =>
  spec.containers.some(mayAskForAll) || spec.initContainers?.some(mayAskForAll) === true

/** What the last state of a container that was restarted with all others gives as its reason, however it had ended. */
export const RESET_REASON = 'RestartingAllContainers'

const isReset = (lastState: ContainerState | undefined): boolean => lastState?.terminated?.reason === RESET_REASON

/**
 * The first attempt of a container since all containers of the pod were last made to start anew, as long as its status
 * tells of it, which is until that attempt is followed by another one. What ran before does not count any more.
 */
function firstAfterReset({ status }: Pod, name: string): number | undefined {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const found = all.find((container) => container.name === name)
  return found !== undefined && isReset(found.lastState) ? found.restartCount : undefined
}

function viewAfterReset(pod: Pod, view: ContainerView, first: number): ContainerView {
  const { standing, previous } = view
  if (standing.kind === 'Absent' || (standing.kind === 'Ended' && standing.attempt < first)) {
    const last = standing.kind === 'Ended' ? standing : undefined
    return {
      ...view,
      standing: { kind: 'Absent', attempt: first },
      previous: resetEnd(pod, view.spec, first - 1, last),
    }
  }
  if (standing.attempt !== first) return view
  return { ...view, previous: resetEnd(pod, view.spec, first - 1, previous) }
}

/** The end of a run before all started anew; of one that the runtime has lost there is nothing to know. */
function resetEnd({ metadata }: Pod, { name }: Container, attempt: number, known: Previous | undefined): Previous {
  if (known !== undefined) return { run: known.run, exit: known.exit, isReset: true }
  const exit = lostAt(instant(0))
  const key = { podUid: metadata.uid ?? '', container: name, attempt }
  return { run: { key, id: '', state: { kind: 'Exited', exit } }, exit, isReset: true }
}
