/** Looks for planted defects: one process for each, which ends with the first history that shows it. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './mutations.ts'

export type Hunted = {
  readonly mutation: Mutation
  /** Seeds until the defect was found; undefined when it was not. */
  readonly seeds: number | undefined
  /** The invariants that it broke. */
  readonly broke: readonly string[]
}

const program = fileURLToPath(new URL('run.ts', import.meta.url))

export async function hunt(mutation: Mutation): Promise<Hunted> {
  const limits = ['--seed', '1', '--runs', String(mutation.within), '--until-broken']
  const child = spawn(process.execPath, [program, '--mutation', mutation.name, ...limits], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  const last = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as { histories?: number; broken?: number }
  const broke = [...output.matchAll(/^ {2}([a-z-]+): /gm)].map(([, name = '']) => name)
  return { mutation, seeds: last.broken === 0 ? undefined : last.histories, broke: [...new Set(broke)] }
}

/** A row of a table in Markdown. */
export function rowOf({ mutation: { name, defect, within }, seeds, broke }: Hunted): string {
  return `| ${name} | ${defect} | ${seeds ?? 'not found'} | ${within} | ${broke.join(', ')} |`
}

export const tableHead = '| mutation | defect | found by seed | at most | by |\n| --- | --- | --- | --- | --- |'
