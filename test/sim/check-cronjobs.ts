/** What CronJobs may never do, and that every due time is told of. */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import {
  type CronJob,
  cronJobScheduledTimestampAnnotation,
  finishedCondition,
  type Job,
} from '../../src/apis/batch/index.ts'
import type { Run } from '../../src/apis/run/index.ts'
import { formatTime, type Instant, instant } from '../../src/base/index.ts'
import { nextTime, parseSchedule, timeZone, utc } from '../../src/cron/index.ts'
import type { Recorded } from './history.ts'
import { isByUser } from './manifests.ts'
import type { World } from './world.ts'

/** The CronJob that started a Job; undefined for Jobs that clients made. */
const cronJobOf = (job: KubeObject): string | undefined =>
  isByUser(job)
    ? undefined
    : job.metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind === 'CronJob')?.uid

/**
 * Checks each start of a Job as it becomes durable. A start that nothing but the Job tells of, because the controllers
 * died before they could record it, is forgotten with a Job that a client deletes (`askedToGo`): it may happen again.
 */
export function checkStarts({ history, judge }: World, askedToGo: ReadonlySet<string>): void {
  const recorded = new Set<string>()
  /** By the uid of a CronJob: the due times for which a Job was started. */
  const started = new Map<string, Set<string>>()
  /** By the uid of a CronJob: its policies, one behind the other. */
  const policies = new Map<string, Set<string>>()
  history.onRecord(({ kind, before, after, key }) => {
    if (kind === 'CronJob' && after !== undefined) {
      const { metadata, spec } = after as CronJob
      addTo(policies, metadata.uid ?? '', spec.concurrencyPolicy ?? 'Allow')
    }
    if (kind === 'Run' && after !== undefined) recorded.add((after as Run).status.jobUID ?? '')
    if (kind === 'Job' && after === undefined && before !== undefined) forget(before)
    const uid = kind === 'Job' && before === undefined && after !== undefined ? cronJobOf(after) : undefined
    if (uid !== undefined) checkStart(after as Job, uid, key)
  })

  function forget(job: KubeObject): void {
    const { uid = '', annotations = {} } = job.metadata
    if (!askedToGo.has(uid) || recorded.has(uid)) return
    started.get(cronJobOf(job) ?? '')?.delete(annotations[cronJobScheduledTimestampAnnotation] ?? '')
  }

  function checkStart(job: Job, uid: string, key: string): void {
    const slot = job.metadata.annotations?.[cronJobScheduledTimestampAnnotation] ?? ''
    judge.check('no-slot-twice', started.get(uid)?.has(slot) !== true, () => `${job.metadata.name}: ${slot}`)
    addTo(started, uid, slot)
    const policy = [...(policies.get(uid) ?? [])]
    // A policy that was changed may be seen late.
    if (policy.length !== 1 || policy[0] === 'Allow') return
    const others = [...history.current('Job')].filter(([other, { metadata }]) => {
      return other !== key && metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.controller === true)
    })
    const running = others.filter(([, other]) => !isByUser(other) && finishedCondition(other as Job) === undefined)
    const staying = running.filter(([, { metadata }]) => metadata.deletionTimestamp === undefined)
    const names = (jobs: typeof others): string => jobs.map(([name]) => name).join(', ')
    if (policy[0] === 'Forbid')
      judge.check('forbid-never-overlaps', running.length === 0, () => `${key} while ${names(running)} runs`)
    else judge.check('replace-replaces', staying.length === 0, () => `${key} while ${names(staying)} runs`)
  }
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const there = sets.get(key)
  if (there === undefined) sets.set(key, new Set([value]))
  else there.add(value)
}

/**
 * A due time is recorded before the status says that it is done with: afterwards nobody would tell of it. With its
 * namespace the history goes first.
 */
export function checkRecords({ history, judge }: World): void {
  history.onRecord(({ kind, before, after }) => {
    if (kind !== 'CronJob' || before === undefined || after === undefined) return
    const { uid = '', name, namespace } = after.metadata
    const [was, is] = [before, after].map((object) => (object as CronJob).status.lastScheduleTime)
    if (is === undefined || is === was || before.metadata.uid !== uid) return
    const home = [...history.current('Namespace').values()].find(({ metadata }) => metadata.name === namespace)
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return
    const run = [...history.current('Run').values()].find((each) => slotOf(each as Run) === `${uid} ${is}`)
    judge.check('no-slot-unrecorded', run !== undefined, () => `${name}: its status tells of ${is}, which has no Run`)
  })
}

/** A time during which the rules of a CronJob did not change, without its very ends. */
type Span = {
  readonly spec: CronJob['spec']
  readonly from: Instant
  readonly to: Instant
}

/** Edits and due times so near to each other may have happened in either order. */
const margin = 2000

/**
 * Every due time of the CronJobs that are there has its Run, and none that lay in a suspension was started. The wall
 * clock may have been set: only times that it showed for the first time under the rules of a span count as its own, and
 * what lies in the future again at its end has yet to come.
 */
export function checkSlots(world: World): void {
  const { history, judge, time } = world
  const runs = new Map([...history.current('Run').values()].map((run) => [slotOf(run as Run), run as Run]))
  for (const cronJob of history.current('CronJob').values()) {
    const { uid = '', name, deletionTimestamp } = cronJob.metadata
    if (deletionTimestamp !== undefined) continue
    for (const span of spansOf(history.of('CronJob'), uid, time.now())) {
      for (const slot of slotsIn(span)) {
        const run = runs.get(`${uid} ${formatTime(slot)}`)
        judge.check('no-slot-unrecorded', run !== undefined, () => {
          return `${name}: ${formatTime(slot)} of ${span.spec.schedule}, in force from ${formatTime(span.from)} to ${formatTime(span.to)}`
        })
        const startedAnyway = span.spec.suspend === true && run !== undefined && run.status.jobName !== undefined
        judge.check('suspended-starts-nothing', !startedAnyway, () => `${name}: ${formatTime(slot)}`)
      }
    }
  }
}

const slotOf = ({ spec }: Run): string => `${spec.cronJobUID} ${spec.scheduledTime}`

function spansOf(changes: readonly Recorded[], uid: string, end: Instant): readonly Span[] {
  const edits = changes.filter(({ before, after }) => {
    return after?.metadata.uid === uid && JSON.stringify(specOf(before)) !== JSON.stringify(specOf(after))
  })
  return edits.map(({ after, highest }, i) => ({
    spec: specOf(after) as CronJob['spec'],
    from: instant(highest + margin),
    to: instant((edits[i + 1]?.at ?? end) - margin),
  }))
}

const specOf = (object: KubeObject | undefined) => (object as CronJob | undefined)?.spec

function slotsIn({ spec, from, to }: Span): readonly Instant[] {
  const schedule = parseSchedule(spec.schedule)
  const zone = spec.timeZone === undefined ? utc : timeZone(spec.timeZone)
  // `@every` counts from the last start, which no clock tells.
  if (!schedule.ok || zone === undefined || schedule.value.kind !== 'Fields') return []
  const slots: Instant[] = []
  for (
    let at = nextTime(schedule.value, zone, from);
    at !== undefined && at < to;
    at = nextTime(schedule.value, zone, at)
  )
    slots.push(at)
  return slots
}
