/** What belongs to a container besides its run: probes while it runs, hooks after its start and before its end. */
import type { Container, LifecycleHandler, Pod } from '../apis/core/index.ts'
import { between, type Clock, type Instant, type Millis, millis, type Timers } from '../base/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import { type ProbeFacts, podEvent, type Unhealthy } from './pod/index.ts'
import { hasProbes, type ProbeKind, probeRun, runHandler } from './probes/index.ts'
import type { ContainerKey, Runtime } from './runtime/index.ts'

export type HookContext = {
  readonly clock: Clock
  readonly runtime: Runtime
  readonly timers: Timers
  readonly recorder: EventRecorder
  readonly addressOf: (pod: Pod) => string
}
export type HookRun = {
  readonly pod: Pod
  readonly container: Container
  readonly key: ContainerKey
  /** Fulfilled once it has ended, or is looked after no more: what only waits need not go on. */
  readonly ended: () => Promise<void>
}

/** A hook may take as long as its container has; this only ends what would never end. */
const LONGEST_HOOK = millis(24 * 3_600_000)

export function containerOf(pod: Pod, name: string): Container | undefined {
  const isNamed = (container: Container) => container.name === name
  return pod.spec.containers.find(isNamed) ?? pod.spec.initContainers?.find(isNamed)
}

/** What the events of a container are about. */
export const eventFactsOf = ({ pod, container }: Pick<HookRun, 'pod' | 'container'>) => ({
  pod,
  container: container.name,
  kind: pod.spec.containers.some(({ name }) => name === container.name) ? ('App' as const) : ('Init' as const),
})

/** Probes a run that is up until the answer is called; undefined for a container without probes. */
export function watchRun(
  context: HookContext,
  run: Omit<HookRun, 'ended'> & { readonly startedAt: Instant },
  observer: { readonly onFacts: (facts: ProbeFacts) => void; readonly onDead: (unhealthy: Unhealthy) => void },
): (() => void) | undefined {
  const { pod, container, key, startedAt } = run
  if (!hasProbes(container)) return undefined
  const target = { key, container, host: context.addressOf(pod) }
  return probeRun(
    { clock: context.clock, runtime: context.runtime, timers: context.timers },
    { target, startedAt },
    {
      onFacts: observer.onFacts,
      onFailure: (kind: ProbeKind, output: string) => {
        const message = `${kind} probe failed: ${output}`
        context.recorder.record(pod, podEvent('Warning', 'Unhealthy', message, eventFactsOf(run)))
      },
      onDead: (kind: ProbeKind, grace: Millis | undefined) => {
        const comesBack = (container.restartPolicy ?? pod.spec.restartPolicy) !== 'Never'
        const message = `Container ${container.name} failed ${kind.toLowerCase()} probe`
        observer.onDead({ message: comesBack ? `${message}, will be restarted` : message, grace })
      },
    },
  )
}

/** Runs the postStart hook; answers why the container has to end when it failed. */
export async function afterStart(context: HookContext, run: HookRun): Promise<Unhealthy | undefined> {
  const hook = run.container.lifecycle?.postStart
  if (hook === undefined) return undefined
  if (await succeeds(context, run, { hook, timeout: LONGEST_HOOK })) return undefined
  // Not what the hook has said, which may be a secret. @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_container.go
  const event = podEvent('Warning', 'FailedPostStartHook', 'PostStartHook failed', eventFactsOf(run))
  context.recorder.record(run.pod, event)
  return { message: 'FailedPostStartHook' }
}

/** Runs the preStop hook, for as long as the container has left. A failure is told and changes nothing. */
export async function beforeStop(context: HookContext, run: HookRun, killAt: Instant): Promise<void> {
  const hook = run.container.lifecycle?.preStop
  const timeout = between(context.clock.now(), killAt)
  if (hook === undefined || timeout <= 0) return
  if (await succeeds(context, run, { hook, timeout })) return
  const event = podEvent('Warning', 'FailedPreStopHook', 'PreStopHook failed', eventFactsOf(run))
  context.recorder.record(run.pod, event)
}

async function succeeds(
  { runtime, timers, addressOf }: HookContext,
  { pod, container, key, ended }: HookRun,
  { hook, timeout }: { readonly hook: LifecycleHandler; readonly timeout: Millis },
): Promise<boolean> {
  const target = { key, container, host: addressOf(pod) }
  return (await runHandler({ runtime, clock: { wake: timers.after } }, hook, { target, timeout, ended })).ok
}
