/** What is wrong with a server after hours of load, from what was seen of it. */
import { type Growth, growthOf, quantile } from './growth.ts'
import { rounded, type Sample } from './measure.ts'

/** The share of the time after which memory must stay as it is. */
const WARM_UP = 1 / 3
/** Growth after the warm-up, as a share of what there was, that nobody need care about. */
const HARMLESS = 0.05

export type Facts = {
  readonly samples: readonly Sample[]
  /** At rest, before and after. */
  readonly before: Counts
  readonly after: Counts
  readonly lost: readonly string[]
  readonly double: number
}
type Counts = { readonly handles: number; readonly processes: number }

export type Verdict = {
  readonly memory: Readonly<Record<'resident' | 'heap', Growth>>
  readonly handles: { readonly before: number; readonly after: number }
  readonly processes: { readonly before: number; readonly after: number }
  readonly p99: Readonly<Record<string, { readonly first: number; readonly second: number }>>
  readonly lost: number
  readonly doubleStarts: number
  /** A sentence each; none of a server that is what it was. */
  readonly wrong: readonly string[]
}

/** Memory is what is live: garbage goes up and down by more than any leak. */
export function judge({ samples, before, after, lost, double }: Facts): Verdict {
  const warm = samples.filter(({ minutes }) => minutes > endOf(samples) * WARM_UP)
  const memory = {
    resident: growthOf(warm.map(({ minutes, residentMiB }) => [minutes, residentMiB])),
    heap: growthOf(warm.map(({ minutes, heapMiB }) => [minutes, heapMiB])),
  }
  const wrong = [...lost, ...growing(memory, (endOf(samples) * (1 - WARM_UP)) / 60)]
  if (double > 0) wrong.push(`${double} pods started twice`)
  if (after.handles > before.handles) wrong.push(`${before.handles} open files became ${after.handles}`)
  // Fewer are no better: a helper that was lost and has no other in its place.
  if (after.processes !== before.processes) wrong.push(`${before.processes} processes became ${after.processes}`)
  return {
    memory,
    handles: { before: before.handles, after: after.handles },
    processes: { before: before.processes, after: after.processes },
    p99: p99Of(warm),
    lost: lost.length,
    doubleStarts: double,
    wrong,
  }
}

const endOf = (samples: readonly Sample[]): number => samples.at(-1)?.minutes ?? 0

const growing = (memory: Verdict['memory'], hours: number): readonly string[] =>
  Object.entries(memory).flatMap(([name, { median, perHour, leastPerHour = 0 }]) =>
    leastPerHour * hours > HARMLESS * median
      ? [`${name} grows by ${rounded(perHour)} MiB an hour, at least by ${rounded(leastPerHour)}`]
      : [],
  )

/** The median of the first and of the second half. */
function p99Of(warm: readonly Sample[]): Verdict['p99'] {
  const middle = ((warm[0]?.minutes ?? 0) + endOf(warm)) / 2
  const halves = Map.groupBy(warm, ({ minutes }) => (minutes <= middle ? 'first' : 'second'))
  const median = (half: 'first' | 'second', name: string): number => {
    const values = (halves.get(half) ?? []).map(({ p99 }) => p99[name] ?? 0)
    return rounded(quantile(values, 0.5))
  }
  const names = Object.keys(warm[0]?.p99 ?? {})
  return Object.fromEntries(
    names.map((name) => [name, { first: median('first', name), second: median('second', name) }]),
  )
}
