/**
 * Lists of completion indexes as the API writes them: `1,3-5,7`, ascending and without overlaps.
 *
 * @source kubernetes v1.36 pkg/apis/batch/validation/validation.go, validateIndexesFormat
 */
import { quoted } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'

/** One run of indexes, both ends included. */
export type IndexInterval = { readonly first: number; readonly last: number }
export type ParsedIndexes = { readonly intervals: readonly IndexInterval[]; readonly count: number }

const none: ParsedIndexes = { intervals: [], count: 0 }

/** Parses a list of indexes below `completions`; an empty text is an empty list. The error says what is wrong first. */
export function parseIndexes(text: string, completions: number): Result<ParsedIndexes, string> {
  if (text === '') return ok(none)
  const intervals: IndexInterval[] = []
  let count = 0
  let previous: number | undefined
  for (const fragment of text.split(',')) {
    const interval = parseInterval(fragment, completions)
    if (!interval.ok) return interval
    const { first, last } = interval.value
    if (previous !== undefined && previous >= first) return fail(nonIncreasing(previous, first))
    intervals.push(interval.value)
    count += last - first + 1
    previous = last
  }
  return ok({ intervals, count })
}

/** The fragments of a list that can be read, in their order; for looks at a list whose faults are told elsewhere. */
export const readableIntervals = (text: string, completions: number): readonly IndexInterval[] =>
  text.split(',').flatMap((fragment) => {
    const interval = parseInterval(fragment, completions)
    return interval.ok ? [interval.value] : []
  })

function parseInterval(fragment: string, completions: number): Result<IndexInterval, string> {
  const parts = fragment.split('-')
  if (parts.length > 2) {
    return fail(
      `the fragment ${quoted(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    )
  }
  const first = parseIndex(parts[0] ?? '', completions)
  if (!first.ok) return first
  if (parts.length === 1) return ok({ first: first.value, last: first.value })
  const last = parseIndex(parts[1] ?? '', completions)
  if (!last.ok) return last
  return first.value >= last.value
    ? fail(nonIncreasing(first.value, last.value))
    : ok({ first: first.value, last: last.value })
}

const nonIncreasing = (previous: number, current: number): string =>
  `non-increasing order, previous: ${previous}, current: ${current}`

/** Go's Atoi takes a sign, and no more than 64 bits. */
function parseIndex(text: string, completions: number): Result<number, string> {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value) || Math.abs(value) >= 2 ** 63) {
    return fail(`cannot convert string to integer for index: ${quoted(text)}`)
  }
  return value >= completions ? fail(`too large index: ${quoted(text)}`) : ok(value)
}

/** The first index that ascending lists have in common; undefined when there is none. */
export function firstCommonIndex(one: readonly IndexInterval[], other: readonly IndexInterval[]): number | undefined {
  let i = 0
  let j = 0
  for (;;) {
    const a = one[i]
    const b = other[j]
    if (a === undefined || b === undefined) return undefined
    if (a.first <= b.last && b.first <= a.last) return Math.max(a.first, b.first)
    if (a.first <= b.first) i++
    else j++
  }
}
