/**
 * One pass over one Job: from what is there to what is to be done.
 *
 * The order of the actions is visible to clients and keeps the count exact: pods are created or deleted, the status is
 * told, finalizers go, counters follow, and events about the end come last.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, syncJob
 */
import type { Job, JobCondition, JobStatus } from '../../apis/batch/index.ts'
import { formatTime, type Instant, parseTime } from '../../base/index.ts'
import { type BackoffRecord, nextBackoff, noBackoff, noteFutureEnds, notInFuture } from './backoff.ts'
import { claimPods } from './claim.ts'
import { isJobFinished, type WantedCondition, withCondition } from './conditions.ts'
import { factsOf, foreignManager, hasKnownMode, type JobFacts } from './facts.ts'
import { asksToFailFast, type Incurable, incurableTrouble } from './fail-fast.ts'
import { type IndexState, indexStateOf } from './index-state.ts'
import { countIndexes } from './indexes.ts'
import { completionsReached, deadlineOf, decideOutcome, hasCompleted, type Outcome, statedStart } from './outcome.ts'
import { isReady } from './pod.ts'
import { planScale, type Scaling } from './scale.ts'
import type { JobAction, JobEvent, JobOptions, JobPlan, JobSnapshot } from './snapshot.ts'
import { type Tally, tallyPods } from './tally.ts'
import { type Accounting, accountForPods, sameStatus, statusOf } from './track.ts'

const nothing: JobPlan = { actions: [] }

const unknownMode: JobEvent = {
  type: 'Warning',
  reason: 'UnknownCompletionMode',
  message: 'Skipped Job sync because completion mode is unknown',
}

/**
 * Plans the next step of a Job. Finished Jobs and those of other controllers get an empty plan. Planning on the outcome
 * of a plan gives nothing more to do until time or somebody else moves on.
 */
export function planJob(snapshot: JobSnapshot, now: Instant, options: JobOptions): JobPlan {
  const { job, pods } = snapshot
  if (foreignManager(job) !== undefined || isJobFinished(job)) return nothing
  if (!hasKnownMode(job)) return { actions: [{ kind: 'RecordEvent', event: unknownMode }] }
  const { owned, adopt, release } = claimPods(job, pods)
  if (adopt.length > 0 || release.length > 0)
    return { actions: claimActions(adopt, release), syncAction: 'reconciling' }
  return planPass(assess({ ...snapshot, pods: owned }, now, options))
}

function claimActions(adopt: JobSnapshot['pods'], release: JobSnapshot['pods']): readonly JobAction[] {
  return [
    ...(release.length > 0 ? [{ kind: 'ReleasePods', pods: release } as const] : []),
    ...(adopt.length > 0 ? [{ kind: 'AdoptPods', pods: adopt } as const] : []),
  ]
}

/** All that is known before anything is decided about pods. */
type Assessment = {
  readonly facts: JobFacts
  readonly tally: Tally
  readonly indexes: IndexState | undefined
  readonly succeeded: number
  readonly failed: number
  readonly startTime: string | undefined
  readonly backoff: BackoffRecord
  /** What keeps pods from running, where the Job asks to fail for it. */
  readonly trouble: Incurable | undefined
  readonly snapshot: JobSnapshot
  readonly options: JobOptions
  readonly now: Instant
}

function assess(snapshot: JobSnapshot, now: Instant, options: JobOptions): Assessment {
  const facts = factsOf(snapshot.job)
  const { status } = facts.job
  const uncounted = status.uncountedTerminatedPods ?? {}
  const tally = tallyPods(facts, snapshot.pods, uncounted)
  const indexes = facts.indexCount === undefined ? undefined : indexStateOf(facts, facts.indexCount, tally)
  const counted = (status.succeeded ?? 0) + tally.freshSucceeded + (uncounted.succeeded?.length ?? 0)
  return {
    facts,
    tally,
    indexes,
    succeeded: indexes === undefined ? counted : countIndexes(indexes.succeeded),
    failed: (status.failed ?? 0) + tally.freshFailed + (uncounted.failed?.length ?? 0),
    startTime: status.startTime ?? (facts.suspended ? undefined : formatTime(now)),
    // With limits per index every index has its own delay, told by the annotations of its pods.
    backoff:
      facts.backoffLimitPerIndex === undefined
        ? backoffAfter({ snapshot, tally, options, now })
        : noteFutureEnds(snapshot.backoff, indexes?.waiting.values(), now),
    trouble: troubleOf(snapshot, options),
    snapshot,
    options,
    now,
  }
}

