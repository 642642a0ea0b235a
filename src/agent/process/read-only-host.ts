/** A container whose root file system is to be read-only and that has that of the host. */
import type { RunMounts } from './run-mounts.ts'
import { shellQuote } from './shell-quote.ts'
import { TERMINATION_LOG } from './template.ts'

/**
 * Makes every mount of the host read-only but those whose paths are given, and becomes the command. Other flags of a mount,
 * such as nosuid, have to be said again. A mount that lies hidden under another one has a path that leads elsewhere: it cannot be
 * reached, neither by this script nor by the command.
 */
const script = (mount: string): string => `
m=${shellQuote(mount)}
hidden() {
  while read -r key value; do
    [ "$key" != mnt_id: ] || [ "$value" = "$id" ] || return 0
  done </proc/self/fdinfo/9
  return 1
} 9<"$place"
while read -r id _ _ _ place flags _; do
  place=$(printf '%b' "$place")
  [ -e "$place" ] || continue
  case $place in /proc|/proc/*|/dev|/dev/*) continue ;; esac
  kept=
  for path in "$@"; do
    [ "$path" = -- ] && break
    case $place in "$path"|"$path"/*) kept=y ;; esac
  done
  [ -n "$kept" ] || said=$("$m" -o "remount,bind,$flags,ro" "$place" 2>&1) || hidden || { echo "$said" >&2; exit 125; }
done </proc/self/mountinfo
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`

/**
 * Words that bring a command into a mount namespace of its own where nothing of the host can be written: the first process
 * of the run stays outside, where it has to write the exit status. Devices stay as they are.
 */
export function readOnlyWords({ config, tools }: RunMounts): readonly string[] {
  const [unshare] = tools.unshare ?? []
  if (config.security?.readOnlyRoot !== true || unshare === undefined || tools.mount === undefined) return []
  const kept = config.mounts.filter(({ readOnly }) => !readOnly).map(({ target }) => target.replace(/(.)\/+$/, '$1'))
  const words = [
    tools.shell,
    '-c',
    script(tools.mount),
    'sh',
    ...kept,
    config.terminationMessagePath ?? TERMINATION_LOG,
  ]
  return [unshare, '--mount', ...words.map(shellQuote), '--']
}
