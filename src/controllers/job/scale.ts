/**
 * How many pods should run, and so which to create or delete in this pass: one or the other, never both, at most 500.
 *
 * @source kubernetes v1.36 pkg/controller/job/job_controller.go, manageJob
 */
import type { Pod } from '../../apis/core/index.ts'
import { after, type Instant } from '../../base/index.ts'
import { type BackoffRecord, backoffDelay, backoffEnd, endOf } from './backoff.ts'
import type { JobFacts } from './facts.ts'
import { type IndexState, priorFailures } from './index-state.ts'
import { firstMissingIndexes, indexSetOf, uniteIndexes } from './indexes.ts'
import { completionIndex } from './pod.ts'
import type { JobOptions, SyncAction } from './snapshot.ts'
import type { Tally } from './tally.ts'
import { newIndexedPods, newPods } from './template.ts'
import { chooseVictims } from './victims.ts'

/** The most pods created or deleted in one pass. */
export const maxPodsPerPass = 500

export type Scaling = {
  readonly syncAction: SyncAction
  readonly remove: readonly Pod[]
  readonly create: readonly Pod[]
  /** When pods that are held back may be created. */
  readonly wakeAt?: Instant | undefined
}

const idle: Scaling = { syncAction: 'tracking', remove: [], create: [] }

export type ScaleInput = {
  readonly facts: JobFacts
  readonly tally: Tally
  readonly indexes: IndexState | undefined
  readonly succeeded: number
  readonly backoff: BackoffRecord
  readonly options: JobOptions
  readonly now: Instant
}

export function planScale(input: ScaleInput): Scaling {
  const { facts, tally } = input
  const active = tally.active.length
  if (facts.suspended) return { syncAction: 'pods_deleted', remove: tally.active, create: [] }
  const wanted = wantedActive(facts, input.succeeded, active)
  const indexed = facts.indexCount === undefined ? undefined : tally.activeIndexes
  const victims = chooseVictims(tally.active, Math.max(0, active - wanted), indexed)
  if (victims.length > 0) return { syncAction: 'pods_deleted', remove: victims.slice(0, maxPodsPerPass), create: [] }
  const held = facts.replacesOnlyFailed ? tally.terminating.length : 0
  const missing = wanted - held - active
  return missing > 0 ? planCreation(input, Math.min(missing, maxPodsPerPass)) : idle
}

/** A work queue starts nothing after its first success; the others never more than what is left to do. */
function wantedActive({ completions, parallelism }: JobFacts, succeeded: number, active: number): number {
  if (completions === undefined) return succeeded > 0 ? active : parallelism
  return Math.max(0, Math.min(parallelism, completions - succeeded))
}

function planCreation(input: ScaleInput, count: number): Scaling {
  const { facts, indexes, backoff, options, now } = input
  if (facts.backoffLimitPerIndex === undefined) {
    const wakeAt = backoffEnd(backoff, options.maxPodBackoff)
    if (wakeAt !== undefined && wakeAt > now) return { syncAction: 'pods_created', remove: [], create: [], wakeAt }
  }
  if (indexes === undefined) return { syncAction: 'pods_created', remove: [], create: newPods(facts.job, count) }
  const { ready, wakeAt } = startableIndexes(input, indexes, pendingIndexes(input, indexes, count))
  return { syncAction: 'pods_created', remove: [], create: newIndexedPods(facts.job, ready, indexes.waiting), wakeAt }
}

/** The lowest indexes that are neither done, nor given up, nor held by a pod. */
function pendingIndexes({ facts, tally }: ScaleInput, indexes: IndexState, limit: number): readonly number[] {
  const { count, succeeded, failed = [] } = indexes
  const ending = facts.replacesOnlyFailed ? tally.terminating.map((pod) => completionIndex(pod, count) ?? -1) : []
  const held = indexSetOf([...tally.activeIndexes, ...ending].filter((index) => index >= 0))
  return firstMissingIndexes(uniteIndexes(uniteIndexes(succeeded, failed), held), count, limit)
}

/** Of the pending indexes those whose own delay is over; with the end of the shortest other delay. */
function startableIndexes({ options, backoff, now }: ScaleInput, { waiting }: IndexState, pending: readonly number[]) {
  let wakeAt: Instant | undefined
  const ready = pending.filter((index) => {
    const failed = waiting.get(index)
    if (failed === undefined) return true
    const end = after(endOf(backoff, failed), backoffDelay(priorFailures(failed) + 1, options.maxPodBackoff))
    if (end <= now) return true
    if (wakeAt === undefined || end < wakeAt) wakeAt = end
    return false
  })
  return { ready, wakeAt }
}
