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

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const flagsOf = ({ long, short }: OptionInfo): readonly string[] => (short === undefined ? [long] : [short, long])

/** bash and zsh share the walk over the line; what they differ in is how words and files are offered. */
type Dialect = {
  /** `command` prints more words. */
  readonly words: (words: readonly string[], command?: string) => string
  readonly files: string
  /** Takes the value apart from its flag in `--flag=value`. */
  readonly split: string
}

const bashDialect: Dialect = {
  words: (words, command) =>
    `COMPREPLY=($(compgen -W ${command === undefined ? quote(words.join(' ')) : `"$(${command})"`} -- "$current"))`,
  // Words that are no files must not be taken for such: of a directory named like one, the shell makes "jobs/".
  files: 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current")',
  split: `[[ "$current" != = ]] || current=`,
}
const zshDialect: Dialect = {
  words: (words, command) => `compadd -- ${command === undefined ? words.join(' ') : `$(${command})`}`,
  files: '_files',
  split: `if [[ "$current" == --*=* ]]; then
    previous=\${current%%=*}; current=\${current#*=}; compset -P '*='
  fi`,
}

/** Of the walk they know the word that is completed, the first argument, and in `context` which server is asked. */
const askServer = `_jobd_names() {
  local type name
  jobd get "$1" -o name "\${context[@]}" 2>/dev/null | while IFS=/ read -r type name; do
    printf '%s\\n' "\${2-\${type%%.*}/}$name"
  done
}
_jobd_objects() {
  if [[ "$current" == */* ]]; then _jobd_names "\${current%%/*}" "\${current%%/*}/"
  elif [[ "$1" == types && -n "$first" && "$first" != */* ]]; then _jobd_names "$first" ''
  elif [[ "$1" == types ]]; then printf '%s\\n' ${types.join(' ')}
  elif [[ -z "$first" ]]; then
    _jobd_names "$1"
    [[ -z "$current" ]] || _jobd_names "$2" ''
  fi
}`

function casesOf(root: CommandInfo, dialect: Dialect): string {
  const commands = flatten(root)
  const offer = (kind: WordKind): string => {
    switch (kind.kind) {
      case 'File':
        return dialect.files
      case 'Choice':
        return dialect.words(kind.words)
      case 'TypesAndNames':
        return dialect.words([], '_jobd_objects types')
      case 'Object':
        return dialect.words([], `_jobd_objects ${kind.of} ${kind.bare}`)
      case 'Names':
        return dialect.words([], `_jobd_names ${kind.of} ''`)
      case 'Free':
        return ':'
    }
  }
  const paths = commands.slice(1).map(([path]) => `"${path.join(' ')}"`)
  const labelsOf = (path: readonly string[], option: OptionInfo): string =>
    flagsOf(option)
      .map((flag) => `"${path.join(' ')}:${flag}"`)
      .join('|')
  const valued = commands.flatMap(([path, { options }]) =>
    options
      .filter(({ value }) => value !== undefined)
      .map((option) => ({ labels: labelsOf(path, option), values: offer(valuesOf(option)) })),
  )
  const rest = commands.map(([path, command]) => {
    const flags = command.options.flatMap(flagsOf)
    const plain =
      command.commands.length > 0 ? dialect.words(command.commands.map(({ name }) => name)) : offer(wordsOf(command))
    return `    "${path.join(' ')}") if [[ "$current" == -* ]]; then ${dialect.words(flags)}; else ${plain}; fi ;;`
  })
  return `  local at=jobd word previous= first=
  local -a context
  for word in "\${line[@]}"; do
    [[ "$word" == -- ]] && return
    [[ "$word" == = ]] && continue
    case "$at:$previous" in
      ${valued.map(({ labels }) => labels).join('|')})
        case "$previous" in --data-dir|-n|--namespace) context+=("$previous" "$word") ;; esac
        previous=
        continue ;;
    esac
    case "$at $word" in
      ${paths.join('|')}) at="$at $word" ;;
      *" --data-dir="*|*" --namespace="*) context+=("$word") ;;
      *" -"*) ;;
      *) first=\${first:-$word} ;;
    esac
    previous=$word
  done
  ${dialect.split}
  case "$at:$previous" in
${valued.map(({ labels, values }) => `    ${labels}) ${values}; return ;;`).join('\n')}
  esac
  case "$at" in
${rest.join('\n')}
  esac`
}

const bash = (root: CommandInfo): string => `# Completion of jobd for bash: source <(jobd completion bash)
${askServer}
_jobd() {
  local current=\${COMP_WORDS[COMP_CWORD]}
  local -a line=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${casesOf(root, bashDialect)}
}
complete -F _jobd jobd
`

