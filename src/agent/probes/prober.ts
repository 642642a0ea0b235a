/** Asks the programs of running containers how they fare, as their probes say. */
import type { Container, Probe } from '../../apis/core/index.ts'
import { after, between, type Clock, type Instant, type Millis, millis, type Timers } from '../../base/index.ts'
import type { Runtime } from '../runtime/index.ts'
import { type HandlerTarget, runHandler } from './handler.ts'

export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness'
export type ProberOptions = {
  readonly clock: Clock
  readonly runtime: Runtime
  readonly timers: Timers
}

/** What a container's probes have to say. */
export type ProbeObserver = {
  /** What counts has changed: it has started, or has become ready or unready. */
  readonly onFacts: (facts: { readonly started: boolean; readonly ready: boolean }) => void
  /** Each failed attempt. */
  readonly onFailure: (kind: ProbeKind, output: string) => void
  /** The startup or liveness probe has failed as often as it may. */
  readonly onDead: (kind: ProbeKind, grace: Millis | undefined) => void
}

export const hasProbes = ({ startupProbe, livenessProbe, readinessProbe }: Container): boolean =>
  startupProbe !== undefined || livenessProbe !== undefined || readinessProbe !== undefined

/** What counts before any probe has answered. */
export const initialFacts = ({ startupProbe, readinessProbe }: Container) => ({
  started: startupProbe === undefined,
  ready: startupProbe === undefined && readinessProbe === undefined,
})

/**
 * Begins to probe a run that is up; the answer ends it.
 *
 * @source kubernetes v1.36 pkg/kubelet/prober/worker.go
 */
export function probeRun(
  options: ProberOptions,
  { target, startedAt }: { readonly target: HandlerTarget; readonly startedAt: Instant },
  observer: ProbeObserver,
): () => void {
  const { startupProbe, livenessProbe, readinessProbe } = target.container
  const facts = { ...initialFacts(target.container) }
  const stops: (() => void)[] = []
  const change = (next: Partial<typeof facts>) => {
    Object.assign(facts, next)
    observer.onFacts({ ...facts })
  }
  const run = (kind: ProbeKind, probe: Probe, onResult: (ok: boolean) => 'Go on' | 'Stop') => {
    const first = after(startedAt, millis(1000 * (probe.initialDelaySeconds ?? 0)))
    stops.push(repeat(options, { kind, probe, target, first, onFailure: observer.onFailure }, onResult))
  }
  const dead = (kind: ProbeKind, probe: Probe) => {
    const grace = probe.terminationGracePeriodSeconds
    observer.onDead(kind, grace === undefined ? undefined : millis(1000 * grace))
    return 'Stop' as const
  }
  const onStarted = () => {
    if (livenessProbe !== undefined) {
      run('Liveness', livenessProbe, (ok) => (ok ? 'Go on' : dead('Liveness', livenessProbe)))
    }
    if (readinessProbe === undefined) change({ started: true, ready: true })
    else {
      change({ started: true })
      run('Readiness', readinessProbe, (ok) => {
        if (ok !== facts.ready) change({ ready: ok })
        return 'Go on'
      })
    }
  }
  if (startupProbe === undefined) onStarted()
  else {
    run('Startup', startupProbe, (ok) => {
      if (!ok) return dead('Startup', startupProbe)
      onStarted()
      return 'Stop'
    })
  }
  return () => {
    for (const stop of stops) stop()
  }
}

type Repeated = {
  readonly kind: ProbeKind
  readonly probe: Probe
  readonly target: HandlerTarget
  readonly first: Instant
  readonly onFailure: ProbeObserver['onFailure']
}

/** Repeats one probe; tells a result once it has come as often in a row as its threshold asks. */
function repeat(
  options: ProberOptions,
  { kind, probe, target, first, onFailure }: Repeated,
  onResult: (ok: boolean) => 'Go on' | 'Stop',
): () => void {
  const state = { stopped: false, last: undefined as boolean | undefined, inRow: 0, cancel: () => {} }
  const period = millis(1000 * (probe.periodSeconds ?? 10))
  const { runtime, timers } = options
  const attempt = async () => {
    const timeout = millis(1000 * (probe.timeoutSeconds ?? 1))
    const { ok, output } = await runHandler({ runtime, clock: { wake: timers.after } }, probe, { target, timeout })
    if (state.stopped) return
    if (!ok) onFailure(kind, output)
    state.inRow = ok === state.last ? state.inRow + 1 : 1
    state.last = ok
    const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
    if (state.inRow >= threshold && onResult(ok) === 'Stop') return
    state.cancel = timers.after(period, () => void attempt())
  }
  const wait = millis(Math.max(0, between(options.clock.now(), first)))
  state.cancel = timers.after(wait, () => void attempt())
  return () => {
    state.stopped = true
    state.cancel()
  }
}
