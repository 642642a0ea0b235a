/** Whether a measure that goes up and down grows, and how surely. */

export type Point = readonly [minutes: number, value: number]

export type Growth = {
  readonly median: number
  readonly perHour: number
  /** What it grows at least, in 95 of 100 cases; undefined of fewer than five points, which prove nothing. */
  readonly leastPerHour: number | undefined
}

/** So many standard deviations from the middle: one in twenty lies farther on that side by chance. */
const DEVIATIONS = 1.645

/** The value that so large a share of all is not above; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/**
 * The slope is the median of the slopes between all pairs of points (Theil and Sen), which a few points far off do not
 * move. What it is at least follows from how many pairs would rise by chance alone (Kendall), so that restless values
 * must rise more, or longer, before they are said to.
 */
export function growthOf(points: readonly Point[]): Growth {
  const slopes = points
    .flatMap(([x, y], index) =>
      points.slice(index + 1).flatMap(([x2, y2]) => (x2 > x ? [(60 * (y2 - y)) / (x2 - x)] : [])),
    )
    .toSorted((a, b) => a - b)
  const count = points.length
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  const place = Math.floor((slopes.length - DEVIATIONS * deviation) / 2)
  const values = points.map(([, value]) => value)
  return {
    median: quantile(values, 0.5),
    perHour: slopes.length === 0 ? 0 : quantile(slopes, 0.5),
    leastPerHour: count < 5 ? undefined : slopes[place],
  }
}
