/** Finding a pod's runs again by their files, after this daemon or an earlier one was away. */
import { readdirSync } from 'node:fs'
import { unreachable } from '../../base/index.ts'
import { isAlive } from './proc.ts'
import { type Claim, claimVoid, type ExitRecord, readClaim, readExit, writeLostExit } from './run-files.ts'
import { fileNameOf, parseRunFile, type RunName } from './run-name.ts'
import { podDirectories, type RunTable } from './run-table.ts'

export type Found =
  | { readonly kind: 'Ended'; readonly name: RunName; readonly exit: ExitRecord; readonly namespaced: boolean }
  | { readonly kind: 'Up'; readonly name: RunName; readonly namespaced: boolean }
  /** Claimed, but the command is not yet reached. */
  | { readonly kind: 'Requested'; readonly name: RunName; readonly namespaced: boolean }
  /** Asked for once, and now certain never to start. */
  | { readonly kind: 'Void'; readonly name: RunName }

/**
 * The runs of a pod that have files: the newest generation of each attempt. One that was asked for has a launch script,
 * one that was started a claim.
 */
export function listRuns(table: RunTable, podUid: string): readonly RunName[] {
  const directory = fileNameOf(podUid)
  const { root, scratch } = podDirectories(table, podUid)
  const newest = new Map<string, RunName>()
  for (const file of [...readDirectory(root), ...readDirectory(scratch)]) {
    const parsed = parseRunFile(directory, file)
    if (parsed?.ending !== 'run' && parsed?.ending !== 'claim') continue
    const slot = `${parsed.key.container}.${parsed.key.attempt}`
    const known = newest.get(slot)
    if (known === undefined || known.generation < parsed.generation) newest.set(slot, parsed)
  }
  return [...newest.values()]
}

/**
 * What the files of a run say that an earlier daemon asked for. One that has no supervisor yet is made void, so that it
 * can be asked for anew.
 */
export function recoverRun(base: string, name: RunName): Found {
  const found = judge(base, name)
  return found.kind === 'Requested' && claimVoid(base) ? { kind: 'Void', name } : found
}

/**
 * What the files of a run say. One whose supervisor is gone without a word is lost, and that is written down so that it
 * is judged once.
 */
export function judge(base: string, name: RunName): Found {
  const exit = readExit(base)
  const claim: Claim = readClaim(base)
  const namespaced = claim.kind === 'Supervised' && claim.namespaced
  if (exit !== undefined) return { kind: 'Ended', name, exit, namespaced }
  switch (claim.kind) {
    case 'Void':
      return { kind: 'Void', name }
    case 'None':
    case 'Taken':
      return { kind: 'Requested', name, namespaced }
    case 'Lost':
      return { kind: 'Ended', name, exit: lastWord(base), namespaced }
    case 'Supervised':
      return claim.supervisor !== undefined && isAlive(claim.supervisor)
        ? { kind: claim.up ? 'Up' : 'Requested', name, namespaced }
        : { kind: 'Ended', name, exit: lastWord(base), namespaced }
    default:
      return unreachable(claim)
  }
}

/** The supervisor may have ended properly between two looks; only else is the run lost. */
function lastWord(base: string): ExitRecord {
  const exit = readExit(base)
  if (exit !== undefined) return exit
  return writeLostExit(base)
}

export function readDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
