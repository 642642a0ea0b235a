/** Objects as users write them, valid and drawn at random. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { CronJob, Job, JobSpec } from '../../src/apis/batch/index.ts'
import type { SeededRandom } from './seeded-random.ts'

const byUser = { 'sim/by': 'user' }
/** Made by a user of the simulator, not by a controller. */
export const isByUser = ({ metadata }: KubeObject): boolean => metadata.labels?.['sim/by'] === 'user'

export const namespaces = ['default', 'default', 'team-a', 'team-b'] as const

const schedules = ['* * * * *', '*/2 * * * *', '*/5 * * * *', '3-59/7 * * * *', '@hourly', '@every 90s', '@every 20s']

/** A valid Job of any kind that ends by itself within virtual minutes. */
export function randomJob(random: SeededRandom, namespace: string, name: string): Job {
  const labels = { ...byUser, ...(random.chance(0.3) && { tier: 'gold' }) }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: jobSpec(random),
    status: {},
  } as Job
}

function jobSpec(random: SeededRandom): JobSpec {
  const indexed = random.chance(0.4)
  const workQueue = !indexed && random.chance(0.3)
  const perIndex = indexed && random.chance(0.4)
  const completions = random.between(indexed ? 1 : 0, 6)
  // Restarts in place count towards no index: with a limit per index a failing container would restart for ever.
  const restartPolicy = random.chance(0.7) || perIndex ? 'Never' : 'OnFailure'
  const policy = restartPolicy === 'Never' && random.chance(0.25)
  const spec = {
    parallelism: random.between(1, 4),
    ...(workQueue ? {} : { completions }),
    ...(indexed ? { completionMode: 'Indexed' } : {}),
    ...(perIndex ? { backoffLimitPerIndex: random.between(0, 2) } : { backoffLimit: random.between(0, 3) }),
    ...(perIndex && random.chance(0.3) ? { maxFailedIndexes: random.between(0, completions) } : {}),
    ...(indexed && random.chance(0.3)
      ? { successPolicy: { rules: [{ succeededCount: random.between(1, completions) }] } }
      : {}),
    ...(random.chance(0.2) ? { activeDeadlineSeconds: random.between(1, 60) } : {}),
    ...(random.chance(0.2) ? { ttlSecondsAfterFinished: random.between(0, 60) } : {}),
    ...(random.chance(0.15) ? { suspend: true } : {}),
    ...(policy ? { podFailurePolicy: failurePolicy(random, perIndex) } : {}),
    // With a failure policy pods are replaced only when they have failed.
    ...(!policy && random.chance(0.3) ? { podReplacementPolicy: random.pick(['Failed', 'TerminatingOrFailed']) } : {}),
    template: podTemplate(random, restartPolicy, 20_000),
  }
  return spec as unknown as JobSpec
}

function failurePolicy(random: SeededRandom, perIndex: boolean): unknown {
  const action = random.pick(['FailJob', 'Ignore', 'Count', ...(perIndex ? ['FailIndex'] : [])])
  const onExitCodes = { containerName: 'main', operator: 'In', values: [random.between(1, 3)] }
  const disrupted = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }
  // What is ignored would be tried for ever: a code that always comes must not be.
  const rule = action === 'Ignore' ? disrupted : { action, onExitCodes }
  return { rules: [rule] }
}

/** What the node gets at times. */
export const upkeep = { key: 'upkeep', effect: 'NoExecute' }

function podTemplate(random: SeededRandom, restartPolicy: string, longest: number): unknown {
  const exitCode = random.chance(0.25) ? random.between(1, 3) : 0
  const command = ['sim', String(random.between(10, longest)), String(exitCode)]
  if (random.chance(0.1)) command.push('ignore-sigterm')
  const spec = {
    restartPolicy,
    // Others are put out by the taint at once.
    ...(random.chance(0.5) ? { tolerations: [{ ...upkeep, tolerationSeconds: random.between(0, 30) }] } : {}),
    terminationGracePeriodSeconds: random.between(0, 10),
    containers: [{ name: 'main', image: 'sim', command, resources: {} }],
  }
  return { metadata: {}, spec }
}

export function randomCronJob(random: SeededRandom, namespace: string, name: string): CronJob {
  const spec = {
    ...cronJobRules(random),
    concurrencyPolicy: random.pick(['Allow', 'Forbid', 'Replace']),
    successfulJobsHistoryLimit: random.between(0, 3),
    failedJobsHistoryLimit: random.between(0, 2),
    jobTemplate: {
      metadata: {},
      spec: {
        backoffLimit: random.between(0, 1),
        ...(random.chance(0.2) ? { ttlSecondsAfterFinished: random.between(0, 100) } : {}),
        template: podTemplate(random, 'Never', random.chance(0.5) ? 10_000 : 150_000),
      },
    },
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace, labels: byUser },
    spec,
    status: {},
  } as CronJob
}

/** What of a CronJob its owner changes now and then. */
export function cronJobRules(random: SeededRandom) {
  const schedule = random.pick(schedules)
  const zoned = !schedule.startsWith('@every') && random.chance(0.3)
  return {
    schedule,
    ...(zoned && { timeZone: random.pick(['Asia/Tokyo', 'Europe/Berlin']) }),
    suspend: random.chance(0.15),
    ...(random.chance(0.3) && { startingDeadlineSeconds: random.between(1, 300) }),
  }
}

/** `kubectl create job --from=cronjob/…` */
export function manualJob(cronJob: CronJob, name: string): Job {
  const { namespace, name: owner = '', uid = '' } = cronJob.metadata
  const annotations = { 'cronjob.kubernetes.io/instantiate': 'manual' }
  const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: owner, uid, controller: true }]
  const metadata = { name, namespace, labels: byUser, annotations, ownerReferences }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: cronJob.spec.jobTemplate.spec, status: {} } as Job
}

/** An object that says it belongs to `owner`, whatever that is. */
export function ownedConfigMap(namespace: string, name: string, owner: KubeObject): KubeObject {
  const { apiVersion = 'batch/v1', kind = 'Job', metadata } = owner
  const ownerReferences = [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '' }]
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: byUser, ownerReferences } }
}

/** A pod of nobody, or one that claims to be a Job's. */
export function strayPod(random: SeededRandom, namespace: string, name: string, owner?: KubeObject): KubeObject {
  const claim = owner && {
    labels: {
      ...byUser,
      ...(random.chance(0.5) && { 'batch.kubernetes.io/controller-uid': owner.metadata.uid ?? '' }),
    },
    ...(random.chance(0.7) && {
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name: owner.metadata.name ?? '',
          uid: owner.metadata.uid ?? '',
          controller: true,
        },
      ],
    }),
    ...(random.chance(0.3) && { finalizers: ['batch.kubernetes.io/job-tracking'] }),
  }
  const { spec } = podTemplate(random, 'Never', 20_000) as { spec: unknown }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: byUser, ...claim },
    spec,
    status: {},
  } as KubeObject
}

export const quota = (namespace: string, pods: number): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'pods', namespace },
    spec: { hard: { pods: String(pods) } },
    status: {},
  }) as KubeObject
