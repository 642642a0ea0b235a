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
  /** Names of objects of these types on the running server; with `types`, names of types too. */
  | { readonly kind: 'Objects'; readonly of: string; readonly types: boolean }
  | { readonly kind: 'Choice'; readonly words: readonly string[] }
  | { readonly kind: 'Free' }

const anyObject: WordKind = { kind: 'Objects', of: 'jobs,cronjobs,pods', types: true }
const objectArguments: Readonly<Record<string, WordKind>> = {
  get: anyObject,
  describe: anyObject,
  delete: anyObject,
  logs: { kind: 'Objects', of: 'pods,jobs', types: false },
  history: { kind: 'Objects', of: 'cronjobs', types: false },
  trigger: { kind: 'Objects', of: 'cronjobs', types: false },
  rerun: { kind: 'Objects', of: 'jobs', types: false },
}
const shells: WordKind = { kind: 'Choice', words: ['bash', 'zsh', 'fish'] }

export function wordsOf({ name, arguments: [first] }: CommandInfo): WordKind {
  if (name === 'completion') return shells
  const objects = objectArguments[name]
  if (objects !== undefined) return objects
  return first !== undefined && /^(files?|crontab)$/.test(first.name) ? { kind: 'File' } : { kind: 'Free' }
}

const fileValues = ['file', 'files', 'dir', 'csv', 'path']

export function valuesOf({ value, choices }: OptionInfo): WordKind {
  if (choices.length > 0) return { kind: 'Choice', words: choices }
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
