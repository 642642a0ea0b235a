/** What must hold, each by its name. A checker answers what is wrong, in a sentence, or nothing. */
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Job } from '../../src/apis/batch/index.ts'
import type { Pod } from '../../src/apis/core/index.ts'
import type { Change } from '../../src/storage/revision/index.ts'
import type { Acknowledged } from './workload.ts'
import type { World } from './world.ts'

export type Violation = { readonly invariant: string; readonly what: string }

/** Everything that ever became durable, as the disk told it. */
export type History = {
  readonly revisions: () => number
  readonly violations: Violation[]
  /** One short text for all that became durable, in its order: equal histories have equal ones. */
  readonly fingerprint: () => string
  /** Every version of every object: `uid` → resourceVersions. */
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>
  /** Pods ever made, by the uid of their Job. */
  readonly podsOf: ReadonlyMap<string, ReadonlySet<string>>
}

const terminal = (job: Job): string | undefined =>
  job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
    ?.type

/** Follows the disk from the beginning and checks every single change as it becomes durable. */
export function followHistory(world: World): History {
  const violations: Violation[] = []
  const versions = new Map<string, Set<string>>()
  const podsOf = new Map<string, Set<string>>()
  const last = new Map<string, KubeObject>()
  const hash = createHash('sha256')
  let newest = 0
  const violated = (invariant: string, what: string): void => void violations.push({ invariant, what })
  const onChange = (change: Change): void => {
    if (change.revision !== newest + 1) violated('revisions-never-go-back', `${change.revision} after ${newest}`)
    newest = change.revision
    const key = change.kind === 'Put' ? change.entry.key : change.previous.key
    // A Node tells of the machine on which the simulator runs.
    hash.update(
      `${change.revision} ${key} ${change.kind === 'Put' && !key.includes('/nodes/') ? change.entry.value : ''}\n`,
    )
    if (change.kind === 'Delete') {
      last.delete(key)
      return
    }
    const object = JSON.parse(change.entry.value) as KubeObject
    const uid = object.metadata.uid ?? ''
    versions.set(uid, (versions.get(uid) ?? new Set()).add(String(change.revision)))
    const before = last.get(key)
    last.set(key, object)
    if (key.startsWith('/registry/pods/')) rememberOwner(podsOf, object)
    if (object.kind === 'Job') checkJobStep(before as Job | undefined, object as Job, podsOf, violated)
  }
  world.disk.watch('/', 0 as never, { onChanges: (changes) => changes.forEach(onChange), onEnd() {} })
  const fingerprint = (): string => hash.copy().digest('hex').slice(0, 16)
  return { revisions: () => newest, violations, fingerprint, versions, podsOf }
}

function rememberOwner(podsOf: Map<string, Set<string>>, pod: KubeObject): void {
  for (const owner of pod.metadata.ownerReferences ?? []) {
    podsOf.set(owner.uid, (podsOf.get(owner.uid) ?? new Set()).add(pod.metadata.uid ?? ''))
  }
}

type Report = (invariant: string, what: string) => void

/** What one change of a Job's status may never do. */
function checkJobStep(
  before: Job | undefined,
  now: Job,
  podsOf: ReadonlyMap<string, ReadonlySet<string>>,
  violated: Report,
): void {
  const { name, uid = '' } = now.metadata
  const { succeeded = 0, failed = 0, active = 0, ready = 0, uncountedTerminatedPods: uncounted } = now.status
  const pods = podsOf.get(uid)?.size ?? 0
  const indexed = now.spec.completionMode === 'Indexed'
  if (succeeded + failed > pods) {
    violated('pods-are-counted-once', `${name}: ${succeeded} succeeded and ${failed} failed of ${pods} pods`)
  }
  if (ready > active) violated('ready-is-active', `${name}: ${ready} ready of ${active}`)
  if (before !== undefined && before.metadata.uid === uid) {
    if ((before.status.failed ?? 0) > failed) violated('counters-never-go-back', `${name}: failed fell to ${failed}`)
    if (!indexed && (before.status.succeeded ?? 0) > succeeded)
      violated('counters-never-go-back', `${name}: succeeded fell to ${succeeded}`)
    const was = terminal(before)
    if (was !== undefined && terminal(now) !== was) violated('finished-stays-finished', `${name} was ${was}`)
  }
  if (terminal(now) === undefined) return
  const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0)
  if (active > 0 || left > 0 || (now.status.terminating ?? 0) > 0) {
    violated(
      'finished-means-finished',
      `${name}: ${active} active, ${left} uncounted, ${now.status.terminating} terminating`,
    )
  }
  if (terminal(now) === 'Complete' && now.status.completionTime === undefined)
    violated('finished-means-finished', `${name}: no completionTime`)
}

