/**
 * A spawner: one small shell that reads a line per container and forks a supervising shell for each.
 *
 * Forking a shell of 1 MB costs a fraction of what forking Node does, and the supervisors need nothing of ours to go on:
 * they hold no pipe to the daemon, live in the spawner's own session, and leave what they learn in files.
 *
 * At first it prepares the mount namespace it is in and says `T <name> ok` or `T <name> none`. One that is to show files of
 * the host read-only then goes on in a copy of that namespace.
 *
 * The launch script of a run is read by way of what is held open: by then the run's own mounts may cover its place.
 *
 * Lines: `n <id> [<hostname>]` runs in new PID and mount namespaces with `<id>.d` as working directory of the first process,
 * `N <id> [<hostname>]` the same with the directory of the pod, `p <id>` as a plain session, an empty line reaps ended
 * supervisors. On end of input the spawner ends; its supervisors run on.
 *
 * A supervisor claims its run by creating `<id>.claim` (O_EXCL, so that one key never runs twice), runs `<id>.run`, waits,
 * and sees to it that nothing is left and `<id>.exit` is written. In namespaces the first process inside writes that file
 * itself; when it could not, it was killed, and the rest of the namespace with it. It tells the daemon by lines appended to `events`:
 * `S <id>` before the command is executed, `E <id>` after the exit file was written.
 */
import { shellQuote } from './shell-quote.ts'

/**
 * What a spawner and what it starts have open: places that they can write to whatever is read-only where they are, and the
 * mount namespace that these are in, which would end otherwise. Inside a run they are reached by way of its first process.
 */
export const HELD = { namespace: 6, host: 7, scratch: 8, root: 9 } as const

/** Such a place, for a shell inside a run. */
export const heldPath = (name: keyof typeof HELD): string => `/proc/1/fd/${HELD[name]}`

/** The variable of a shell that starts a command which has the supervisor's line of /proc, its process number first. */
export const SUPERVISOR = 'stat'

/** Bytes of the exit record that are written at the start, so that a disk which is full at the end takes nobody's exit status. */
const RESERVED = 255

export type SpawnerTools = {
  readonly shell: string
  /** The words before the shell of a namespaced run, see tools.ts. */
  readonly newNamespaces: string
  /** Sets up the mount namespace that runs start from; absent where there is none. */
  readonly template?: string | undefined
  readonly readOnly?: ReadOnlyTools | undefined
}

export type ReadOnlyTools = {
  /** The words that start a program in a copy of the mount namespace at hand. */
  readonly copy: string
  /** Makes that copy read-only. */
  readonly script: string
}

/** The text that `sh -c` gets; its arguments are the directories of the runs, on disk and in memory, and its name. */
export const spawnerScript = ({ shell, newNamespaces, template = 'false', readOnly }: SpawnerTools): string => `
umask 077
if ( ${template} ) >&2; then template=ok; else template=none; fi
cd "$1" || exit 1
exec ${HELD.namespace}</proc/self/ns/mnt ${HELD.host}</ ${HELD.scratch}<"$2" ${HELD.root}<.
${readOnly === undefined ? loopScript(newNamespaces, shell) : inCopy(readOnly, shell, loopScript(newNamespaces, shell))}`

/** The copy has the directory at hand read-only too; the one that is held is that of the namespace before. */
const inCopy = ({ copy, script }: ReadOnlyTools, shell: string, loop: string): string => {
  const inside = `
template=$4
if [ $template = ok ]; then ( ${script} ) >&2 || template=none; fi
cd /proc/self/fd/${HELD.root} || exit 1
${loop}`
  return `exec ${copy} ${shell} -c ${shellQuote(inside)} sh "$@" $template`
}

const loopScript = (newNamespaces: string, shell: string): string => `
exec 3>>events
printf 'T %s %s\\n' "$3" $template >&3
IFS= read -r boot </proc/sys/kernel/random/boot_id
scratch=$2
held=/proc/self/fd/${HELD.scratch}
supervise() {
  IFS= read -r ${SUPERVISOR} </proc/self/stat
  set -C
  { printf '%s\\n%s\\n' "$${SUPERVISOR}" "$1 $boot" >"$2.claim"; } 2>/dev/null || exit 0
  set +C
  printf '%${RESERVED}s\\n' '' >"$2.exit"
  case $1 in
    n) ( cd "$held/$2.d" && exec ${newNamespaces} ${shell} "$held/$2.run" ) </dev/null & ;;
    N) ( cd "$held/\${2%/*}" && exec ${newNamespaces} ${shell} "$held/$2.run" ) </dev/null & ;;
    *) ( . "$scratch/$2.run" ) </dev/null & ;;
  esac
  wait $!
  code=$?
  case $1 in p) kill -s KILL -- "-$!" 2>/dev/null ;; esac
  said=
  IFS= read -r said <"$2.exit"
  case $said in [0-9]*) ;; *)
    why=
    case $code in
      125|126|127) if [ -e "$2.fail" ]; then IFS= read -r why <"$2.fail"; fi ;;
      *) case $1 in n|N) code=137 ;; esac ;;
    esac
    printf '%s %s\\n' "$code" "$why" 1<>"$2.exit" ;;
  esac
  printf 'E %s\\n' "$2" >&3
}
count=0
while IFS=' ' read -r mode id hostname; do
  case $mode in
    '') jobs >/dev/null; continue ;;
  esac
  ( supervise "$mode" "$id" "$hostname" ) </dev/null &
  count=$((count + 1))
  case $count in
    64) jobs >/dev/null; count=0 ;;
  esac
done
`
