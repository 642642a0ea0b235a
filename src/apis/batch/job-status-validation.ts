/**
 * What a write to a Job's status may say. To let objects live that were stored under older rules, most checks run only
 * when what they look at changed in this write.
 *
 * @source kubernetes v1.36 pkg/apis/batch/validation/validation.go (validateJobStatus, ValidateJobStatusUpdate) and
 * pkg/registry/batch/job/strategy.go (getStatusValidationOptions)
 */
import { child, duplicate, type FieldError, invalid, invalidOmitted, item, required } from '../../apimachinery/index.ts'
import { parseTime } from '../../base/index.ts'
import { equal, validateCoreObjectMetaUpdate, validateNonnegative } from '../meta/index.ts'
import { hasTrueCondition, isJobFinished } from './conditions.ts'
import { firstCommonIndex, parseIndexes, readableIntervals } from './indexes.ts'
import type { Job, JobStatus, UncountedTerminatedPods } from './types.gen.ts'

const path = (name: string, ...more: readonly string[]): string => child('status', name, ...more)
const conditionsPath = path('conditions')

/** What is wrong with the status of `job`, which replaces that of `old`; its metadata included. */
export function validateJobStatusUpdate(job: Job, old: Job): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(job.metadata, old.metadata)]
  if (job.status === old.status) return errors
  const facts = factsOf(job)
  const before = factsOf(old)
  const changes = changesOf(job.status, old.status, facts, before)
  errors.push(
    ...validateCounters(job.status),
    ...validateUncounted(job.status.uncountedTerminatedPods),
    ...validateOutcome(job.status, facts, changes),
    ...validateFinished(job.status, facts, changes),
    ...validateIndexLists(job, changes),
    ...validateRest(job, facts, changes),
    ...validateTransition(job, old, facts, before, changes),
  )
  return errors
}

type Facts = {
  readonly complete: boolean
  readonly failed: boolean
  readonly failureTarget: boolean
  readonly successCriteriaMet: boolean
  readonly finished: boolean
}

const factsOf = (job: Job): Facts => ({
  complete: hasTrueCondition(job, 'Complete'),
  failed: hasTrueCondition(job, 'Failed'),
  failureTarget: hasTrueCondition(job, 'FailureTarget'),
  successCriteriaMet: hasTrueCondition(job, 'SuccessCriteriaMet'),
  finished: isJobFinished(job),
})

type Changes = { readonly [Key in keyof Facts]: boolean } & {
  readonly startTime: boolean
  readonly completionTime: boolean
  readonly active: boolean
  readonly ready: boolean
  readonly terminating: boolean
  readonly completedIndexes: boolean
  readonly failedIndexes: boolean
  readonly uncounted: boolean
}

function changesOf(status: JobStatus, old: JobStatus, facts: Facts, before: Facts): Changes {
  return {
    complete: facts.complete !== before.complete,
    failed: facts.failed !== before.failed,
    failureTarget: facts.failureTarget !== before.failureTarget,
    successCriteriaMet: facts.successCriteriaMet !== before.successCriteriaMet,
    finished: facts.finished !== before.finished,
    startTime: !sameTime(status.startTime, old.startTime),
    completionTime: !sameTime(status.completionTime, old.completionTime),
    active: (status.active ?? 0) !== (old.active ?? 0),
    ready: status.ready !== old.ready,
    terminating: status.terminating !== old.terminating,
    completedIndexes: (status.completedIndexes ?? '') !== (old.completedIndexes ?? ''),
    failedIndexes: status.failedIndexes !== old.failedIndexes,
    uncounted: !equal(status.uncountedTerminatedPods, old.uncountedTerminatedPods),
  }
}

const sameTime = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && parseTime(a) === parseTime(b))

function validateCounters(status: JobStatus): readonly FieldError[] {
  const names = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const
  return names.flatMap((name) => validateNonnegative(status[name] ?? 0, path(name)))
}

function validateUncounted(uncounted: UncountedTerminatedPods | undefined): readonly FieldError[] {
  if (uncounted === undefined) return []
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const list of ['succeeded', 'failed'] as const) {
    uncounted[list]?.forEach((uid, index) => {
      const at = item(path('uncountedTerminatedPods', list), index)
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'))
      else if (seen.has(uid)) errors.push(duplicate(at, uid))
      else seen.add(uid)
    })
  }
  return errors
}

/** The terminal conditions, and the times that go with them. */
function validateOutcome(status: JobStatus, facts: Facts, changes: Changes): readonly FieldError[] {
  const { startTime, completionTime } = status
  const errors: FieldError[] = []
  const conditions = (text: string): number => errors.push(invalidOmitted(conditionsPath, text))
  if ((changes.complete || changes.failed) && facts.complete && facts.failed) {
    conditions('cannot set Complete=True and Failed=true conditions')
  }
  if ((changes.complete || changes.failureTarget) && facts.complete && facts.failureTarget) {
    conditions('cannot set Complete=True and FailureTarget=true conditions')
  }
  if (changes.complete || changes.completionTime) {
    if (completionTime !== undefined && !facts.complete) {
      const text = 'cannot set completionTime when there is no Complete=True condition'
      errors.push(invalid(path('completionTime'), completionTime, text))
    } else if (completionTime === undefined && facts.complete) {
      errors.push(required(path('completionTime'), 'completionTime is required for Complete jobs'))
    }
  }
  if ((changes.startTime || changes.completionTime) && isBefore(completionTime, startTime)) {
    errors.push(invalid(path('completionTime'), completionTime, 'must be equal to or after `startTime`'))
  }
  if ((changes.failed || changes.failedIndexes) && facts.failed && !facts.failureTarget) {
    conditions('cannot set Failed=True condition without the FailureTarget=true condition')
  }
  if ((changes.complete || changes.successCriteriaMet) && facts.complete && !facts.successCriteriaMet) {
    conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  }
  return errors
}