function troubleOf({ job, pods }: JobSnapshot, { failFastGrace }: JobOptions): Incurable | undefined {
  const heeds = failFastGrace !== undefined && asksToFailFast(job)
  return heeds ? incurableTrouble(pods, failFastGrace) : undefined
}

type BackoffFacts = Pick<Assessment, 'snapshot' | 'tally' | 'options' | 'now'>

function backoffAfter({ snapshot: { backoff }, tally, options, now }: BackoffFacts): BackoffRecord {
  const { deletionResetsBackoff } = options
  const resets = deletionResetsBackoff ? [...tally.freshSuccesses, ...tally.freshDeletions] : tally.freshSuccesses
  const failures = deletionResetsBackoff ? tally.freshFailures : [...tally.freshFailures, ...tally.freshDeletions]
  let newestReset: Instant | undefined
  for (const at of resets) if (newestReset === undefined || at > newestReset) newestReset = at
  return notInFuture(nextBackoff(backoff ?? noBackoff, { newestReset, failures }), now)
}

/** What happens to pods, and the end if there is one. */
type Decision = {
  readonly outcome: Outcome | undefined
  readonly scaling: Scaling | undefined
  readonly podActions: readonly JobAction[]
  readonly active: number
  readonly ready: number
  readonly terminating: number
}

function planPass(assessment: Assessment): JobPlan {
  const { facts, now, startTime, trouble } = assessment
  const start = statedStart(startTime)
  const decided = decideOutcome({ ...assessment, startTime: start })
  const decision = decided === undefined ? goOn(assessment) : endWith(decided, assessment)
  const { actions, judged, more } = trackingActions(assessment, decision)
  const goesOn = decision.outcome === undefined
  const ends = goesOn ? [deadlineOf(facts, start), trouble?.endsAt] : []
  return {
    actions: [...decision.podActions, ...actions],
    wakeAt: earliest([...ends, decision.scaling?.wakeAt], now),
    syncAction: decision.scaling?.syncAction ?? 'tracking',
    judged,
    more,
  }
}

function earliest(instants: readonly (Instant | undefined)[], now: Instant): Instant | undefined {
  const times = instants.filter((at) => at !== undefined && at > now) as Instant[]
  return times.length === 0 ? undefined : (Math.min(...times) as Instant)
}

/** The end is decided: all active pods go, and count as failed when the Job fails. */
function endWith(outcome: Outcome, { tally }: Assessment): Decision {
  const { active, ready, terminating } = tally
  return {
    outcome,
    scaling: active.length > 0 ? { syncAction: 'pods_deleted', remove: active, create: [] } : undefined,
    podActions: active.length > 0 ? [{ kind: 'DeletePods', pods: active, uncounted: false }] : [],
    active: 0,
    ready: ready - active.filter(isReady).length,
    terminating: terminating.length + active.length,
  }
}

function goOn(assessment: Assessment): Decision {
  const { facts, tally, succeeded, snapshot } = assessment
  const managed = !facts.deleting && snapshot.creationRefused !== true
  const scaling = managed ? planScale(assessment) : undefined
  const remove = scaling?.remove ?? []
  const create = scaling?.create ?? []
  const podActions: JobAction[] = []
  if (remove.length > 0) podActions.push({ kind: 'DeletePods', pods: remove, uncounted: true })
  if (create.length > 0) podActions.push({ kind: 'CreatePods', pods: create })
  const active = tally.active.length - remove.length + create.length
  return {
    outcome: hasCompleted(facts, succeeded, active) ? completionsReached : undefined,
    scaling,
    podActions,
    active,
    ready: tally.ready - remove.filter(isReady).length,
    terminating: tally.terminating.length + remove.length,
  }
}

const suspended: WantedCondition = {
  type: 'Suspended',
  status: 'True',
  reason: 'JobSuspended',
  message: 'Job suspended',
}
const resumed: WantedCondition = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }

/** The Suspended condition and what hangs on it; only passes that managed pods touch it. */
function suspension({ facts, snapshot, startTime, now }: Assessment, { outcome, scaling }: Decision) {
  const old = facts.job.status.conditions ?? []
  const managed = scaling !== undefined || snapshot.creationRefused === true
  if (outcome !== undefined || !managed || facts.deleting) return { conditions: old, startTime, events: [] }
  const wanted = facts.suspended ? suspended : resumed
  const conditions = withCondition(old, wanted, now)
  const changed = conditions !== old
  const { message } = wanted
  const reason = facts.suspended ? 'Suspended' : 'Resumed'
  const events: readonly JobEvent[] = changed ? [{ type: 'Normal', reason, message }] : []
  if (facts.suspended) return { conditions, startTime: undefined, events }
  return { conditions, startTime: changed ? formatTime(now) : startTime, events }
}

