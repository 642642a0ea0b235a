/**
 * The launch script of one run: sets up exactly the container's environment and directory, says that it is up, and
 * becomes the command. The supervisor runs it, see spawner-script.ts.
 */
import type { LaunchInput } from './input.ts'
import { TERMINAL_FLAGS } from './process-tree.ts'
import { shellQuote } from './shell-quote.ts'
import { HELD, SUPERVISOR } from './spawner-script.ts'

export type Launch = {
  /** Absolute path of the run's files without the ending, as the script reaches it, also from another root. */
  readonly base: string
  readonly id: string
  /** Absolute path of the file that takes stdout and stderr. */
  readonly logPath: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  /** In namespaces the script is PID 1 and the command its child; else the command leads its own session. */
  readonly namespaced: boolean
  /** Shell commands run first, inside the namespaces: mounts. Each must end in `|| failed <reason>`. */
  readonly prepare: readonly string[]
  /** Words put before the command, each an absolute program with its flags: `setsid`, `setpriv …`. */
  readonly wrappers: readonly string[]
  /**
   * Words that bring the command into another root, after `env`, which that root may not have. `prepare` has looked for
   * the command there.
   */
  readonly enterRoot?: readonly string[] | undefined
  /** Absolute path of `env`, for variables that no shell can hold. */
  readonly envProgram: string
  /** Absent for a program without input. */
  readonly input?: LaunchInput | undefined
  /** Absolute path of `script`, for a program that has a terminal. */
  readonly terminal?: string | undefined
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Names that mean something to some shell; given to the command by `env` so that the launching shell never sees them. */
const SHELL_OWN =
  /^(?:_|IFS|ENV|PPID|UID|EUID|OPTIND|OPTARG|OPTERR|LINENO|RANDOM|SECONDS|GROUPS|DIRSTACK|FUNCNAME|SHELLOPTS|PS[0-4]|MAIL|MAILPATH|MAILCHECK|POSIXLY_CORRECT|HIST[A-Z]*|BASH[A-Z_]*|EPOCH[A-Z]*|PIPESTATUS|LD_[A-Z_]*|_jobd_.*)$/

/** The program has nothing open of ours. */
const letGo = `${HELD.scratch}<&- ${HELD.root}<&-`

/**
 * Nobody finds the processes of a run whose supervisor was killed before there was a command that carries the cookie. Those of a
 * namespaced one are found by their words.
 */
const UNLESS_ORPHAN = `kill -0 "\${${SUPERVISOR}%% *}" || exit 125`

/** What `script` would heed. */
const isPlain = (name: string): boolean => IDENTIFIER.test(name) && !SHELL_OWN.test(name) && name !== 'SHELL'

/** The text of the launch script. */
export function launchScript(launch: Launch): string {
  const { base, id, argv, env, workingDir, namespaced } = launch
  const [command = ''] = argv
  const entries = Object.entries(env)
  const viaEnv = entries.filter(([name]) => !isPlain(name)).map(([name, value]) => shellQuote(`${name}=${value}`))
  const program = [
    ...(viaEnv.length === 0 ? [] : [launch.envProgram, ...viaEnv]),
    ...(launch.enterRoot ?? []),
    ...argv.map(shellQuote),
  ]
  const words = [...launch.wrappers, ...inTerminal(program, launch.terminal)]
  const own = ['PWD', 'OLDPWD', 'SHLVL'].filter((name) => env[name] === undefined)
  const lines = [
    `exec >>${shellQuote(launch.logPath)} 2>&1`,
    `_jobd_f=${shellQuote(`${base}.fail`)}`,
    `failed() { printf '%s\\n' "$1" >"$_jobd_f"; exit 125; }`,
    ...launch.prepare,
    ...(launch.input === undefined ? [] : [`${launch.input.make} || failed 'making its input'`]),
    ...(launch.enterRoot === undefined
      ? [`[ -d ${shellQuote(workingDir)} ] || failed cwd`, ...lookup(command, env['PATH'] ?? '')]
      : []),
    `printf 'up\\n' >>${shellQuote(`${base}.claim`)}`,
    `printf 'S %s\\n' ${shellQuote(id)} >&3`,
    `exec 3>&- ${HELD.namespace}<&- ${HELD.host}<&-${namespaced ? '' : ` ${letGo}`}`,
    ...(namespaced ? opening(launch.input) : []),
    `trap 'printf "exec %s\\n" "$?" >"$_jobd_f"' EXIT`,
    'umask 022',
    `cd ${shellQuote(launch.enterRoot === undefined ? workingDir : '/')} || { trap - EXIT; failed cwd; }`,
    ...(own.length === 0 ? [] : [`unset ${own.join(' ')}`]),
    ...entries.filter(([name]) => isPlain(name)).map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    ...(namespaced ? [] : [...keeping(launch.input), UNLESS_ORPHAN]),
    `exec ${words.join(' ')}${launch.input === undefined ? '' : ` ${launch.input.redirection}`} ${letGo}`,
    ...(namespaced ? closing(base) : []),
  ]
  return `${lines.join('\n')}\n`
}

function inTerminal(program: readonly string[], script: string | undefined): readonly string[] {
  if (script === undefined) return program
  return [script, TERMINAL_FLAGS, shellQuote(`exec ${program.join(' ')}`), '/dev/null']
}

/** Nobody's child: the program is the first one of a namespace, and gets none that it has not made. */
const keeping = (input: LaunchInput | undefined): readonly string[] =>
  input === undefined || input.keep === '' ? [] : [`( ${input.keep} & )`]

/**
 * The program is waited for in the foreground, since a shell has what is in the background ignore SIGINT and SIGQUIT. What
 * the shell says of how it ended is not for its log, which is the output of the first process as it is in a container. A
 * SIGINT to the whole group, which would end the shell, is for the program alone.
 */
const opening = (input: LaunchInput | undefined): readonly string[] => [
  'exec 2>/dev/null',
  "trap '' INT",
  '(',
  'trap - INT',
  'exec 2>&1',
  ...keeping(input),
]

/** The first process of a namespace outlives the command just long enough to write how it ended. */
const closing = (base: string): readonly string[] => [
  ')',
  '_jobd_c=$?',
  '_jobd_w=',
  'case $_jobd_c in 125|126|127) if [ -e "$_jobd_f" ]; then IFS= read -r _jobd_w <"$_jobd_f"; fi ;; esac',
  `printf '%s %s\\n' "$_jobd_c" "$_jobd_w" 1<>${shellQuote(`${base}.exit`)}`,
  'exit $_jobd_c',
]

/**
 * Looks for the command before the run counts as up, so that a program which is not there has never been started. Behind
 * another program (`setsid`, `env`) it would even look like one that exits with 127.
 */
function lookup(command: string, path: string): readonly string[] {
  const word = shellQuote(command)
  if (command.includes('/')) {
    // Relative to a directory that is not entered yet: the shell that executes it will tell.
    if (!command.startsWith('/')) return []
    return [`[ -e ${word} ] || failed 'exec 127'`, `[ -f ${word} ] && [ -x ${word} ] || failed 'exec 126'`]
  }
  return [
    `_jobd_c=127 _jobd_p=${shellQuote(path)}`,
    'IFS=:',
    `for _jobd_d in $_jobd_p; do if [ -f "$_jobd_d/"${word} ]; then _jobd_c=126; [ -x "$_jobd_d/"${word} ] && { _jobd_c=0; break; }; fi; done`,
    'unset IFS',
    `[ $_jobd_c = 0 ] || failed "exec $_jobd_c"`,
  ]
}