function isBefore(one: string | undefined, other: string | undefined): boolean {
  const a = one === undefined ? undefined : parseTime(one)
  const b = other === undefined ? undefined : parseTime(other)
  return a !== undefined && b !== undefined && a < b
}

/** What a finished Job may no longer have, and what it must have. */
function validateFinished(status: JobStatus, facts: Facts, changes: Changes): readonly FieldError[] {
  if (!facts.finished) return []
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status
  const errors: FieldError[] = []
  if ((changes.finished || changes.active) && active > 0) {
    errors.push(invalid(path('active'), active, 'active>0 is invalid for finished job'))
  }
  if ((changes.finished || changes.startTime) && startTime === undefined) {
    errors.push(required(path('startTime'), 'startTime is required for finished job'))
  }
  const waiting = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0)
  if ((changes.finished || changes.uncounted) && waiting > 0) {
    const shown = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null }
    errors.push(invalid(path('uncountedTerminatedPods'), shown, 'must be empty for finished job'))
  }
  return errors
}

function validateIndexLists({ spec, status }: Job, changes: Changes): readonly FieldError[] {
  if (!changes.completedIndexes && !changes.failedIndexes) return []
  const { completions, backoffLimitPerIndex } = spec
  const { completedIndexes = '', failedIndexes } = status
  const errors: FieldError[] = []
  if (changes.completedIndexes && completions !== undefined) {
    const completed = parseIndexes(completedIndexes, completions)
    const text = completed.ok ? undefined : `error parsing completedIndexes: ${completed.error}`
    if (text !== undefined) errors.push(invalid(path('completedIndexes'), completedIndexes, text))
  }
  if (changes.failedIndexes && completions !== undefined && backoffLimitPerIndex !== undefined) {
    const failed = parseIndexes(failedIndexes ?? '', completions)
    const text = failed.ok ? undefined : `error parsing failedIndexes: ${failed.error}`
    if (text !== undefined) errors.push(invalid(path('failedIndexes'), failedIndexes, text))
  }
  if (changes.completedIndexes && completedIndexes !== '' && spec.completionMode !== 'Indexed') {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    errors.push(invalid(path('completedIndexes'), completedIndexes, text))
  }
  if (changes.failedIndexes && backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    const text = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'
    errors.push(invalid(path('failedIndexes'), failedIndexes, text))
  }
  if (completions === undefined || !failedIndexes || completedIndexes === '') return errors
  const common = firstCommonIndex(
    readableIntervals(completedIndexes, completions),
    readableIntervals(failedIndexes, completions),
  )
  if (common !== undefined) {
    const text = `failedIndexes and completedIndexes overlap at index: ${common}`
    errors.push(invalid(path('failedIndexes'), failedIndexes, text))
  }
  return errors
}

function validateRest({ spec, status }: Job, facts: Facts, changes: Changes): readonly FieldError[] {
  const { active = 0, ready, terminating = 0 } = status
  const errors: FieldError[] = []
  if ((changes.finished || changes.terminating) && facts.finished && terminating > 0) {
    errors.push(invalid(path('terminating'), terminating, 'terminating>0 is invalid for finished job'))
  }
  if ((changes.ready || changes.active) && ready !== undefined && ready > active) {
    errors.push(invalid(path('ready'), ready, 'cannot set more ready pods than active'))
  }
  if (facts.successCriteriaMet && facts.failed) {
    errors.push(invalidOmitted(conditionsPath, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'))
  }
  if (facts.successCriteriaMet && facts.failureTarget) {
    errors.push(invalidOmitted(conditionsPath, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'))
  }
  if (spec.successPolicy !== undefined && facts.complete && !facts.successCriteriaMet) {
    const text = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
    errors.push(invalidOmitted(conditionsPath, text))
  }
  return errors
}

/** What may not be taken back. */
function validateTransition(
  { spec, status }: Job,
  { status: old }: Job,
  facts: Facts,
  before: Facts,
  changes: Changes,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const conditions = (text: string): number => errors.push(invalidOmitted(conditionsPath, text))
  if (before.failed && !facts.failed) conditions('cannot disable the terminal Failed=True condition')
  if (before.complete && !facts.complete) conditions('cannot disable the terminal Complete=True condition')
  if (before.failureTarget && !facts.failureTarget) {
    conditions('cannot disable the terminal FailureTarget=True condition')
  }
  if ((status.failed ?? 0) < (old.failed ?? 0)) {
    errors.push(invalid(path('failed'), status.failed ?? 0, 'cannot decrease the failed counter'))
  }
  // An elastic Job that was scaled down forgets the indexes beyond its new size.
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (!elastic && (status.succeeded ?? 0) < (old.succeeded ?? 0)) {
    errors.push(invalid(path('succeeded'), status.succeeded ?? 0, 'cannot decrease the succeeded counter'))
  }
  if (changes.completionTime && status.completionTime !== undefined && old.completionTime !== undefined) {
    errors.push(invalid(path('completionTime'), status.completionTime, 'field is immutable'))
  }
  if (changes.startTime && old.startTime !== undefined && spec.suspend !== true) {
    const text = 'field is immutable for unsuspended job once set'
    errors.push(invalid(path('startTime'), status.startTime, text))
  }
  if (before.successCriteriaMet && !facts.successCriteriaMet) {
    conditions('cannot disable the SuccessCriteriaMet=True condition')
  }
  if (before.complete && !before.successCriteriaMet && facts.successCriteriaMet) {
    conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')
  }
  return errors
}
