/** What must hold once faults have stopped and time has passed. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import { finishedCondition, type Job } from '../../src/apis/batch/index.ts'
import type { Namespace, Pod, ResourceQuota } from '../../src/apis/core/index.ts'
import type { Run } from '../../src/apis/run/index.ts'
import { parseTime } from '../../src/base/index.ts'
import type { Judge } from './judge.ts'
import { upkeep } from './manifests.ts'
import type { World } from './world.ts'

const tracking = 'batch.kubernetes.io/job-tracking'

export function checkSettled(world: World): void {
  const { judge, history } = world
  judge.check('the-server-comes-back', world.truth() !== undefined, () => 'there is no server')
  const namespaces = history.current('Namespace') as ReadonlyMap<string, Namespace>
  const jobs = [...history.current('Job').values()] as Job[]
  const pods = [...history.current('Pod').values()] as Pod[]
  for (const { metadata } of namespaces.values()) {
    judge.check(
      'namespaces-leave-nothing',
      metadata.deletionTimestamp === undefined,
      () => `${metadata.name} is still there`,
    )
  }
  const names = new Set([...namespaces.values()].map(({ metadata }) => metadata.name))
  const jobsByUid = new Map(jobs.map((job) => [job.metadata.uid, job]))
  for (const kind of ['Job', 'Pod', 'CronJob', 'ConfigMap', 'ResourceQuota', 'Run']) {
    for (const object of history.current(kind).values()) {
      const { namespace, name } = object.metadata
      judge.check('namespaces-leave-nothing', names.has(namespace), () => `${kind} ${namespace}/${name} is left`)
      checkOwners(world, object)
    }
  }
  for (const job of jobs) settledJob(judge, job, world.time.now())
  for (const pod of pods) settledPod(judge, pod, jobsByUid)
  for (const quota of history.current('ResourceQuota').values()) settledQuota(judge, quota as ResourceQuota, pods)
  for (const run of history.current('Run').values()) settledRun(judge, run as Run, jobsByUid)
  settledContainers(world, pods)
}

/** The node has had its taint for a while: who does not tolerate it is gone, or goes. */
export function checkPutOut({ history, judge }: World): void {
  for (const pod of history.current('Pod').values() as Iterable<Pod>) {
    const { metadata, spec, status } = pod
    const tolerates = spec.tolerations?.some(({ key }) => key === upkeep.key) === true
    const stays =
      Boolean(spec.nodeName) &&
      metadata.deletionTimestamp === undefined &&
      !['Succeeded', 'Failed'].includes(status.phase ?? '')
    judge.check('taints-put-out', tolerates || !stays, () => `pod ${metadata.name} stays on a node that is tainted`)
  }
}

/** An owner that never was, or is gone, takes what it owns with it; one other that lives keeps it. */
function checkOwners({ history, judge }: World, object: KubeObject): void {
  const { ownerReferences = [], namespace, name } = object.metadata
  if (ownerReferences.length === 0) return
  const lives = ownerReferences.some(({ kind, uid, name: owner }) => {
    const found = [...history.current(kind).values()].find(
      ({ metadata }) => metadata.name === owner && metadata.uid === uid,
    )
    return found !== undefined && (found.metadata.namespace === undefined || found.metadata.namespace === namespace)
  })
  judge.check(
    'no-orphan-after-settling',
    lives,
    () => `${object.kind} ${namespace}/${name} has only owners that are gone`,
  )
}

/** Told to rest. */
const isIdle = ({ spec }: Job): boolean => spec.suspend === true || spec.parallelism === 0

function settledJob(judge: Judge, job: Job, now: number): void {
  const { name, deletionTimestamp, finalizers } = job.metadata
  judge.check('finalizers-always-leave', deletionTimestamp === undefined, () => {
    return `job ${name} is still being deleted: ${finalizers}`
  })
  const end = finishedCondition(job)
  if (!isIdle(job) && deletionTimestamp === undefined) {
    judge.check('every-job-ends', end !== undefined, () => `job ${name} is not finished: ${JSON.stringify(job.status)}`)
  }
  const { ttlSecondsAfterFinished: ttl } = job.spec
  const since = parseTime(end?.lastTransitionTime ?? '')
  if (ttl === undefined || since === undefined) return
  judge.check(
    'ttl-is-kept',
    since + ttl * 1000 > now - 60_000,
    () => `job ${name} outlives its ${ttl} s since ${end?.lastTransitionTime}`,
  )
}

