/** Starts all controllers on one client, one clock and one timer. */
import { type Clock, createTimers, type Log, type Millis, type Random } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import {
  type CronJobOptions,
  defaultCronJobOptions,
  exactCronJobOptions,
  type KeptRuns,
  keptByDefault,
} from '../controllers/cronjob/index.ts'
import { defaultJobOptions, exactJobOptions, type JobOptions } from '../controllers/job/index.ts'
import { createCronJobController } from './cronjob-controller.ts'
import { createEventRecorder } from './event-recorder.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { createInformers } from './informers.ts'
import { createJobController } from './job-controller.ts'
import type { MetricFamily } from './metrics.ts'
import { createNamespaceController } from './namespace-controller.ts'
import { createPodGcController } from './pod-gc-controller.ts'
import { createDisruptionController, createQuotaController } from './quota-controller.ts'
import { createRunHistoryController } from './run-history-controller.ts'
import { createRunLedger } from './run-ledger.ts'
import type { RunningController, SharedContext } from './running.ts'
import { createTaintEvictionController } from './taint-eviction-controller.ts'
import { createTtlController } from './ttl-controller.ts'

export type ManagerOptions = {
  /** Behave as upstream v1.36 in every point where jobd differs on purpose. */
  readonly exact: boolean
  /** Single differences of the Job controller, such as `--max-pod-backoff`. */
  readonly job?: Partial<JobOptions> | undefined
  /** Single differences of the CronJob controller, such as `--too-many-missed`, and the zone of this server. */
  readonly cronJob?: Partial<CronJobOptions> | undefined
  /** How much history of each CronJob is kept; as `keptByDefault` when absent. With `exact` there is none. */
  readonly runs?: Partial<KeptRuns> | undefined
  /** After how long at most the wall clock is read again while something waits for a time: a second when absent. */
  readonly longestSleep?: Millis | undefined
  /** How many finished pods are kept before the oldest go; 0 keeps all. */
  readonly terminatedPodThreshold?: number | undefined
  /** The certificates that pods trust, in PEM; without them no `kube-root-ca.crt` is made. */
  readonly rootCa?: string | undefined
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
  /** Resolves when every local copy has its first list and the controllers run. */
  readonly synced: Promise<void>
}

export function startManager({ client, clock, log, options }: ManagerContext): Manager {
  const timers = createTimers(clock, options.longestSleep)
  const recorder = createEventRecorder(client, clock, log)
  const informers = createInformers({ client, clock, timers, log })
  const controllers = createControllers({ client, clock, timers, log, recorder, informers }, options)
  informers.start()
  let stopped = false
  const synced = informers.synced().then(async () => {
    await Promise.all(controllers.map((controller) => controller.prepare?.()))
    if (!stopped) for (const controller of controllers) controller.start()
  })
  return {
    async stop() {
      stopped = true
      await Promise.all(controllers.map((controller) => controller.stop()))
      informers.stop()
      await recorder.flush()
      timers.stop()
    },
    metrics: controllers.flatMap((controller) => controller.metrics),
    synced,
  }
}

function createControllers(shared: SharedContext, options: ManagerOptions): readonly RunningController[] {
  const base = options.exact ? exactJobOptions : defaultJobOptions
  const job = { ...base, gatherPodChanges: options.exact, noteExitCodes: !options.exact, ...options.job }
  const cronJob = { ...(options.exact ? exactCronJobOptions : defaultCronJobOptions), ...options.cronJob }
  const kept = { ...keptByDefault, ...options.runs }
  const history = options.exact ? undefined : createRunHistoryController(shared, kept)
  const ledger = history && createRunLedger(shared, { localZone: cronJob.localZone, kept, tally: history.tally })
  return [
    createJobController(shared, job),
    createCronJobController(shared, cronJob, ledger),
    ...(history === undefined ? [] : [history]),
    createTtlController(shared),
    createGarbageCollector(shared, options.exact),
    createNamespaceController(shared, options.rootCa),
    createQuotaController(shared),
    createDisruptionController(shared),
    createPodGcController(shared, options.terminatedPodThreshold),
    createTaintEvictionController(shared, options.exact),
  ]
}