/** What was acknowledged is in the history. */
export function checkAcknowledged(history: History, acknowledged: readonly Acknowledged[]): readonly Violation[] {
  return acknowledged
    .filter(({ uid, resourceVersion }) => history.versions.get(uid)?.has(resourceVersion) !== true)
    .map(({ resource, name, resourceVersion }) => ({
      invariant: 'acknowledged-writes-survive',
      what: `${resource} ${name} at ${resourceVersion} was acknowledged and is not in the history`,
    }))
}

/** What must hold once faults have stopped and time has passed. */
export async function checkSettled(world: World): Promise<readonly Violation[]> {
  const client = world.truth()
  if (client === undefined) return [{ invariant: 'the-server-comes-back', what: 'there is no server' }]
  const [jobs, pods] = [await client.list<Job>('jobs.batch'), await client.list<Pod>('pods')]
  if (!jobs.ok || !pods.ok) return [{ invariant: 'the-server-comes-back', what: 'it cannot list' }]
  return [
    ...jobs.value.items.flatMap(settledJob),
    ...pods.value.items.flatMap((pod) => settledPod(pod, jobs.value.items)),
    ...settledRuns(world, pods.value.items),
  ]
}

/** Told to rest. */
const isIdle = ({ spec }: Job): boolean => spec.suspend === true || spec.parallelism === 0

function settledJob(job: Job): readonly Violation[] {
  const name = job.metadata.name ?? ''
  if (job.metadata.deletionTimestamp !== undefined) {
    return [
      { invariant: 'finalizers-always-leave', what: `job ${name} is still being deleted: ${job.metadata.finalizers}` },
    ]
  }
  if (isIdle(job) || terminal(job) !== undefined) return []
  return [{ invariant: 'every-job-ends', what: `job ${name} is not finished: ${JSON.stringify(job.status)}` }]
}

function settledPod(pod: Pod, jobs: readonly Job[]): readonly Violation[] {
  const { name = '', finalizers = [], ownerReferences = [], deletionTimestamp } = pod.metadata
  const violations: Violation[] = []
  const owner = ownerReferences.find(({ controller }) => controller === true)
  const job = jobs.find(({ metadata }) => metadata.uid === owner?.uid)
  // The newest failed pod of an index carries the index's count on and keeps its finalizer until the next pod is made:
  // while the Job rests there is none.
  const standsForIndex = job !== undefined && isIdle(job) && job.spec.backoffLimitPerIndex !== undefined
  if (deletionTimestamp !== undefined && !(standsForIndex && pod.status.phase === 'Failed'))
    violations.push({ invariant: 'finalizers-always-leave', what: `pod ${name} is still being deleted: ${finalizers}` })
  if (owner !== undefined && job === undefined)
    violations.push({ invariant: 'no-orphan-after-settling', what: `pod ${name} has an owner that is gone` })
  const over = job === undefined || terminal(job) !== undefined
  if (over && finalizers.includes('batch.kubernetes.io/job-tracking')) {
    violations.push({ invariant: 'finalizers-always-leave', what: `pod ${name} keeps its tracking finalizer` })
  }
  return violations
}

function settledRuns(world: World, pods: readonly Pod[]): readonly Violation[] {
  const there = new Set(pods.map(({ metadata }) => metadata.uid))
  const orphans = world.machine
    .running()
    .filter(({ podUid }) => !there.has(podUid))
    .map(({ podUid }) => ({
      invariant: 'no-orphan-after-settling',
      what: `a container of the deleted pod ${podUid} still runs`,
    }))
  const twice = [...world.machine.starts]
    .filter(([, times]) => times > 1)
    .map(([id, times]) => ({ invariant: 'no-container-runs-twice', what: `${id} was started ${times} times` }))
  return [...orphans, ...twice]
}
