/** What the cases share: medians, memory and CPU of processes, one line of JSON for each result. */
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

export type Figures = Readonly<Record<string, number | string>>
export type Case = { readonly name: string; readonly run: () => Promise<Figures> }

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits))

/** A process and all its descendants. */
export function processTree(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // It ended while we looked.
    }
  }
  const tree = [pid]
  for (const one of tree)
    for (const [child, parent] of parents) if (parent === one && !tree.includes(child)) tree.push(child)
  return tree
}

/** Proportional set size of all processes together, in MiB. */
export function memoryOf(pids: readonly number[]): number {
  const kib = pids.map((pid) =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0),
  )
  return kib.reduce((sum, one) => sum + one, 0) / 1024
}

/** CPU seconds used so far, and bytes written to disk so far. */
export function usageOf(pids: readonly number[]): { readonly cpuSeconds: number; readonly writtenBytes: number } {
  let ticks = 0
  let writtenBytes = 0
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
    writtenBytes += Number(/write_bytes: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)
  }
  return { cpuSeconds: ticks / 100, writtenBytes }
}

export const machine = (): string =>
  `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.versions.node}`

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What a server and its helpers use in a minute in which nobody asks anything of it, ten seconds from now. */
export async function idleMinute(pid: number): Promise<Figures> {
  await pause(10_000)
  const pids = processTree(pid)
  const before = usageOf(pids)
  await pause(60_000)
  const after = usageOf(pids)
  return {
    unit: 'one minute',
    pssMiB: rounded(memoryOf(pids)),
    processes: pids.length,
    cpuPercent: rounded(((after.cpuSeconds - before.cpuSeconds) / 60) * 100, 2),
    writtenBytes: after.writtenBytes - before.writtenBytes,
  }
}
