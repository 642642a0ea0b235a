/** What a server under load looks like from outside, and whether it stays so. */
import { readFileSync } from 'node:fs'
import type { Server } from '../support/executable.ts'
import { leftoversOf } from '../support/leftovers.ts'
import type { LiveMemory } from './inspector.ts'

export type Sample = LiveMemory & {
  /** Since the load began. */
  readonly minutes: number
  readonly handles: number
  readonly processes: number
  readonly p99: Readonly<Record<string, number>>
}

/** Open files are those of the server and its spawner, without connections. */
export function countsOf(server: Server): Pick<Sample, 'handles' | 'processes'> {
  const { handles, processes } = leftoversOf(server)
  return { handles, processes }
}

/** Seconds of CPU that the process itself has used. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits))
