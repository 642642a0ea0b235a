/** What the command line understands, as data: from it come shell completion and the manual page. */

export type OptionInfo = {
  /** `--data-dir`. */
  readonly long: string
  readonly short?: string | undefined
  /** The name of its value, `dir`; undefined for a switch. */
  readonly value?: string | undefined
  readonly choices: readonly string[]
  readonly description: string
  readonly fallback?: string | undefined
}

export type ArgumentInfo = {
  readonly name: string
  readonly description: string
  readonly required: boolean
  readonly variadic: boolean
}

export type CommandInfo = {
  readonly name: string
  readonly description: string
  /** What stands behind the name in a synopsis. */
  readonly usage: string
  readonly options: readonly OptionInfo[]
  readonly arguments: readonly ArgumentInfo[]
  readonly commands: readonly CommandInfo[]
}

/** What the words of an argument are, for completion. */
export type WordKind =
  | { readonly kind: 'File' }
  /** Types of objects, then names of that type on the running server; or `TYPE/NAME`. */
  | { readonly kind: 'TypesAndNames' }
  /** One object of these types, `TYPE/NAME`; `bare` is the type of a name without one. */
  | { readonly kind: 'Object'; readonly of: string; readonly bare: string }
  /** Names of objects of a type. */
  | { readonly kind: 'Names'; readonly of: string }
  | { readonly kind: 'Choice'; readonly words: readonly string[] }
  | { readonly kind: 'Free' }

const one = (type: string): WordKind => ({ kind: 'Object', of: type, bare: type })
const objectArguments: Readonly<Record<string, WordKind>> = {
  get: { kind: 'TypesAndNames' },
  describe: { kind: 'TypesAndNames' },
  delete: { kind: 'TypesAndNames' },
  logs: { kind: 'Object', of: 'pods,jobs', bare: 'pods' },
  history: one('cronjobs'),
  trigger: one('cronjobs'),
  rerun: one('jobs'),
  wait: one('jobs'),
}
const shells: WordKind = { kind: 'Choice', words: ['bash', 'zsh', 'fish'] }

export function wordsOf({ name, arguments: [first] }: CommandInfo): WordKind {
  if (name === 'completion') return shells
  const objects = objectArguments[name]
  if (objects !== undefined) return objects
  return first !== undefined && /^(files?|crontab)$/.test(first.name) ? { kind: 'File' } : { kind: 'Free' }
}

const fileValues = ['file', 'files', 'dir', 'csv', 'path']

export function valuesOf({ long, value, choices }: OptionInfo): WordKind {
  if (choices.length > 0) return { kind: 'Choice', words: choices }
  if (long === '--namespace') return { kind: 'Names', of: 'namespaces' }
  return value !== undefined && fileValues.includes(value) ? { kind: 'File' } : { kind: 'Free' }
}

/** Every command with the names that lead to it, `['jobd', 'cron', 'next']`, the root first. */
export function flatten(
  root: CommandInfo,
  above: readonly string[] = [],
): readonly (readonly [readonly string[], CommandInfo])[] {
  const path = [...above, root.name]
  return [[path, root], ...root.commands.flatMap((command) => flatten(command, path))]
}
