/**
 * Whether a Job has come to its end, and how: the first reason that holds, in upstream's order.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, syncJob
 */
import { newestFailure } from '../../apis/core/index.ts'
import { type Instant, instant, parseTime } from '../../base/index.ts'
import { describeFailure } from './blame.ts'
import { trueCondition } from './conditions.ts'
import type { JobFacts } from './facts.ts'
import type { Incurable } from './fail-fast.ts'
import type { IndexState } from './index-state.ts'
import { countIndexes } from './indexes.ts'
import type { JobOptions } from './snapshot.ts'
import { metSuccessPolicy } from './success-policy.ts'
import type { Tally } from './tally.ts'

export type Outcome = {
  readonly success: boolean
  readonly reason: string
  readonly message: string
  /** Of the container that the message names. */
  readonly exitCode?: number
}

const failure = (reason: string, message: string): Outcome => ({ success: false, reason, message })

export const completionsReached: Outcome = {
  success: true,
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
}

/** What the pass knows when it decides. */
export type Evidence = {
  readonly facts: JobFacts
  readonly tally: Tally
  readonly indexes: IndexState | undefined
  /** Counted failures, those in this pass and on the way included. */
  readonly failed: number
  readonly startTime: Instant | undefined
  /** What keeps the pods from running, where the Job asks to fail for it. */
  readonly trouble: Incurable | undefined
  readonly options: Pick<JobOptions, 'namesFailure'>
  readonly now: Instant
}

/** The end that is decided, in this pass or an earlier one; undefined while the Job goes on or just completes. */
export function decideOutcome(evidence: Evidence): Outcome | undefined {
  const { facts, tally, indexes } = evidence
  return (
    persistedOutcome(facts) ??
    (tally.failJob === undefined ? undefined : failure('PodFailurePolicy', tally.failJob)) ??
    limitOutcome(evidence) ??
    deadlineOutcome(evidence) ??
    (indexes && indexOutcome(evidence, indexes)) ??
    troubleOutcome(evidence)
  )
}

function troubleOutcome({ trouble, now }: Evidence): Outcome | undefined {
  return trouble === undefined || now < trouble.endsAt ? undefined : failure('FailFast', trouble.message)
}

/** The end by a limit, with what happened last: the words of upstream first, so that texts are found. */
function reached(reason: string, message: string, { tally, options }: Evidence): Outcome {
  const last = options.namesFailure ? newestFailure([...tally.failed, ...tally.active]) : undefined
  if (last === undefined) return failure(reason, message)
  return { ...failure(reason, `${message}; ${describeFailure(last)}`), exitCode: last.terminated.exitCode }
}

function persistedOutcome({ job }: JobFacts): Outcome | undefined {
  const { conditions } = job.status
  const success = trueCondition(conditions, 'SuccessCriteriaMet')
  const target = success ?? trueCondition(conditions, 'FailureTarget')
  if (target === undefined) return undefined
  return { success: success !== undefined, reason: target.reason ?? '', message: target.message ?? '' }
}

function limitOutcome(evidence: Evidence): Outcome | undefined {
  const { facts, tally, failed } = evidence
  const exceeded = failed > facts.backoffLimit || restartsExceeded(facts, tally.restarts)
  return exceeded ? reached('BackoffLimitExceeded', 'Job has reached the specified backoff limit', evidence) : undefined
}

/** With restartPolicy OnFailure restarts in place count: at the limit, not above it, except for limit 0. */
function restartsExceeded({ job, backoffLimit }: JobFacts, restarts: number): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

/** The instant at which `activeDeadlineSeconds` ends the Job; undefined while it has none, or no start. */
export function deadlineOf({ job, suspended }: JobFacts, startTime: Instant | undefined): Instant | undefined {
  const { activeDeadlineSeconds } = job.spec
  if (activeDeadlineSeconds === undefined || suspended || startTime === undefined) return undefined
  return instant(startTime + 1000 * activeDeadlineSeconds)
}

function deadlineOutcome({ facts, startTime, now }: Evidence): Outcome | undefined {
  const deadline = deadlineOf(facts, startTime)
  if (deadline === undefined || now < deadline) return undefined
  return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
}

function indexOutcome(evidence: Evidence, { failed, succeeded, count }: IndexState): Outcome | undefined {
  const failedCount = failed === undefined ? 0 : countIndexes(failed)
  const { maxFailedIndexes, successPolicy } = evidence.facts.job.spec
  if (maxFailedIndexes !== undefined && failedCount > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return reached('MaxFailedIndexesExceeded', message, evidence)
  }
  if (failedCount > 0 && failedCount + countIndexes(succeeded) >= count) {
    return reached('FailedIndexes', 'Job has failed indexes', evidence)
  }
  const message = metSuccessPolicy(successPolicy, count, succeeded)
  return message === undefined ? undefined : { success: true, reason: 'SuccessPolicy', message }
}

/** Whether a Job without a decided end has just reached its completions. */
export function hasCompleted({ completions }: JobFacts, succeeded: number, active: number): boolean {
  if (active > 0) return false
  return completions === undefined ? succeeded > 0 : succeeded >= completions
}

/** When the status says the Job started; an unreadable time is none. */
export const statedStart = (text: string | undefined): Instant | undefined =>
  text === undefined ? undefined : parseTime(text)
