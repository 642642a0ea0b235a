/** The manual page, made from the commands. */
import { type CommandInfo, flatten, type OptionInfo } from './command-tree.ts'

/** Text of a troff page: a backslash, a leading dot or quote, and hyphens that are to be copied. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')

/** `jobd(1)` in troff with the `man` macros; it bears no date, so that a version has one page. */
export function manualPage(root: CommandInfo, version: string): string {
  const commands = flatten(root).slice(1)
  return `.TH JOBD 1 "" "jobd ${plain(version)}" "User Commands"
.SH NAME
jobd \\- ${plain(root.description)}
.SH SYNOPSIS
.B jobd
.I COMMAND
.RI [ OPTION \\ ...]
.SH DESCRIPTION
jobd serves the Kubernetes API for Jobs and CronJobs on one machine and runs their pods as processes.
The same manifests and the same kubectl work with a cluster.
.SH COMMANDS
${commands
  .filter(([, { commands: below }]) => below.length === 0)
  .map(([path, command]) => section(path, command))
  .join('\n')}
.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed;
.B jobd run
ends with the exit code of the container that failed.
.TP
.B 2
Wrong use.
.SH ENVIRONMENT
.TP
.B JOBD_DATA_DIR
The data directory where no
.B \\-\\-data\\-dir
is given.
.TP
.B TZ
The time zone of schedules that name none; that of the machine where it is not set.
.TP
.B NO_COLOR
No colours.
.SH FILES
.TP
.I ~/.local/share/jobd
The data directory.
.TP
.I ~/.local/share/jobd/kubeconfig
How kubectl reaches the server.
.SH SEE ALSO
.BR kubectl (1)
`
}

function section(path: readonly string[], { usage, description, options }: CommandInfo): string {
  return `.SS "${plain(path.join(' '))}"
.B ${plain(path.join(' '))}
${plain(usage)}
.PP
${plain(sentence(description))}
${options.map(optionItem).join('\n')}`.trimEnd()
}

function optionItem({ long, short, value, choices, description, fallback }: OptionInfo): string {
  const flags = [short, long].filter((flag) => flag !== undefined).join(', ')
  const shown = value === undefined ? '' : ` ${choices.length > 0 ? choices.join('|') : value.toUpperCase()}`
  const usual = fallback === undefined ? '' : ` (default: ${fallback})`
  return `.TP\n.B ${plain(flags + shown)}\n${plain(sentence(description + usual))}`
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
