/**
 * Sets of completion indexes as ordered, disjoint, non-touching intervals, and their text form `1,3-5,7`.
 *
 * A set is a flat list `[first, last, first, last, …]`; every operation is linear in the number of intervals, so that a
 * Job of 100,000 indexes costs what its gaps cost.
 *
 * @source kubernetes v1.36 pkg/controller/job/indexed_job_utils.go, orderedIntervals
 */

export type IndexSet = readonly number[]

export const noIndexes: IndexSet = []

/** How many indexes the set holds. */
export function countIndexes(set: IndexSet): number {
  let count = 0
  for (let i = 0; i < set.length; i += 2) count += at(set, i + 1) - at(set, i) + 1
  return count
}

/** Whether `index` is in the set: binary search. */
export function hasIndex(set: IndexSet, index: number): boolean {
  let low = 0
  let high = set.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (at(set, 2 * middle + 1) < index) low = middle + 1
    else if (at(set, 2 * middle) > index) high = middle - 1
    else return true
  }
  return false
}

/** A set of single indexes in any order, repetitions allowed. */
export function indexSetOf(indexes: readonly number[]): IndexSet {
  const out: number[] = []
  for (const index of ascending(indexes)) append(out, index, index)
  return out
}

/** The numbers in ascending order; the list itself when it is so already. */
export function ascending(numbers: readonly number[]): ArrayLike<number> & Iterable<number> {
  for (let i = 1; i < numbers.length; i++)
    if (at(numbers, i) < at(numbers, i - 1)) return Float64Array.from(numbers).sort()
  return numbers
}

/** All indexes of both sets. Gives back an argument itself where the other is empty. */
export function uniteIndexes(one: IndexSet, other: IndexSet): IndexSet {
  if (other.length === 0) return one
  if (one.length === 0) return other
  const out: number[] = []
  let i = 0
  let j = 0
  while (i < one.length || j < other.length) {
    const takeOne = j >= other.length || (i < one.length && at(one, i) <= at(other, j))
    if (takeOne) {
      append(out, at(one, i), at(one, i + 1))
      i += 2
    } else {
      append(out, at(other, j), at(other, j + 1))
      j += 2
    }
  }
  return out
}

/** How many indexes both sets hold. */
export function countCommonIndexes(one: IndexSet, other: IndexSet): number {
  let count = 0
  let i = 0
  let j = 0
  while (i < one.length && j < other.length) {
    const first = Math.max(at(one, i), at(other, j))
    const last = Math.min(at(one, i + 1), at(other, j + 1))
    if (first <= last) count += last - first + 1
    if (at(one, i + 1) < at(other, j + 1)) i += 2
    else j += 2
  }
  return count
}

/** The lowest indexes below `bound` that are not in the set, at most `limit` of them. */
export function firstMissingIndexes(set: IndexSet, bound: number, limit: number): readonly number[] {
  const out: number[] = []
  let candidate = 0
  for (let i = 0; i < set.length && out.length < limit; i += 2) {
    const end = Math.min(at(set, i), bound)
    while (candidate < end && out.length < limit) out.push(candidate++)
    candidate = Math.max(candidate, at(set, i + 1) + 1)
  }
  while (candidate < bound && out.length < limit) out.push(candidate++)
  return out
}

/** The indexes below `bound`. */
export function clipIndexes(set: IndexSet, bound: number): IndexSet {
  if (set.length === 0 || at(set, set.length - 1) < bound) return set
  const out: number[] = []
  for (let i = 0; i < set.length && at(set, i) < bound; i += 2)
    append(out, at(set, i), Math.min(at(set, i + 1), bound - 1))
  return out
}

/**
 * Reads a stored list. Indexes at or above `bound` are left out, ranges are cut there; fragments that are no index or
 * range are skipped. Lists out of order, which only others can have written, are read all the same.
 */
export function parseIndexes(text: string, bound: number): IndexSet {
  if (text === '') return noIndexes
  const out: number[] = []
  let ordered = true
  for (const fragment of text.split(',')) {
    const dash = fragment.indexOf('-', 1)
    const first = parseIndex(dash < 0 ? fragment : fragment.slice(0, dash))
    const last = dash < 0 ? first : parseIndex(fragment.slice(dash + 1))
    if (first === undefined || last === undefined || last < first || first >= bound) continue
    if (out.length > 0 && first <= at(out, out.length - 1)) ordered = false
    if (ordered) append(out, first, Math.min(last, bound - 1))
    else out.push(first, Math.min(last, bound - 1))
  }
  return ordered ? out : normalised(out)
}

/** The canonical text: ascending, runs of three or more as `a-b`, a run of two as `a,b`; empty for the empty set. */
export function formatIndexes(set: IndexSet): string {
  let text = ''
  for (let i = 0; i < set.length; i += 2) {
    const first = at(set, i)
    const last = at(set, i + 1)
    if (i > 0) text += ','
    text += first
    if (last === first + 1) text += `,${last}`
    else if (last > first) text += `-${last}`
  }
  return text
}

const DIGITS = /^\d+$/

function parseIndex(text: string): number | undefined {
  return DIGITS.test(text) ? Number(text) : undefined
}

function at(set: IndexSet, i: number): number {
  return set[i] as number
}

/** Adds an interval that starts no earlier than the last one does. */
function append(out: number[], first: number, last: number): void {
  const end = out.length - 1
  if (end > 0 && first <= at(out, end) + 1) out[end] = Math.max(at(out, end), last)
  else out.push(first, last)
}

function normalised(intervals: readonly number[]): IndexSet {
  const pairs: [number, number][] = []
  for (let i = 0; i < intervals.length; i += 2) pairs.push([at(intervals, i), at(intervals, i + 1)])
  pairs.sort((a, b) => a[0] - b[0])
  const out: number[] = []
  for (const [first, last] of pairs) append(out, first, last)
  return out
}
