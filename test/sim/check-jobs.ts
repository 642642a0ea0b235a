/** What no single change of a Job may do. */
import { finishedCondition, type Job } from '../../src/apis/batch/index.ts'
import type { Pod } from '../../src/apis/core/index.ts'
import { parseTime } from '../../src/base/index.ts'
import type { Recorded } from './history.ts'
import type { World } from './world.ts'

/** Pods ever made for a Job, by what became of them; the values are uids. */
type Pods = { readonly all: Set<string>; readonly succeeded: Set<string> }

/** `askedToGo`: uids of Jobs that clients have deleted. */
export function checkJobs({ history, judge }: World, askedToGo: ReadonlySet<string>): void {
  const podsOf = new Map<string, Pods>()
  history.onRecord((recorded) => {
    const { kind, before, after } = recorded
    if (kind === 'Pod' && after !== undefined) rememberPod(podsOf, before as Pod | undefined, after as Pod)
    if (kind === 'Job') checkStep(recorded)
  })

  function checkStep(recorded: Recorded): void {
    const [before, after] = [recorded.before, recorded.after] as readonly (Job | undefined)[]
    if (after === undefined) return
    checkCounts(after)
    if (before !== undefined && before.metadata.uid === after.metadata.uid) {
      checkCounters(before, after)
      checkTtl(before, after, recorded)
    }
    if (finishedCondition(after) !== undefined) checkFinished(after)
  }

  function checkCounts({ metadata: { name, uid = '' }, status }: Job): void {
    const { succeeded = 0, failed = 0, active = 0, ready = 0 } = status
    const pods = podsOf.get(uid)
    const [all, good] = [pods?.all.size ?? 0, pods?.succeeded.size ?? 0]
    judge.check('pods-are-counted-once', succeeded + failed <= all && succeeded <= good, () => {
      return `${name}: ${succeeded} succeeded and ${failed} failed of ${all} pods, of which ${good} succeeded`
    })
    judge.check('ready-is-active', ready <= active, () => `${name}: ${ready} ready of ${active}`)
  }

  function checkCounters(before: Job, after: Job): void {
    const { name } = after.metadata
    const fell = (field: 'failed' | 'succeeded'): boolean => (before.status[field] ?? 0) > (after.status[field] ?? 0)
    judge.check('counters-never-go-back', !fell('failed'), () => `${name}: failed fell`)
    // Indexes beyond completions that were lowered count no longer.
    if (after.spec.completionMode !== 'Indexed')
      judge.check('counters-never-go-back', !fell('succeeded'), () => `${name}: succeeded fell`)
    const was = finishedCondition(before)?.type
    const is = finishedCondition(after)?.type
    judge.check('finished-stays-finished', was === undefined || is === was, () => `${name} was ${was} and is ${is}`)
  }

  function checkFinished({ metadata: { name }, spec, status }: Job): void {
    const { active = 0, terminating = 0, uncountedTerminatedPods: uncounted, completionTime } = status
    const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0)
    judge.check('finished-means-finished', active + left + terminating === 0, () => {
      return `${name}: ${active} active, ${left} uncounted, ${terminating} terminating`
    })
    if (finishedCondition({ status } as Job)?.type !== 'Complete') return
    const enough =
      spec.completions === undefined || spec.successPolicy !== undefined || (status.succeeded ?? 0) >= spec.completions
    judge.check('finished-means-finished', enough && completionTime !== undefined, () => {
      return `${name} is Complete with ${status.succeeded} of ${spec.completions} and completionTime ${completionTime}`
    })
  }

  /** The TTL controller alone deletes in the foreground what has no owner and nobody asked to go. */
  function checkTtl(before: Job, after: Job, { at, highest }: Recorded): void {
    const { name, uid = '', deletionTimestamp, finalizers = [], ownerReferences = [] } = after.metadata
    const begins = before.metadata.deletionTimestamp === undefined && deletionTimestamp !== undefined
    const byTtl = finalizers.includes('foregroundDeletion') && ownerReferences.length === 0 && !askedToGo.has(uid)
    if (!begins || !byTtl) return
    const { ttlSecondsAfterFinished: ttl } = before.spec
    const end = parseTime(finishedCondition(before)?.lastTransitionTime ?? '')
    const due = ttl === undefined || end === undefined ? Number.POSITIVE_INFINITY : end + ttl * 1000
    judge.check('ttl-is-kept', highest >= due, () => `${name} was cleared away at ${at}, due at ${due}`)
  }
}

/**
 * A pod that somebody took from its Job and that the Job adopts again is a new pod to it, as upstream: it cannot know that
 * it has counted it.
 */
function rememberPod(podsOf: Map<string, Pods>, before: Pod | undefined, after: Pod): void {
  const { ownerReferences = [], uid = '', resourceVersion } = after.metadata
  for (const owner of ownerReferences) {
    const pods = podsOf.get(owner.uid) ?? { all: new Set(), succeeded: new Set() }
    podsOf.set(owner.uid, pods)
    const wasIts = before?.metadata.ownerReferences?.some((other) => other.uid === owner.uid) === true
    const name = wasIts || !pods.all.has(uid) ? uid : `${uid} again at ${resourceVersion}`
    pods.all.add(name)
    if (after.status.phase === 'Succeeded') pods.succeeded.add(name)
  }
}