function trackingActions(assessment: Assessment, decision: Decision) {
  const { facts, tally, indexes, backoff, snapshot, options, now } = assessment
  const { active, ready, terminating, outcome } = decision
  const accounting = accountForPods({ facts, tally, indexes, outcome })
  const { events, startTime, conditions: old } = suspension(assessment, decision)
  const conditions = outcome === undefined ? old : withCondition(old, interimCondition(outcome), now)
  const parts = { startTime, active, ready, terminating, conditions }
  const first = statusOf({ ...parts, counters: accounting.before })
  const over = outcome !== undefined && isOver(accounting, terminating)
  const start = startTime ?? (over ? formatTime(now) : undefined)
  const ended = over ? endedParts(conditions, outcome, { start, now }) : {}
  const last = statusOf({ ...parts, ...ended, startTime: start, counters: accounting.after })
  // A completion time that is there before the end is nobody's of ours, and goes first: it may not be replaced.
  const fold = over && options.foldFinish && facts.job.status.completionTime === undefined
  const toldFirst = !fold && !sameStatus(facts.job.status, first)
  const toldLast = !sameStatus(toldFirst ? first : facts.job.status, last)
  const exitCode = outcome?.exitCode
  const told: JobAction[] = toldLast ? [{ kind: 'UpdateJobStatus', status: last, exitCode }] : []
  const gone: JobAction[] =
    accounting.release.length > 0 ? [{ kind: 'RemoveFinalizers', pods: accounting.release }] : []
  const actions: JobAction[] = [
    ...(toldFirst ? [{ kind: 'UpdateJobStatus', status: first, exitCode } as const] : []),
    ...(fold ? told : []),
    ...(isNews(backoff, snapshot.backoff) ? [{ kind: 'RememberBackoff', record: backoff } as const] : []),
    ...gone,
    ...(fold ? [] : told),
    ...[...events, ...(over ? endEvents(facts.job, last, outcome) : [])].map(recorded),
  ]
  return { actions, judged: accounting.judged, more: !accounting.complete && accounting.release.length > 0 }
}

const isNews = (record: BackoffRecord, known: BackoffRecord = noBackoff): boolean =>
  record.failures !== known.failures || record.lastFailure !== known.lastFailure || record.endedBy !== known.endedBy

const recorded = (event: JobEvent): JobAction => ({ kind: 'RecordEvent', event })

const interimCondition = ({ success, reason, message }: Outcome): WantedCondition => ({
  type: success ? 'SuccessCriteriaMet' : 'FailureTarget',
  status: 'True',
  reason,
  message,
})

/** Every pod is accounted for and none still terminates. */
function isOver({ after, complete }: Accounting, terminating: number): boolean {
  const { succeeded, failed } = after.uncounted
  return complete && succeeded.length === 0 && failed.length === 0 && terminating === 0
}

type Span = { readonly start: string | undefined; readonly now: Instant }

/** Nothing completes before it starts: when the clock was set back meanwhile, it completes as it starts. */
function completionTime({ start, now }: Span): string {
  const end = formatTime(now)
  return start !== undefined && (parseTime(start) ?? now) > now ? start : end
}

function endedParts(conditions: readonly JobCondition[], { success, reason, message }: Outcome, span: Span) {
  const type = success ? 'Complete' : 'Failed'
  const ended = withCondition(conditions, { type, status: 'True', reason, message }, span.now)
  return { conditions: ended, ...(success && { completionTime: completionTime(span) }) }
}

function endEvents({ spec }: Job, status: JobStatus, { success, reason, message }: Outcome): readonly JobEvent[] {
  if (!success) return [{ type: 'Warning', reason, message }]
  const tooMany: JobEvent = {
    type: 'Warning',
    reason: 'TooManySucceededPods',
    message: 'Too many succeeded pods running after completion count reached',
  }
  const surplus = spec.completions !== undefined && (status.succeeded ?? 0) > spec.completions
  return [...(surplus ? [tooMany] : []), { type: 'Normal', reason: 'Completed', message: 'Job completed' }]
}
