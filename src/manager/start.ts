/** Starts all controllers on one client, one clock and one timer. */
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import type { Clock, Log, Random } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { defaultJobOptions, exactJobOptions, type JobOptions } from '../controllers/job/index.ts'
import { createEventRecorder } from './event-recorder.ts'
import { createInformer, type Informer } from './informer.ts'
import { createJobController, type RunningController } from './job-controller.ts'
import type { MetricFamily } from './metrics.ts'
import { createTimers } from './timers.ts'

export type ManagerOptions = {
  /** Behave as upstream v1.36 in every point where jobd differs on purpose. */
  readonly exact: boolean
  readonly job?: Partial<JobOptions> | undefined
}

export type ManagerContext = {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly options: ManagerOptions
}

export type Manager = {
  /** Starts nothing new, finishes what is under way, writes the last events. */
  readonly stop: () => Promise<void>
  readonly metrics: readonly MetricFamily[]
  /** Resolves when every local copy has its first list. */
  readonly synced: Promise<void>
}

export function startManager(context: ManagerContext): Manager {
  const { client, clock, log, options } = context
  const timers = createTimers(clock)
  const recorder = createEventRecorder(client, clock, log)
  const shared = { client, clock, timers, log, recorder }
  const jobs = createInformer<Job>(shared, 'jobs.batch')
  const pods = createInformer<Pod>(shared, 'pods')
  const informers: readonly Pick<Informer<never>, 'start' | 'stop' | 'synced'>[] = [jobs, pods]
  const base = options.exact ? exactJobOptions : defaultJobOptions
  const controllers: readonly RunningController[] = [
    createJobController({ ...shared, jobs, pods, options: { ...base, ...options.job } }),
  ]
  for (const informer of informers) informer.start()
  const synced = Promise.all(informers.map((informer) => informer.synced)).then(() => {
    for (const controller of controllers) controller.start()
  })
  return {
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()))
      for (const informer of informers) informer.stop()
      await recorder.flush()
      timers.stop()
    },
    metrics: controllers.flatMap((controller) => controller.metrics),
    synced,
  }
}
