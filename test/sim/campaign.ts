/** Many histories, one seed after the other, and what came of them. */
import type { Log } from '../../src/base/index.ts'
import type { FaultCounts } from './faults.ts'
import type { Invariant } from './judge.ts'
import { type Simulated, simulate } from './simulate.ts'

export type CampaignOptions = {
  readonly first: number
  readonly runs: number
  /** Seconds of real time after which no further history begins. */
  readonly seconds: number
  readonly without: ReadonlySet<keyof FaultCounts>
  readonly trace?: ((line: string) => void) | undefined
  readonly log?: Log | undefined
  /** End with the first history that breaks this invariant, or any. */
  readonly until: Invariant | 'any' | undefined
  readonly onEnd: (simulated: Simulated) => void
}

/** Printed as one line of JSON, for whoever adds up. */
export type CampaignResult = {
  readonly histories: number
  readonly broken: number
  /** In how many histories each invariant was broken; those that never were are left out. */
  readonly broke: Readonly<Partial<Record<Invariant, number>>>
  readonly writes: number
  readonly acts: number
  readonly faults: Readonly<Record<string, number>>
  readonly checks: Readonly<Record<string, number>>
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { first, runs, seconds, until, onEnd, ...settings } = options
  const begin = performance.now()
  const sum = { histories: 0, broken: 0, broke: {}, writes: 0, acts: 0, faults: {}, checks: {} }
  for (let seed = first; sum.histories < runs && (performance.now() - begin) / 1000 < seconds; seed++) {
    const result = await simulate(seed, settings)
    sum.histories++
    sum.writes += result.writes
    sum.acts += result.acts
    add(sum.faults, result.counts)
    add(sum.checks, result.checks)
    onEnd(result)
    const broke = new Set(result.violations.map(({ invariant }) => invariant))
    if (broke.size > 0) sum.broken++
    for (const invariant of broke) add(sum.broke, { [invariant]: 1 })
    if (until === 'any' ? broke.size > 0 : until !== undefined && broke.has(until)) break
  }
  return sum
}

function add(total: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count
}
