/** Completion scripts for shells, made from the commands. Only names of objects are asked of a running server. */
import { allKinds } from '../../apimachinery/index.ts'
import { type CommandInfo, flatten, type OptionInfo, valuesOf, type WordKind, wordsOf } from './command-tree.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

/** The script, to be read by the shell. */
export function completionScript(root: CommandInfo, shell: Shell): string {
  return { bash, zsh, fish }[shell](root)
}

const types = [
  ...new Set(
    allKinds
      .filter(({ resource, listType }) => listType !== undefined && !resource.includes('/'))
      .map(({ resource }) => resource),
  ),
].sort()

const objectNames = (of: string, context: string): string => `jobd get ${of} -o name ${context} 2>/dev/null`

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const flagsOf = ({ long, short }: OptionInfo): readonly string[] => (short === undefined ? [long] : [short, long])

/** bash and zsh share the walk over the line; what they differ in is how words and files are offered. */
type Dialect = {
  /** `command` prints more words. */
  readonly words: (words: readonly string[], command?: string) => string
  readonly files: string
}

const bashDialect: Dialect = {
  words: (words, command) => {
    const all = [...words, ...(command === undefined ? [] : [`$(${command})`])].join(' ')
    return `COMPREPLY=($(compgen -W ${command === undefined ? quote(all) : `"${all}"`} -- "$current"))`
  },
  files: 'COMPREPLY=($(compgen -f -- "$current"))',
}
const zshDialect: Dialect = {
  words: (words, command) => `compadd -- ${words.join(' ')}${command === undefined ? '' : ` $(${command})`}`,
  files: '_files',
}
/** The server of the line itself is asked; `context` holds its data directory and namespace. */
const contextWords = `"\${context[@]}"`

function casesOf(root: CommandInfo, dialect: Dialect): string {
  const commands = flatten(root)
  const offer = (kind: WordKind): string => {
    switch (kind.kind) {
      case 'File':
        return dialect.files
      case 'Choice':
        return dialect.words(kind.words)
      case 'Objects':
        return dialect.words(kind.types ? types : [], objectNames(kind.of, contextWords))
      case 'Free':
        return ':'
    }
  }
  const paths = commands.slice(1).map(([path]) => `"${path.join(' ')}"`)
  const values = commands.flatMap(([path, { options }]) =>
    options
      .filter(({ value }) => value !== undefined)
      .map((option) => {
        const labels = flagsOf(option).map((flag) => `"${path.join(' ')}:${flag}"`)
        return `    ${labels.join('|')}) ${offer(valuesOf(option))}; return ;;`
      }),
  )
  const rest = commands.map(([path, command]) => {
    const flags = command.options.flatMap(flagsOf)
    const plain =
      command.commands.length > 0 ? dialect.words(command.commands.map(({ name }) => name)) : offer(wordsOf(command))
    return `    "${path.join(' ')}") if [[ "$current" == -* ]]; then ${dialect.words(flags)}; else ${plain}; fi ;;`
  })
  return `  local at=jobd word previous=
  local -a context
  for word in "\${line[@]}"; do
    [[ "$word" == -- ]] && return
    case "$previous" in
      --data-dir|-n|--namespace) context+=("$previous" "$word") ;;
    esac
    case "$at $word" in
      ${paths.join('|')}) at="$at $word" ;;
    esac
    previous=$word
  done
  case "$at:$previous" in
${values.join('\n')}
  esac
  case "$at" in
${rest.join('\n')}
  esac`
}

const bash = (root: CommandInfo): string => `# Completion of jobd for bash: source <(jobd completion bash)
_jobd() {
  local current=\${COMP_WORDS[COMP_CWORD]}
  local -a line=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${casesOf(root, bashDialect)}
}
complete -o filenames -F _jobd jobd
`

const zsh = (root: CommandInfo): string => `#compdef jobd
# Completion of jobd for zsh: source <(jobd completion zsh)
_jobd() {
  local current=\${words[CURRENT]}
  local -a line=("\${(@)words[2,CURRENT-1]}")
${casesOf(root, zshDialect)}
}
(( $+functions[compdef] )) && compdef _jobd jobd
[[ \${funcstack[1]} == _jobd ]] && _jobd "$@"
:
`

function fish(root: CommandInfo): string {
  const lines = flatten(root).flatMap(([path, command]) => {
    const condition = conditionOf(path, command)
    const options = command.options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`
      const kind = valuesOf(option)
      const words =
        kind.kind === 'Choice' ? ` -x -a ${quote(kind.words.join(' '))}` : kind.kind === 'File' ? ' -r -F' : ' -x'
      const value = option.value === undefined ? '' : words
      return `complete -c jobd -n ${condition} -l ${option.long.slice(2)}${short}${value} -d ${quote(option.description)}`
    })
    const subcommands = command.commands.map(
      ({ name, description }) => `complete -c jobd -f -n ${condition} -a ${name} -d ${quote(description)}`,
    )
    return [...subcommands, ...options, ...fishWords(condition, command)]
  })
  return `# Completion of jobd for fish: jobd completion fish | source
function __jobd_at
    set -l words (commandline -opc)
    set -l at
    for word in $words[2..-1]
        contains -- "$at$word" ${flatten(root)
          .slice(1)
          .map(([path]) => quote(path.slice(1).join(' ')))
          .join(' ')}
        and set at "$at$word "
    end
    test "$at" = "$argv[1]"
end
${lines.join('\n')}
`
}

const conditionOf = (path: readonly string[], _command: CommandInfo): string =>
  quote(
    `__jobd_at "${path
      .slice(1)
      .map((name) => `${name} `)
      .join('')}"`,
  )

function fishWords(condition: string, command: CommandInfo): readonly string[] {
  if (command.commands.length > 0) return []
  const kind = wordsOf(command)
  const line = (words: string): string => `complete -c jobd -f -n ${condition} -a ${quote(words)}`
  switch (kind.kind) {
    case 'File':
      return [`complete -c jobd -F -n ${condition}`]
    case 'Choice':
      return [line(kind.words.join(' '))]
    case 'Objects':
      return [line(`(${objectNames(kind.of, '')})`), ...(kind.types ? [line(types.join(' '))] : [])]
    case 'Free':
      return [`complete -c jobd -f -n ${condition}`]
  }
}
