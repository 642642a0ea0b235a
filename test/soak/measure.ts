/** What a server under load looks like from outside, and whether it stays so. */
import { readFileSync } from 'node:fs'
import type { Server } from '../support/executable.ts'
import { leftoversOf } from '../support/leftovers.ts'
import type { Requests } from '../support/requests.ts'

export type Sample = {
  /** Since the load began. */
  readonly minutes: number
  readonly residentMiB: number
  readonly heapMiB: number
  readonly handles: number
  readonly processes: number
  readonly p99: Readonly<Record<string, number>>
}

/** Open files are those of the server and its spawner, without connections. */
export async function sampleOf(server: Server, requests: Requests): Promise<Omit<Sample, 'minutes' | 'p99'>> {
  const { text } = await requests.send({ path: '/metrics' })
  const heap = Number(/^nodejs_heap_size_used_bytes ([\d.e+]+)/m.exec(text)?.[1] ?? Number.NaN)
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN)
  const { handles, processes } = leftoversOf(server)
  return { residentMiB: resident / 1024, heapMiB: heap / 2 ** 20, handles, processes }
}

/** Seconds of CPU that the process itself has used. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The value that so large a share of all is not above; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/**
 * The change of a value in an hour: the median of the slopes between all pairs of points (Theil and Sen), which a few
 * points far off do not move. 0 of fewer than two points.
 */
export function slopePerHour(points: readonly (readonly [minutes: number, value: number])[]): number {
  const slopes = points.flatMap(([x, y], index) =>
    points.slice(index + 1).flatMap(([x2, y2]) => (x2 > x ? [(60 * (y2 - y)) / (x2 - x)] : [])),
  )
  return slopes.length === 0 ? 0 : quantile(slopes, 0.5)
}

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits))
