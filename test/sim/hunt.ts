/** Looks for planted defects: one process for each, which ends with the first history that shows it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CampaignResult } from './campaign.ts'
import type { Mutation } from './mutations.ts'

export type Hunted = {
  readonly mutation: Mutation
  /** Seeds until the defect was found, by what it is to be found by; undefined when it was not. */
  readonly seeds: number | undefined
  /** The invariants that it broke up to then; what it is to be found by comes first. */
  readonly broke: readonly string[]
}

const program = fileURLToPath(new URL('run.ts', import.meta.url))

export async function hunt(mutation: Mutation): Promise<Hunted> {
  const { breaks = 'any', within } = mutation
  const limits = ['--seed', '1', '--runs', String(within), '--until', breaks]
  const child = spawn(process.execPath, [program, '--mutation', mutation.name, ...limits], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  const last = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Partial<CampaignResult>
  const broke = Object.keys(last.broke ?? {}).sort((one, other) => Number(other === breaks) - Number(one === breaks))
  const isFound = breaks === 'any' ? broke.length > 0 : broke[0] === breaks
  return { mutation, seeds: isFound ? last.histories : undefined, broke }
}

/** A row of a table in Markdown. */
export function rowOf({ mutation: { name, defect, within }, seeds, broke }: Hunted): string {
  return `| ${name} | ${defect} | ${seeds ?? 'not found'} | ${within} | ${broke.join(', ')} |`
}

export const tableHead = '| mutation | defect | found by seed | at most | by |\n| --- | --- | --- | --- | --- |'
