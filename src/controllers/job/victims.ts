/**
 * Which active pods go first when there are too many.
 *
 * @source kubernetes v1.36 pkg/controller/controller_utils.go, ActivePods; job/indexed_job_utils.go,
 * appendDuplicatedIndexPodsForRemoval
 */
import type { Pod } from '../../apis/core/index.ts'
import { dictionary } from '../../base/index.ts'
import { ascending } from './indexes.ts'
import { createdAt, isReady, maxRestarts, readySince } from './pod.ts'

const phaseOrder = dictionary<number>({ Pending: 0, Unknown: 1, Running: 2 })

type Ranked = {
  readonly pod: Pod
  readonly assigned: number
  readonly phase: number
  readonly ready: number
  readonly readySince: number
  readonly restarts: number
  readonly created: number
}

function ranked(pod: Pod): Ranked {
  const ready = isReady(pod)
  return {
    pod,
    assigned: pod.spec.nodeName ? 1 : 0,
    phase: phaseOrder[pod.status.phase ?? 'Pending'] ?? 0,
    ready: ready ? 1 : 0,
    readySince: ready ? (readySince(pod) ?? Number.POSITIVE_INFINITY) : 0,
    restarts: maxRestarts(pod),
    created: createdAt(pod),
  }
}

function earlierVictim(a: Ranked, b: Ranked): number {
  return (
    a.assigned - b.assigned ||
    a.phase - b.phase ||
    a.ready - b.ready ||
    descending(a.readySince, b.readySince) ||
    b.restarts - a.restarts ||
    b.created - a.created
  )
}

const descending = (a: number, b: number): number => (a === b ? 0 : a > b ? -1 : 1)

/** Pods in the order in which they would be deleted: not assigned, not running, not ready, youngest first. */
export const victimOrder = (pods: readonly Pod[]): readonly Pod[] =>
  pods
    .map(ranked)
    .sort(earlierVictim)
    .map(({ pod }) => pod)

/**
 * The pods to delete when at least `surplus` active pods must go. Of an Indexed Job (`indexes` holds the index of each
 * pod, -1 for none) pods without a valid index and all but the best pod of each index go first, however small the
 * surplus.
 */
export function chooseVictims(active: readonly Pod[], surplus: number, indexes?: readonly number[]): readonly Pod[] {
  if (surplus === 0 && (indexes === undefined || areDistinct(indexes))) return []
  const { excess, rest } = indexes === undefined ? { excess: [], rest: active } : splitByIndex(active, indexes)
  const missing = surplus - excess.length
  return missing <= 0 ? excess : [...excess, ...victimOrder(rest).slice(0, missing)]
}

function areDistinct(indexes: readonly number[]): boolean {
  let before = -1
  for (const index of ascending(indexes)) {
    if (index === before || index < 0) return false
    before = index
  }
  return true
}

function splitByIndex(active: readonly Pod[], indexes: readonly number[]) {
  const excess: Pod[] = []
  const byIndex = new Map<number, Pod[]>()
  for (const [i, pod] of active.entries()) {
    const index = indexes[i] ?? -1
    const there = byIndex.get(index)
    if (index < 0) excess.push(pod)
    else if (there === undefined) byIndex.set(index, [pod])
    else there.push(pod)
  }
  const rest: Pod[] = []
  for (const group of byIndex.values()) {
    const ordered = group.length === 1 ? group : victimOrder(group)
    excess.push(...ordered.slice(0, -1))
    rest.push(...ordered.slice(-1))
  }
  return { excess, rest }
}
