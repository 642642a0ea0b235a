/** What every controller of the manager is given, and what it gives back. */
import type { Clock, Log, Timers } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { EventRecorder } from './event-recorder.ts'
import type { Informers } from './informers.ts'
import type { MetricFamily } from './metrics.ts'

export type SharedContext = {
  readonly client: Client
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly recorder: EventRecorder
  readonly informers: Informers
}

export type RunningController = {
  /** What must be known before any controller starts; called when every local copy has its first list. */
  readonly prepare?: () => Promise<void>
  /** Called when all are prepared. */
  readonly start: () => void
  /** Begins nothing new and waits for what is under way. */
  readonly stop: () => Promise<void>
  readonly metrics: readonly MetricFamily[]
}

export const fieldManager = 'kube-controller-manager'