function settledPod(judge: Judge, pod: Pod, jobs: ReadonlyMap<string | undefined, Job>): void {
  const { name, finalizers = [], ownerReferences = [], deletionTimestamp } = pod.metadata
  const owner = ownerReferences.find(({ controller }) => controller === true)
  const job = jobs.get(owner?.uid)
  // The newest failed pod of an index carries the index's count on and keeps its finalizer until the next pod is made:
  // while the Job rests there is none.
  const standsForIndex = job !== undefined && isIdle(job) && job.spec.backoffLimitPerIndex !== undefined
  const mayStay = standsForIndex && pod.status.phase === 'Failed'
  judge.check('finalizers-always-leave', deletionTimestamp === undefined || mayStay, () => {
    return `pod ${name} is still being deleted: ${finalizers}`
  })
  const over = job === undefined || finishedCondition(job) !== undefined
  judge.check('finalizers-always-leave', !over || !finalizers.includes(tracking), () => {
    return `pod ${name} keeps its tracking finalizer`
  })
}

function settledQuota(
  judge: Judge,
  { metadata: { namespace, name }, status }: ResourceQuota,
  pods: readonly Pod[],
): void {
  const used = status.used?.['pods']
  if (used === undefined) return
  const there = pods.filter((pod) => pod.metadata.namespace === namespace && !hasEnded(pod)).length
  judge.check(
    'quota-tells-the-truth',
    Number(used) === there,
    () => `${namespace}/${name} tells ${used} pods of ${there}`,
  )
}

const hasEnded = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** A Run is open while its Job is: a Job that rests may be so for ever. */
function settledRun(
  judge: Judge,
  { metadata: { name }, status }: Run,
  jobs: ReadonlyMap<string | undefined, Job>,
): void {
  const job = jobs.get(status.jobUID)
  const runs = job !== undefined && finishedCondition(job) === undefined
  judge.check('runs-tell-the-end', status.result !== 'Running' || runs, () => {
    return `run ${name} says that ${status.jobName} runs, which ${job === undefined ? 'is gone' : 'has ended'}`
  })
}

function settledContainers({ machine, judge }: World, pods: readonly Pod[]): void {
  const there = new Set(pods.map(({ metadata }) => metadata.uid))
  for (const { podUid } of machine.held()) {
    judge.check('no-orphan-after-settling', there.has(podUid), () => `something of the deleted pod ${podUid} is left`)
  }
  for (const [id, times] of machine.starts) {
    judge.check('no-container-runs-twice', times <= 1, () => `${id} was started ${times} times`)
  }
}

/** ConfigMaps go only by the garbage collector, or with their namespace: never while an owner lives. */
export function checkCollection({ history, judge }: World): void {
  history.onRecord(({ kind, before, after, key }) => {
    if (kind !== 'ConfigMap' || after !== undefined || before === undefined) return
    const { namespace, ownerReferences = [] } = before.metadata
    const home = [...history.current('Namespace').values()].find(({ metadata }) => metadata.name === namespace)
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return
    const living = ownerReferences.find(({ kind: owner, uid }) =>
      [...history.current(owner).values()].some(
        ({ metadata }) =>
          metadata.uid === uid && metadata.namespace === namespace && metadata.deletionTimestamp === undefined,
      ),
    )
    judge.check('owned-things-stay', living === undefined, () => `${key} was collected, and ${living?.name} lives`)
  })
}

/** What the agent tells of the end of a pod is what the machine saw: its pods have one container each. */
export function checkSuccess({ history, machine, judge }: World): void {
  history.onRecord(({ kind, before, after }) => {
    if (kind !== 'Pod' || after === undefined || (after as Pod).status.phase !== 'Succeeded') return
    if ((before as Pod | undefined)?.status.phase === 'Succeeded') return
    const { name, uid = '' } = after.metadata
    const code = machine.lastExits.get(uid)
    judge.check('success-is-earned', code === 0, () => `pod ${name} succeeded, and its program ended with ${code}`)
  })
}

/** Pods fit into the quota of their namespace. */
export function checkQuotas({ history, judge }: World): void {
  const quotas = new Map<string, { readonly pods: number; readonly since: number }>()
  history.onRecord(({ kind, before, after, key, monotonic }) => {
    if (kind === 'ResourceQuota') {
      const pods = (after as ResourceQuota | undefined)?.status.hard?.['pods']
      const was = quotas.get(key)
      if (pods === undefined) quotas.delete(key)
      else if (was?.pods !== Number(pods)) quotas.set(key, { pods: Number(pods), since: monotonic })
    }
    if (kind !== 'Pod' || before !== undefined || after === undefined) return
    const { namespace } = after.metadata
    for (const [quota, { pods: hard, since }] of quotas) {
      // A pod may have been admitted just before the quota was told.
      if (!quota.includes(`/${namespace}/`) || monotonic - since < settleTime) continue
      const there = [...history.current('Pod').values()].filter(
        (pod) => pod.metadata.namespace === namespace && !hasEnded(pod as Pod),
      ).length
      judge.check('quota-is-kept', there <= hard, () => `${quota}: ${there} pods of ${hard}`)
    }
  })
}

const settleTime = 20_000
