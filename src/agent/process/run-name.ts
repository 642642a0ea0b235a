/**
 * The names of a run's files. Everything that a run leaves lies in the directory of its pod, under one base name:
 *
 *     <pod uid>/<container>.<attempt>[~<generation>].run     the launch script
 *     …                                             .claim   made by the one supervisor that runs it: its /proc stat, `up`
 *     …                                             .exit    how it ended
 *     …                                             .fail    why the command could not be executed
 *     <pod uid>/<container>.<attempt>.log                    stdout and stderr
 *
 * A generation above 0 exists only when a daemon died between asking for a start and the start itself.
 */
import type { ContainerKey } from '../runtime/index.ts'

export type RunName = { readonly key: ContainerKey; readonly generation: number }

const SAFE = /^[A-Za-z0-9_-][A-Za-z0-9_-]*$/

/** A file name for any text: letters, digits, `_` and `-` stay, all else becomes `%` and hexadecimal bytes. */
export function fileNameOf(text: string): string {
  if (SAFE.test(text)) return text
  let name = ''
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte)
    name += SAFE.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
  }
  return name
}

/** The inverse of `fileNameOf`. */
export const textOfFileName = (name: string): string => (name.includes('%') ? decodeURIComponent(name) : name)

/** `<pod uid>/<container>.<attempt>`: the same for every generation. */
export const stemOf = ({ podUid, container, attempt }: ContainerKey): string =>
  `${fileNameOf(podUid)}/${fileNameOf(container)}.${attempt}`

/** The id of a run: what the spawner is told, and the path of its files without the ending. */
export const runIdOf = ({ key, generation }: RunName): string =>
  generation === 0 ? stemOf(key) : `${stemOf(key)}~${generation}`

const FILE = /^([^.]+)\.(\d+)(?:~(\d+))?\.([a-z]+)$/

/** What a file of a pod's directory belongs to; undefined for a file that is none of ours. */
export function parseRunFile(podDirectory: string, file: string): (RunName & { readonly ending: string }) | undefined {
  const match = FILE.exec(file)
  if (match === null) return undefined
  const [, container = '', attempt, generation, ending = ''] = match
  return {
    key: { podUid: textOfFileName(podDirectory), container: textOfFileName(container), attempt: Number(attempt) },
    generation: Number(generation ?? 0),
    ending,
  }
}

/** The run that an id names. */
export function parseRunId(id: string): RunName | undefined {
  const slash = id.indexOf('/')
  return parseRunFile(id.slice(0, slash), `${id.slice(slash + 1)}.id`)
}