const zsh = (root: CommandInfo): string => `#compdef jobd
# Completion of jobd for zsh: source <(jobd completion zsh)
${askServer}
_jobd() {
  local current=\${words[CURRENT]}
  local -a line=("\${(@)words[2,CURRENT-1]}")
${casesOf(root, zshDialect)}
}
(( $+functions[compdef] )) && compdef _jobd jobd
[[ \${funcstack[1]} == _jobd ]] && _jobd "$@"
:
`

const fishPath = (path: readonly string[]): string =>
  path
    .slice(1)
    .map((name) => `${name} `)
    .join('')

function fish(root: CommandInfo): string {
  const commands = flatten(root)
  const lines = commands.flatMap(([path, command]) => {
    const condition = quote(`__jobd_at "${fishPath(path)}"`)
    const options = command.options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`
      const kind = valuesOf(option)
      const words = kind.kind === 'File' ? ' -r -F' : ` -x${fishArguments(kind)}`
      const value = option.value === undefined ? '' : words
      return `complete -c jobd -n ${condition} -l ${option.long.slice(2)}${short}${value} -d ${quote(option.description)}`
    })
    const subcommands = command.commands.map(
      ({ name, description }) => `complete -c jobd -f -n ${condition} -a ${name} -d ${quote(description)}`,
    )
    return [...subcommands, ...options, ...fishWords(condition, command)]
  })
  const valued = commands.flatMap(([path, { options }]) =>
    options
      .filter(({ value }) => value !== undefined)
      .flatMap((option) => flagsOf(option).map((flag) => quote(fishPath(path) + flag))),
  )
  const paths = commands.slice(1).map(([path]) => quote(fishPath(path).trimEnd()))
  return `# Completion of jobd for fish: jobd completion fish | source
${fishFunctions(valued, paths)}
${lines.join('\n')}
`
}

/** The walk over the line, which leaves the first argument and the server's flags behind; and what the server is asked. */
const fishFunctions = (valued: readonly string[], paths: readonly string[]): string => `function __jobd_at
    set -l words (commandline -opc)
    set -l at ''
    set -l previous ''
    set -g __jobd_first
    set -g __jobd_context
    for word in $words[2..-1]
        test "$word" = --; and return 1
        if contains -- "$at$previous" ${valued.join(' ')}
            contains -- "$previous" --data-dir -n --namespace
            and set -a __jobd_context $previous $word
            set previous ''
            continue
        end
        if contains -- "$at$word" ${paths.join(' ')}
            set at "$at$word "
        else if string match -qr -- '^--(data-dir|namespace)=' "$word"
            set -a __jobd_context "$word"
        else if not string match -q -- '-*' "$word"; and test -z "$__jobd_first"
            set -g __jobd_first "$word"
        end
        set previous "$word"
    end
    test "$at" = "$argv[1]"
end
function __jobd_names
    jobd get $argv[1] -o name $__jobd_context 2>/dev/null | string replace -r '^([^./]*)[^/]*/' $argv[2]
end
function __jobd_objects
    set -l current (commandline -ct)
    if string match -q -- '*/*' "$current"
        set -l type (string split -m 1 / -- "$current")[1]
        __jobd_names $type "$type/"
    else if test "$argv[1]" != types
        test -n "$__jobd_first"; and return
        __jobd_names $argv[1] '$1/'
        test -z "$current"; or __jobd_names $argv[2] ''
    else if test -n "$__jobd_first"; and not string match -q -- '*/*' "$__jobd_first"
        __jobd_names $__jobd_first ''
    else
        printf '%s\\n' ${types.join(' ')}
    end
end`

function fishWords(condition: string, command: CommandInfo): readonly string[] {
  if (command.commands.length > 0) return []
  const kind = wordsOf(command)
  if (kind.kind === 'File') return [`complete -c jobd -F -n ${condition}`]
  return [`complete -c jobd -f -n ${condition}${fishArguments(kind)}`]
}

function fishArguments(kind: WordKind): string {
  switch (kind.kind) {
    case 'Choice':
      return ` -a ${quote(kind.words.join(' '))}`
    case 'TypesAndNames':
      return ` -a '(__jobd_objects types)'`
    case 'Object':
      return ` -a '(__jobd_objects ${kind.of} ${kind.bare})'`
    case 'Names':
      return ` -a ${quote(`(__jobd_names ${kind.of} '')`)}`
    case 'File':
    case 'Free':
      return ''
  }
}
